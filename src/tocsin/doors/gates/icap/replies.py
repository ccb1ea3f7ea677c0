"""ICAP answers, ready for the wire, but for the body of one that gives a message back."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from tocsin.doors.gates.desk import Lists
from tocsin.doors.gates.icap.messages import IcapRequest, Method
from tocsin.doors.gates.types import Limits, Ruling, Told

SERVICE: Final = f"Tocsin {importlib.metadata.version('tocsin')}"
OPTIONS_TTL_SECONDS: Final = 60
NOTHING: Final = "null-body=0"

_PHRASES: Final = {404: "ICAP Service not found", 405: "Method not allowed for service"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What every answer carries: which lists gave it (ISTag), when, and whether we hang up."""

    lists: Lists
    at: datetime
    closes: bool

    def head(self, status: int, encapsulated: str, *more: tuple[str, str]) -> bytes:
        headers = (
            ("ISTag", f'"{self.lists.tag}"'),
            ("Date", format_datetime(self.at, usegmt=True)),
            ("Service", SERVICE),
            ("Connection", "close" if self.closes else "keep-alive"),
            *more,
            ("Encapsulated", encapsulated),
        )
        lines = [f"ICAP/1.0 {status} {_phrase(status)}", *(f"{n}: {v}" for n, v in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def options(frame: Frame, methods: frozenset[Method], limits: Limits) -> bytes:
    """What this service does (RFC 3507, 4.10)."""
    return frame.head(
        200,
        NOTHING,
        ("Methods", ", ".join(sorted(methods))),
        ("Service-ID", "tocsin"),
        ("Options-TTL", str(OPTIONS_TTL_SECONDS)),
        # Clients count for each service, and most use two.
        ("Max-Connections", str(max(1, limits.connections // 2))),
        ("Allow", "204"),
        # Nothing is settled by a file's first bytes, and some clients read nothing of a page that
        # comes in answer to a preview: 0 leaves that to empty bodies.
        ("Preview", "0"),
        ("Transfer-Preview", "*"),
    )


def passed(frame: Frame, told: Told | None) -> bytes:
    """Nothing stands against the message."""
    return frame.head(204, NOTHING, *_number(told))


def passed_back(frame: Frame, request: IcapRequest, told: Told | None) -> bytes:
    """The same, for a client that must be given the message back: its heads, its body behind."""
    named = [f"{name}={offset}" for name, offset in request.parts.heads]
    body = "null-body"
    if request.parts.has_body:
        body = "req-body" if request.method is Method.REQMOD else "res-body"
    encapsulated = ", ".join([*named, f"{body}={request.parts.head_bytes}"])
    return frame.head(200, encapsulated, *_number(told))


def stopped(frame: Frame, told: Told, page: bytes) -> bytes:
    """Another message instead: 403, with a page. Whole.

    The number of the status and the headers are what the clients there are look for: some take an
    answer without them for "clean".
    """
    http = (
        "HTTP/1.1 403 Forbidden\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "\r\n"
    ).encode("ascii")
    found = told.ruling is Ruling.FOUND
    name = told.name if found else "Tocsin.Unchecked"
    # Type 0 is a find, and 2 what could not be opened (draft-stecher-icap-subid, 3.3).
    infection = f"Type={0 if found else 2}; Resolution=2; Threat={name};"
    head = frame.head(
        200,
        f"res-hdr=0, res-body={len(http)}",
        ("X-Infection-Found", infection),
        ("X-Virus-ID", name),
        *_number(told),
    )
    return head + http + chunk(page) + LAST_CHUNK


def refused(frame: Frame, status: int, words: str, told: Told | None = None) -> bytes:
    """No answer to what was asked; `words` say what to do."""
    return frame.head(status, NOTHING, ("X-Tocsin-Problem", words), *_number(told))


LAST_CHUNK: Final = b"0\r\n\r\n"


def chunk(data: bytes | memoryview) -> bytes:
    """One chunk, of at least one byte."""
    return b"".join((b"%x\r\n" % len(data), data, b"\r\n"))


def _number(told: Told | None) -> tuple[tuple[str, str], ...]:
    if told is None:
        return ()
    number = ("X-Tocsin-Check", told.check_id)
    return (number,) if told.reference is None else (number, ("X-Tocsin-Reference", told.reference))


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase
