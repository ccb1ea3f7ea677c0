"""Setting entries aside for what the lint found, and what people decide of them.

Each write is one transaction with its audit row. Nothing here lets an entry out by itself.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock import queries as clock
from tocsin.base.clock.actions import set_due
from tocsin.domain.hashlists import judged, rules
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun, LintNote, Quarantine
from tocsin.domain.hashlists.quarantine_types import (
    Chosen,
    Counts,
    DecidedAlready,
    Decision,
    NoSuchQuarantine,
    QuarantineState,
    needed_words,
)
from tocsin.domain.hashlists.standing import quarantine_moot, withdraw_versions
from tocsin.domain.hashlists.types import ChangeKind, EntryStatus, RunState
from tocsin.engine.knowngood import Finding

AT_ONCE = 500
Rows: TypeAlias = QuerySet[Quarantine]
WAITS = rules.QUARANTINE.waiting[QuarantineState.WAITING].then
_COUNT = [EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number]
_SET_ASIDE = EntryStatus.QUARANTINED.number


def put(findings: Iterable[Finding], *, run_id: int | None, actor: Actor, at: datetime) -> Counts:
    """Set aside or note what the lint found, in the caller's transaction; what was new of it.

    `run_id`: of an import that is not released, whose entries nobody has in an index yet. Entries
    of our own list are noted only, and what a person released is not set aside again for the same.
    """
    done = Counts()
    for some in _parts(findings):
        done += _put(some, run_id=run_id, actor=actor, at=at)
    return done


def decide(*, number: int, decision: Decision, words: str, actor: Actor, at: datetime) -> bool:
    """Let one entry match again, within a second, or withdraw it as benign.

    False when it was decided that it may match again, and it waits for another reason still.
    Raises WordsNeeded, NoSuchQuarantine, and DecidedAlready when somebody else was first.
    """
    words = needed_words(words)
    with transaction.atomic():
        row = Quarantine.objects.filter(pk=number).first()
        if row is None:
            raise NoSuchQuarantine(f"There is no quarantine {number}.")
        if not _decide([number], decision, words, actor=actor, at=at):
            raise DecidedAlready("Somebody has decided in the meantime, or the entry is gone.")
        return not _waiting().filter(entry=row.entry_id).exists()


def decide_all(
    *, chosen: Chosen, decision: Decision, words: str, actor: Actor, at: datetime
) -> int:
    """Decide the same of all entries that wait for one reason; how many it reached.

    In parts of a few hundred, each with an audit row that holds the Merkle root of the entries.
    Raises WordsNeeded.
    """
    words = needed_words(words)
    waits = Quarantine.objects.filter(
        state=QuarantineState.WAITING,
        hash_list__slug=chosen.list_slug,
        reason=chosen.reason,
        known_set=chosen.known_set,
        pk__lte=chosen.through,
    ).order_by("pk")
    reached, last = 0, 0
    while some := list(waits.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            reached += _decide(some, decision, words, actor=actor, at=at)
        last = some[-1]
    return reached


_OF_NEWER = (
    " FROM hashlists_quarantine q"
    " JOIN hashlists_entry o ON o.id = q.entry_id"
    " JOIN hashlists_entry n ON n.hash_list_id = o.hash_list_id AND n.member = o.member"
    " AND n.source_entry_id = o.source_entry_id AND n.run_id = o.replaced_by_run_id"
    " WHERE o.replaced_by_run_id = %s AND q.state = 'waiting' AND n.status IN (1, 2, 3)"
    " AND NOT EXISTS (SELECT 1 FROM hashlists_quarantine d"
    " WHERE d.entry_id = n.id AND d.state = 'released')"
)
"""Reasons that older versions wait for, `q`, with the newer version of each, `n`. Not of one that a
person let out already, nor of a tombstone."""
_COPY = (
    "INSERT INTO hashlists_quarantine (entry_id, hash_list_id, run_id, status_before, reason,"  # noqa: S608 - our own words
    " known_set, source, bits, alone, at, state, decided_by, words)"
    " SELECT n.id, q.hash_list_id, n.run_id, COALESCE((SELECT MIN(w.status_before)"
    " FROM hashlists_quarantine w WHERE w.entry_id = n.id AND w.state = 'waiting'), n.status),"
    " q.reason, q.known_set, q.source, q.bits,"
    # Since the first version was set aside: the clock does not begin anew.
    f" q.alone, q.at, 'waiting', '', ''{_OF_NEWER}"
    " ON CONFLICT (entry_id, reason, known_set) DO NOTHING"
)


def carry(run: ImportRun, *, at: datetime) -> int:
    """Keep the new versions of entries that wait in quarantine there, in the transaction of the
    release; how many. A tombstone goes through."""
    waits = _waiting().filter(entry__replaced_by_run=run)
    # Whoever decides of one of them at this moment comes before us, or after.
    if not list(waits.select_for_update().values_list("pk", flat=True)):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [run.pk])
        cursor.execute(
            f"UPDATE hashlists_entry SET status = {_SET_ASIDE}"  # noqa: S608 - our own words
            f" WHERE status IN (1, 2) AND id IN (SELECT n.id{_OF_NEWER})",
            [run.pk],
        )
        kept: int = cursor.rowcount
    quarantine_moot(Quarantine.objects.filter(entry__replaced_by_run=run), at=at)
    return kept


def discarded(run_id: int, *, at: datetime) -> None:
    """An import was given up: nobody need decide about what it brought."""
    quarantine_moot(Quarantine.objects.filter(run=run_id), at=at)


def undo(rows: Rows, *, known_set: str, actor: Actor, at: datetime) -> int:
    """Take back what a set put there and nobody has decided about, as if it had not been asked, in
    the caller's transaction; how many."""
    numbers = list(rows.order_by("pk").values_list("pk", flat=True))
    ids: list[int] = []
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        held = Entry.objects.select_for_update(of=("self",)).filter(quarantines__pk__in=some)
        list(held.order_by("pk").values_list("pk", flat=True))
        waits = list(_waiting().filter(pk__in=some))
        Quarantine.objects.filter(pk__in=[row.pk for row in waits]).delete()
        _let_out(waits, at)
        ids += [row.entry_id for row in waits]
    record(
        actor=actor,
        action="hashlists.quarantine_undone",
        subject=f"known-good:{known_set}",
        at=at,
        facts={"entries": len(ids), "merkle_root": _root(ids)},
    )
    return len(ids)


def looked_at() -> Q:
    """Which entries the lint looks at: those that count, and those that wait because of it."""
    return Q(status__in=_COUNT) | Q(
        Exists(_waiting().filter(entry=OuterRef("pk"))), status=_SET_ASIDE
    )


def _put(some: list[Finding], *, run_id: int | None, actor: Actor, at: datetime) -> Counts:
    by_entry: dict[int, list[Finding]] = defaultdict(list)
    for found in some:
        by_entry[found.entry_id].append(found)
    rows = _still_there(by_entry)
    # Asked behind the lock: another lint may have written the same meanwhile.
    told = _told_before(by_entry)
    fresh = [(row, found) for row in rows for found in by_entry[row.pk] if found.key not in told]
    noted = [(row, found) for row, found in fresh if found.note or row.hash_list.own]
    aside = [(row, found) for row, found in fresh if not (found.note or row.hash_list.own)]
    released = _released_before(aside)
    aside = [(row, found) for row, found in aside if found.key not in released]
    LintNote.objects.bulk_create((_note(found, at) for _, found in noted), ignore_conflicts=True)
    newly = _set_aside(aside, run_id=run_id, actor=actor, at=at) if aside else 0
    return Counts(0, newly, len(noted))


def _still_there(entry_ids: Iterable[int]) -> list[Entry]:
    """Those that still count or wait, held until the end of the transaction.

    First their imports are held: one that is released or given up at this moment comes before us,
    and then its entries are gone, or after, and then it sees what we wrote.
    """
    ids = list(entry_ids)
    runs = Entry.objects.filter(pk__in=ids).values_list("run", "replaced_by_run")
    numbers = {number for pair in runs for number in pair if number is not None}
    open_runs = ImportRun.objects.filter(pk__in=numbers).exclude(state=RunState.RELEASED)
    list(open_runs.select_for_update().order_by("pk").values_list("pk", flat=True))
    rows = Entry.objects.select_for_update(of=("self",)).select_related("hash_list")
    rows = rows.filter(looked_at(), pk__in=ids).exclude(run__state=RunState.DISCARDED)
    return list(rows.exclude(replaced_by_run__state=RunState.RELEASED).order_by("pk"))


def _set_aside(
    pairs: list[tuple[Entry, Finding]], *, run_id: int | None, actor: Actor, at: datetime
) -> int:
    """Write the reasons down, and set those aside that were not yet; how many."""
    waits = dict(
        _waiting().filter(entry__in={row.pk for row, _ in pairs})
        .values_list("entry", "status_before")
    )  # fmt: skip
    Quarantine.objects.bulk_create(
        _row(row, found, waits.get(row.pk, row.status), run_id, at) for row, found in pairs
    )
    ids = sorted({row.pk for row, _ in pairs} - set(waits))
    Entry.objects.filter(pk__in=ids).update(status=_SET_ASIDE)
    reasons: dict[str, Json] = dict(Counter(found.doubt.value for _, found in pairs))
    record(
        actor=actor,
        action="hashlists.quarantine",
        subject=f"import:{run_id}" if run_id is not None else "lint",
        at=at,
        facts={"entries": len(ids), "reasons": reasons, "merkle_root": _root(ids)},
    )
    for number in sorted({row.hash_list_id for row, _ in pairs}):
        if clock.due_at(kind=WAITS, subject=str(number)) is None:
            set_due(kind=WAITS, subject=str(number), due_at=at + rules.REMIND_AFTER)
    if run_id is None:
        log_changes(ChangeKind.POLICY, ids, at=at)
    return len(ids)


def _decide(
    numbers: list[int], decision: Decision, words: str, *, actor: Actor, at: datetime
) -> int:
    """Decide of those that still wait, in the caller's transaction; how many."""
    # First the entries: two reasons of one, decided at the same moment, must see one another.
    held = Entry.objects.select_for_update(of=("self",)).filter(quarantines__pk__in=numbers)
    list(held.order_by("pk").values_list("pk", flat=True))
    rows = _waiting().select_for_update(of=("self",)).select_related("entry__hash_list")
    waits = list(rows.filter(pk__in=numbers).order_by("pk"))
    if not waits:
        return 0
    Quarantine.objects.filter(pk__in=[row.pk for row in waits]).update(
        state=rules.QUARANTINE.target(decision, QuarantineState.WAITING),
        decided_by=actor.text,
        decided_at=at,
        words=words,
    )
    ids = [row.entry_id for row in waits]
    record(
        actor=actor,
        action=f"hashlists.quarantine_{decision}",
        subject=f"entry:{ids[0]}" if len(ids) == 1 else "entries",
        at=at,
        facts={"entries": len(ids), "merkle_root": _root(ids)},
        personal={"reason": words},
    )
    if decision is Decision.RELEASE:
        _let_out(waits, at)
    else:
        for row in waits:
            withdraw_versions(row.entry, at=at)
        judged.tell(ids, belongs=False, actor=actor, at=at)
    return len(waits)


def _let_out(rows: list[Quarantine], at: datetime) -> None:
    """Let them match as before, but for those that wait for another reason still."""
    before = {row.entry_id: row.status_before for row in rows}
    still = set(_waiting().filter(entry__in=list(before)).values_list("entry", flat=True))
    by_status: dict[int, list[int]] = defaultdict(list)
    for entry_id, status in before.items():
        if entry_id not in still:
            by_status[status].append(entry_id)
    for status, ids in by_status.items():
        Entry.objects.filter(pk__in=ids, status=_SET_ASIDE).update(status=status)
    log_changes(ChangeKind.POLICY, [pk for ids in by_status.values() for pk in ids], at=at)


def _told_before(entry_ids: Iterable[int]) -> set[tuple[int, str, str]]:
    """What is written of these entries already, decided or not."""
    ids = list(entry_ids)
    columns = ("entry", "reason", "known_set")
    told = set(Quarantine.objects.filter(entry__in=ids).values_list(*columns))
    return told | set(LintNote.objects.filter(entry__in=ids).values_list(*columns))


def _released_before(pairs: list[tuple[Entry, Finding]]) -> set[tuple[int, str, str]]:
    """Findings about newer versions of entries that a person released for the same reason, with the
    same fingerprints: it would be the same decision."""
    families: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for row, _ in pairs:
        if row.version > 1:
            families[(row.hash_list_id, row.member)][row.source_entry_id] = row.pk
    keys = {found.key for _, found in pairs}
    same: set[tuple[int, str, str]] = set()
    for (number, member), versions in families.items():
        older = Quarantine.objects.select_related("entry").filter(
            state=QuarantineState.RELEASED,
            entry__hash_list=number,
            entry__member=member,
            entry__source_entry_id__in=list(versions),
        )
        for released in older:
            newer = versions[released.entry.source_entry_id]
            key = (newer, released.reason, released.known_set)
            if key in keys and _prints(newer) <= _prints(released.entry_id):
                same.add(key)
    return same


def _prints(entry_id: int) -> set[tuple[int, bytes]]:
    rows = Fingerprint.objects.filter(entry_id=entry_id).values_list("kind", "value")
    return {(kind, bytes(value)) for kind, value in rows}


def _row(
    row: Entry, found: Finding, status_before: int, run_id: int | None, at: datetime
) -> Quarantine:
    return Quarantine(
        entry=row,
        hash_list_id=row.hash_list_id,
        run_id=run_id or row.run_id,
        status_before=status_before,
        reason=found.doubt,
        known_set=found.known_set,
        source=found.source,
        bits=found.bits,
        alone=found.alone,
        at=at,
        state=QuarantineState.WAITING,
    )


def _note(found: Finding, at: datetime) -> LintNote:
    return LintNote(
        entry_id=found.entry_id,
        reason=found.doubt,
        known_set=found.known_set,
        source=found.source,
        bits=found.bits,
        at=at,
    )


def _waiting() -> QuerySet[Quarantine]:
    return Quarantine.objects.filter(state=QuarantineState.WAITING)


def _root(ids: Iterable[int]) -> str:
    return merkle_root([struct.pack(">q", number) for number in ids])


def _parts(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    held: list[Finding] = []
    for found in findings:
        held.append(found)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held
