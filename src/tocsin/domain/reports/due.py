"""What reports do by themselves: open items from hits, end leases, press what waits too long."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.base.clock import rounds
from tocsin.base.clock.actions import set_due
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.domain.reports import (
    acting,
    actions,
    appealing,
    clusters,
    items,
    looking,
    police,
    rules,
    setup,
)
from tocsin.domain.reports.desk_types import ItemAppealState
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import ItemState

HIT = "matching.hit"
REWEIGH_STEP = 200
WAITING = rules.UNDECIDED | rules.PENDING


def register() -> None:
    """Listen to hits; handle the clock of every waiting state, and what is done bit by bit."""
    consume(HIT, _open_from_hit)
    consume(looking.LOOKED, looking.looked)
    rounds.handle(rules.WAITS, press)
    rounds.handle(rules.LEASE_LAPSES, lapse)
    rounds.handle(rules.SECOND_LOOK, look_again)
    rounds.handle(rules.REVIEW_WAITS, press)
    rounds.handle(rules.SETTLING_WAITS, press)
    rounds.handle(rules.POLICE_HOLD_ENDS, police.hold_ends)
    rounds.handle(clusters.PLACE, clusters.place)
    rounds.handle(clusters.REMARK, clusters.remark)
    rounds.handle(acting.SPREAD, clusters.spread)
    rounds.handle(setup.REWEIGH, reweigh)
    rounds.handle(appealing.LIFE.waiting[ItemAppealState.OPENED].then, appealing.still_waiting)
    rounds.handle(appealing.LIFE.waiting[ItemAppealState.BEING_REVIEWED].then, appealing.lapse)
    # News that a room above may or may not be there to hear.
    for topic in (acting.POLICE_FIRST, acting.REOPENED, appealing.DECIDED):
        consume(topic, _nobody_need_listen)


def press(number: str, at: datetime) -> None:
    """Something has waited past its time: raise it, and come back in four hours."""
    with transaction.atomic():
        item = items.locked(number)
        if not items.may_be_pressed(item, at):
            return
        item.overdue_rounds += 1
        items.reprioritise(item)
        items.wind(item, at)
        item.save()
        record(
            actor=system("clock"),
            action="reports.overdue",
            subject=items.subject(item),
            at=at,
            facts={"round": item.overdue_rounds, "priority": item.priority},
        )


def reweigh(subject: str, at: datetime) -> None:
    """Put what waits in the order of new weights, some at a time; an older version gives up."""
    version, _colon, after = subject.partition(":")
    with transaction.atomic():
        if int(version) != setup.version(setup.WEIGHTS):
            return
        weights = setup.weights()
        waiting = Item.objects.select_for_update().filter(state__in=WAITING, pk__gt=int(after))
        batch = list(waiting.order_by("pk")[:REWEIGH_STEP])
        for item in batch:
            items.reprioritise(item, weights)
        Item.objects.bulk_update(batch, ["why", "priority", "rank"], batch_size=100)
        if len(batch) == REWEIGH_STEP:
            subject = f"{version}:{batch[-1].pk}"
            set_due(kind=setup.REWEIGH, subject=subject, due_at=at)


def lapse(number: str, at: datetime) -> None:
    """Whoever took the item has gone quiet: it goes back to the queue."""
    with transaction.atomic():
        item = items.locked(number)
        renewed = item.taken_until is not None and item.taken_until > at
        if item.state == ItemState.TAKEN and not renewed:
            _move(item, "lease_lapses", at)


def look_again(number: str, at: datetime) -> None:
    """A week after "cannot tell", somebody looks again."""
    with transaction.atomic():
        item = items.locked(number)
        if item.state == ItemState.CANNOT_TELL:
            _move(item, "second_look", at)


def _move(item: Item, name: str, at: datetime) -> None:
    items.enter(item, rules.LIFE.target(name, ItemState(item.state)), at)
    items.reprioritise(item)
    item.save()
    record(actor=system("clock"), action=f"reports.{name}", subject=items.subject(item), at=at)


def _nobody_need_listen(_news: News, _at: datetime) -> None:
    """News without a listener would become a dead letter."""


def _open_from_hit(news: News, at: datetime) -> None:
    actions.open_from_hit(hit_id=str(news.payload["hit_id"]), at=at)
