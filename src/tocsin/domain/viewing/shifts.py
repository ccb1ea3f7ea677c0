"""When somebody's shift ends, as whoever keeps working hours tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

ShiftEnds = Callable[[str, datetime], datetime | None]
"""Takes an actor's text and a moment, gives when the shift they are in ends; None: not known."""


def _not_known(who: str, at: datetime) -> datetime | None:
    del who, at
    return None


_told: list[ShiftEnds] = [_not_known]


def use(told: ShiftEnds) -> None:
    """From now on ask this for the end of a shift."""
    _told[0] = told


def ends_at(who: str, at: datetime) -> datetime | None:
    """When the shift of somebody ends."""
    return _told[0](who, at)
