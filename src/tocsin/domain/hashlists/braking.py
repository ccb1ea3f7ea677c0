"""The brake of the lint: one set may silence few entries by itself, and more when a person says so.

A set, or a list of harmless files, comes from outside. One that is wrong, or was tampered with,
could otherwise silence a whole list at once, and nobody would hear of it for days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import quarantine, reminding, rules
from tocsin.domain.hashlists.known import KnownSets
from tocsin.domain.hashlists.models import Entry, ImportRun, Quarantine, SetBrake
from tocsin.domain.hashlists.quarantine_types import (
    NoSuchKnownSet,
    QuarantineState,
    SetIsWell,
    needed_words,
)
from tocsin.domain.hashlists.types import EntryStatus, Purpose, RunState
from tocsin.engine.knowngood import Finding, WrongSet

_COUNT = [EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number]


class SetWaits(WrongSet):
    """A set would set aside more of an import than it may by itself: nothing of it is released."""

    def __init__(self, name: str, entries: int, run_id: int) -> None:
        self.names = [name]
        super().__init__(
            f"The known-good set {name} would set aside {entries:,} entries of import {run_id} or "
            f"more: that waits for a person. If it is right: tocsin lists sets --confirm '{name}'; "
            f"if the set is wrong: tocsin lists sets --without '{name}'. Then run the same again."
        )


class Brake:
    """Watches one round over the live lists, whose quarantines are numbered from `begins`."""

    def __init__(self, sets: KnownSets, begins: int) -> None:
        self._marks, self._begins = sets.marks, begins
        rows = [row for row in SetBrake.objects.all() if sets.marks.get(row.name) == row.mark]
        self._confirmed = {row.name for row in rows if row.confirmed_at is not None}
        self._waits = {row.name for row in rows} - self._confirmed
        self._may: int | None = None

    def admitted(self, findings: Iterable[Finding]) -> list[Finding]:
        """Without what sets would set aside that wait for a person; their notes are written."""
        return [one for one in findings if one.note or one.known_set not in self._waits]

    def look(self, findings: Iterable[Finding], *, actor: Actor, at: datetime) -> int:
        """Behind each range, in its transaction: take back all that a set has set aside in this
        round where that is too much; how many entries."""
        undone = 0
        for name in _sets_of(findings, self._marks) - self._confirmed - self._waits:
            mine = Quarantine.objects.filter(
                known_set=name, state=QuarantineState.WAITING, pk__gte=self._begins
            ).exclude(run__state__in=[RunState.RUNNING, RunState.READY])
            found = mine.count()
            if found > rules.BRAKE_LEAST and found > self._most():
                undone += quarantine.undo(mine, known_set=name, actor=actor, at=at)
                put_on(name, self._marks[name], found, self._most(), actor=actor, at=at)
                self._waits.add(name)
        return undone

    def _most(self) -> int:
        if self._may is None:
            live = Entry.objects.filter(status__in=_COUNT, replaced_by_run=None)
            live = live.exclude(hash_list__purpose=Purpose.BENIGN_ALLOW)
            self._may = rules.may_set_aside(live.count())
        return self._may


def next_number() -> int:
    """What the next quarantine is numbered, or more."""
    last = Quarantine.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) + 1


def look_at_run(
    run: ImportRun, findings: Iterable[Finding], sets: KnownSets, *, actor: Actor, at: datetime
) -> SetWaits | None:
    """Behind each range of an import, in its transaction: where a set has set aside too much of it,
    take that back, have a person asked, and give what to raise once that is written."""
    sure = dict(SetBrake.objects.exclude(confirmed_at=None).values_list("name", "mark"))
    for name in sorted(_sets_of(findings, sets.marks)):
        if sure.get(name) == sets.marks[name]:
            continue
        mine = Quarantine.objects.filter(run=run, known_set=name, state=QuarantineState.WAITING)
        found = mine.count()
        if found <= rules.BRAKE_LEAST:
            continue
        row = ImportRun.objects.get(pk=run.pk)
        most = rules.may_set_aside(row.added + row.changed)
        if found > most:
            undone = quarantine.undo(mine, known_set=name, actor=actor, at=at)
            # From its first entry again, when a person has spoken.
            ImportRun.objects.filter(pk=run.pk).update(
                quarantined=F("quarantined") - undone, lint_version="", linted_to=None
            )
            put_on(name, sets.marks[name], found, most, actor=actor, at=at)
            return SetWaits(name, found, run.pk)
    return None


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


def confirm(*, name: str, words: str, actor: Actor, at: datetime) -> None:
    """A person says that a set may set aside all it knows, as long as it stays as it is.

    The live lists are gone over within a minute. Raises WordsNeeded, NoSuchKnownSet, SetIsWell.
    """
    words = needed_words(words)
    with transaction.atomic():
        row = SetBrake.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise NoSuchKnownSet(f"No known-good set {name} waits for a person.")
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


def _sets_of(findings: Iterable[Finding], marks: dict[str, str]) -> set[str]:
    """The sets that would set something aside. What an entry says of itself has none, and what
    files without content are is built in."""
    return {one.known_set for one in findings if not one.note} & marks.keys()
