"""Where a key stands, given what it asked and found: plain functions, no clock, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from tocsin.domain.matching.guard.types import Limits, Sign, Standing, Step, Totals

SLOWED_FOR = timedelta(days=1)
WINDOW = timedelta(days=28)
"""Days are kept so long, and balls in which nothing was learned: what drips in adds up."""
FORGIVEN_AFTER = timedelta(days=90)
"""A ball is forgotten so long after the last answer that was counted in it, closed or not.

Users of an honest provider close the surroundings of pictures that go round, and those must not be
lost for ever. Who waits for it is told a hundred answers a year around a picture, seen each time.
"""
NEARLY_SPENT = 0.8
RUN_SHARE = 0.5
SLOWED_BY = 10
PAUSED_FROM = 3
"""Times what is free of listed pictures that were closed around."""
NARROWEST_BALL_BITS, WIDEST_BALL_BITS = 32, 60
EDGE_BITS = 8


@lru_cache(maxsize=1_024)
def limits_of(
    limits: Limits, daily_hashes: int | None = None, daily_matches: int | None = None
) -> Limits:
    """A tier's limits with the numbers that a key's own terms give instead."""
    return replace(
        limits,
        daily_hashes=limits.daily_hashes if daily_hashes is None else daily_hashes,
        free_matches=limits.free_matches if daily_matches is None else daily_matches,
    )


def ball_bits(radius_bits: int) -> int:
    """How far around a match a question may teach where the match ends.

    Two hashes that just match one entry lie at most twice the radius apart; one that just misses
    it, two bits more. Beyond 60 bits unrelated pictures would begin to count.
    """
    return max(NARROWEST_BALL_BITS, min(2 * radius_bits + 2, WIDEST_BALL_BITS))


def is_forgiven(edged_on: date | None, day: date) -> bool:
    """Whether what was learned in a ball until `edged_on` counts no more."""
    return edged_on is not None and day - edged_on > FORGIVEN_AFTER


def is_at_edge(distance_bits: int, edges: tuple[int, ...]) -> bool:
    """Whether a few bits more or less would have changed the answer."""
    return any(abs(edge - distance_bits) <= EDGE_BITS for edge in edges)


def free_matches(totals: Totals, limits: Limits) -> tuple[float, float]:
    """How many different pictures a key may find: today, and in 28 days."""
    today = limits.free_matches + limits.match_rate * totals.asked_today
    return today, 4 * limits.free_matches + limits.match_rate * totals.asked


def left_to_tell(totals: Totals, limits: Limits) -> int:
    """Of how many more different pictures the key may be told."""
    today, window = free_matches(totals, limits)
    return max(0, int(min(today - totals.matched_today, window - totals.matched)))


def judge(totals: Totals, limits: Limits) -> tuple[Step, Sign | None]:
    """The step that these totals ask for and what shows it; (open, None) when all is well."""
    found = [_by_matches(totals, limits), _by_edges(totals, limits), _by_number(totals, limits)]
    step, sign = max(found, key=lambda one: one[0].weight)
    return (step, sign) if step is not Step.OPEN else (Step.OPEN, None)


def spent_until(totals: Totals, limits: Limits, at: datetime) -> datetime | None:
    """When a key that asked its day's fingerprints may ask again; None when it has some left."""
    if totals.hashes_today <= limits.daily_hashes:
        return None
    return datetime.combine(at.date() + timedelta(days=1), time(), UTC)


def raised(was: Standing, step: Step, sign: Sign | None, at: datetime) -> Standing | None:
    """The standing that follows, or None where nothing gets worse: a guard never lets go.

    That a key is told of no more matches is worth saying of one that was noticed for something
    else, and again for as long as it lasts.
    """
    before = was.at(at)
    if step.weight < before.step.weight:
        return None
    if step is before.step and not (step is Step.NOTICED and _is_news(was, sign, at)):
        return None
    ends_at = at + SLOWED_FOR if step is Step.SLOWED else None
    return Standing(step, sign, at, ends_at, was.spent_until)


def _by_matches(totals: Totals, limits: Limits) -> tuple[Step, Sign]:
    # Never worse: whoever wants to stop a host uploads listed files to it, and one that is slowed
    # or refused may let all through. What is beyond is told as `held` instead, by every process.
    today, window = free_matches(totals, limits)
    beyond = totals.matched_today > today or totals.matched > window
    return Step.NOTICED if beyond else Step.OPEN, Sign.MATCHES


def _is_news(was: Standing, sign: Sign | None, at: datetime) -> bool:
    told_long_ago = was.since is None or at - was.since >= WINDOW
    return sign is Sign.MATCHES and (was.sign is not Sign.MATCHES or told_long_ago)


def _by_edges(totals: Totals, limits: Limits) -> tuple[Step, Sign]:
    free = limits.closed_balls + totals.asked // limits.asked_for_one_more
    if totals.closed_balls and totals.closed_balls <= free:
        return Step.NOTICED, Sign.EDGES
    times = totals.closed_balls / free
    if times > PAUSED_FROM:
        return Step.PAUSED, Sign.EDGES
    return Step.SLOWED if times > 1 else Step.OPEN, Sign.EDGES


def _by_number(totals: Totals, limits: Limits) -> tuple[Step, Sign]:
    if totals.hashes_today > NEARLY_SPENT * limits.daily_hashes:
        return Step.NOTICED, Sign.HASHES
    if totals.run_share > RUN_SHARE:
        return Step.NOTICED, Sign.RUN
    return Step.OPEN, Sign.RUN
