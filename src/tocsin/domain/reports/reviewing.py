"""The second look: blind, before anything is done; and the third, where two people differ."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import acting, items, rules
from tocsin.domain.reports.desk_types import Look
from tocsin.domain.reports.models import Finding, Item
from tocsin.domain.reports.types import FindingInput, FindingKind, ItemState, SamePerson


def review(*, number: str, finding: FindingInput, actor: Actor, at: datetime) -> None:
    """Record a second finding, made without knowing the first, or a third that settles it.

    The same verdict twice: the first finding is acted on, and the second person stands for it too.
    Another: a third person or the manager settles it, and what they find is acted on. Raises
    SamePerson for whoever has judged the item already, FindingRefused, UnknownItem, MoveRefused.
    """
    with transaction.atomic():
        item = items.locked(number)
        state = ItemState(item.state)
        if state not in rules.PENDING:
            raise MoveRefused(f"{number} is {state} by now")
        acting.refuse(item, finding, actor, at)
        _refuse_same_person(item, actor)
        if state is ItemState.SECOND_REVIEW:
            _second(item, finding, actor, at)
        else:
            _third(item, finding, actor, at)


def judges(item: Item) -> set[str]:
    """Who has judged the item in its present round."""
    rows = item.findings.filter(corrected=False).exclude(kind=FindingKind.CORRECTION)
    return set(rows.values_list("by", flat=True))


def _refuse_same_person(item: Item, actor: Actor) -> None:
    if actor.text in judges(item):
        raise SamePerson("Somebody else must look: you have judged this item.")


def _second(item: Item, finding: FindingInput, actor: Actor, at: datetime) -> None:
    first = acting.standing(item, FindingKind.UNLAWFUL)
    if first is None:
        raise MoveRefused(f"nothing of {item.number} waits for a second person")
    same = first.kind == finding.verdict.value
    move = "second_differs"
    if same:
        move = "second_agrees_police" if first.police else "second_agrees"
    row = acting.write_finding(item, finding, actor, at, Look.SECOND)
    if same:
        Finding.objects.filter(pk=first.pk).update(agreed_by=actor.text)
        first.agreed_by = actor.text
    _move(item, move, actor, at, row)
    if same:
        acting.settle(item, first, at)


def _third(item: Item, finding: FindingInput, actor: Actor, at: datetime) -> None:
    move = "settle_police_first" if finding.police else rules.SETTLE_MOVE[finding.verdict]
    row = acting.write_finding(item, finding, actor, at, Look.THIRD)
    agreed = (
        item.findings.filter(kind=finding.verdict.value, corrected=False)
        .exclude(pk=row.pk)
        .order_by("pk")
        .first()
    )
    if agreed is not None:
        Finding.objects.filter(pk=row.pk).update(agreed_by=agreed.by)
        row.agreed_by = agreed.by
    _move(item, move, actor, at, row)
    acting.settle(item, row, at)


def _move(item: Item, move: str, actor: Actor, at: datetime, row: Finding) -> None:
    items.enter(item, rules.LIFE.target(move, ItemState(item.state)), at)
    items.reprioritise(item)
    item.save()
    record(
        actor=actor,
        action=f"reports.{move}",
        subject=items.subject(item),
        at=at,
        facts={"finding": row.pk},
    )
