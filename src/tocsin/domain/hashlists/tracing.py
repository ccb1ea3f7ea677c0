"""Following an entry through its versions: how it stands now, whatever it was told as."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.models import Entry, Fingerprint, OwnNote
from tocsin.domain.hashlists.types import EntryStatus, RunState, Serve, Standing

_AT_ONCE = 500
_BESIDE = ("run", "replaced_by_run", "hash_list")
_MATCHABLE = [status.number for status in rules.MATCHABLE]


def standings(entry_ids: Iterable[int]) -> dict[int, Standing]:
    """How each entry stands; one that is not there (any more) counts as withdrawn.

    A version that another has replaced stands as the newer one does. One that waits in quarantine
    is held: a table doubts it and no person has decided, so nothing is taken back yet.
    """
    ids = sorted(set(entry_ids))
    found: dict[int, Standing] = dict.fromkeys(ids, Standing.WITHDRAWN)
    for start in range(0, len(ids), _AT_ONCE):
        rows = Entry.objects.filter(pk__in=ids[start : start + _AT_ONCE])
        for row in rows.select_related(*_BESIDE):
            found[row.pk] = _own(row) if _visible(row) else _of_newer(row)
    return found


def versions(entry_ids: Iterable[int]) -> set[int]:
    """These entries and every other version of them, older and newer."""
    ids = sorted(set(entry_ids))
    family = set(ids)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        named = Entry.objects.filter(pk__in=some)
        by_list: dict[tuple[int, str], list[str]] = {}
        for number, member, name in named.values_list("hash_list", "member", "source_entry_id"):
            by_list.setdefault((number, member), []).append(name)
        for (number, member), names in by_list.items():
            same = Entry.objects.filter(hash_list=number, member=member, source_entry_id__in=names)
            family.update(same.values_list("pk", flat=True))
    return family


def held_among(entry_ids: Iterable[int]) -> set[int]:
    """Those of these entries that count, or wait in quarantine, and that we hold."""
    ids = sorted(set(entry_ids))
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        rows = Entry.objects.filter(pk__in=ids[start : start + _AT_ONCE], held=True)
        found.update(row.pk for row in rows.select_related(*_BESIDE) if _visible(row))
    return found


def replaced_in(run_id: int, *, after: int, limit: int) -> list[int]:
    """Entries that a run put in the past, in order of their number, from behind `after`."""
    replaced = Entry.objects.filter(replaced_by_run_id=run_id, pk__gt=after)
    return list(replaced.order_by("pk").values_list("pk", flat=True)[:limit])


def newest(entry_id: int) -> int:
    """The version of an entry that counts now, or itself where none does."""
    row = Entry.objects.filter(pk=entry_id).first()
    newer = _counting_sibling(row) if row is not None else None
    return entry_id if newer is None else newer.pk


def _of_newer(row: Entry) -> Standing:
    newer = _counting_sibling(row)
    if newer is None:
        last = _siblings(row).order_by("-version").first()
        gone = last is not None and last.status == EntryStatus.EXPIRED.number
        return Standing.EXPIRED if gone else Standing.WITHDRAWN
    standing = _own(newer)
    # In quarantine "check again" would say the same as "withdrawn": a check does not meet it.
    settled = standing is Standing.WITHDRAWN or _waits(newer)
    if settled or _prints(row.pk) <= _prints(newer.pk):
        return standing
    return Standing.CHANGED


def _own(row: Entry) -> Standing:
    if not _is_served(row):
        return Standing.WITHDRAWN
    held = row.held or row.status == EntryStatus.DISPUTED.number or _waits(row)
    return Standing.HELD if held else Standing.LISTED


def _waits(row: Entry) -> bool:
    """Whether nobody has decided yet of what set it aside; decided, it has another status."""
    return row.status == EntryStatus.QUARANTINED.number


def _is_served(row: Entry) -> bool:
    """Whether checks may meet it at all: a list, or an entry, may be kept without being served."""
    serve = row.hash_list.serve if row.serve is None else row.serve & row.hash_list.serve
    return bool(serve & (Serve.EXACT | Serve.NEAR))


def _visible(row: Entry) -> bool:
    released = row.run is None or row.run.state == RunState.RELEASED
    replaced = row.replaced_by_run is not None and row.replaced_by_run.state == RunState.RELEASED
    return released and not replaced and row.status in _MATCHABLE


def _counting_sibling(row: Entry) -> Entry | None:
    counting = _siblings(row).filter(status__in=_MATCHABLE).order_by("-version")
    return next((sibling for sibling in counting if _visible(sibling)), None)


def _siblings(row: Entry) -> QuerySet[Entry]:
    released = Q(run__isnull=True) | Q(run__state=RunState.RELEASED)
    return Entry.objects.select_related(*_BESIDE).filter(
        released,
        hash_list=row.hash_list_id,
        member=row.member,
        source_entry_id=row.source_entry_id,
    )


def _prints(entry_id: int) -> set[tuple[int, bytes]]:
    rows = Fingerprint.objects.filter(entry_id=entry_id).values_list("kind", "value")
    return {(kind, bytes(value)) for kind, value in rows}


def counts_since(entry_id: int) -> datetime | None:
    """When an entry began to count here; None where that is not known."""
    row = Entry.objects.select_related("run", "own_note").filter(pk=entry_id).first()
    if row is None:
        return None
    if row.run is not None:
        return row.run.released_at
    note: OwnNote | None = getattr(row, "own_note", None)
    return note.added_at if note else None
