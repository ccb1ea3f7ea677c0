"""Appeals: opened, reviewed by one person at a time, decided; a wrong entry goes at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.corrections import holds, rules
from tocsin.domain.corrections.models import Appeal, AppealCounter
from tocsin.domain.corrections.sealed import seal_words
from tocsin.domain.corrections.telling import tell_outcome
from tocsin.domain.corrections.types import (
    MOST_WORDS,
    AlreadyAppealed,
    AppealState,
    NothingToAppeal,
    Origin,
    ReviewedByAnother,
    UnknownAppeal,
    WordsNeeded,
)
from tocsin.domain.hashlists import actions as hashlists_actions
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Purpose, Standing

log = structlog.get_logger()

_CLOCK = system("clock")
_GONE = frozenset({Standing.WITHDRAWN, Standing.EXPIRED})


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """What an appeal is opened with."""

    origin: Origin
    reason: str
    words: str
    by: Actor


def open_appeal(*, entry_id: int, reason: str, words: str, actor: Actor, at: datetime) -> str:
    """Somebody here doubts an entry: ask for a decision; the appeal's number.

    Raises NoSuchEntry, NothingToAppeal, AlreadyAppealed and WordsNeeded.
    """
    _need(words)
    with transaction.atomic():
        entry_id = hashlists.newest(entry_id)
        holds.locked(entry_id)
        if (known := open_one(entry_id)) is not None:
            raise AlreadyAppealed(known.number)
        return begin(entry_id, Opening(Origin.STAFF, reason, words, actor), at).number


def open_one(entry_id: int) -> Appeal | None:
    """The open appeal of an entry, whichever version of it that is about, if there is one."""
    family = hashlists.versions([entry_id])
    return Appeal.objects.filter(entry_id__in=family, state__in=rules.OPEN).first()


def begin(entry_id: int, opening: Opening, at: datetime) -> Appeal:
    """Open an appeal; the caller holds the entry (`holds.locked`) and has looked for another."""
    entry = hashlists.entry(entry_id)
    if hashlists.standings([entry_id])[entry_id] in _GONE:
        raise NothingToAppeal("This entry does not count any more.")
    number = _next_number(at)
    appeal = Appeal.objects.create(
        number=number,
        entry_id=entry_id,
        state=rules.APPEAL.first,
        origin=opening.origin,
        reason=opening.reason,
        rehearsal=entry.purpose is Purpose.TEST,
        sealed_words=seal_words(opening.words, f"appeal:{number}"),
        opened_by=opening.by.text,
        opened_at=at,
    )
    _note(appeal, "open", opening.by, at, origin=opening.origin.value, reason=opening.reason)
    _wind(appeal, at)
    return appeal


def hold_meanwhile(appeal: Appeal, *, actor: Actor, at: datetime) -> None:
    """Let the entry answer `held` until the appeal is decided; the caller holds the entry."""
    if not appeal.holds and holds.hold(appeal.entry_id, why=appeal.number, actor=actor, at=at):
        appeal.holds = True
        appeal.save(update_fields=["holds"])
        _note(appeal, "hold", actor, at)


def take(*, number: str, actor: Actor, at: datetime) -> None:
    """Take an appeal for four hours; taking it again renews that.

    Raises UnknownAppeal, ReviewedByAnother, and MoveRefused when it is decided.
    """
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state == AppealState.BEING_REVIEWED:
            if appeal.reviewer != actor.text:
                raise ReviewedByAnother(appeal.reviewer)
            _wind(appeal, at)
            return
        appeal.reviewer = actor.text
        _move(appeal, "take", actor, at)


def give_back(*, number: str, actor: Actor, at: datetime) -> None:
    """Let somebody else review it. Raises as `uphold` does."""
    with transaction.atomic():
        appeal = _reviewed_by(number, actor)
        appeal.reviewer = ""
        _move(appeal, "give_back", actor, at)


def ask_source(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """The list's owner has been asked; a week later it is back. Raises as `uphold` does."""
    _need(words)
    with transaction.atomic():
        appeal = _reviewed_by(number, actor)
        appeal.reviewer = ""
        appeal.sealed_outcome = seal_words(words, f"outcome:{number}")
        _move(appeal, "ask_source", actor, at)


def uphold(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """The entry is wrong: withdraw it, and tell who appealed. Whoever got a hit is told by feed.

    Raises UnknownAppeal, ReviewedByAnother, MoveRefused when it is decided, and WordsNeeded.
    """
    _need(words)
    with transaction.atomic():
        holds.locked(_entry_of(number))
        appeal = _reviewed_by(number, actor)
        _decide(appeal, "uphold", words, actor, at)
        hashlists_actions.withdraw_entry(
            entry_id=appeal.entry_id, reason=f"appeal {number}", actor=actor, at=at
        )
        tell_outcome(appeal, at=at)


def dismiss(*, number: str, words: str, actor: Actor, at: datetime) -> None:
    """The entry is right: let it count again, and tell who appealed. Raises as `uphold` does."""
    _need(words)
    with transaction.atomic():
        holds.locked(_entry_of(number))
        appeal = _reviewed_by(number, actor)
        _decide(appeal, "dismiss", words, actor, at)
        holds.weigh_doubts(appeal.entry_id, at)
        if appeal.holds:
            holds.let_go(appeal.entry_id, why=number, actor=actor, at=at)
        hashlists_actions.confirm_entry(entry_id=appeal.entry_id, actor=actor, at=at)
        tell_outcome(appeal, at=at)


def close_for_gone(entry_ids: Iterable[int], at: datetime) -> None:
    """Close open appeals of entries that went by another way, in the caller's transaction."""
    waiting = Appeal.objects.filter(entry_id__in=list(entry_ids), state__in=rules.OPEN)
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)):
        appeal = Appeal.objects.select_for_update().get(pk=pk)
        if appeal.state in rules.OPEN and holds.is_gone(appeal.entry_id):
            appeal.decided_by, appeal.decided_at = _CLOCK.text, at
            _move(appeal, "moot", _CLOCK, at)
            tell_outcome(appeal, at=at)


def still_waiting(state: AppealState, number: str, at: datetime) -> None:
    """The clock of `state` has run out: it is pressed, or goes back to those who may take it."""
    with transaction.atomic():
        appeal = _locked(number)
        if appeal.state != state or (appeal.due_at is not None and appeal.due_at > at):
            return
        appeal.attention = F("attention") + 1
        appeal.save(update_fields=["attention"])
        appeal.refresh_from_db()
        if state is AppealState.OPENED:
            _note(appeal, "press", _CLOCK, at)
            _wind(appeal, at)
            return
        appeal.reviewer = ""
        _move(appeal, _WHEN_OVER[state], _CLOCK, at)


_WHEN_OVER = {AppealState.BEING_REVIEWED: "lapse", AppealState.NEEDS_SOURCE: "source_silent"}


def skip_numbers(*, count: int, at: datetime) -> None:
    """Leave out appeal numbers, in the caller's transaction: after a restore they are taken."""
    AppealCounter.objects.get_or_create(year=at.year)
    AppealCounter.objects.filter(year=at.year).update(last=F("last") + count)


def _decide(appeal: Appeal, name: str, words: str, actor: Actor, at: datetime) -> None:
    appeal.sealed_outcome = seal_words(words, f"outcome:{appeal.number}")
    appeal.decided_by, appeal.decided_at = actor.text, at
    _move(appeal, name, actor, at)


def _move(appeal: Appeal, name: str, actor: Actor, at: datetime) -> None:
    before = AppealState(appeal.state)
    appeal.state = rules.APPEAL.target(name, before)
    appeal.save()
    _wind(appeal, at)
    _note(appeal, name, actor, at, was=before.value)
    log.info("appeal_moved", appeal=appeal.number, state=appeal.state)


def _wind(appeal: Appeal, at: datetime) -> None:
    """Set the clock of the appeal's state and cancel those of the others."""
    waiting = rules.APPEAL.waiting.get(AppealState(appeal.state))
    for other in rules.APPEAL.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=appeal.number)
    appeal.due_at = None if waiting is None else at + waiting.within
    appeal.save(update_fields=["due_at"])
    if waiting is not None:
        set_due(kind=waiting.then, subject=appeal.number, due_at=at + waiting.within)


def _reviewed_by(number: str, actor: Actor) -> Appeal:
    appeal = _locked(number)
    if appeal.state in rules.APPEAL.final:
        raise MoveRefused(f"{number} is {appeal.state} by now")
    if appeal.state != AppealState.BEING_REVIEWED or appeal.reviewer != actor.text:
        raise ReviewedByAnother(appeal.reviewer)
    return appeal


def _entry_of(number: str) -> int:
    # The entry is locked before the appeal, as those who open one do: they must not cross.
    entry_id = Appeal.objects.filter(number=number).values_list("entry_id", flat=True).first()
    if entry_id is None:
        raise UnknownAppeal(f"There is no appeal {number}.")
    return entry_id


def _locked(number: str) -> Appeal:
    appeal = Appeal.objects.select_for_update().filter(number=number).first()
    if appeal is None:
        raise UnknownAppeal(f"There is no appeal {number}.")
    return appeal


def _need(words: str) -> None:
    if not 0 < len(words.strip()) <= MOST_WORDS:
        raise WordsNeeded(f"Write why, in at most {MOST_WORDS} characters.")


def _note(appeal: Appeal, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    told: dict[str, Json] = {"entry": appeal.entry_id, **facts}
    subject = f"appeal:{appeal.number}"
    record(actor=actor, action=f"corrections.{action}", subject=subject, at=at, facts=told)


def _next_number(at: datetime) -> str:
    skip_numbers(count=1, at=at)
    return f"A-{at.year}-{AppealCounter.objects.get(year=at.year).last:06d}"
