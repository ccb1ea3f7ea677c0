"""What a person here found wrong stays found: remembered by its fingerprints, whoever sends it.

A source's id may change, and without one a further fingerprint makes another entry. So what comes
in with a fingerprint of an entry that was withdrawn here, or is held for doubts, comes in held, on
any list, until a person lets it count. Withdrawals by sources are no decision of ours.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Max

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.models import (
    Entry,
    Fingerprint,
    ImportRun,
    LintNote,
    RememberedPrint,
)
from tocsin.domain.hashlists.quarantine_types import LintReason
from tocsin.domain.hashlists.records import SourceRecord
from tocsin.domain.hashlists.types import ChangeKind, Kind, Purpose

_KINDS: Final = (Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ)
_SHAS: Final = (Kind.SHA1, Kind.SHA256)
_AT_ONCE: Final = 400
_IDS_AT_ONCE: Final = 20_000
_MOST_NOTES: Final = 1_000
_GOES_ON: Final = [status.number for status in rules.MATCHABLE]
# From the prints that came in, each looked up among the few that are remembered: never the other
# way, as nothing finds a fingerprint of a list by its value. CROSS JOIN keeps SQLite to that order.
_SHARED: Final = (
    "SELECT f.entry_id, r.entry_id, r.kind FROM hashlists_fingerprint f"
    " CROSS JOIN hashlists_rememberedprint r"
    " WHERE r.kind = f.kind AND r.value = f.value AND r.entry_id <> f.entry_id"
    " AND r.rehearsal = %s AND r.id > %s AND f.entry_id BETWEEN %s AND %s AND f.kind <= 4"
)

Pairs = Mapping[tuple[int, int], set[int]]
"""Kinds of fingerprint that an entry shares with a remembered one, by their two numbers."""


@dataclass(slots=True)
class Found:
    """What an import brings that is remembered, as far as `through` (the last print asked about).

    `held`: ascending numbers of entries; `noted`: those that share no more than an MD5 while their
    SHAs differ, with the remembered entry; the first thousand.
    """

    through: int = 0
    held: array[int] = field(default_factory=lambda: array("q"))
    noted: dict[int, int] = field(default_factory=dict)


def remember(entry_ids: Sequence[int], *, at: datetime) -> None:
    """Remember these entries as found wrong, in the caller's transaction, behind its change log:
    whoever releases an import meanwhile sees them, or is through already."""
    for start in range(0, len(entry_ids), _AT_ONCE):
        rows = Fingerprint.objects.select_related("entry__hash_list").filter(
            entry__in=entry_ids[start : start + _AT_ONCE], kind__in=_KINDS
        )
        RememberedPrint.objects.bulk_create(
            [
                RememberedPrint(
                    entry_id=row.entry_id,
                    kind=row.kind,
                    value=bytes(row.value),
                    rehearsal=row.entry.hash_list.purpose == Purpose.TEST,
                    at=at,
                )
                for row in rows.order_by("entry", "kind", "n")
                if row.entry.hash_list.purpose != Purpose.BENIGN_ALLOW and _tells(row)
            ],
            ignore_conflicts=True,
        )


def forget(entry_id: int) -> None:
    """A person says that an entry counts: what is remembered of it, and of others with one of its
    fingerprints, is forgotten, in the caller's transaction."""
    rehearsal = Entry.objects.filter(pk=entry_id, hash_list__purpose=Purpose.TEST).exists()
    others = {other for _, other in _shared(entry_id, entry_id, rehearsal=rehearsal, after=0)}
    ids = sorted({entry_id, *others})
    for start in range(0, len(ids), _AT_ONCE):
        RememberedPrint.objects.filter(entry__in=ids[start : start + _AT_ONCE]).delete()


def wrong_before(entry_id: int) -> int | None:
    """The entry that was found wrong and shares a fingerprint with this one; the first of them."""
    rehearsal = Entry.objects.filter(pk=entry_id, hash_list__purpose=Purpose.TEST).exists()
    pairs = _shared(entry_id, entry_id, rehearsal=rehearsal, after=0)
    alike, _ = _weigh(pairs)
    return min((other for _, other in alike), default=None)


def like(wrong: int, rows: Iterable[Entry]) -> tuple[set[int], set[int]]:
    """Those of these entries, lists at hand, that are of the same picture as one that was found
    wrong, and those that an MD5 alone speaks for while a SHA speaks against."""
    alike: set[int] = set()
    noted: set[int] = set()
    for row in rows:
        rehearsal = row.hash_list.purpose == Purpose.TEST
        pairs = _shared(row.pk, row.pk, rehearsal=rehearsal, after=0)
        same, twins = _weigh({pair: kinds for pair, kinds in pairs.items() if pair[1] == wrong})
        alike |= {one for one, _ in same}
        noted |= {one for one, _ in twins}
    return alike, noted


def look(run: ImportRun, found: Found) -> None:
    """Add what an import brings that is remembered since `found` was looked for.

    Reads only, in pieces, and nothing where nothing is remembered: it may take minutes for millions
    of entries, and keeps nobody waiting outside a transaction.
    """
    newest = RememberedPrint.objects.aggregate(last=Max("pk"))["last"] or 0
    if newest <= found.through or run.hash_list.purpose == Purpose.BENIGN_ALLOW:
        found.through = max(found.through, newest)
        return
    held = set(found.held)
    rehearsal = run.hash_list.purpose == Purpose.TEST
    for first, last in _pieces(run):
        pairs = _shared(first, last, rehearsal=rehearsal, after=found.through)
        alike, note = _weigh(pairs)
        mine = _of_run(run, {one for one, _ in (*alike, *note)})
        held |= {one for one, _ in alike} & mine
        for one, other in note:
            if one in mine and len(found.noted) < _MOST_NOTES:
                found.noted.setdefault(one, other)
    found.held = array("q", sorted(held))
    found.through = newest


def known_among(records: Sequence[SourceRecord], *, rehearsal: bool) -> set[int]:
    """Places of those records, which are in no table, that would come in held."""
    places: dict[tuple[int, bytes], set[int]] = defaultdict(set)
    if not RememberedPrint.objects.filter(rehearsal=rehearsal).exists():
        return set()
    for place, one in enumerate(records):
        for print_ in one.prints:
            if print_[0] in _KINDS:
                places[print_[0], print_[2]].add(place)
    pairs: dict[tuple[int, int], set[int]] = defaultdict(set)
    for kind in _KINDS:
        values = [value for of, value in places if of == kind]
        for start in range(0, len(values), _AT_ONCE):
            rows = RememberedPrint.objects.filter(
                kind=kind, value__in=values[start : start + _AT_ONCE], rehearsal=rehearsal
            )
            for value, entry_id in rows.values_list("value", "entry"):
                for place in places[int(kind), bytes(value)]:
                    pairs[place, entry_id].add(int(kind))
    shas = {
        place: {print_[0] for print_ in records[place].prints if print_[0] in _SHAS}
        for place, _ in pairs
    }
    alone = {other for (_, other), kinds in pairs.items() if kinds == {Kind.MD5}}
    there = _shas(RememberedPrint, alone)
    return {
        place
        for (place, other), kinds in pairs.items()
        if kinds != {Kind.MD5} or not shas[place] & there[other]
    }


def hold(run: ImportRun, found: Found, *, actor: Actor, at: datetime) -> None:
    """Hold what was found, in the transaction of the release and behind its change. Each has a
    change of its own, so that it comes before people."""
    held = 0
    for start in range(0, len(found.held), _AT_ONCE):
        rows = Entry.objects.filter(pk__in=found.held[start : start + _AT_ONCE], held=False)
        fresh = list(rows.order_by("pk").values_list("pk", flat=True))
        Entry.objects.filter(pk__in=fresh).update(held=True)
        log_changes(ChangeKind.POLICY, fresh, at=at)
        held += len(fresh)
    already = set(found.held)
    noted = {one: other for one, other in found.noted.items() if one not in already}
    if not held and not noted:
        return
    record(
        actor=actor,
        action="hashlists.hold_wrong_before",
        subject=f"import:{run.pk}",
        at=at,
        facts={"held": held, "noted": len(noted)},
    )
    LintNote.objects.bulk_create(
        (
            LintNote(entry_id=one, reason=LintReason.MD5_TWIN, source=f"entry {other}", at=at)
            for one, other in sorted(noted.items())
        ),
        ignore_conflicts=True,
    )


def _tells(row: Fingerprint) -> bool:
    """Whether a fingerprint tells one picture from others: a flat one's PDQ, or a frame's of a
    film, may be that of anything."""
    kind, value = Kind(row.kind), bytes(row.value)
    if kind is not Kind.PDQ:
        return True
    return rules.near_matchable(kind, value, row.quality, row.entry.media_type)


def _shared(first: int, last: int, *, rehearsal: bool, after: int) -> Pairs:
    pairs: dict[tuple[int, int], set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [rehearsal, after, first, last])
        for one, other, kind in cursor.fetchall():
            pairs[one, other].add(kind)
    return pairs


def _weigh(pairs: Pairs) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs that are of one picture, and those that an MD5 alone speaks for while a SHA speaks
    against: an MD5 can be made to order, and must not take an exact SHA away."""
    alone = [pair for pair, kinds in pairs.items() if kinds == {Kind.MD5}]
    differ = _differ(alone) if alone else set()
    return [pair for pair in pairs if pair not in differ], sorted(differ)


def _differ(pairs: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of pairs that share no SHA though both have one of the same kind."""
    here = _shas(Fingerprint, {one for one, _ in pairs})
    there = _shas(RememberedPrint, {other for _, other in pairs})
    return {(one, other) for one, other in pairs if here[one] & there[other]}


def _shas(
    table: type[Fingerprint | RememberedPrint], entry_ids: Iterable[int]
) -> dict[int, set[int]]:
    """The kinds of SHA that each of these entries has."""
    kinds: dict[int, set[int]] = defaultdict(set)
    ids = sorted(set(entry_ids))
    for start in range(0, len(ids), _AT_ONCE):
        rows = table.objects.filter(entry__in=ids[start : start + _AT_ONCE], kind__in=_SHAS)
        for entry_id, kind in rows.values_list("entry", "kind"):
            kinds[entry_id].add(kind)
    return kinds


def _pieces(run: ImportRun) -> Iterator[tuple[int, int]]:
    if run.first_entry_id is None or run.last_entry_id is None:
        return
    for first in range(run.first_entry_id, run.last_entry_id + 1, _IDS_AT_ONCE):
        yield first, min(first + _IDS_AT_ONCE - 1, run.last_entry_id)


def _of_run(run: ImportRun, entry_ids: Iterable[int]) -> set[int]:
    """Those of these entries that the run brought and that are no removals: others are numbered
    between them."""
    ids, mine = sorted(set(entry_ids)), set[int]()
    for start in range(0, len(ids), _AT_ONCE):
        rows = Entry.objects.filter(
            pk__in=ids[start : start + _AT_ONCE], run=run, status__in=_GOES_ON
        )
        mine |= set(rows.values_list("pk", flat=True))
    return mine
