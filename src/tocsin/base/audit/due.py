"""What the audit does by itself: seal within a second, push heads every minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.audit import actions
from tocsin.base.clock import rounds


def register() -> None:
    """Put the sealer and the pusher on every worker's round."""
    rounds.every("audit.seal", timedelta(seconds=1), _seal)
    rounds.every("audit.push_heads", timedelta(minutes=1), _push)


def _seal(at: datetime) -> None:
    while actions.seal_waiting(at=at) == actions.SEAL_BATCH:
        pass


def _push(at: datetime) -> None:
    actions.sign_head(at=at)
    actions.push_heads(at=at)
