"""The people of the rehearsal, each in their own browser, from the one-time link on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from typing import Final

from tocsin.site.rehearsal.play import Failed, must
from tocsin.site.rehearsal.web import Browser, Page

_SECRET: Final = re.compile(r'id="secret"[^>]*>([A-Z2-7]+)<')
# Our own drawings aside: those of the page's head come from /static/.
_PICTURE: Final = re.compile(r'<(?:img|image|video|picture)\b(?![^>]*\bsrc="/static/)')
_NUMBER: Final = re.compile(r'data-row="(T-\d{4}-\d+)"')
_STEP_SECONDS: Final = 30


class Colleague:
    """An analyst or a manager at the console."""

    def __init__(self, address: str) -> None:
        self._browser = Browser(address)

    def come_in(self, link: str) -> None:
        """First log-in: the one-time link, a password, the authenticator. Raises Failed."""
        password = secrets.token_urlsafe(18)
        page = self._browser.open(link)
        page = self._browser.send(page, link, password=password, again=password)
        secret = _SECRET.search(page.text)
        if secret is None:
            raise Failed("after the password, the console did not ask for an authenticator.")
        code = one_time_code(secret[1], time.time())
        page = self._browser.send(page, "/account/authenticator", code=code)
        must(page.status == 200, f"the authenticator was refused ({page.status}).")
        must(self.queue().status == 200, "the queue did not open after the log-in.")

    def queue(self) -> Page:
        return self._browser.open("/console/items/")

    def waiting(self) -> list[str]:
        """Numbers of the items on the desk, most pressing first."""
        return _NUMBER.findall(self.queue().text)

    def item(self, number: str) -> Page:
        """The page of an item. Raises Failed when it does not open, or shows a picture."""
        page = self._browser.open(f"/console/items/{number}")
        must(page.status == 200, f"the page of {number} did not open ({page.status}).")
        must(not _PICTURE.search(page.text), f"the page of {number} shows a picture.")
        return page

    def take(self, page: Page) -> int:
        """Press "Take" on the page of an item as it lies open; the status of the answer."""
        return self._browser.send(page, "/take").status

    def find_unlawful(self, number: str, *, category: str, ground: str, detail: str) -> None:
        """Record the finding on an item that is taken."""
        page = self._browser.send(
            self.item(number),
            "/assess",
            verdict="unlawful",
            category=category,
            ground=ground,
            ground_detail=detail,
            note="",
        )
        must(page.status == 200, f"the finding on {number} was refused ({page.status}).")

    def agree(self, number: str) -> None:
        page = self._browser.send(self.item(number), "/agree")
        must(page.status == 200, f"agreeing on {number} was refused ({page.status}).")

    def correct(self, number: str, why: str) -> Page:
        """Say that the finding was wrong; the item's page afterwards."""
        page = self._browser.send(self.item(number), "/correct", why=why)
        must(page.status == 200, f"correcting {number} was refused ({page.status}).")
        return page

    def write_down_hoster(self, *, name: str, place: str, email: str) -> None:
        """Put a hoster of rehearsals into the table."""
        page = self._browser.open("/console/hosters/new")
        page = self._browser.send(
            page,
            page.path,
            name=name,
            abuse_email=email,
            country="NL",
            language="en",
            places=place,
            reachable="on",
            rehearsal="on",
        )
        must(page.status == 200 and name in page.text, "the hoster was not written down.")

    def notices(self) -> Page:
        return self._browser.open("/console/notices/")


def one_time_code(secret: str, at: float) -> str:
    """What an authenticator with this secret shows (RFC 6238: SHA-1, 30 s, six digits)."""
    key = base64.b32decode(secret)
    counter = int(at) // _STEP_SECONDS
    digest = hmac.new(key, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
