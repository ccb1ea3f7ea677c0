"""An item's row: its number, its priority, and the one clock its state waits by."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from tocsin.base.audit.types import Json
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.reports import rules
from tocsin.domain.reports.models import Item, ItemCounter
from tocsin.domain.reports.types import ItemState, MatchKind, Reason, ReasonCode, UnknownItem


def subject(item: Item) -> str:
    """What audit rows and own entries call the item."""
    return f"item:{item.pk}"


def context(number: str) -> str:
    """What the item's sealed texts are bound to."""
    return f"item:{number}"


def next_number(at: datetime) -> str:
    """The year's next item number; the counter's row holds others back until commit."""
    skip_numbers(1, at)
    return f"T-{at.year}-{ItemCounter.objects.get(year=at.year).last:06d}"


def skip_numbers(count: int, at: datetime) -> None:
    """Leave out numbers of this year that a lost later copy may have given out."""
    ItemCounter.objects.get_or_create(year=at.year)
    ItemCounter.objects.filter(year=at.year).update(last=F("last") + count)


def locked(number: str) -> Item:
    """The item's row, held until commit; raises UnknownItem."""
    item = Item.objects.select_for_update().filter(number=number).first()
    if item is None:
        raise UnknownItem(f"There is no item {number}.")
    return item


def reprioritise(item: Item) -> None:
    """Work the priority out again from what is on the row; the caller saves."""
    why = rules.reasons(
        rules.Pressing(
            match=MatchKind(item.match_kind),
            reports=item.report_count,
            official_source=item.official_source,
            overdue_rounds=item.overdue_rounds,
            seen_again=item.seen_again,
        )
    )
    item.why = [[reason.code.value, reason.points, reason.count] for reason in why]
    item.priority = rules.priority(why)


def why(stored: list[list[Json]]) -> tuple[Reason, ...]:
    """The stored reasons of a priority."""
    return tuple(
        Reason(ReasonCode(str(code)), int(str(points)), int(str(count)))
        for code, points, count in stored
    )


def enter(item: Item, state: ItemState, at: datetime) -> None:
    """Put the item in a state and set that state's clock, and no other; the caller saves."""
    item.state = state
    if state is not ItemState.TAKEN:
        item.taken_by, item.taken_at, item.taken_until = "", None, None
    if state in {ItemState.NEW, ItemState.TAKEN}:
        item.decided_at = None
        item.decide_by = item.decide_by or at + rules.DECIDE_WITHIN
    else:
        item.decided_at, item.decide_by, item.overdue_rounds = at, None, 0
    wind(item, at)


def wind(item: Item, at: datetime) -> None:
    """Set the clock of the item's state and cancel those of the others."""
    waiting = rules.LIFE.waiting.get(ItemState(item.state))
    for other in rules.LIFE.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=item.number)
    if waiting is not None:
        set_due(kind=waiting.then, subject=item.number, due_at=_due_at(item, at))


def _due_at(item: Item, at: datetime) -> datetime:
    if item.state == ItemState.TAKEN:
        return item.taken_until or at + rules.LEASE
    if item.state == ItemState.CANNOT_TELL:
        return at + rules.SECOND_LOOK_AFTER
    if item.overdue_rounds:
        return at + rules.OVERDUE_AGAIN_AFTER
    return item.decide_by or at + rules.DECIDE_WITHIN
