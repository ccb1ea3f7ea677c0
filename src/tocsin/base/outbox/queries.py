"""Reading: dead letters and what still waits."""

from __future__ import annotations

from tocsin.base.outbox.models import Message
from tocsin.base.outbox.types import MessageState


def dead_letters() -> list[Message]:
    """Messages given up on, oldest first."""
    return list(Message.objects.filter(state=MessageState.DEAD).order_by("created_at"))


def dead() -> int:
    """How many messages were given up on."""
    return Message.objects.filter(state=MessageState.DEAD).count()


def waiting() -> int:
    """How many messages are not delivered yet."""
    return Message.objects.filter(state=MessageState.WAITING).count()
