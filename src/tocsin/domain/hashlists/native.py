"""Reads our own lists: one JSON object a line."""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, structs

from tocsin.domain.hashlists import classified, removals, rules
from tocsin.domain.hashlists.lines import wrong_byte
from tocsin.domain.hashlists.native_format import (
    NAMES,
    NativeEntry,
    NativeFingerprint,
    decode,
)
from tocsin.domain.hashlists.records import (
    FORMS,
    Print,
    Refused,
    SourceRecord,
    hasher_of,
    identity_of,
    value_of,
)
from tocsin.domain.hashlists.types import (
    MEDIA_TYPES,
    EntryStatus,
    Purpose,
    Serve,
)
from tocsin.engine.knowngood import size_flags

_MEDIA_TYPES = {name: number for number, name in enumerate(MEDIA_TYPES)}
_STATUSES = {status.value: status.number for status in EntryStatus}
_SERVE = {
    "exact_check": int(Serve.EXACT),
    "near_check": int(Serve.NEAR),
    "scanner": int(Serve.SCANNER),
    "export": int(Serve.EXPORT),
}
_FIELD = re.compile(r"`([A-Za-z_]{1,40})`")
_PLACE = re.compile(r"`\$((?:\.[A-Za-z_]{1,40}|\[\.\.\.\]|\[\d{1,9}\])*)`")


class NativeReader:
    """Reads lines of our own format for a list of one purpose and environment."""

    def __init__(self, purpose: Purpose, environment: str = "") -> None:
        self._purpose = purpose.value
        self._environment = environment

    def read(self, raw: bytes) -> SourceRecord:
        """The record of one line; raises Refused and nothing else."""
        try:
            entry = decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            removal = removals.of_line(raw)
            if removal is None:
                raise Refused(wrong_byte(raw) or _why(error)) from None
            entry = removal
        return self.record(entry)

    def record(self, entry: NativeEntry) -> SourceRecord:
        """The record of one entry, from whatever format it was read; raises Refused."""
        self._check_environment(entry)
        status = _status(entry)
        if status not in _TAKEN:
            return self._removal(entry, status)
        self._check_purpose(entry)
        prints, left_out = prints_of(entry.fingerprints)
        if not prints and not left_out:
            raise Refused("it has no fingerprint")
        made = _made(entry, status, prints, left_out)
        made.valid_until = _last_second(entry.valid_until)
        return made.close()

    def _removal(self, entry: NativeEntry, status: int) -> SourceRecord:
        """It counts whatever is written beside it, as long as it says which entry it is of."""
        try:
            prints, left_out = prints_of(entry.fingerprints)
        except Refused:
            if not entry.source_entry_id.strip():
                raise
            prints, left_out = [], 0
        made = _made(entry, status, prints, left_out)
        if not made.source_entry_id and _all_retracted(entry):
            made.source_entry_id = identity_of(_retracted(entry))
        made.valid_until = _loose_last_second(entry.valid_until)
        return made.close()

    def _check_purpose(self, entry: NativeEntry) -> None:
        if entry.list_purpose is not UNSET and entry.list_purpose != self._purpose:
            raise Refused(f"its purpose is {entry.list_purpose}, the list's {self._purpose}")

    def _check_environment(self, entry: NativeEntry) -> None:
        environment = entry.source.environment or ""
        if self._environment and environment and environment != self._environment:
            raise Refused("it is of another environment than the list")


def _made(entry: NativeEntry, status: int, prints: list[Print], left_out: int) -> SourceRecord:
    """The record without its last day, not yet closed."""
    observed, codes = classified.of(entry)
    return SourceRecord(
        member=(entry.source.member_id or "").strip(),
        source_entry_id=entry.source_entry_id.strip(),
        media_type=_MEDIA_TYPES[entry.media_type],
        status=status,
        category=_category(entry),
        quorum=_quorum(entry),
        serve=_serve(entry),
        source_created=_loose_seconds(entry.source_created_at),
        source_updated=_loose_seconds(entry.source_updated_at),
        valid_until=None,
        prints=prints,
        left_out=left_out,
        observed=observed,
        codes=codes,
        small=_small(entry),
    )


MOST_PRINTS = 10_000
"""Of one entry: more than an hour of video has frames that differ. A table counts to 32,767."""
_TAKEN = frozenset(status.number for status in rules.MATCHABLE)


def prints_of(fingerprints: list[NativeFingerprint]) -> tuple[list[Print], int]:
    """What goes into the table, and how many values are left to the archive; raises Refused."""
    if len(fingerprints) > MOST_PRINTS:
        raise Refused(f"it has more than {MOST_PRINTS:,} fingerprints")
    prints: list[Print] = []
    counts: dict[int, int] = {}
    left_out = 0
    for given in fingerprints:
        if given.status == "retracted":
            continue
        form = FORMS[given.algo]
        value = None if given.value is None else value_of(form, given.value)
        if value is None:
            left_out += 1
            continue
        kind = form.kind
        n = counts.get(kind, 0)
        counts[kind] = n + 1
        hasher = hasher_of(given.tool) if given.tool else ""
        prints.append((kind, n, value, given.quality, hasher, given.offset_s))
    return prints, left_out


def _status(entry: NativeEntry) -> int:
    """A tombstone always takes an entry away, whatever status stands beside it; and so does taking
    back every fingerprint that it had."""
    number = _STATUSES[entry.status]
    if number in _TAKEN and (entry.tombstone is True or _all_retracted(entry)):
        return EntryStatus.DELETED.number
    return number


def _all_retracted(entry: NativeEntry) -> bool:
    return bool(entry.fingerprints) and all(p.status == "retracted" for p in entry.fingerprints)


def _retracted(entry: NativeEntry) -> list[Print]:
    """The fingerprints that were taken back, as they were: by them the entry was known."""
    prints, _ = prints_of([structs.replace(p, status=UNSET) for p in entry.fingerprints])
    return prints


def _small(entry: NativeEntry) -> int:
    """What speaks against the sizes that it states."""
    if entry.media is UNSET:
        return 0
    return size_flags(entry.media.size_bytes, entry.media.width, entry.media.height)


def _category(entry: NativeEntry) -> int:
    """The gravest category that one of the classifications can be expressed in."""
    if entry.classifications is UNSET:
        return 0
    gravest = 0
    for given in entry.classifications:
        number = classified.CATEGORIES.get((given.scheme, given.code), 0)
        if number and (not gravest or number < gravest):
            gravest = number
    return gravest


def _quorum(entry: NativeEntry) -> int:
    if entry.counts is UNSET:
        return 1
    return min(max(entry.counts.reviewers or 1, 1), rules.MOST)


def _serve(entry: NativeEntry) -> int | None:
    if entry.sharing is UNSET or entry.sharing.serve is UNSET:
        return None
    bits = 0
    for word in entry.sharing.serve:
        bits |= _SERVE[word]
    return bits


def _loose_seconds(text: str | None) -> int | None:
    """A time that only informs: one that cannot be read is as good as none."""
    try:
        return rules.seconds(text) if text else None
    except (ValueError, OverflowError):
        return None


def _loose_last_second(text: str | None) -> int | None:
    try:
        return _last_second(text)
    except Refused:
        return None


def _last_second(text: str | None) -> int | None:
    try:
        return rules.last_second(text) if text else None
    except (ValueError, OverflowError):
        raise Refused("valid_until is not a time (RFC 3339)") from None


def _why(error: Exception) -> str:
    """msgspec's reason in words that never quote the line: only our own field names pass."""
    text = str(error)
    known = [word for word in _FIELD.findall(text) if word in NAMES]
    place = _PLACE.search(text)
    where = (place.group(1).lstrip(".") if place else "") or "the record"
    if not isinstance(error, msgspec.ValidationError):
        return "it is not one JSON object"
    if "missing required field" in text and known:
        return f"{where}: the field {known[0]} is missing"
    if "unknown field" in text:
        return f"{where} has a field that the format does not have"
    if "Expected" in text:
        return f"{where} is not of the right kind"
    return f"{where} has a value that the format does not allow"
