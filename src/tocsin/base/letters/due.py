"""What letters do by themselves: leave, and hear of those that came back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from tocsin.base.clock import rounds
from tocsin.base.letters import actions, returning
from tocsin.base.outbox.actions import may_go_unheard

LOOK_EACH = timedelta(seconds=30)


def register() -> None:
    """Send letters when they fall due; read what mail servers report of them."""
    rounds.handle(actions.SEND, actions.send)
    rounds.every("letters.returned", LOOK_EACH, _look)
    may_go_unheard(actions.BOUNCED)
    may_go_unheard(actions.DELIVERED)


def _look(at: datetime) -> None:
    if settings.TOCSIN_RETURNED_MAIL is not None:
        returning.empty(settings.TOCSIN_RETURNED_MAIL, at=at)
