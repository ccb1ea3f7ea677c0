"""One record of a source, read and checked: what both readers make of a line."""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import b64decode
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.classification import Asserted
from tocsin.domain.hashlists.types import MEDIA_TYPES, VALUE_BYTES, WIDTHS, Kind

LONGEST_ID = 200
LONGEST_MEMBER = 60
LONGEST_HASHER = 120


class Refused(Exception):
    """This line cannot be taken; the text says why in words of ours, never quoting a value."""


_COUNTING = frozenset(status.number for status in rules.MATCHABLE)

_MAY_BE_SHORT = frozenset(map(MEDIA_TYPES.index, ("document", "audio", "text", "url")))
_MATCHED = frozenset(int(kind) for kind in WIDTHS)
_PHOTODNA = frozenset({int(Kind.PHOTODNA)})

Print = tuple[int, int, bytes, int | None, str, float | None]
"""One fingerprint as it goes into the table: kind, n, value, quality, hasher, offset in seconds.
A bare tuple, because an import makes thirty million of them."""


class Form(NamedTuple):
    """How a kind of fingerprint is written. `width`: its bytes, None for kinds only kept."""

    kind: int
    name: str
    width: int | None
    text_length: int
    base64: bool


def _form_of(kind: Kind) -> Form:
    width = WIDTHS.get(kind)
    base64 = kind is Kind.PHOTODNA
    length = 0 if width is None else (width * 4 // 3 if base64 else width * 2)
    return Form(int(kind), kind.name.lower(), width, length, base64)


FORMS = {kind.name.lower(): _form_of(kind) for kind in Kind}
"""By the name that lists use. Looked up by text: an enum as a key would cost more than the rest."""


@dataclass(slots=True)
class SourceRecord:
    """One entry as a source gives it, in our numbers.

    `left_out`: values too long for a table. `observed`: packed observations. `codes`: what the
    source asserts beyond `category`. `small`: what speaks against the sizes that it states.
    """

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
    observed: int = 0
    codes: tuple[Asserted, ...] = ()
    small: int = 0

    @property
    def only_kept(self) -> bool:
        """Whether it counts, and has nothing by which anything is matched."""
        return not self.takes_away and not any(print_[0] in _MATCHED for print_ in self.prints)

    @property
    def by_photodna_alone(self) -> bool:
        """Whether it counts, and nothing but a PhotoDNA stands in it that is matched: no known-good
        set holds such, so that none can be asked."""
        kinds = {print_[0] for print_ in self.prints} & _MATCHED
        return not self.takes_away and kinds == _PHOTODNA

    @property
    def takes_away(self) -> bool:
        """Whether it says that the entry counts no more."""
        return self.status not in _COUNTING

    def close(self) -> SourceRecord:
        """Check what holds for every record, give one without an id its own, and digest it."""
        if not self.source_entry_id:
            if not self.prints:
                raise Refused("it has neither an id nor a fingerprint")
            self.source_entry_id = identity_of(self.prints)
        _check_text("source_entry_id", self.source_entry_id, LONGEST_ID)
        _check_text("member_id", self.member, LONGEST_MEMBER)
        said: tuple[object, ...] = (
            self.member,
            self.source_entry_id,
            self.media_type,
            self.status,
            self.category,
            self.quorum,
            self.serve,
            self.source_created,
            self.source_updated,
            self.valid_until,
            self.prints,
        )
        if self.observed or self.codes:
            # Only then: a record without them must keep the digest that it always had.
            said = (*said, self.observed, [(c.scheme, c.version, c.code) for c in self.codes])
        if self.media_type in _MAY_BE_SHORT:
            self.small = 0
        if self.small:
            said = (*said, self.small)
        self.digest = rules.content_digest(said)
        return self


def identity_of(prints: list[Print]) -> str:
    """The id of a record whose source gives none: SHA-256 over its fingerprints, sorted."""
    parts = sorted(bytes([p[0]]) + p[2] for p in prints)
    return "h:" + hashlib.sha256(b"".join(struct.pack(">H", len(p)) + p for p in parts)).hexdigest()


def value_of(form: Form, text: str) -> bytes | None:
    """The bytes behind a fingerprint's text; None when it is too long for a table.

    Upper case and space around it are fine. Raises Refused for another length or alphabet.
    """
    text = text.strip()
    if form.width is None:
        return _free_value(form, text)
    try:
        # fromhex passes over spaces between digits, so the text's own length is looked at too.
        if len(text) == form.text_length:
            value = b64decode(text, validate=True) if form.base64 else bytes.fromhex(text)
            if len(value) == form.width:
                return value
    except (binascii.Error, ValueError):
        pass
    spelling = "characters of base64" if form.base64 else "hexadecimal digits"
    raise Refused(f"{form.name} must be {form.text_length} {spelling}")


def _free_value(form: Form, text: str) -> bytes | None:
    """Kinds that are only kept: their text as it is."""
    if not text:
        raise Refused(f"{form.name} is empty")
    if not text.isprintable():
        raise Refused(f"{form.name} has a control character in it")
    raw = text.encode()
    return raw if len(raw) <= VALUE_BYTES else None


def hasher_of(text: str | None) -> str:
    """The name of the program that computed a fingerprint, as it may be stored."""
    name = (text or "").strip()
    if name:
        _check_text("tool", name, LONGEST_HASHER)
    return name


def _check_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise Refused(f"{field} is longer than {longest} characters")
    # A NUL would be refused by PostgreSQL in the middle of a batch.
    if not text.isprintable():
        raise Refused(f"{field} has a control character in it")
