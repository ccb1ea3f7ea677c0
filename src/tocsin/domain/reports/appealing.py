"""Appeals on items: somebody with a stake in it says that a finding was wrong.

Whoever judged the item cannot review the appeal. Upheld, the finding is corrected, and with it
lists, notices and figures; the outcome is news, for whoever took the appeal in to pass on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import Lifecycle, MoveRefused, Waiting, move
from tocsin.base.outbox.actions import put
from tocsin.domain.reports import acting, correcting, items, rules, sealed
from tocsin.domain.reports.desk_types import (
    AppealOrigin,
    ItemAppealState,
    NothingToAppealHere,
    NotIndependent,
    ReasonNeeded,
    UnknownItemAppeal,
)
from tocsin.domain.reports.models import Item, ItemAppeal, ItemAppealCounter
from tocsin.domain.reports.types import FindingKind, ItemState

DECIDED = "reports.appeal_decided"
_OPENED, _REVIEWED = ItemAppealState.OPENED, ItemAppealState.BEING_REVIEWED
OPEN = frozenset({_OPENED, _REVIEWED})
MOST_CONTACT = 200

LIFE = Lifecycle(
    states=ItemAppealState,
    first=_OPENED,
    moves=(
        move("take", [_OPENED], _REVIEWED),
        move("give_back", [_REVIEWED], _OPENED),
        move("lapse", [_REVIEWED], _OPENED),
        move("uphold", [_REVIEWED], ItemAppealState.UPHELD),
        move("dismiss", [_REVIEWED], ItemAppealState.DISMISSED),
        # The finding was corrected by another way.
        move("moot", OPEN, ItemAppealState.MOOT),
    ),
    final=frozenset(set(ItemAppealState) - OPEN),
    waiting={
        _OPENED: Waiting(timedelta(hours=24), "reports.appeal_waits"),
        _REVIEWED: Waiting(timedelta(hours=4), "reports.appeal_lapses"),
    },
)


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """Who appeals, in what words, and where an answer reaches them (may be empty)."""

    origin: AppealOrigin
    words: str
    contact: str = ""


def open_appeal(*, number: str, opening: Opening, actor: Actor, at: datetime) -> str:
    """Ask for an independent review of the unlawful finding on an item; the appeal's number.

    While one is open, its number is given and nothing is added. What has been sent stays sent and
    every clock goes on. Raises UnknownItem, NothingToAppealHere, ReasonNeeded.
    """
    if not 0 < len(opening.words.strip()) <= rules.MOST_WORDS:
        raise ReasonNeeded(f"Write why, in at most {rules.MOST_WORDS} characters.")
    if len(opening.contact) > MOST_CONTACT:
        raise ReasonNeeded(f"Give at most {MOST_CONTACT} characters.")
    with transaction.atomic():
        item = items.locked(number)
        finding = acting.standing(item, FindingKind.UNLAWFUL)
        if item.state != ItemState.UNLAWFUL or finding is None:
            raise NothingToAppealHere(f"No unlawful finding stands on {number}.")
        known = item.appeals.filter(state__in=OPEN).first()
        if known is not None:
            return known.number
        name = _next_number(at)
        appeal = ItemAppeal.objects.create(
            number=name,
            item=item,
            finding=finding,
            origin=opening.origin,
            state=LIFE.first,
            rehearsal=item.rehearsal,
            sealed_words=sealed.close(opening.words.strip(), context=f"item-appeal:{name}:words"),
            sealed_contact=sealed.close(opening.contact, context=f"item-appeal:{name}:contact"),
            opened_by=actor.text,
            opened_at=at,
        )
        _note(appeal, "open", actor, at, origin=opening.origin.value)
        _wind(appeal, at)
        return name


def take(*, number: str, actor: Actor, at: datetime) -> None:
    """Take an appeal for four hours; taking it again renews that.

    Raises UnknownItemAppeal, NotIndependent, MoveRefused when another has it or it is decided.
    """
    with transaction.atomic():
        appeal = _locked(number)
        if actor.text in _involved(appeal):
            raise NotIndependent("Somebody who has not judged this item must review the appeal.")
        if appeal.state == _REVIEWED and appeal.reviewer == actor.text:
            _wind(appeal, at)
            return
        appeal.reviewer = actor.text
        _move(appeal, "take", actor, at)


def give_back(*, number: str, actor: Actor, at: datetime) -> None:
    """Let somebody else review it; raises as `uphold` does."""
    with transaction.atomic():
        appeal = _reviewed_by(number, actor)
        appeal.reviewer = ""
        _move(appeal, "give_back", actor, at)


def uphold(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """The finding was wrong: it is corrected, and with it lists, notices and figures.

    Raises UnknownItemAppeal, MoveRefused when another has it or it is decided, ReasonNeeded.
    """
    _need(words)
    with transaction.atomic():
        # The item is locked before the appeal, as by those who open one: they must not cross.
        items.locked(_item_of(number).number)
        appeal = _reviewed_by(number, actor)
        item = items.locked(appeal.item.number)
        _decide(appeal, "uphold", words, actor, at)
        if acting.standing(item, FindingKind.UNLAWFUL) is not None:
            correcting.undo(item, words, actor, at)


def dismiss(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """The finding was right. Raises as `uphold` does."""
    _need(words)
    with transaction.atomic():
        _decide(_reviewed_by(number, actor), "dismiss", words, actor, at)


def close_for_corrected(item: Item, at: datetime) -> None:
    """The finding was corrected by another way: nothing is left to appeal; in a transaction."""
    for appeal in ItemAppeal.objects.select_for_update().filter(item=item, state__in=OPEN):
        appeal.decided_by, appeal.decided_at = "system:clock", at
        _move(appeal, "moot", system("clock"), at)


def still_waiting(number: str, at: datetime) -> None:
    """Nobody has taken it: it asks again."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state == _OPENED and not (appeal.due_at and appeal.due_at > at):
            appeal.attention += 1
            appeal.save(update_fields=["attention"])
            _note(appeal, "press", system("clock"), at)
            _wind(appeal, at)


def lapse(number: str, at: datetime) -> None:
    """Whoever took it has gone quiet: others may take it."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state == _REVIEWED and not (appeal.due_at and appeal.due_at > at):
            appeal.reviewer = ""
            _move(appeal, "lapse", system("clock"), at)


def skip_numbers(count: int, at: datetime) -> None:
    """Leave out appeal numbers, in the caller's transaction."""
    ItemAppealCounter.objects.get_or_create(year=at.year)
    ItemAppealCounter.objects.filter(year=at.year).update(last=F("last") + count)


def _involved(appeal: ItemAppeal) -> set[str]:
    """Whoever judged the item, agreed, or found what its finding follows."""
    rows = list(appeal.item.findings.select_related("follows"))
    followed = {row.follows.by for row in rows if row.follows is not None}
    return {row.by for row in rows} | {row.agreed_by for row in rows if row.agreed_by} | followed


def _decide(appeal: ItemAppeal, name: str, words: str, actor: Actor, at: datetime) -> None:
    context = f"item-appeal:{appeal.number}:outcome"
    appeal.sealed_outcome = sealed.close(words.strip(), context=context)
    appeal.decided_by, appeal.decided_at = actor.text, at
    _move(appeal, name, actor, at)


def _move(appeal: ItemAppeal, name: str, actor: Actor, at: datetime) -> None:
    appeal.state = LIFE.target(name, ItemAppealState(appeal.state))
    appeal.save()
    _wind(appeal, at)
    _note(appeal, name, actor, at)
    if appeal.state in LIFE.final:
        news: dict[str, Json] = {
            "appeal": appeal.number,
            "item_id": appeal.item_id,
            "outcome": str(appeal.state),
        }
        put(topic=DECIDED, payload=news, at=at, dedupe_key=f"{DECIDED}:{appeal.number}")


def _wind(appeal: ItemAppeal, at: datetime) -> None:
    waiting = LIFE.waiting.get(ItemAppealState(appeal.state))
    for other in LIFE.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=appeal.number)
    appeal.due_at = None if waiting is None else at + waiting.within
    appeal.save(update_fields=["due_at"])
    if waiting is not None:
        set_due(kind=waiting.then, subject=appeal.number, due_at=at + waiting.within)


def _reviewed_by(number: str, actor: Actor) -> ItemAppeal:
    appeal = _locked(number)
    if appeal.state != _REVIEWED or appeal.reviewer != actor.text:
        raise MoveRefused(f"{number} is {appeal.state}, and not with you")
    return appeal


def _item_of(number: str) -> Item:
    appeal = ItemAppeal.objects.select_related("item").filter(number=number).first()
    if appeal is None:
        raise UnknownItemAppeal(f"There is no appeal {number}.")
    return appeal.item


def _locked(number: str) -> ItemAppeal:
    appeal = ItemAppeal.objects.select_for_update().filter(number=number).first()
    if appeal is None:
        raise UnknownItemAppeal(f"There is no appeal {number}.")
    return appeal


def _need(words: str) -> None:
    if not 0 < len(words.strip()) <= rules.MOST_WORDS:
        raise ReasonNeeded(f"Write why, in at most {rules.MOST_WORDS} characters.")


def _note(appeal: ItemAppeal, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    told: dict[str, Json] = {"appeal": appeal.number, **facts}
    subject = f"item:{appeal.item_id}"
    record(actor=actor, action=f"reports.appeal_{action}", subject=subject, at=at, facts=told)


def _next_number(at: datetime) -> str:
    skip_numbers(1, at)
    return f"R-{at.year}-{ItemAppealCounter.objects.get(year=at.year).last:06d}"
