"""The ladder: who is told after how many hours, as long as the item is still there.

Plain data and plain functions. `DEFAULT` is the table the house comes with; managers set other
hours, each change a version of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.domain.takedown.types import Rung, Step, Where

MOST_HOURS = 2_160  # 90 days

DEFAULT: tuple[Step, ...] = (
    # rung, at home, abroad, abroad and handed over, told again each
    Step(Rung.HOTLINE, None, None, 0, 168),
    Step(Rung.HOSTER, 0, 0, 24, 24),
    Step(Rung.SITE_OWNER, 24, 24, 72, 24),
    Step(Rung.UPSTREAM, 48, 48, 96, 24),
    Step(Rung.REGISTRAR, 72, 72, 168, 24),
    Step(Rung.REGULATOR, 96, None, None, None),
)
"""Hours from the decision. The Dutch code asks hosters to act within 24 hours; a notice that was
not followed is a file for the regulator, whose power ends at the border."""

OF_THE_SERVER = frozenset({Rung.HOSTER, Rung.UPSTREAM, Rung.RESELLER})
"""Whoever these are changes when the site moves to another server."""


def where(country: str, home: str, *, partner: bool) -> Where:
    """What a server's country means; one that is not known counts as home, so that nobody waits."""
    if not country or country == home:
        return Where.HOME
    return Where.HANDED_OVER if partner else Where.ABROAD


def due(steps: Sequence[Step], place: Where, waited: timedelta) -> list[Rung]:
    """The rungs whose time has come, in the order of the table."""
    times = ((step.rung, step.hours(place)) for step in steps)
    return [rung for rung, hours in times if hours is not None and waited >= _hours(hours)]


def due_at(steps: Sequence[Step], rung: Rung, place: Where, since: datetime) -> datetime | None:
    """When a rung is told; None: never."""
    hours = step(steps, rung).hours(place) if rung is not Rung.RESELLER else None
    return None if hours is None else since + _hours(hours)


def next_rung_at(
    steps: Sequence[Step], place: Where, since: datetime, at: datetime
) -> datetime | None:
    """When the next rung is due after `at`; None when all of them are."""
    times = [due_at(steps, each.rung, place, since) for each in steps]
    return min((time for time in times if time is not None and time > at), default=None)


def remind_after(steps: Sequence[Step], rung: Rung) -> timedelta | None:
    """How long after a notice or a reminder the next reminder goes; None: never.

    A reseller is reminded as the hoster is who passed the notice on.
    """
    hours = step(steps, Rung.HOSTER if rung is Rung.RESELLER else rung).remind_hours
    return None if hours is None else _hours(hours)


def step(steps: Sequence[Step], rung: Rung) -> Step:
    """The row of a rung."""
    return next(each for each in steps if each.rung is rung)


def problems(steps: Sequence[Step]) -> dict[str, str]:
    """What is wrong with each rung, in words; empty when the ladder can be kept."""
    found: dict[str, str] = {}
    if [each.rung for each in steps] != [each.rung for each in DEFAULT]:
        return {"ladder": "Every rung must be there once, in its order."}
    for each in steps:
        told = (each.home_hours, each.abroad_hours, each.handed_over_hours)
        if any(hours is not None and not 0 <= hours <= MOST_HOURS for hours in told):
            found[each.rung] = f"Give hours from 0 to {MOST_HOURS}, or nothing for never."
        elif each.remind_hours is not None and not 1 <= each.remind_hours <= MOST_HOURS:
            found[each.rung] = f"Give from 1 to {MOST_HOURS} hours between reminders, or nothing."
    hoster = step(steps, Rung.HOSTER)
    if hoster.home_hours != 0 or hoster.abroad_hours != 0 or hoster.handed_over_hours is None:
        found[Rung.HOSTER] = "The hoster is told at once, and in the end also where it is abroad."
    elif hoster.remind_hours is None:
        found[Rung.HOSTER] = "The hoster is reminded until the item is gone."
    return found


def _hours(hours: int) -> timedelta:
    return timedelta(hours=hours)
