"""Moves of notices and takedowns: the state, its clock, its audit row and its event."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.takedown import rules
from tocsin.domain.takedown.models import Event, Notice, NoticeCounter, Stop, Takedown
from tocsin.domain.takedown.types import NoticeState, TakedownState

log = structlog.get_logger()

US = system("takedown")


def locked(notice_id: int) -> Notice:
    """A notice held until commit, its takedown always first: two workers must not cross."""
    takedown_id = Notice.objects.values_list("takedown_id", flat=True).get(pk=notice_id)
    takedown = hold(takedown_id)
    notice = Notice.objects.select_for_update().get(pk=notice_id)
    notice.takedown = takedown
    return notice


def hold(takedown_id: int) -> Takedown:
    """A takedown held until commit."""
    return Takedown.objects.select_for_update().get(pk=takedown_id)


def move(notice: Notice, name: str, at: datetime, *, actor: Actor = US, **facts: Json) -> None:
    """Make a move of a notice's life, in the caller's transaction."""
    before = NoticeState(notice.state)
    notice.state = rules.LIFE.target(name, before)
    notice.save()
    wind(notice, at)
    note(notice, name, at, actor=actor, was=before.value, **facts)
    log.info("notice_moved", notice=notice.number, state=notice.state)


def move_takedown(
    takedown: Takedown, name: str, at: datetime, *, actor: Actor = US, **facts: Json
) -> None:
    """Make a move of a takedown's life, in the caller's transaction."""
    before = TakedownState(takedown.state)
    takedown.state = rules.TAKEDOWN.target(name, before)
    takedown.next_at = None
    takedown.save()
    wind_takedown(takedown, at)
    note_takedown(takedown, name, at, actor=actor, was=before.value, **facts)
    log.info("takedown_moved", takedown=takedown.pk, state=takedown.state)


def wind(notice: Notice, at: datetime) -> None:
    """Set the clock of the notice's state and cancel those of the others."""
    waiting = rules.LIFE.waiting.get(NoticeState(notice.state))
    for other in rules.LIFE.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=notice.number)
    if waiting is not None:
        set_due(kind=waiting.then, subject=notice.number, due_at=at + waiting.within)


def wind_takedown(takedown: Takedown, at: datetime, due_at: datetime | None = None) -> None:
    """Set the clock of the takedown's state, to `due_at` where that is earlier than its longest."""
    waiting = rules.TAKEDOWN.waiting.get(TakedownState(takedown.state))
    for other in rules.TAKEDOWN.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=str(takedown.pk))
    if waiting is None:
        return
    latest = at + waiting.within
    takedown.next_at = latest if due_at is None else min(latest, due_at)
    Takedown.objects.filter(pk=takedown.pk).update(next_at=takedown.next_at)
    set_due(kind=waiting.then, subject=str(takedown.pk), due_at=takedown.next_at)


def press(notice: Notice, at: datetime) -> None:
    """Have somebody look at a notice."""
    Notice.objects.filter(pk=notice.pk).update(attention=F("attention") + 1)
    note(notice, "press", at, state=notice.state)


def note(notice: Notice, action: str, at: datetime, *, actor: Actor = US, **facts: Json) -> None:
    """The audit row and the event of what was done with a notice."""
    told: dict[str, Json] = {"item": notice.item_number, **facts}
    record(actor=actor, action=f"takedown.{action}", subject=about(notice), at=at, facts=told)
    Event.objects.create(
        takedown_id=notice.takedown_id, at=at, kind=action, notice=notice.number, facts=facts
    )


def note_takedown(
    takedown: Takedown, action: str, at: datetime, *, actor: Actor = US, **facts: Json
) -> None:
    """The audit row and the event of what was done with a takedown."""
    told: dict[str, Json] = {"item": takedown.item_number, **facts}
    subject = f"takedown:{takedown.pk}"
    record(actor=actor, action=f"takedown.all_{action}", subject=subject, at=at, facts=told)
    Event.objects.create(takedown=takedown, at=at, kind=f"all_{action}", facts=facts)


def about(notice: Notice) -> str:
    """How letters and audit rows name a notice."""
    return f"notice:{notice.pk}"


def stopped() -> bool:
    """Whether all sending stands still."""
    return Stop.objects.filter(on=True).exists()


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out notice numbers, in the caller's transaction: after a restore they are taken.

    A hoster's mail server would pass over a second letter of the same Message-ID.
    """
    NoticeCounter.objects.get_or_create(year=at.year)
    NoticeCounter.objects.filter(year=at.year).update(last=F("last") + count)


def next_number(at: datetime) -> str:
    """A number that no other notice has."""
    skip_numbers(count=1, at=at)
    return f"N-{at.year}-{NoticeCounter.objects.get(year=at.year).last:06d}"
