"""Reading: what is due, what is late, and whether clocks stand still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from tocsin.base.clock.models import Due, Pause


@dataclass(frozen=True, slots=True)
class Paused:
    since: datetime
    why: str


def paused() -> Paused | None:
    """Since when and why clocks stand still, or None."""
    row = Pause.objects.first()
    return Paused(row.since, row.why) if row else None


def due_at(*, kind: str, subject: str) -> datetime | None:
    """When (kind, subject) falls due, or None when it does not."""
    return Due.objects.filter(kind=kind, subject=subject).values_list("due_at", flat=True).first()


def longest_late(*, at: datetime) -> timedelta:
    """For how long the thing that waits longest has been past due; nothing when none is."""
    oldest = Due.objects.filter(due_at__lt=at).aggregate(first=Min("due_at"))["first"]
    return timedelta(0) if oldest is None else at - oldest


def late(*, at: datetime) -> int:
    """How many things are past due now."""
    return Due.objects.filter(due_at__lt=at).count()
