"""What lists do by themselves: entries whose time is over stop counting."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock import rounds
from tocsin.domain.hashlists import actions


def register() -> None:
    """Look for entries past their time on every worker's round."""
    rounds.every("hashlists.expire", timedelta(minutes=1), _expire)


def _expire(at: datetime) -> None:
    while actions.expire(at=at) == actions.EXPIRE_AT_ONCE:
        pass
