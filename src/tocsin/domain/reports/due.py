"""What reports do by themselves: open items from hits, end leases, press what waits too long."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.domain.reports import actions, items, looking, rules
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import ItemState

HIT = "matching.hit"


def register() -> None:
    """Listen to hits; handle the clock of every waiting state."""
    consume(HIT, _open_from_hit)
    consume(looking.LOOKED, looking.looked)
    rounds.handle(rules.WAITS, press)
    rounds.handle(rules.LEASE_LAPSES, lapse)
    rounds.handle(rules.SECOND_LOOK, look_again)


def press(number: str, at: datetime) -> None:
    """A new item has waited past its time: raise it, and come back in four hours."""
    with transaction.atomic():
        item = items.locked(number)
        if item.state != ItemState.NEW or (item.decide_by is not None and item.decide_by > at):
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


def _open_from_hit(news: News, at: datetime) -> None:
    actions.open_from_hit(hit_id=str(news.payload["hit_id"]), at=at)
