"""How the sites of the rehearsal answer: one function for each of their ways."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from tocsin.site.rehearsal.site_words import Words


class Shown(StrEnum):
    """How a site shows a picture while it is there."""

    PLAIN = "plain"
    REENCODED = "reencoded"
    """Another file with each request, as image services make them."""
    GALLERY = "gallery"
    """A page with the picture, others, and a log-in form in a corner."""
    TALKATIVE = "talkative"
    """A page with the picture and much text, in which somebody says that something is gone."""
    HOTLINK = "hotlink"
    """Only to whoever comes from the site itself."""
    MOVED = "moved"
    """By a redirect to another host."""
    REFRESH = "refresh"
    """By a page that sends its reader on by itself."""
    CLOAKED = "cloaked"
    """Only to browsers; programs that say who they are get a 404."""
    ONE_COUNTRY = "one_country"
    """Only to readers from one country."""
    WITH_404 = "with_404"
    """Under a status that says it is not there."""


class Removed(StrEnum):
    """How a site answers once the picture is gone."""

    NOT_FOUND = "not_found"
    NOT_FOUND_PAGE = "not_found_page"
    GONE = "gone"
    SOFT_PAGE = "soft_page"
    """Status 200 and a page that says so."""
    SOFT_REDIRECT = "soft_redirect"
    STAND_IN = "stand_in"
    """A picture in its place, the same for every name."""
    STAND_IN_REDIRECT = "stand_in_redirect"
    FRONT = "front"
    """Sent on to the front page."""
    NAME_GONE = "name_gone"


class Shut(StrEnum):
    """What keeps us from seeing whether it is there; it is."""

    LOG_IN = "log_in"
    LOG_IN_REDIRECT = "log_in_redirect"
    FORBIDDEN = "forbidden"
    LEGAL = "legal"
    GEO_PAGE = "geo_page"
    GEO_STATUS = "geo_status"
    CHALLENGE = "challenge"
    RATE = "rate"
    BROKEN = "broken"
    DOWN = "down"
    NO_ONE = "no_one"
    BAD_TLS = "bad_tls"
    SHELL = "shell"
    """A page that a script would fill, the same for every address."""


@dataclass(slots=True)
class Site:
    """One host: its words, what stands where, and how it treats whoever asks."""

    host: str
    words: Words
    shows: Shown | Shut
    removes: Removed
    pictures: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    moved_to: dict[str, str] = field(default_factory=dict)
    country: str = "DE"
    echoes: bool = False
    asked: int = 0

    def __repr__(self) -> str:
        return f"<Site {self.shows} {self.removes}>"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: what for, as whom, from which page, and from which country."""

    path: str
    agent: str = ""
    referer: str = ""
    from_abroad: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `cut_off` ends in the middle of its body."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_off: bool = False


PictureAt = Callable[[str], bytes | None]


def answer(site: Site, asked: Asked, picture_at: PictureAt) -> Reply:
    """What a host answers to a request."""
    path = asked.path
    if own := _own_page(site.words, path):
        return own
    if site.echoes:
        data = picture_at(parse_qs(urlsplit(path).query).get("url", [""])[0])
        return Reply(502) if data is None else _picture(site, data)
    if isinstance(site.shows, Shut):
        return _SHUT[site.shows](site.words)
    if site.shows is Shown.REFRESH and path.startswith("/go/"):
        path = path.removeprefix("/go")
        return _picture(site, site.pictures[path]) if _is_there(site, path) else _missing(site)
    return _show(site, asked) if _is_there(site, path) else _missing(site)


def _is_there(site: Site, path: str) -> bool:
    return path in site.pictures and path not in site.gone


def _own_page(words: Words, path: str) -> Reply | None:
    """The front page, the site's own pictures, and the pages that it sends people to."""
    name = path.partition("?")[0]
    if path == "/":
        return _html(200, words.page(words.front_title, words.front, [words.logo_path]))
    if name == words.not_here_path:
        return _not_here(words, 200)
    if name == words.log_in_path:
        return _html(200, words.log_in_page())
    if name in {words.stand_in_path, words.logo_path}:
        return _png(words.drawn(name))
    return None


def _picture(site: Site, data: bytes, status: int = 200) -> Reply:
    if site.shows is Shown.REENCODED:
        out = io.BytesIO()
        quality = 55 + site.asked % 40
        Image.open(io.BytesIO(data)).convert("RGB").save(out, "JPEG", quality=quality)
        data = out.getvalue()
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return Reply(status, data, kind)


def _show(site: Site, asked: Asked) -> Reply:
    words, data = site.words, site.pictures[asked.path]
    if site.shows in {Shown.GALLERY, Shown.TALKATIVE} and "raw=1" not in asked.path:
        return _gallery(site, asked.path, data)
    if site.shows is Shown.MOVED:
        return _onward(site.moved_to[asked.path])
    if site.shows is Shown.REFRESH:
        refresh = f'<meta http-equiv="refresh" content="0; url=/go{asked.path}">'
        return _html(200, f"<!doctype html><html><head>{refresh}</head></html>")
    if site.shows is Shown.HOTLINK and site.host not in asked.referer:
        return _html(403, words.page(words.forbidden, words.forbidden, []))
    if _is_kept_from(site, asked):
        return _not_here(words, 404)
    return _picture(site, data, 404 if site.shows is Shown.WITH_404 else 200)


def _is_kept_from(site: Site, asked: Asked) -> bool:
    if site.shows is Shown.CLOAKED:
        return "Mozilla" not in asked.agent
    return site.shows is Shown.ONE_COUNTRY and not asked.from_abroad


def _gallery(site: Site, path: str, data: bytes) -> Reply:
    raw = path + ("&" if "?" in path else "?") + "raw=1"
    site.pictures[raw] = data
    words = site.words
    text = words.talk if site.shows is Shown.TALKATIVE else words.front
    return _html(200, words.page(words.front_title, text, [raw, words.logo_path], corner=True))


def _missing(site: Site) -> Reply:
    return _MISSING[site.removes](site.words)


def _html(status: int, page: str) -> Reply:
    return Reply(status, page.encode())


def _png(data: bytes) -> Reply:
    return Reply(200, data, "image/png")


def _onward(there: str) -> Reply:
    return Reply(302, headers={"Location": there})


def _not_here(words: Words, status: int) -> Reply:
    return _html(status, words.page(words.not_here_title, words.not_here, []))


def _abroad(words: Words, status: int) -> Reply:
    return _html(status, words.page(words.front_title, words.not_from_there, []))


_MISSING: Final[Mapping[Removed, Callable[[Words], Reply]]] = {
    Removed.NOT_FOUND: lambda words: Reply(404),
    Removed.NOT_FOUND_PAGE: lambda words: _not_here(words, 404),
    Removed.GONE: lambda words: Reply(410),
    Removed.SOFT_PAGE: lambda words: _not_here(words, 200),
    Removed.SOFT_REDIRECT: lambda words: _onward(words.not_here_path),
    Removed.STAND_IN: lambda words: _png(words.drawn(words.stand_in_path)),
    Removed.STAND_IN_REDIRECT: lambda words: _onward(words.stand_in_path),
    Removed.FRONT: lambda words: _onward("/"),
    Removed.NAME_GONE: lambda words: Reply(404),
}
_SHUT: Final[Mapping[Shut, Callable[[Words], Reply]]] = {
    Shut.LOG_IN: lambda words: _html(200, words.log_in_page()),
    Shut.LOG_IN_REDIRECT: lambda words: _onward(f"{words.log_in_path}?next=x"),
    Shut.FORBIDDEN: lambda words: _html(403, words.page(words.forbidden, words.forbidden, [])),
    Shut.LEGAL: lambda words: Reply(451),
    Shut.GEO_PAGE: lambda words: _abroad(words, 200),
    Shut.GEO_STATUS: lambda words: _abroad(words, 403),
    Shut.CHALLENGE: lambda words: _html(503, words.challenge_page()),
    Shut.RATE: lambda words: Reply(429),
    Shut.BROKEN: lambda words: Reply(200, cut_off=True),
    Shut.DOWN: lambda words: _html(502, "<h1>Bad Gateway</h1>"),
    Shut.NO_ONE: lambda words: Reply(404),
    Shut.BAD_TLS: lambda words: Reply(404),
    Shut.SHELL: lambda words: _html(200, words.shell_page()),
}
