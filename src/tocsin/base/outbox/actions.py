"""Writing: put news in the outbox, deliver it, bring a dead letter back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.base.outbox.models import Message
from tocsin.base.outbox.types import Consumer, MessageState, News

log = structlog.get_logger()

DELIVER = "outbox.deliver"
DEAD_WAITS = "outbox.dead_waits"
REMIND_AFTER = timedelta(hours=1)
REMIND_EACH = timedelta(days=1)
DEAD_AFTER_ATTEMPTS = 12

_consumers: dict[str, dict[str, Consumer]] = {}


class NoConsumer(Exception):
    """News on a topic that no room listens to."""


def consume(topic: str, consumer: Consumer, listener: str = "") -> None:
    """Register who is told about a topic. The consumer runs inside a transaction.

    A topic may have several listeners, each under a name of its own (the module of the consumer
    unless given): each is told by itself, and one that fails keeps nothing from the others.
    """
    _consumers.setdefault(topic, {})[listener or consumer.__module__] = consumer


def may_go_unheard(topic: str) -> None:
    """Say of a topic that it is no failure when no room listens to it."""
    _consumers.setdefault(topic, {})


def is_heard(topic: str) -> bool:
    """Whether any room listens to a topic: frequent news need not be written for nobody."""
    return bool(_consumers.get(topic))


def topics() -> list[str]:
    """All topics somebody listens to."""
    return sorted(_consumers)


def put(
    *, topic: str, payload: Mapping[str, Json], at: datetime, dedupe_key: str | None = None
) -> str:
    """Write news in the caller's transaction; returns its id.

    With a `dedupe_key`, news already put under that key is not put again.
    """
    with transaction.atomic():
        values = {
            "topic": topic,
            "payload": dict(payload),
            "state": MessageState.WAITING,
            "created_at": at,
        }
        if dedupe_key is None:
            message, made = Message.objects.create(**values), True
        else:
            message, made = Message.objects.get_or_create(dedupe_key=dedupe_key, defaults=values)
        if made:
            set_due(kind=DELIVER, subject=str(message.pk), due_at=at)
    return str(message.pk)


def deliver(subject: str, at: datetime) -> None:
    """Hand one message to its consumer, in one transaction with marking it done."""
    try:
        with transaction.atomic():
            # The update comes first: it holds the row, so that two deliveries queue up.
            won = Message.objects.filter(pk=subject, state=MessageState.WAITING).update(
                state=MessageState.DONE, done_at=at
            )
            if won:
                _hand_over(Message.objects.get(pk=subject), at)
    except Exception as error:
        if _note_failure(subject, at, error):
            return
        raise


def revive(*, message_id: str, actor: Actor, at: datetime) -> bool:
    """Try a dead letter again from the start; False when it is not dead."""
    with transaction.atomic():
        won = Message.objects.filter(pk=message_id, state=MessageState.DEAD).update(
            state=MessageState.WAITING, attempts=0, last_error=""
        )
        if won:
            record(actor=actor, action="outbox.revive", subject=f"message:{message_id}", at=at)
            cancel(kind=DEAD_WAITS, subject=message_id)
            set_due(kind=DELIVER, subject=message_id, due_at=at)
    return bool(won)


def remind(subject: str, at: datetime) -> None:
    """Say again, each day, that a dead letter waits for somebody."""
    if Message.objects.filter(pk=subject, state=MessageState.DEAD).exists():
        log.error("message_still_dead", message_id=subject)
        set_due(kind=DEAD_WAITS, subject=subject, due_at=at + REMIND_EACH)


def _hand_over(message: Message, at: datetime) -> None:
    listeners = _listeners(message)
    if len(listeners) > 1:
        for name in listeners:
            _put_for(name, message, at)
        return
    for consumer in listeners.values():
        consumer(News(str(message.pk), message.topic, message.payload), at)


def _listeners(message: Message) -> dict[str, Consumer]:
    listeners = _consumers.get(message.topic)
    if listeners is None or (message.listener and message.listener not in listeners):
        raise NoConsumer(f"nobody listens to {message.topic!r}")
    return {message.listener: listeners[message.listener]} if message.listener else listeners


def _put_for(name: str, message: Message, at: datetime) -> None:
    """A message of its own to one of several listeners, in the transaction that ends the first."""
    child = Message.objects.create(
        topic=message.topic,
        listener=name,
        payload=message.payload,
        state=MessageState.WAITING,
        created_at=message.created_at,
    )
    set_due(kind=DELIVER, subject=str(child.pk), due_at=at)


def _note_failure(subject: str, at: datetime, error: Exception) -> bool:
    """Count the failure; True when the message is now a dead letter."""
    with transaction.atomic():
        Message.objects.filter(pk=subject).update(
            attempts=F("attempts") + 1, last_error=type(error).__name__
        )
        dead = Message.objects.filter(
            pk=subject, state=MessageState.WAITING, attempts__gte=DEAD_AFTER_ATTEMPTS
        ).update(state=MessageState.DEAD)
        if dead:
            record(
                actor=system("outbox"),
                action="outbox.dead_letter",
                subject=f"message:{subject}",
                at=at,
                facts={"error": type(error).__name__},
            )
            set_due(kind=DEAD_WAITS, subject=subject, due_at=at + REMIND_AFTER)
            log.error("message_dead", message_id=subject, error=type(error).__name__)
    return bool(dead)
