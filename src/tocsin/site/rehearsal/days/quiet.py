"""When the other tool lets no notice leave: its default rule of blocked days and hours.

SCART (snapshot of May 2024): weekends and listed days are blocked; on the day after a blocked one
nothing leaves before 12:00, on the day before one nothing from 17:00 on, on no day before 11:00.
A first notice waits an hour besides. All of it in local time.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

THRESHOLD = timedelta(hours=1)
_EVERY_DAY, _AFTER_BLOCKED, _BEFORE_BLOCKED = time(11), time(12), time(17)
_STEP = timedelta(minutes=10)
_DAY = timedelta(days=1)


def is_blocked(at: datetime, listed: Collection[date] = ()) -> bool:
    """Whether nothing leaves at this local time."""
    day = at.date()
    if _is_day_blocked(day, listed):
        return True
    if at.time() < _EVERY_DAY:
        return True
    if _is_day_blocked(day - _DAY, listed) and at.time() < _AFTER_BLOCKED:
        return True
    return _is_day_blocked(day + _DAY, listed) and at.time() >= _BEFORE_BLOCKED


def leaves_at(decided_at: datetime, listed: Collection[date] = ()) -> datetime:
    """When a first notice decided on at this local time leaves, looked at each ten minutes."""
    at = decided_at + THRESHOLD
    while is_blocked(at, listed):
        at += _STEP
    return at


def _is_day_blocked(day: date, listed: Collection[date]) -> bool:
    return day.weekday() >= 5 or day in listed
