"""What retention does by itself: each hour, some of what is over its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.base.clock import rounds
from tocsin.base.retention.actions import forget

EACH = timedelta(hours=1)


def register() -> None:
    """Forget each hour."""
    rounds.every("retention.forget", EACH, _forget)


def _forget(at: datetime) -> None:
    forget(at=at)
