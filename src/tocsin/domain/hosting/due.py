"""What hosting does by itself: ask again about hosts behind a CDN."""

from __future__ import annotations

from datetime import datetime

from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import may_go_unheard
from tocsin.domain.hosting import actions, rules


def register() -> None:
    """Handle the clock of every waiting state; tell of changes to whoever listens."""
    may_go_unheard(actions.CHANGED)
    for waiting in rules.ORIGIN_LIFE.waiting.values():
        rounds.handle(waiting.then, _ask_origin)


def _ask_origin(subject: str, at: datetime) -> None:
    actions.ask_origin_again(host_digest=subject, at=at)
