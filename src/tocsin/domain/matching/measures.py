"""What is counted of checks, as others see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day of some keys: how many were checked, how many met something, how many could not be
    looked at or looked up."""

    day: date
    checks: int
    hits: int
    errors: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """The same of an hour in UTC that begins at `begins`; canaries are not in it."""

    begins: datetime
    checks: int
    hits: int
    errors: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What some keys sent, by kind of fingerprint, and how long their requests took: so many
    milliseconds at most for half, and for nineteen of twenty, without the way to us and back."""

    kinds: Mapping[str, int]
    requests: int
    p50_ms: int | None
    p95_ms: int | None
