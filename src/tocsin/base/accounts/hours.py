"""Working hours: when somebody may log in and act, by weekday; and who lets them in otherwise.

Whoever has no hours written down may come at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from django.db import transaction

from tocsin.base.accounts.models import Admission, Person, WorkingHours
from tocsin.base.accounts.rules import Hours, hours_allow, hours_end
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json

MOST_WHY = 500
LONGEST_ADMISSION = timedelta(hours=24)


class WhyNeeded(Exception):
    """Nobody is let in out of hours without a reason."""


class NobodyThere(Exception):
    """There is nobody of that number."""


class UnusableHours(Exception):
    """A day's hours begin and end at the same time."""


@dataclass(frozen=True, slots=True)
class PersonHours:
    """Somebody's hours by weekday (Monday is 0), and until when they are let in otherwise."""

    person_id: int
    username: str
    hours: Mapping[int, Hours]
    admitted_until: datetime | None


def set_hours(
    *, person_id: int, hours: Mapping[int, tuple[time, time]], actor: Actor, at: datetime
) -> None:
    """Write down when somebody works, a weekday at a time; none at all: they may always come.

    A day that ends before it begins ends the next morning. Raises NobodyThere, UnusableHours.
    """
    if any(begins == ends for begins, ends in hours.values()):
        raise UnusableHours("Hours must begin and end at different times.")
    with transaction.atomic():
        if not Person.objects.filter(pk=person_id).exists():
            raise NobodyThere("There is nobody of that number.")
        WorkingHours.objects.filter(person_id=person_id).delete()
        WorkingHours.objects.bulk_create(
            WorkingHours(person_id=person_id, weekday=day, begins=begins, ends=ends)
            for day, (begins, ends) in sorted(hours.items())
        )
        told: dict[str, Json] = {
            str(day): f"{b:%H:%M}-{e:%H:%M}" for day, (b, e) in sorted(hours.items())
        }
        record(
            actor=actor,
            action="accounts.set_hours",
            subject=f"user:{person_id}",
            at=at,
            facts={"hours": told},
        )


def admit(*, person_id: int, hours: int, why: str, actor: Actor, at: datetime) -> datetime:
    """Let somebody in out of hours, at most a day; until when. Raises WhyNeeded, NobodyThere."""
    if not 0 < len(why.strip()) <= MOST_WHY:
        raise WhyNeeded(f"Write why, in at most {MOST_WHY} characters.")
    until = at + min(timedelta(hours=max(hours, 1)), LONGEST_ADMISSION)
    with transaction.atomic():
        if not Person.objects.filter(pk=person_id).exists():
            raise NobodyThere("There is nobody of that number.")
        Admission.objects.create(
            person_id=person_id, at=at, until=until, why=why.strip(), by=actor.text
        )
        record(
            actor=actor,
            action="accounts.admit",
            subject=f"user:{person_id}",
            at=at,
            facts={"until": until.isoformat()},
            personal={"why": why.strip()},
        )
    return until


def shift_ends(*, person_id: int, at: datetime, zone: tzinfo) -> datetime | None:
    """When somebody's hours, or what they were let in for, end; None where they have no hours."""
    kept = _hours_of(person_id)
    if not kept:
        return None
    return hours_end(kept, at.astimezone(zone)) or _admitted_until(person_id, at)


def may_work(*, person_id: int, at: datetime, zone: tzinfo) -> bool:
    """Whether somebody may log in and act at a moment."""
    kept = _hours_of(person_id)
    if not kept or hours_allow(kept, at.astimezone(zone)):
        return True
    return _admitted_until(person_id, at) is not None


def _hours_of(person_id: int) -> dict[int, Hours]:
    rows = WorkingHours.objects.filter(person_id=person_id)
    return {row.weekday: Hours(row.begins, row.ends) for row in rows}


def _admitted_until(person_id: int, at: datetime) -> datetime | None:
    rows = Admission.objects.filter(person_id=person_id, at__lte=at, until__gt=at)
    return rows.order_by("-until").values_list("until", flat=True).first()


def everybodys_hours(*, at: datetime) -> tuple[PersonHours, ...]:
    """The hours of all who may log in, by name."""
    people = Person.objects.filter(is_active=True).order_by("username")
    kept: dict[int, dict[int, Hours]] = {}
    for row in WorkingHours.objects.order_by("weekday"):
        kept.setdefault(row.person_id, {})[row.weekday] = Hours(row.begins, row.ends)
    admitted = dict(
        Admission.objects.filter(until__gt=at).order_by("until").values_list("person_id", "until")
    )
    return tuple(
        PersonHours(one.pk, one.username, kept.get(one.pk, {}), admitted.get(one.pk))
        for one in people
    )
