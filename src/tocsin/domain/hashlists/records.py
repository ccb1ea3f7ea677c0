"""One record of a source, read and checked: what both readers make of a line."""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import b64decode
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.types import VALUE_BYTES, WIDTHS, Kind

LONGEST_ID = 200
LONGEST_MEMBER = 60
LONGEST_HASHER = 120

_PREFIX = struct.Struct(">BHB")
_NO_QUALITY = 255


class Refused(Exception):
    """This line cannot be taken; the text says why in words of ours, never quoting a value."""


class Print(NamedTuple):
    """One fingerprint as it goes into the table."""

    kind: int
    n: int
    value: bytes
    quality: int | None
    hasher: str
    offset_seconds: float | None


@dataclass(slots=True)
class SourceRecord:
    """One entry as a source gives it, in our numbers. `left_out`: values too long for a table."""

    member: str
    source_entry_id: str
    media_type: int
    status: int
    category: int
    quorum: int
    serve: int | None
    source_created: int | None
    source_updated: int | None
    valid_until: int | None
    prints: list[Print]
    left_out: int
    digest: int = 0

    def close(self) -> SourceRecord:
        """Check what holds for every record, give one without an id its own, and digest it."""
        values = b"".join(
            _PREFIX.pack(p.kind, p.n, _NO_QUALITY if p.quality is None else p.quality)
            + p.value
            + (f"{p.hasher}\0{p.offset_seconds}".encode() if p.hasher or p.offset_seconds else b"")
            for p in self.prints
        )
        if not self.source_entry_id:
            if not self.prints:
                raise Refused("it has neither an id nor a fingerprint")
            self.source_entry_id = identity_of(self.prints)
        _check_text("source_entry_id", self.source_entry_id, LONGEST_ID)
        _check_text("member_id", self.member, LONGEST_MEMBER)
        self.digest = rules.content_digest(
            (self.member, self.source_entry_id),
            (
                self.media_type,
                self.status,
                self.category,
                self.quorum,
                -1 if self.serve is None else self.serve,
                self.source_created or 0,
                self.source_updated or 0,
                self.valid_until or 0,
            ),
            values,
        )
        return self


def identity_of(prints: list[Print]) -> str:
    """The id of a record whose source gives none: SHA-256 over its fingerprints, sorted."""
    parts = sorted(bytes([p.kind]) + p.value for p in prints)
    return "h:" + hashlib.sha256(b"".join(struct.pack(">H", len(p)) + p for p in parts)).hexdigest()


def value_of(kind: Kind, text: str) -> bytes | None:
    """The bytes behind a fingerprint's text; None when it is too long for a table.

    Upper case and space around it are fine. Raises Refused for another length or alphabet.
    """
    text = text.strip()
    width = WIDTHS.get(kind)
    if width is None:
        raw = text.encode()
        if not raw:
            raise Refused(f"{kind.name.lower()} is empty")
        return raw if len(raw) <= VALUE_BYTES else None
    try:
        value = b64decode(text, validate=True) if kind is Kind.PHOTODNA else bytes.fromhex(text)
    except (binascii.Error, ValueError):
        raise Refused(f"{kind.name.lower()} must be {_form(kind)}") from None
    # fromhex passes over spaces between digits, so the text's own length is looked at too.
    if len(value) != width or len(text) != (192 if kind is Kind.PHOTODNA else 2 * width):
        raise Refused(f"{kind.name.lower()} must be {_form(kind)}")
    return value


def hasher_of(text: str | None) -> str:
    """The name of the program that computed a fingerprint, as it may be stored."""
    name = (text or "").strip()
    if name:
        _check_text("tool", name, LONGEST_HASHER)
    return name


def _form(kind: Kind) -> str:
    if kind is Kind.PHOTODNA:
        return "192 characters of base64"
    return f"{2 * WIDTHS[kind]} hexadecimal digits"


def _check_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise Refused(f"{field} is longer than {longest} characters")
    # A NUL would be refused by PostgreSQL in the middle of a batch.
    if not text.isprintable():
        raise Refused(f"{field} has a control character in it")
