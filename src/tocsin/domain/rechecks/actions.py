"""Writing: follow items by news, take a person's word, stop all looks and let them go on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.rechecks import clocks, following, noting, rules
from tocsin.domain.rechecks.models import TrafficStop
from tocsin.domain.rechecks.types import (
    Abroad,
    ClosedBy,
    FollowState,
    NothingToRule,
    Ruling,
    RulingRefused,
)


def follow(*, finding_id: int, at: datetime) -> None:
    """Follow the item of an unlawful finding from now on; said twice, it is followed once."""
    with transaction.atomic():
        following.begin(finding_id, at)


def stop_following(*, item_id: int, at: datetime) -> None:
    """The finding was wrong: look no more, and count the stay for nobody."""
    with transaction.atomic():
        following.end(item_id, at, why=ClosedBy.CORRECTED)


def look_soon(*, item_id: int, actor: Actor, at: datetime) -> None:
    """Have an item looked at now; fine for one that is not followed."""
    with transaction.atomic():
        following.hurry(item_id, at)
        record(actor=actor, action="rechecks.look_soon", subject=f"item:{item_id}", at=at)


def rule(*, item_id: int, ruling: Ruling, why: str, actor: Actor, at: datetime) -> None:
    """A person says of an uncertain item whether it is there; the looks go on either way.

    Raises RulingRefused without a reason, NotFollowed, NothingToRule when it is not uncertain.
    """
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise RulingRefused(f"Write what you saw, in at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        row = clocks.locked(item_id)
        if row.state != FollowState.UNCERTAIN:
            raise NothingToRule("This item does not wait for a word any more.")
        name = "removed" if ruling is Ruling.GONE else "seen_there"
        clocks.move(row, name, actor=actor, at=at, facts={"ruled": True})
        if ruling is Ruling.GONE:
            noting.removed(row, at)
        row.hot_at = at
        clocks.look_in(row, at)
        row.save()
        record(
            actor=actor,
            action="rechecks.rule",
            subject=clocks.subject(row),
            at=at,
            facts={"ruling": ruling.value},
            personal={"why": why.strip()},
        )


def pause(*, item_id: int, actor: Actor, at: datetime) -> None:
    """Do not look at an item for a fortnight, or until `go_on`; fine for one not followed."""
    with transaction.atomic():
        following.pause(item_id, at, held=False, actor=actor)


def go_on(*, item_id: int, actor: Actor, at: datetime) -> None:
    """Look at a paused item again; fine for one that is not paused."""
    with transaction.atomic():
        following.go_on(item_id, at, actor=actor)


def note_abroad(*, item_id: int, said: Abroad, actor: Actor, at: datetime) -> None:
    """Write down what became of an item abroad: handed over, acknowledged there, removed there.

    Closes nothing: the item is looked at as before, and at once where it is said to be removed.
    Raises NotFollowed; MoveRefused for an item that is not abroad.
    """
    with transaction.atomic():
        row = clocks.locked(item_id)
        if not row.abroad or said in {Abroad.NOT, Abroad.SEEN}:
            raise MoveRefused("This item is not known to be abroad.")
        row.abroad, row.abroad_at = said, at
        if said is Abroad.REMOVED_THERE:
            clocks.soon(row, at)
        row.save()
        record(
            actor=actor,
            action="rechecks.note_abroad",
            subject=clocks.subject(row),
            at=at,
            facts={"said": said.value},
        )


def stop_traffic(*, why: str, actor: Actor, at: datetime) -> None:
    """Let nothing be looked at until `resume_traffic`; every worker heeds it at its next look.

    Raises RulingRefused without a reason.
    """
    if not 0 < len(why.strip()) <= 200:
        raise RulingRefused("Write why, in at most 200 characters.")
    with transaction.atomic():
        if not TrafficStop.objects.exists():
            TrafficStop.objects.create(since=at, by=actor.text, why=why.strip())
            record(actor=actor, action="rechecks.stop_traffic", subject="rechecks", at=at)


def resume_traffic(*, actor: Actor, at: datetime) -> None:
    """Let looks go on; fine when they do."""
    with transaction.atomic():
        if TrafficStop.objects.all().delete()[0]:
            record(actor=actor, action="rechecks.resume_traffic", subject="rechecks", at=at)
