"""Deciding who may look at what, how far, and how long. Plain functions; no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from tocsin.domain.viewing.types import Allowance, Limits, Span, Subject, Veil, WhyNot

LADDER = tuple(Veil)
"""From what shows least to what shows most. Who wants the next has seen the one before."""
NOTHING = timedelta(0)
UNBEATEN = timedelta(seconds=30)
"""How long a look counts whose browser never said that the picture was on the screen: without a
script nobody says so, and nobody looks for less."""
BEAT = timedelta(seconds=5)
LONGEST_BEAT = timedelta(seconds=20)
"""A browser that was silent for longer was not looking all the while, as far as anybody knows; the
picture is taken away after as long without an answer."""


def stretches(spans: Iterable[Span], a_break: timedelta) -> list[Span]:
    """The times of looking, those put together between which there was no whole break.

    Two windows at once count once, and the minutes between two looks count as looking: who takes
    five looks in an hour without a break has worked with pictures for an hour.
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if joined and span.start - joined[-1].end < a_break:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def day_of(at: datetime, zone: tzinfo) -> Span:
    """The day in which a moment lies, from midnight to midnight where the organisation is: of 23
    or 25 hours where the clocks are changed."""
    date = at.astimezone(zone).date()
    start = datetime.combine(date, time.min, zone)
    end = datetime.combine(date + timedelta(days=1), time.min, zone)
    return Span(start.astimezone(at.tzinfo), end.astimezone(at.tzinfo))


def within(spans: Iterable[Span], day: Span) -> timedelta:
    """How much of these times lies in a day."""
    parts = (min(s.end, day.end) - max(s.start, day.start) for s in spans)
    return sum((max(part, NOTHING) for part in parts), NOTHING)


def allowance(
    spans: Sequence[Span],
    *,
    at: datetime,
    zone: tzinfo,
    limits: Limits,
    shift_ends_at: datetime | None = None,
) -> Allowance:
    """What is left of the day and until the next break, from all looks since the day before."""
    day = day_of(at, zone)
    worked = stretches(spans, limits.a_break)
    looked = within(worked, day)
    # The stretch goes on as long as no whole break has passed since its last look.
    running = worked[-1] if worked and at - worked[-1].end < limits.a_break else None
    if running is not None:
        now = Span(max(running.end, day.start), max(running.end, at))
        looked += within([now], day)
    in_a_row = at - running.start if running is not None else NOTHING
    left_today = max(limits.a_day - looked, NOTHING)
    left_in_a_row = max(limits.in_a_row - in_a_row, NOTHING)
    why, until = _why_not(left_today, left_in_a_row, day, running, at, limits, shift_ends_at)
    return Allowance(left_today, left_in_a_row, looked, why, until)


def _why_not(
    left_today: timedelta,
    left_in_a_row: timedelta,
    day: Span,
    running: Span | None,
    at: datetime,
    limits: Limits,
    shift_ends_at: datetime | None,
) -> tuple[WhyNot | None, datetime | None]:
    if left_today <= NOTHING:
        return WhyNot.DAY_IS_OVER, day.end
    if shift_ends_at is not None and at >= shift_ends_at - limits.before_shift_ends:
        return WhyNot.SHIFT_ENDS, None
    if left_in_a_row <= NOTHING and running is not None:
        return WhyNot.BREAK, running.end + limits.a_break
    return None, None


def span_of(opened_at: datetime, last_beat_at: datetime | None, ended: bool, at: datetime) -> Span:
    """How long a look counts: to its last sign of life, and at first at least half a minute."""
    if last_beat_at is None:
        return Span(opened_at, opened_at + UNBEATEN if ended else min(opened_at + UNBEATEN, at))
    return Span(opened_at, last_beat_at)


def beat_seconds(last: datetime, at: datetime) -> float:
    """How many seconds a sign of life adds."""
    return max(0.0, min(at - last, LONGEST_BEAT).total_seconds())


@dataclass(frozen=True, slots=True)
class Standing:
    """What matters besides the subject. `seen_like`: the number of an item like it that somebody
    has looked at."""

    mandate: bool
    may_fetch: bool
    opted_out: bool
    seen_like: bool
    allowance: Allowance


def why_not(subject: Subject, of: Standing) -> tuple[WhyNot | None, datetime | None]:
    """The first reason why somebody may not look at a subject at all, and until when it holds."""
    reasons = (
        (not of.mandate, WhyNot.NO_MANDATE),
        (not of.may_fetch, WhyNot.FETCHING_IS_OFF),
        (of.opted_out, WhyNot.OPTED_OUT),
        (subject.listed, WhyNot.KNOWN),
        (subject.decided, WhyNot.DECIDED),
        (of.seen_like, WhyNot.CLUSTER_SEEN),
        (not subject.taken, WhyNot.NOT_TAKEN),
    )
    for holds, reason in reasons:
        if holds:
            return reason, None
    return of.allowance.why_not, of.allowance.until


def steps(seen: Iterable[Veil]) -> tuple[Veil, ...]:
    """The steps that are open: all that were shown before, and one more."""
    taken = [LADDER.index(veil) for veil in seen]
    return LADDER[: max(taken, default=-1) + 2]
