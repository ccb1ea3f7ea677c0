"""Conversations: messages both ways, what waits, and reports set aside as made in bad faith."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.reporters import rules, sealed
from tocsin.domain.reporters.models import Conversation, Message
from tocsin.domain.reporters.types import (
    EmptyMessage,
    NoSuchTalk,
    NotSo,
    Pace,
    Side,
    TalkState,
    TooManyMessages,
    TooMuch,
)
from tocsin.domain.reports import actions as reports

log = structlog.get_logger()

REPORTER = system("reporter")
_DAY = timedelta(days=1)


def write(*, talk_id: int, words: str, at: datetime) -> None:
    """The reporter writes to the desk.

    Raises EmptyMessage, TooMuch, TooManyMessages (ten a day) and NoSuchTalk.
    """
    words = _worded(words)
    with transaction.atomic():
        talk = locked(talk_id)
        lately = talk.messages.filter(side=Side.REPORTER, at__gt=at - _DAY).count()
        if lately >= rules.MESSAGES_A_DAY:
            raise TooManyMessages
        _add(talk, Side.REPORTER, "", words, at)
        wait(talk, at)
        _note(talk, "write", REPORTER, at)


def answer(*, talk_id: int, words: str, actor: Actor, at: datetime) -> None:
    """The desk writes to the reporter, who reads it when they come back with their receipt.

    Raises EmptyMessage, TooMuch and NoSuchTalk.
    """
    words = _worded(words)
    with transaction.atomic():
        talk = locked(talk_id)
        _add(talk, Side.DESK, actor.text, words, at)
        _quieten(talk, "answer", at)
        _note(talk, "answer", actor, at)


def settle(*, talk_id: int, actor: Actor, at: datetime) -> None:
    """What waits needs no answer. Raises NoSuchTalk, and MoveRefused when nothing waits."""
    with transaction.atomic():
        talk = locked(talk_id)
        _quieten(talk, "settle", at)
        _note(talk, "settle", actor, at)


def set_aside(*, talk_id: int, why: str, actor: Actor, at: datetime) -> None:
    """All reports of this one sending were made in bad faith: they press no item any more.

    Who sent them stays unknown. Can be taken back. Raises NoSuchTalk, NotSo, and
    `reports.desk_types.ReasonNeeded` when `why` is empty.
    """
    with transaction.atomic():
        talk = locked(talk_id)
        if talk.set_aside:
            raise NotSo
        n = reports.set_batch_aside(batch=subject(talk), why=why, actor=actor, at=at)
        _mark(talk, aside=True)
        _note(talk, "set_aside", actor, at, reports=n)


def put_back(*, talk_id: int, actor: Actor, at: datetime) -> None:
    """They were made in good faith after all. Raises NoSuchTalk and NotSo."""
    with transaction.atomic():
        talk = locked(talk_id)
        if not talk.set_aside:
            raise NotSo
        slow = talk.pace == Pace.SLOW
        n = reports.put_batch_back(batch=subject(talk), slow=slow, actor=actor, at=at)
        _mark(talk, aside=False)
        _note(talk, "put_back", actor, at, reports=n)


def still_waiting(subject: str, at: datetime) -> None:
    """Nobody has answered in time: say so, and again each day until somebody does."""
    with transaction.atomic():
        talk = Conversation.objects.select_for_update().filter(pk=subject).first()
        if talk is None or talk.state != TalkState.WAITING:
            return
        talk.overdue_rounds += 1
        talk.save(update_fields=["overdue_rounds"])
        set_due(kind=rules.ANSWER_WAITS, subject=subject, due_at=at + rules.ASK_AGAIN_AFTER)
        _note(talk, "overdue", system("clock"), at, round=talk.overdue_rounds)
    log.warning("reporter_waits", conversation_id=talk.pk, round=talk.overdue_rounds)


def wait(talk: Conversation, at: datetime) -> None:
    """Something of the reporter's waits for somebody; in the caller's transaction."""
    first = talk.state != TalkState.WAITING
    talk.state = rules.TALK.target("write", TalkState(talk.state))
    talk.last_at = at
    if first:
        # What waits already keeps its clock: writing again must not put the answer off.
        talk.waits_since = at
        set_due(kind=rules.ANSWER_WAITS, subject=str(talk.pk), due_at=at + rules.ANSWER_WITHIN)
    talk.save(update_fields=["state", "last_at", "waits_since"])


def locked(talk_id: int) -> Conversation:
    """The conversation's row, held until commit; raises NoSuchTalk."""
    talk = Conversation.objects.select_for_update().filter(pk=talk_id).first()
    if talk is None:
        raise NoSuchTalk(f"There is no conversation {talk_id}.")
    return talk


def context(talk: Conversation) -> str:
    """What the sealed texts of a conversation are bound to."""
    return f"conversation:{talk.pk}"


def subject(talk: Conversation) -> str:
    """What audit rows call it."""
    return f"conversation:{talk.pk}"


def _worded(words: str) -> str:
    words = words.strip()
    if not words:
        raise EmptyMessage
    if len(words) > rules.MOST_MESSAGE:
        raise TooMuch("message", rules.MOST_MESSAGE)
    return words


def _add(talk: Conversation, side: Side, by: str, words: str, at: datetime) -> None:
    message = Message.objects.create(conversation=talk, at=at, side=side, by=by)
    # Only now has the row its key, to which the words are bound.
    message.sealed_words = sealed.close(words, context=f"message:{message.pk}")
    message.save(update_fields=["sealed_words"])


def _quieten(talk: Conversation, move: str, at: datetime) -> None:
    talk.state = rules.TALK.target(move, TalkState(talk.state))
    talk.waits_since, talk.overdue_rounds, talk.last_at = None, 0, at
    talk.save(update_fields=["state", "waits_since", "overdue_rounds", "last_at"])
    cancel(kind=rules.ANSWER_WAITS, subject=str(talk.pk))


def _mark(talk: Conversation, *, aside: bool) -> None:
    talk.set_aside = aside
    talk.save(update_fields=["set_aside"])


def _note(talk: Conversation, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    record(
        actor=actor, action=f"reporters.{action}", subject=subject(talk), at=at, facts=facts or None
    )
