"""What the outbox does by itself: deliver, and remind of dead letters."""

from __future__ import annotations

from tocsin.base.clock import rounds
from tocsin.base.outbox import actions


def register() -> None:
    """Deliver messages when they fall due; bring dead letters to mind."""
    rounds.handle(actions.DELIVER, actions.deliver)
    rounds.handle(actions.DEAD_WAITS, actions.remind)
