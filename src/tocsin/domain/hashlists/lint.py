"""The known-good lint: over what an import staged, before it counts, and over the live lists.

Streams by ranges of entry ids in batches of arrays, so that ten million entries pass in bounded
memory. Each range is one small transaction that also notes how far the lint is, so a killed one
goes on there; doing a range twice changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet

from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import braking, known, muting, quarantine, roster, rules, runs
from tocsin.domain.hashlists.known import DIGESTS, KnownSets
from tocsin.domain.hashlists.models import Entry, Fingerprint, HashList, ImportRun, LintPass
from tocsin.domain.hashlists.quarantine_types import Counts
from tocsin.domain.hashlists.snapshot import NUMBER, columns, near_matchable
from tocsin.domain.hashlists.types import WIDTHS, EntryStatus, Kind, Purpose, RunState
from tocsin.engine.knowngood import Finding, Judge

IDS_AT_ONCE = 20_000
HOLD = timedelta(minutes=2)
PAUSE_SECONDS = {"sqlite": 0.002, "postgresql": 0.0}
_COUNT = [EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number]
_SET_ASIDE = EntryStatus.QUARANTINED.number
_ROW = 1

Tell = Callable[[Counts], None]
Clock = Callable[[], datetime]
Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]


class LintUnderWay(Exception):
    """Another process is going over the live lists right now."""


@dataclass(slots=True)
class Range:
    """Which entries between two ids, both among them, are gone over."""

    first: int
    last: int
    wanted: Callable[[Ids, Ids, Ids], npt.NDArray[np.bool_]]
    """By list number, run and the run that replaced it (0: none)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Which entries of a range were judged, what there is to say of them, and which of their
    digests must not match."""

    ids: Ids
    findings: list[Finding]
    muted: dict[muting.Muted, str]


def lint_run(run: ImportRun, *, actor: Actor, clock: Clock, tell: Tell | None = None) -> None:
    """Go over what a run staged, from where an earlier try by the same sets stopped.

    What is known to be benign is set aside, so that it does not count once the run is released.
    Raises WrongSet where a set cannot be trusted or would set aside too much, and HoldLost.
    """
    sets = _open_sets(clock())
    allows = run.hash_list.purpose == Purpose.BENIGN_ALLOW
    if run.first_entry_id is None or run.last_entry_id is None or allows:
        runs.linted(run, to=run.last_entry_id or 0, version=sets.version, quarantined=0, at=clock())
        return
    done = Counts()
    first = run.first_entry_id
    if run.lint_version == sets.version and run.linted_to is not None:
        first = max(first, run.linted_to + 1)
    for part in _ranges(first, run.last_entry_id, lambda _, by, __: by == run.pk):
        judged = _judged(part, sets)
        with transaction.atomic():
            at = clock()
            new = _put(judged, sets, run_id=run.pk, actor=actor, at=at)
            runs.linted(run, to=part.last, version=sets.version, quarantined=new.quarantined, at=at)
            too_much = braking.look_at_run(
                run, judged.findings, judged.muted, sets, actor=actor, at=at
            )
        if too_much is not None:
            raise too_much
        done += new
        if tell is not None:
            tell(done)
        time.sleep(PAUSE_SECONDS[connection.vendor])


def lint_unlinted(*, run_id: int, actor: Actor, at: datetime) -> None:
    """Go over a whole run that no lint has seen: one that an earlier version of Tocsin staged."""
    run = ImportRun.objects.select_related("hash_list").filter(pk=run_id).first()
    if run is None or run.state != RunState.READY or run.linted_at is not None:
        return
    started = time.monotonic()

    def clock() -> datetime:
        return at + timedelta(seconds=time.monotonic() - started)

    lint_run(run, actor=actor, clock=clock)
    runs.lint_done(run, at=clock())


def lint_list(slug: str | None, *, actor: Actor, clock: Clock, tell: Tell | None = None) -> Counts:
    """Go over every live entry of a list, or of all lists, now; whatever was gone over before."""
    sets = _open_sets(clock())
    numbers = list(HashList.objects.filter(slug=slug).values_list("number", flat=True))
    wanted = _wanted(sets.version, only=numbers if slug is not None else None, again=True)
    done, brake = Counts(), braking.Brake(sets, braking.next_numbers())
    for part in _ranges(1, _highest(), wanted):
        done += _live(part, sets, brake, actor=actor, at=clock())
        if tell is not None:
            tell(done)
    return done


def due(*, at: datetime, zone: tzinfo) -> bool:
    """Whether the live lists are to be gone over: a set has changed, an earlier try was not
    finished, night has come, or there are entries of our own that were not looked at."""
    last = LintPass.objects.filter(pk=_ROW).first()
    if last is None or last.finished_at is None or last.version != known.version():
        return True
    ours = Entry.objects.filter(hash_list__own=True, pk__gte=last.next_id)
    return rules.night_has_come(last=last.finished_at, at=at, zone=zone) or ours.exists()


def to_do() -> int:
    """At most how many entries a lint over the live lists would look at now."""
    last = LintPass.objects.filter(pk=_ROW).first()
    again = last is None or last.version != known.version()
    return _highest() if last is None or again else _highest() - last.next_id + 1


def lint_live(*, actor: Actor, clock: Clock, tell: Tell | None = None) -> Counts:
    """Go over the live lists, as far as something changed since the last time; from where an
    earlier try stopped.

    With other sets than last time that is all of them. Raises WrongSet, and LintUnderWay while
    another process does it.
    """
    sets = _open_sets(clock())
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    held = _take(sets.version, holder, clock())
    try:
        return _go_over(held, sets, actor=actor, clock=clock, tell=tell)
    finally:
        _mine(held).update(holder="", held_until=None)


def _go_over(
    held: LintPass, sets: KnownSets, *, actor: Actor, clock: Clock, tell: Tell | None
) -> Counts:
    begins = braking.Begins(held.begins, held.muted_begins)
    done, brake = Counts(), braking.Brake(sets, begins)
    last = _highest()
    for part in _ranges(held.next_id, last, _wanted(sets.version, only=None, again=False)):
        at = clock()
        new = _live(part, sets, brake, actor=actor, at=at)
        done += new
        if not _mine(held).update(
            next_id=part.last + 1,
            held_until=at + HOLD,
            looked=F("looked") + new.looked,
            quarantined=F("quarantined") + new.quarantined,
            noted=F("noted") + new.noted,
        ):
            raise LintUnderWay("Another process goes over the live lists.")
        if tell is not None:
            tell(done)
        time.sleep(PAUSE_SECONDS[connection.vendor])
    _mine(held).update(finished_at=clock(), next_id=max(held.next_id, last + 1))
    return done


def _live(
    part: Range, sets: KnownSets, brake: braking.Brake, *, actor: Actor, at: datetime
) -> Counts:
    judged = _judged(part, sets)
    judged = replace(judged, findings=brake.admitted(judged.findings))
    if not judged.findings and muting.settled(judged.muted, judged.ids):
        return Counts(len(judged.ids))
    with transaction.atomic():
        new = _put(judged, sets, waits=brake.waits, run_id=None, actor=actor, at=at)
        undone = brake.look(judged.findings, judged.muted, actor=actor, at=at)
        return replace(
            new,
            quarantined=new.quarantined - undone.quarantined,
            muted=max(0, new.muted - undone.muted),
        )


def _put(
    judged: Judged,
    sets: KnownSets,
    *,
    waits: Set[str] = frozenset(),
    run_id: int | None,
    actor: Actor,
    at: datetime,
) -> Counts:
    """Set aside, note and mute in the caller's transaction; what was new of it."""
    new = quarantine.put(judged.findings, run_id=run_id, actor=actor, at=at)
    muted = muting.review(
        judged.muted, judged.ids, sets, waits=waits, run_id=run_id, actor=actor, at=at
    )
    return Counts(len(judged.ids), new.quarantined, new.noted, muted)


def _open_sets(at: datetime) -> KnownSets:
    sets = known.open_sets()
    roster.note(at)
    return sets


def _take(version: str, holder: str, at: datetime) -> LintPass:
    """Hold the row that says how far the lint is; from the start for another version."""
    LintPass.objects.get_or_create(pk=_ROW)
    free = Q(held_until__isnull=True) | Q(held_until__lt=at)
    with transaction.atomic():
        row = LintPass.objects.select_for_update().get(pk=_ROW)
        fresh = row.version != version
        if fresh:
            row.version, row.next_id = version, 1
        if fresh or row.finished_at is not None:
            row.started_at, row.finished_at = at, None
            row.looked = row.quarantined = row.noted = 0
            row.begins, row.muted_begins = braking.next_numbers()
        if not LintPass.objects.filter(free, pk=_ROW).exists():
            raise LintUnderWay("Another process is going over the live lists right now.")
        row.holder, row.held_until = holder, at + HOLD
        row.save()
    return row


def _mine(held: LintPass) -> QuerySet[LintPass]:
    return LintPass.objects.filter(pk=_ROW, holder=held.holder)


def _highest() -> int:
    return Entry.objects.aggregate(last=Max("pk"))["last"] or 0


def _wanted(
    version: str, *, only: list[int] | None, again: bool
) -> Callable[[Ids, Ids, Ids], npt.NDArray[np.bool_]]:
    """Which entries a lint over the live lists looks at: those that count or will.

    Also those of an import under way: its own lint may have opened the sets before they changed.
    Not (unless `again`) those of one whose own lint asked by the same version.
    """
    chosen = HashList.objects.exclude(purpose=Purpose.BENIGN_ALLOW)
    if only is not None:
        chosen = chosen.filter(number__in=only)
    lists = list(chosen.values_list("number", flat=True))
    passed = Q(state=RunState.DISCARDED)
    if not again:
        passed |= Q(lint_version=version, linted_at__isnull=False)
    elsewhere = list(ImportRun.objects.filter(passed).values_list("pk", flat=True))
    over = ImportRun.objects.filter(state=RunState.RELEASED).values_list("pk", flat=True)
    replaced = list(over)

    def wanted(numbers: Ids, by: Ids, replaced_by: Ids) -> npt.NDArray[np.bool_]:
        kept: npt.NDArray[np.bool_] = np.isin(numbers, lists)
        return kept & ~np.isin(by, elsewhere) & ~np.isin(replaced_by, replaced)

    return wanted


def _ranges(
    first: int, last: int, wanted: Callable[[Ids, Ids, Ids], npt.NDArray[np.bool_]]
) -> Iterator[Range]:
    for begin in range(first, last + 1, IDS_AT_ONCE):
        yield Range(begin, min(begin + IDS_AT_ONCE - 1, last), wanted)


def _judged(part: Range, sets: KnownSets) -> Judged:
    """What there is to say of the entries of a range."""
    ids, media, small = _entries(part)
    if not len(ids):
        return Judged(ids, [], {})
    judge = Judge(sets.sets, ids)
    for kind, digest in DIGESTS.items():
        value = np.dtype((np.uint8, (WIDTHS[kind],)))
        for of, values in columns(_prints(kind, part, "entry_id, value"), (NUMBER, value)):
            judge.take_digests(digest, of, values)
    pictures = ids[media != rules.VIDEO]
    value = np.dtype((np.uint8, (WIDTHS[Kind.PDQ],)))
    asked = _prints(Kind.PDQ, part, "entry_id, value, CAST(COALESCE(quality, -1) AS bigint)")
    for of, values, quality in columns(asked, (NUMBER, value, NUMBER)):
        mine = np.isin(of, pictures)
        matchable = near_matchable(values, quality)[mine]
        judge.take_pdqs(of[mine], values[mine], quality[mine], matchable)
    judge.take_sizes(ids, small)
    found = _without_other_kinds(list(judge.findings()))
    return Judged(ids, found, muting.outweighed_prints(judge.outweighed(), sets))


def _entries(part: Range) -> tuple[Ids, Ids, Marks]:
    """Ids, media types and small sizes of the entries that are looked at."""
    found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for ids, packed, by in columns(entries_query(part.first, part.last), (NUMBER,) * 3):
        keep = part.wanted(packed >> 8, by >> 31, by & 0x7FFF_FFFF)
        found[0].append(ids[keep])
        found[1].append(packed[keep])
    packed = np.concatenate(found[1])
    return np.concatenate(found[0]), packed & 15, (packed >> 4 & 15).astype(np.uint8)


def entries_query(first: int, last: int) -> str:
    """The entries between two ids, both among them, that count or wait.

    Those that wait are looked up once for the range, not for each entry: a wrong set can have put
    a hundred thousand there.
    """
    counting = ", ".join(map(str, _COUNT))
    # Two numbers a row instead of five: SQLite hands columns out one by one.
    return (
        "SELECT id, CAST(media_type AS bigint) | (CAST(small AS bigint) << 4)"  # noqa: S608 - our own numbers
        " | (CAST(hash_list_id AS bigint) << 8),"
        " (COALESCE(run_id, 0) << 31) | COALESCE(replaced_by_run_id, 0) FROM hashlists_entry"
        f" WHERE id >= {first} AND id <= {last} AND (status IN ({counting})"
        f" OR (status = {_SET_ASIDE} AND id IN (SELECT q.entry_id FROM hashlists_quarantine q"
        f" WHERE q.state = 'waiting' AND q.entry_id >= {first} AND q.entry_id <= {last})))"
        " ORDER BY id"
    )


def _prints(kind: Kind, part: Range, what: str) -> str:
    return (
        f"SELECT {what} FROM hashlists_fingerprint"  # noqa: S608 - our own numbers
        f" WHERE entry_id >= {part.first} AND entry_id <= {part.last} AND kind = {int(kind)}"
    )


def _without_other_kinds(found: list[Finding]) -> list[Finding]:
    """Leave out entries whose PDQs say too little, but that match by a fingerprint of another
    kind (PhotoDNA)."""
    doubtful = [one.entry_id for one in found if one.speechless]
    if not doubtful:
        return found
    others = Fingerprint.objects.filter(entry__in=doubtful, kind=Kind.PHOTODNA)
    spoken_for = set(others.values_list("entry", flat=True))
    return [one for one in found if not (one.speechless and one.entry_id in spoken_for)]
