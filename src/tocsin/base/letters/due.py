"""What letters do by themselves: leave."""

from __future__ import annotations

from tocsin.base.clock import rounds
from tocsin.base.letters import actions


def register() -> None:
    """Send letters when they fall due."""
    rounds.handle(actions.SEND, actions.send)
