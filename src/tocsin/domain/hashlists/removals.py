"""A removal on a line of our own format whose other fields are not as they must be.

What takes an entry away counts whatever is written beside it: refusing it would let somebody be
accused by an entry that its source has taken back.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET

from tocsin.domain.hashlists.native_format import EntrySource, NativeEntry

Gone = Literal["withdrawn", "deleted", "expired"]
GONE: dict[object, Gone] = {"withdrawn": "withdrawn", "deleted": "deleted", "expired": "expired"}


class _Line(msgspec.Struct):
    """What says which entry it is of, and that it goes; anything may stand beside it."""

    source: Any = None
    source_entry_id: Any = None
    status: Any = None
    tombstone: Any = None
    source_updated_at: Any = None


_decode = msgspec.json.Decoder(_Line).decode


def of_line(raw: bytes) -> NativeEntry | None:
    """The removal on a line, with nothing but the entry that it is of; None where it is none, or
    does not say of which."""
    try:
        line = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    status = GONE.get(line.status) if isinstance(line.status, str) else None
    if status is None and line.tombstone is True:
        status = "deleted"
    source, own_id = line.source, line.source_entry_id
    if status is None or not isinstance(source, dict) or not isinstance(own_id, str):
        return None
    member, environment = source.get("member_id"), source.get("environment")
    if not own_id.strip() or not all(_text_or_none(text) for text in (member, environment)):
        return None
    updated = line.source_updated_at
    return NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=EntrySource(list_id="", format="native", environment=environment, member_id=member),
        source_entry_id=own_id,
        media_type="unknown",
        status=status,
        fingerprints=[],
        tombstone=True if line.tombstone is True else UNSET,
        source_updated_at=updated if isinstance(updated, str) else None,
    )


def _text_or_none(value: object) -> bool:
    return value is None or isinstance(value, str)
