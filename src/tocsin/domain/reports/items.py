"""An item's row: its number, its priority, and the one clock its state waits by."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit.types import Actor, Json
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import pressing, rules, setup
from tocsin.domain.reports.models import Item, ItemCounter, SourceRecord
from tocsin.domain.reports.types import (
    ItemState,
    MatchKind,
    NotTaken,
    Reason,
    ReasonCode,
    TakenByAnother,
    UnknownItem,
)

QUEUED = frozenset({ItemState.NEW, ItemState.TAKEN})
_PRESSED = frozenset({ItemState.NEW, ItemState.SECOND_REVIEW, ItemState.DISAGREED})


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


def facts(item: Item) -> pressing.Pressing:
    """What the item's priority is made of, as it stands."""
    source = SourceRecord.objects.filter(key=item.source_key).first() if item.source_key else None
    return pressing.Pressing(
        match=MatchKind(item.match_kind),
        reports=item.report_count,
        official_source=item.official_source,
        overdue_rounds=item.overdue_rounds,
        seen_again=item.seen_again,
        live=item.live,
        slow=item.slow,
        printed=bool(item.sealed_fingerprints),
        cluster=_others(item),
        cluster_decided=item.cluster_decided,
        site_found=item.site_found,
        confirmed=source.confirmed if source else 0,
        refuted=source.refuted if source else 0,
    )


def reprioritise(item: Item, weights: pressing.Weights | None = None) -> None:
    """Work the priority out again from what is on the row; the caller saves."""
    weights = setup.weights() if weights is None else weights
    why = pressing.reasons(facts(item), weights)
    item.why = [[reason.code.value, reason.points, reason.count] for reason in why]
    item.priority = pressing.priority(why)
    since = item.waiting_since or item.first_reported_at
    item.rank = pressing.rank(item.priority, since, weights)


def why(stored: list[list[Json]]) -> tuple[Reason, ...]:
    """The stored reasons of a priority."""
    return tuple(
        Reason(ReasonCode(str(code)), int(str(points)), int(str(count)))
        for code, points, count in stored
    )


def enter(item: Item, state: ItemState, at: datetime) -> None:
    """Put the item in a state and set that state's clock, and no other; the caller saves."""
    if state is ItemState.NEW and item.state not in QUEUED:
        item.waiting_since = at
    if state not in QUEUED:
        item.overdue_rounds = 0
    item.state = state
    if state is not ItemState.TAKEN:
        item.taken_by, item.taken_at, item.taken_until = "", None, None
    if state is not ItemState.FIRST_POLICE:
        item.police_until = None
    if state in QUEUED:
        item.decided_at = None
        item.decide_by = item.decide_by or at + decide_within(item)
    else:
        item.decided_at = None if state in rules.PENDING else at
        item.decide_by = at + rules.REVIEW_WITHIN if state in rules.PENDING else None
    wind(item, at)


def decide_within(item: Item) -> timedelta:
    """How long the item may wait for a decision."""
    return rules.LIVE_WITHIN if item.live else rules.DECIDE_WITHIN


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
    if item.state == ItemState.FIRST_POLICE:
        return item.police_until or at + rules.POLICE_HOLD
    if item.overdue_rounds:
        return at + rules.OVERDUE_AGAIN_AFTER
    return item.decide_by or at + decide_within(item)


def may_be_pressed(item: Item, at: datetime) -> bool:
    """Whether the item waits for somebody in a state that is pressed, and past its time."""
    late = item.decide_by is None or item.decide_by <= at
    return ItemState(item.state) in _PRESSED and late


def _others(item: Item) -> int:
    # One view for the cluster: the item that others are compared with stands for all of them.
    if item.cluster_id is None or not item.cluster_lead:
        return 0
    return max(Item.objects.filter(cluster_id=item.cluster_id).count() - 1, 0)


def names() -> dict[str, str]:
    """Actor text to the person's name."""
    return {f"user:{person.pk}": person.username for person in accounts.people()}


def not_free(item: Item) -> Exception:
    """Why the item cannot be had: somebody else has it, or it has moved on."""
    if item.state == ItemState.TAKEN:
        name = names().get(item.taken_by, item.taken_by)
        return TakenByAnother(name, item.taken_at or item.last_reported_at)
    return MoveRefused(f"cannot take from {item.state}")


def held(number: str, actor: Actor) -> Item:
    """The item, held by the actor; a lapsed lease counts until somebody else takes the item."""
    item = locked(number)
    if item.state in {ItemState.NEW, ItemState.CANNOT_TELL}:
        raise NotTaken("Take the item first.")
    if item.state == ItemState.TAKEN and item.taken_by != actor.text:
        raise not_free(item)
    return item
