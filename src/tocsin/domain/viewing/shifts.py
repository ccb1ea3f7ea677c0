"""When somebody's shift ends, as whoever keeps working hours tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from tocsin.base.accounts import queries as accounts

ShiftEnds = Callable[[str, datetime], datetime | None]
"""Takes an actor's text and a moment, gives when the shift they are in ends; None: not known."""


def _by_hours(who: str, at: datetime) -> datetime | None:
    kind, _, number = who.partition(":")
    if kind != "user" or not number.isdecimal():
        return None
    return accounts.shift_ends(person_id=int(number), at=at, zone=settings.TOCSIN_ZONE)


_told: list[ShiftEnds] = [_by_hours]


def use(told: ShiftEnds) -> None:
    """From now on ask this for the end of a shift."""
    _told[0] = told


def ends_at(who: str, at: datetime) -> datetime | None:
    """When the shift of somebody ends."""
    return _told[0](who, at)
