"""Speaking HTTP to our own loopback addresses: plainly, and as a person in a browser."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tocsin.site.rehearsal.play import Failed

TIMEOUT_SECONDS = 60.0
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer. `headers` holds (name, value) pairs as they came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


def ask(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request to a server on this machine. Raises Failed when it does not answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target or "/", body, dict(headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, tuple(answer.getheaders()), answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{parts.netloc} gave no answer: {type(error).__name__}.") from error
    finally:
        connection.close()


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what it is filled with already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page as a person has it before them."""

    status: int
    path: str
    text: str
    forms: tuple[Form, ...]

    def form(self, ending: str) -> Form:
        """The form that goes to an address with this ending. Raises Failed when there is none."""
        for form in self.forms:
            if (form.action or self.path).endswith(ending):
                return form
        raise Failed(f"the page {self.path.partition('?')[0]} has no form for {ending}.")


class Browser:
    """One person's browser: keeps cookies, follows redirects, fills in forms. No script."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies: dict[str, str] = {}

    def open(self, path: str) -> Page:
        """Open a page of the console."""
        return self._go("GET", path, None)

    def send(self, page: Page, ending: str, **filled: str) -> Page:
        """Fill in the page's form for that address and send it; the page that follows."""
        form = page.form(ending)
        content = urlencode(form.fields | filled).encode()
        return self._go("POST", urljoin(page.path, form.action or page.path), content)

    def _go(self, method: str, path: str, content: bytes | None) -> Page:
        for _ in range(_MOST_REDIRECTS):
            reply = ask(method, self._address + path, body=content, headers=self._headers(content))
            self._keep_cookies(reply)
            onward = reply.header("location")
            if reply.status not in (301, 302, 303) or onward is None:
                return _page(reply, path)
            method, path, content = "GET", urljoin(path, onward), None
        raise Failed("the console keeps sending us on.")

    def _headers(self, content: bytes | None) -> dict[str, str]:
        headers = {
            "Accept-Language": "en",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if content is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self._address
        return headers

    def _keep_cookies(self, reply: Reply) -> None:
        for name, value in reply.headers:
            if name.lower() == "set-cookie":
                for cookie in SimpleCookie(value).values():
                    self._cookies[cookie.key] = cookie.value


def _page(reply: Reply, path: str) -> Page:
    reader = _Reader()
    text = reply.body.decode("utf-8", "replace")
    reader.feed(text)
    return Page(reply.status, path, text, tuple(reader.forms))


class _Reader(HTMLParser):
    """Collects forms and the fields that are filled already."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
            self._inside = True
        elif tag == "input" and self._inside and given.get("type") == "hidden":
            self.forms[-1].fields[given.get("name") or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
