"""The brake of the lint: one set may silence few entries by itself, and more when a person says so.

A set, or a list of harmless files, comes from outside. One that is wrong, or was tampered with,
could otherwise silence a whole list at once, and nobody would hear of it for days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import muting, quarantine, reminding, rules
from tocsin.domain.hashlists.changes import log_changes
from tocsin.domain.hashlists.known import KnownSets
from tocsin.domain.hashlists.models import Entry, ImportRun, MutedPrint, Quarantine, SetBrake
from tocsin.domain.hashlists.quarantine_types import (
    DecidedAlready,
    NoSuchKnownSet,
    QuarantineState,
    SetIsWell,
    needed_words,
)
from tocsin.domain.hashlists.types import ChangeKind, EntryStatus, Purpose, RunState
from tocsin.engine.knowngood import Finding, WrongSet

_COUNT = [EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number]
_OPEN = [RunState.RUNNING, RunState.READY]


class SetWaits(WrongSet):
    """A set would set aside more of an import than it may by itself: nothing of it is released."""

    def __init__(self, name: str, entries: int, run_id: int) -> None:
        self.names = [name]
        super().__init__(
            f"The known-good set {name} would silence {entries:,} entries of import {run_id} or "
            f"more; a person must look. Right: tocsin lists sets --confirm '{name}'; wrong: "
            f"--without '{name}'. Then run the same again."
        )


class Begins(NamedTuple):
    """What a round begins with: the numbers of its first quarantine and its first muted digest, or
    less."""

    quarantine: int
    muted: int


class Undone(NamedTuple):
    """How many entries were let out of quarantine again, and of how many a digest matches again."""

    quarantined: int
    muted: int


class Brake:
    """Watches one round over the live lists, whose first quarantine and muted digest `begins`
    numbers. What a set sets aside and what it mutes count together: both silence."""

    def __init__(self, sets: KnownSets, begins: Begins) -> None:
        self._marks, self._begins = sets.marks, begins
        rows = [row for row in SetBrake.objects.all() if sets.marks.get(row.name) == row.mark]
        self._confirmed = {row.name for row in rows if row.confirmed_at is not None}
        self.waits = {row.name for row in rows} - self._confirmed
        self._may: int | None = None

    def admitted(self, findings: Iterable[Finding]) -> list[Finding]:
        """Without what sets would set aside that wait for a person; their notes are written."""
        return [one for one in findings if one.note or one.known_set not in self.waits]

    def look(
        self,
        findings: Iterable[Finding],
        muted: Iterable[muting.Muted],
        *,
        actor: Actor,
        at: datetime,
    ) -> Undone:
        """Behind each range, in its transaction: take back all that a set has silenced in this
        round where that is too much."""
        undone = Undone(0, 0)
        for name in _sets_of(findings, muted, self._marks) - self._confirmed - self.waits:
            aside = Quarantine.objects.filter(
                known_set=name, state=QuarantineState.WAITING, pk__gte=self._begins.quarantine
            ).exclude(run__state__in=_OPEN)
            mute = MutedPrint.objects.filter(known_set=name, pk__gte=self._begins.muted)
            mute = mute.exclude(entry__run__state__in=_OPEN)
            found = _silenced(aside, mute)
            if not rules.is_too_much(found, of=self._live_entries()):
                continue
            out = quarantine.undo(aside, known_set=name, actor=actor, at=at)
            again = muting.undo(mute, known_set=name, actor=actor, at=at)
            log_changes(ChangeKind.ADD, again, at=at)
            most = rules.may_set_aside(self._live_entries())
            put_on(name, self._marks[name], found, most, actor=actor, at=at)
            self.waits.add(name)
            undone = Undone(undone.quarantined + out, undone.muted + len(again))
        return undone

    def _live_entries(self) -> int:
        if self._may is None:
            live = Entry.objects.filter(status__in=_COUNT, replaced_by_run=None)
            live = live.exclude(hash_list__purpose=Purpose.BENIGN_ALLOW)
            self._may = live.count()
        return self._may


def next_numbers() -> Begins:
    """What the next round begins with."""
    last = Quarantine.objects.order_by("-pk").values_list("pk", flat=True).first()
    return Begins((last or 0) + 1, muting.next_number())


def look_at_run(
    run: ImportRun,
    findings: Iterable[Finding],
    muted: Iterable[muting.Muted],
    sets: KnownSets,
    *,
    actor: Actor,
    at: datetime,
) -> SetWaits | None:
    """Behind each range of an import, in its transaction: where a set has silenced too much of it,
    take that back, have a person asked, and give what to raise once that is written."""
    sure = confirmed()
    for name in sorted(_sets_of(findings, muted, sets.marks)):
        if sure.get(name) == sets.marks[name]:
            continue
        aside = Quarantine.objects.filter(run=run, known_set=name, state=QuarantineState.WAITING)
        mute = MutedPrint.objects.filter(known_set=name, entry__run=run)
        found = _silenced(aside, mute)
        if found <= rules.BRAKE_LEAST:
            continue
        row = ImportRun.objects.get(pk=run.pk)
        if rules.is_too_much(found, of=row.added + row.changed):
            undone = quarantine.undo(aside, known_set=name, actor=actor, at=at)
            # Nobody has them in an index yet.
            muting.undo(mute, known_set=name, actor=actor, at=at)
            # From its first entry again, when a person has spoken.
            ImportRun.objects.filter(pk=run.pk).update(
                quarantined=F("quarantined") - undone, lint_version="", linted_to=None
            )
            most = rules.may_set_aside(row.added + row.changed)
            put_on(name, sets.marks[name], found, most, actor=actor, at=at)
            return SetWaits(name, found, run.pk)
    return None


def confirmed() -> dict[str, str]:
    """By name the marks of sets that a person let set aside all they know."""
    return dict(SetBrake.objects.exclude(confirmed_at=None).values_list("name", "mark"))


def put_on(name: str, mark: str, entries: int, most: int, *, actor: Actor, at: datetime) -> None:
    """The set waits for a person, who gets a letter; in the caller's transaction. Not told again
    where it waits already, as it is: an import may be tried many times meanwhile."""
    waits = SetBrake.objects.filter(name=name, mark=mark, confirmed_at=None)
    if waits.update(entries=entries, most=most):
        return
    told = {"mark": mark, "at": at, "entries": entries, "most": most}
    empty = {"confirmed_by": "", "confirmed_at": None, "words": ""}
    SetBrake.objects.update_or_create(name=name, defaults={**told, **empty})
    record(
        actor=actor,
        action="hashlists.brake_set",
        subject=f"known-good:{name}",
        at=at,
        facts={"entries": entries, "most": most},
    )
    reminding.tell_brake(name, mark, entries, actor=actor, at=at)


def confirm(*, name: str, words: str, actor: Actor, at: datetime, mark: str = "") -> None:
    """A person says that a set may set aside all it knows, as long as it stays as it is.

    `mark`: of the set as that person saw it, where it may be another by now. The live lists are
    gone over within a minute. Raises WordsNeeded, NoSuchKnownSet, SetIsWell, and DecidedAlready
    where the set is another.
    """
    words = needed_words(words)
    with transaction.atomic():
        row = SetBrake.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise NoSuchKnownSet(f"No known-good set {name} waits for a person.")
        if mark and mark != row.mark:
            raise DecidedAlready(f"The known-good set {name} is another by now: look again.")
        if row.confirmed_at is not None:
            raise SetIsWell(f"The known-good set {name} was confirmed already; it is asked.")
        row.confirmed_by, row.confirmed_at, row.words = actor.text, at, words
        row.save()
        record(
            actor=actor,
            action="hashlists.confirm_set",
            subject=f"known-good:{name}",
            at=at,
            facts={"entries": row.entries},
            personal={"reason": words},
        )


def _sets_of(
    findings: Iterable[Finding], muted: Iterable[muting.Muted], marks: dict[str, str]
) -> set[str]:
    """The sets that would silence something. What an entry says of itself has none, and what files
    without content are is built in."""
    aside = {one.known_set for one in findings if not one.note}
    return (aside | {one.known_set for one in muted}) & marks.keys()


def _silenced(aside: QuerySet[Quarantine], mute: QuerySet[MutedPrint]) -> int:
    return aside.count() + mute.values("entry").distinct().count()
