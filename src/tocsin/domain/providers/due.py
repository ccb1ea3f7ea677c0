"""What providers do by themselves: sign-ups end, proofs are looked for again, idle ones close."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock import rounds
from tocsin.domain.providers import actions, warning
from tocsin.domain.providers.proving import Looker
from tocsin.domain.providers.rules import CLOSE, FORGET, RECHECK
from tocsin.domain.providers.types import NoSuchProvider

LOOK_AT_HEALTH_EACH = timedelta(hours=1)


def register() -> None:
    """Handle the clock of every waiting state."""
    rounds.every("providers.health", LOOK_AT_HEALTH_EACH, warning.warn_all)
    rounds.handle(FORGET, lambda subject, at: actions.forget(int(subject), at))
    rounds.handle(CLOSE, lambda subject, at: actions.close(int(subject), at))
    rounds.handle(RECHECK, _look_again)


def _look_again(subject: str, at: datetime) -> None:
    look_again(int(subject), Looker(), at)


def look_again(provider_id: int, looker: Looker, at: datetime) -> None:
    """Look for a proof whose time has come. TooSoon goes up: the clock comes back, so that no
    provider is left without one when whoever looks at this moment breaks down."""
    try:
        actions.look_for_proof(provider_id=provider_id, looker=looker, actor=None, at=at)
    except NoSuchProvider:
        return
