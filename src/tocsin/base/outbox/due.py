"""What the outbox does by itself: deliver."""

from __future__ import annotations

from tocsin.base.clock import rounds
from tocsin.base.outbox import actions


def register() -> None:
    """Deliver messages when they fall due."""
    rounds.handle(actions.DELIVER, actions.deliver)
