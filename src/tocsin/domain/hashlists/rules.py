"""What follows from what: near match, policy records, digests, times. No Django, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hashlists.quarantine_types import QuarantineState
from tocsin.domain.hashlists.types import (
    FLAG_HELD,
    FLAG_TEST,
    LEAST_NEAR_QUALITY,
    MEDIA_TYPES,
    EntryStatus,
    FingerprintValue,
    Kind,
    PolicyRecord,
    Purpose,
)

MATCHABLE = frozenset({EntryStatus.ACTIVE, EntryStatus.DISPUTED, EntryStatus.QUARANTINED})
"""Statuses whose fingerprints are kept in the index. A quarantined entry is in it, and its policy
keeps it from matching, so that letting it out is a policy change and works at once."""

LEAST_BITS, MOST_BITS = 96, 160
"""A PDQ sets about 128 of its 256 bits, because each bit compares with the median. One far from
that is of a flat picture; this judges hashes whose source gives no quality."""

VIDEO = MEDIA_TYPES.index("video")
MOST = 255

_WAITING = QuarantineState.WAITING
QUARANTINE = Lifecycle(
    states=QuarantineState,
    first=_WAITING,
    moves=(
        move("release", [_WAITING], QuarantineState.RELEASED),
        move("confirm", [_WAITING], QuarantineState.CONFIRMED),
        # Its source, its time, a person elsewhere, or a newer version of it.
        move("moot", [_WAITING], QuarantineState.MOOT),
    ),
    final=frozenset(QuarantineState) - {_WAITING},
    # Nothing is ever let out by a clock: managers are reminded, again and again.
    waiting={_WAITING: Waiting(timedelta(days=3), "hashlists.quarantine_waits")},
)
REMIND_AFTER = QUARANTINE.waiting[_WAITING].within
BRAKE_LEAST, BRAKE_SHARE = 100, 1_000
NIGHT_HOUR = 2
DAY_SECONDS = 86_400


def near_matchable(kind: Kind, value: bytes, quality: int | None, media_type: int) -> bool:
    """Whether a stored fingerprint may be found by nearness.

    Frames of videos are not: a title or a black frame would bring in pictures of anything.
    """
    if kind is not Kind.PDQ or media_type == VIDEO:
        return False
    if quality is not None:
        return quality >= LEAST_NEAR_QUALITY
    return LEAST_BITS <= int.from_bytes(value, "big").bit_count() <= MOST_BITS


def is_frame(kind: Kind, value: bytes, quality: int | None, media_type: int) -> bool:
    """Whether a stored fingerprint is a frame by which a listed film may be found."""
    return media_type == VIDEO and near_matchable(kind, value, quality, 0)


def may_set_aside(entries: int) -> int:
    """How many of so many entries a set may have set aside without a person: a thousandth, and a
    hundred at least."""
    return max(BRAKE_LEAST, entries // BRAKE_SHARE)


def is_too_much(found: int, *, of: int) -> bool:
    """Whether a set that silences `found` entries of so many needs a person first."""
    return found > may_set_aside(of)


def flags(*, held: bool, purpose: Purpose) -> int:
    """The flags byte of a policy record."""
    return (FLAG_HELD if held else 0) | (FLAG_TEST if purpose is Purpose.TEST else 0)


def no_policy() -> PolicyRecord:
    """The record of an entry that does not count: all zeros."""
    return PolicyRecord(0, 0, 0, 0, 0, 0, 0, 0, 0)


def content_digest(said: object) -> int:
    """64 bits over what a source said of an entry (plain values), signed as databases want it.

    Tells a changed record from an unchanged one; it protects nothing. Taken over MessagePack,
    whose bytes stay the same whatever version of Python writes them.
    """
    packed = msgspec.msgpack.encode(said)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), "big", signed=True)


def own_digest(about: str, fingerprints: Sequence[FingerprintValue]) -> int:
    """The content digest of an entry on our own list."""
    return content_digest((about, [(int(f.kind), f.n, f.value) for f in fingerprints]))


def seconds(text: str) -> int:
    """Whole seconds since 1970 of an RFC 3339 time or date; one without a zone is UTC.

    Raises ValueError.
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return int(when.timestamp())


def last_second(text: str) -> int:
    """The last second at which something counts: of a date alone, the end of that day in UTC.

    Raises ValueError.
    """
    try:
        date.fromisoformat(text)
    except ValueError:
        return seconds(text)
    return seconds(text) + DAY_SECONDS - 1


def night_has_come(*, last: datetime | None, at: datetime, zone: tzinfo) -> bool:
    """Whether two o'clock at night in `zone` has struck since `last`; always so after never."""
    here = at.astimezone(zone)
    night = here.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0, fold=0)
    if night > here:
        night -= timedelta(days=1)
    return last is None or last < night
