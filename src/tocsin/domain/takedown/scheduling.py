"""When something is due next for a takedown: a rung, or a reminder in the contact's hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosters.types import UnknownHoster
from tocsin.domain.takedown import ladder, moving
from tocsin.domain.takedown.keeping import steps, where_of
from tocsin.domain.takedown.models import Notice, Takedown
from tocsin.domain.takedown.types import NoticeState, Rung, TakedownState

SOON = timedelta(minutes=1)


def reminded_at(notice: Notice) -> datetime | None:
    """When the next reminder of a sent notice leaves; None: never.

    First notices go at any hour; reminders keep to the hours that are on file of the contact.
    """
    after = ladder.remind_after(steps(), Rung(notice.rung))
    last = notice.last_reminded_at or notice.sent_at
    if after is None or last is None or notice.state != NoticeState.SENT:
        return None
    due_at = last + after
    if notice.hoster_id is None:
        return due_at
    try:
        return hosters.leaves_at(due_at, hosters.hoster(notice.hoster_id).hours)
    except UnknownHoster:
        return due_at


def schedule(takedown: Takedown, at: datetime) -> None:
    """Set a climbing takedown's clock to what is due next; never later than in a day."""
    if takedown.state != TakedownState.CLIMBING:
        return
    rung_at = ladder.next_rung_at(steps(), where_of(takedown), takedown.since, at)
    sent = Notice.objects.filter(takedown=takedown, state=NoticeState.SENT)
    times = [rung_at, *(reminded_at(notice) for notice in sent)]
    due_at = min((time for time in times if time is not None), default=None)
    moving.wind_takedown(takedown, at, max(due_at, at + SOON) if due_at else None)
