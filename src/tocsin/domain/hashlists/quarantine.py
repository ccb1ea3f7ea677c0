"""Setting entries aside for what the lint found, and what people decide of them.

Each write is one transaction with its audit row. Nothing here lets an entry out by itself.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock import queries as clock
from tocsin.base.clock.actions import set_due
from tocsin.domain.hashlists import judged, rules
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.judging import Finding
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun, LintNote, Quarantine
from tocsin.domain.hashlists.quarantine_types import (
    Chosen,
    Counts,
    DecidedAlready,
    Decision,
    NoSuchQuarantine,
    QuarantineState,
    WordsNeeded,
)
from tocsin.domain.hashlists.standing import (
    quarantine_moot,
    quarantine_over,
    withdraw_versions,
)
from tocsin.domain.hashlists.types import ChangeKind, EntryStatus

AT_ONCE = 500
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


def decide(*, number: int, decision: Decision, words: str, actor: Actor, at: datetime) -> None:
    """Let one entry match again, within a second, or withdraw it as benign.

    Raises WordsNeeded, NoSuchQuarantine, and DecidedAlready when somebody else was first.
    """
    words = _needed(words)
    with transaction.atomic():
        if not Quarantine.objects.filter(pk=number).exists():
            raise NoSuchQuarantine(f"There is no quarantine {number}.")
        if not _decide([number], decision, words, actor=actor, at=at):
            raise DecidedAlready("Somebody has decided in the meantime, or the entry is gone.")


def decide_all(
    *, chosen: Chosen, decision: Decision, words: str, actor: Actor, at: datetime
) -> int:
    """Decide the same of all entries that wait for one reason; how many it reached.

    In parts of a few hundred, each with an audit row that holds the Merkle root of the entries.
    Raises WordsNeeded.
    """
    words = _needed(words)
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


def carry(run: ImportRun, *, at: datetime) -> int:
    """Keep the new versions of entries that wait in quarantine there, in the transaction of the
    release; how many. A tombstone goes through."""
    waits = Quarantine.objects.select_related("entry").filter(
        entry__replaced_by_run=run, state=QuarantineState.WAITING
    )
    kept = 0
    for older in list(waits):
        newer = Entry.objects.filter(
            hash_list=older.entry.hash_list_id,
            member=older.entry.member,
            source_entry_id=older.entry.source_entry_id,
            run=run,
        ).first()
        if not quarantine_over([older.entry_id], at=at) or newer is None:
            continue
        let_out = Quarantine.objects.filter(entry=newer, state=QuarantineState.RELEASED)
        if newer.status in _COUNT and not let_out.exists():
            kept += 1
            Entry.objects.filter(pk=newer.pk).update(status=_SET_ASIDE)
            _copy(older, newer)
    return kept


def discarded(run_id: int, *, at: datetime) -> None:
    """An import was given up: nobody need decide about what it brought."""
    quarantine_moot(Quarantine.objects.filter(run=run_id), at=at)


def _copy(older: Quarantine, newer: Entry) -> None:
    Quarantine.objects.get_or_create(
        entry=newer,
        reason=older.reason,
        known_set=older.known_set,
        defaults={
            "hash_list_id": older.hash_list_id,
            "run_id": newer.run_id,
            "status_before": newer.status,
            "source": older.source,
            "bits": older.bits,
            "alone": older.alone,
            # Since the first version was set aside: the clock does not begin anew.
            "at": older.at,
            "state": QuarantineState.WAITING,
        },
    )


def _put(some: list[Finding], *, run_id: int | None, actor: Actor, at: datetime) -> Counts:
    by_entry = {found.entry_id: found for found in some}
    rows = Entry.objects.select_for_update(of=("self",)).select_related("hash_list")
    rows = rows.filter(pk__in=list(by_entry), status__in=_COUNT).order_by("pk")
    known = _told_before(by_entry)
    fresh = [row for row in rows if by_entry[row.pk].key not in known]
    noted = [row for row in fresh if by_entry[row.pk].note or row.hash_list.own]
    aside = [row for row in fresh if not (by_entry[row.pk].note or row.hash_list.own)]
    released = _released_before(aside, by_entry)
    aside = [row for row in aside if row.pk not in released]
    LintNote.objects.bulk_create(_note(by_entry[row.pk], at) for row in noted)
    if aside:
        _set_aside(aside, by_entry, run_id=run_id, actor=actor, at=at)
    return Counts(0, len(aside), len(noted))


def _set_aside(
    rows: list[Entry],
    by_entry: dict[int, Finding],
    *,
    run_id: int | None,
    actor: Actor,
    at: datetime,
) -> None:
    ids = [row.pk for row in rows]
    Quarantine.objects.bulk_create(_row(row, by_entry[row.pk], run_id, at) for row in rows)
    Entry.objects.filter(pk__in=ids).update(status=_SET_ASIDE)
    reasons: dict[str, Json] = dict(Counter(by_entry[pk].reason.value for pk in ids))
    record(
        actor=actor,
        action="hashlists.quarantine",
        subject=f"import:{run_id}" if run_id is not None else "lint",
        at=at,
        facts={"entries": len(ids), "reasons": reasons, "merkle_root": _root(ids)},
    )
    for number in sorted({row.hash_list_id for row in rows}):
        if clock.due_at(kind=WAITS, subject=str(number)) is None:
            set_due(kind=WAITS, subject=str(number), due_at=at + rules.REMIND_AFTER)
    if run_id is None:
        log_changes(ChangeKind.POLICY, ids, at=at)


def _decide(
    numbers: list[int], decision: Decision, words: str, *, actor: Actor, at: datetime
) -> int:
    """Decide of those that still wait, in the caller's transaction; how many."""
    rows = Quarantine.objects.select_for_update(of=("self",)).select_related("entry__hash_list")
    waits = list(rows.filter(pk__in=numbers, state=QuarantineState.WAITING).order_by("pk"))
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
    by_status: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_status[row.status_before].append(row.entry_id)
    for status, ids in by_status.items():
        Entry.objects.filter(pk__in=ids, status=_SET_ASIDE).update(status=status)
    log_changes(ChangeKind.POLICY, [row.entry_id for row in rows], at=at)


def _told_before(by_entry: dict[int, Finding]) -> set[tuple[int, str, str]]:
    """What is written of these entries already, decided or not."""
    ids = list(by_entry)
    columns = ("entry", "reason", "known_set")
    told = set(Quarantine.objects.filter(entry__in=ids).values_list(*columns))
    return told | set(LintNote.objects.filter(entry__in=ids).values_list(*columns))


def _released_before(rows: Sequence[Entry], by_entry: dict[int, Finding]) -> set[int]:
    """Newer versions of entries that a person released for the same reason, with the same
    fingerprints: it would be the same decision."""
    families: dict[tuple[int, str], dict[str, Entry]] = defaultdict(dict)
    for row in rows:
        if row.version > 1:
            families[(row.hash_list_id, row.member)][row.source_entry_id] = row
    same: set[int] = set()
    for (number, member), versions in families.items():
        older = Quarantine.objects.select_related("entry").filter(
            state=QuarantineState.RELEASED,
            entry__hash_list=number,
            entry__member=member,
            entry__source_entry_id__in=list(versions),
        )
        for released in older:
            newer = versions[released.entry.source_entry_id]
            found = by_entry[newer.pk]
            again = (released.reason, released.known_set) == (found.reason, found.known_set)
            if again and _prints(newer.pk) <= _prints(released.entry_id):
                same.add(newer.pk)
    return same


def _prints(entry_id: int) -> set[tuple[int, bytes]]:
    rows = Fingerprint.objects.filter(entry_id=entry_id).values_list("kind", "value")
    return {(kind, bytes(value)) for kind, value in rows}


def _row(row: Entry, found: Finding, run_id: int | None, at: datetime) -> Quarantine:
    return Quarantine(
        entry=row,
        hash_list_id=row.hash_list_id,
        run_id=run_id or row.run_id,
        status_before=row.status,
        reason=found.reason,
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
        reason=found.reason,
        known_set=found.known_set,
        source=found.source,
        bits=found.bits,
        at=at,
    )


def _root(ids: Iterable[int]) -> str:
    return merkle_root([struct.pack(">q", number) for number in ids])


def _needed(words: str) -> str:
    if not words.strip():
        raise WordsNeeded("Write in a few words why.")
    return words.strip()[:1_000]


def _parts(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    held: list[Finding] = []
    for found in findings:
        held.append(found)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held
