"""What the log does by itself: places within a second, a signed head each minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock import rounds
from tocsin.domain.receipts import actions


def register() -> None:
    """Seal each second, sign and push each minute, forget each day what no proof is made of."""
    rounds.every("receipts.seal", timedelta(seconds=1), _seal)
    rounds.every("receipts.push_heads", timedelta(minutes=1), _push)
    rounds.every("receipts.forget", timedelta(days=1), _forget)


def _seal(at: datetime) -> None:
    while actions.seal_waiting() == actions.SEAL_BATCHES:
        pass


def _push(at: datetime) -> None:
    actions.sign_head(at=at)
    actions.push_heads(at=at)


def _forget(at: datetime) -> None:
    actions.forget_old(at=at)
