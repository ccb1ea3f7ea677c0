"""ICAP requests and the heads of the HTTP messages inside them, read from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from tocsin.doors.gates.wire import TooLong, Wire

MOST_HEAD: Final = 1 << 16
_BODIES: Final = frozenset({"req-body", "res-body", "opt-body", "null-body"})
_END_OF_HEAD: Final = b"\r\n\r\n"


class Method(StrEnum):
    OPTIONS = "OPTIONS"
    REQMOD = "REQMOD"
    RESPMOD = "RESPMOD"


# What may stand before the body of each method, in this order (RFC 3507, 4.4.1).
_HEADS: Final = {
    Method.OPTIONS: (),
    Method.REQMOD: ("req-hdr",),
    Method.RESPMOD: ("req-hdr", "res-hdr"),
}
_BODY_OF: Final = {
    Method.OPTIONS: "opt-body",
    Method.REQMOD: "req-body",
    Method.RESPMOD: "res-body",
}


@dataclass(frozen=True)
class Refused(Exception):
    """A request that is not answered as asked: an ICAP status and what to do about it."""

    status: int
    words: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of the message begin (`Encapsulated`), and how it ends."""

    heads: tuple[tuple[str, int], ...]
    head_bytes: int
    has_body: bool


@dataclass(frozen=True, slots=True)
class IcapRequest:
    """One request up to its own blank line; header names in lower case."""

    method: Method
    service: str
    headers: Mapping[str, str]
    parts: Parts
    preview: int | None

    @property
    def allows_204(self) -> bool:
        return "204" in [word.strip() for word in self.headers.get("allow", "").split(",")]

    @property
    def wants_close(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


async def read_request(wire: Wire) -> IcapRequest:
    """The next request; raises Refused, Gone, TooSlow."""
    try:
        head = await wire.until(_END_OF_HEAD, MOST_HEAD)
    except TooLong:
        raise Refused(400, f"A head has at most {MOST_HEAD} bytes.") from None
    first, *lines = head.lstrip(b"\r\n").split(b"\r\n")
    method, service = _first_line(first)
    headers = _headers(lines)
    parts = _parts(headers.get("encapsulated"), method)
    return IcapRequest(method, service, headers, parts, _preview(headers.get("preview")))


def _first_line(line: bytes) -> tuple[Method, str]:
    words = line.decode("latin-1").split(" ")
    if len(words) != 3:
        raise Refused(400, "A request begins with a method, an address and ICAP/1.0.")
    name, address, version = words
    if version != "ICAP/1.0":
        raise Refused(505, "Only ICAP/1.0 is spoken here.")
    try:
        method = Method(name)
    except ValueError:
        raise Refused(501, "Use OPTIONS, REQMOD or RESPMOD.") from None
    try:
        return method, urlsplit(address).path.strip("/").lower()
    except ValueError:
        raise Refused(400, "This is no address.") from None


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip():
            raise Refused(400, "A header is a name, a colon and a value.")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _parts(told: str | None, method: Method) -> Parts:
    if told is None:
        if method is Method.OPTIONS:
            return Parts((), 0, has_body=False)
        raise Refused(400, "The header Encapsulated is missing.")
    named = [_part(word) for word in told.split(",")]
    *heads, (body, head_bytes) = named
    in_order = [offset for _, offset in named]
    expected = tuple(name for name in _HEADS[method] if name in {head for head, _ in heads})
    if (
        tuple(name for name, _ in heads) != expected
        or body not in {"null-body", _BODY_OF[method]}
        or in_order != sorted(set(in_order))
        or in_order[0] != 0
    ):
        raise Refused(400, f"Encapsulated does not fit {method}.")
    if head_bytes > MOST_HEAD:
        raise Refused(400, f"The heads have at most {MOST_HEAD} bytes.")
    return Parts(tuple(heads), head_bytes, has_body=body != "null-body")


def _part(word: str) -> tuple[str, int]:
    name, _, offset = word.strip().partition("=")
    if not (offset.isascii() and offset.isdigit() and len(offset) <= 9):
        raise Refused(400, "Encapsulated takes names and offsets.")
    return name.strip().lower(), int(offset)


def _preview(told: str | None) -> int | None:
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 9):
        raise Refused(400, "Preview takes a number of bytes.")
    return int(told)


@dataclass(frozen=True, slots=True)
class HttpHead:
    """The first line and headers of an encapsulated message; names in lower case."""

    first: str
    headers: tuple[tuple[str, str], ...]

    def all_of(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    @property
    def status(self) -> int | None:
        """Of a response; None for what is none."""
        words = self.first.split(" ")
        if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
            return None
        return int(words[1][:4])


def read_heads(block: bytes, parts: Parts) -> dict[str, HttpHead]:
    """The encapsulated heads by their name; raises Refused."""
    ends = [offset for _, offset in parts.heads[1:]] + [parts.head_bytes]
    return {
        name: _http_head(block[start:end])
        for (name, start), end in zip(parts.heads, ends, strict=True)
    }


def _http_head(block: bytes) -> HttpHead:
    if not block.endswith(_END_OF_HEAD):
        raise Refused(400, "An encapsulated head ends with a blank line.")
    first, *lines = block.removesuffix(_END_OF_HEAD).decode("latin-1").split("\r\n")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in {" ", "\t"} and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
            continue
        name, _, value = line.partition(":")
        headers.append((name.strip().lower(), value.strip()))
    return HttpHead(first, tuple(headers))
