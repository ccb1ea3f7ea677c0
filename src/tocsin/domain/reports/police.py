"""The police come first: nothing is done for some hours, and then by itself, unless it is said why
it should take longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import acting, items, rules, sealed, setup
from tocsin.domain.reports.desk_types import ReasonNeeded
from tocsin.domain.reports.models import Item, PoliceHold
from tocsin.domain.reports.types import FindingKind, ItemState


def extend(*, number: str, hours: int, why: str, actor: Actor, at: datetime) -> datetime:
    """Hold the item for so many hours from now; until when it is held.

    Never longer than the longest hold from its beginning. Raises ReasonNeeded without a reason,
    UnknownItem, MoveRefused when it is not held or the longest hold is over.
    """
    if not 0 < len(why.strip()) <= rules.MOST_WORDS:
        raise ReasonNeeded(f"Write why, in at most {rules.MOST_WORDS} characters.")
    with transaction.atomic():
        item = _held_back(number)
        longest = _begun_at(item) + setup.rules().longest_hold
        until = min(at + timedelta(hours=max(hours, 1)), longest)
        if item.police_until is None or until <= item.police_until:
            raise MoveRefused(f"{number} is held until {item.police_until} and no longer")
        item.police_until = until
        item.save(update_fields=["police_until"])
        items.wind(item, at)
        hold = PoliceHold.objects.create(item=item, at=at, until=until, by=actor.text)
        words = sealed.close(why.strip(), context=f"hold:{hold.pk}")
        PoliceHold.objects.filter(pk=hold.pk).update(sealed_why=words)
        record(
            actor=actor,
            action="reports.extend_police",
            subject=items.subject(item),
            at=at,
            facts={"until": until.isoformat()},
        )
    return until


def release(*, number: str, actor: Actor, at: datetime) -> None:
    """The police need no more time: act now. Raises UnknownItem, MoveRefused."""
    with transaction.atomic():
        _release(_held_back(number), actor, at)


def hold_ends(number: str, at: datetime) -> None:
    """The clock of a hold has run out: act."""
    with transaction.atomic():
        item = items.locked(number)
        extended = item.police_until is not None and item.police_until > at
        if item.state == ItemState.FIRST_POLICE and not extended:
            _release(item, system("clock"), at)


def _release(item: Item, actor: Actor, at: datetime) -> None:
    finding = acting.standing(item, FindingKind.UNLAWFUL)
    items.enter(item, rules.LIFE.target("release_police", ItemState(item.state)), at)
    items.reprioritise(item)
    item.save()
    record(actor=actor, action="reports.release_police", subject=items.subject(item), at=at)
    if finding is not None:
        acting.settle(item, finding, at)


def _begun_at(item: Item) -> datetime:
    finding = acting.standing(item, FindingKind.UNLAWFUL)
    begun = item.holds.filter(at__gte=finding.at) if finding else item.holds.all()
    first = begun.order_by("pk").first()
    return first.at if first else item.last_reported_at


def _held_back(number: str) -> Item:
    item = items.locked(number)
    if item.state != ItemState.FIRST_POLICE:
        raise MoveRefused(f"{number} is {item.state} by now")
    return item
