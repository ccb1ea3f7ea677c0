"""Deciding: why an item is pressing. Every reason has a weight that managers can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.reports.desk_types import UnusableSetup
from tocsin.domain.reports.types import MatchKind, Reason, ReasonCode

Weights = Mapping[ReasonCode, int]

DEFAULT_WEIGHTS: Weights = {
    ReasonCode.LIVE: 5_000,
    ReasonCode.EXACT_MATCH: 1_000,
    ReasonCode.NEAR_MATCH: 500,
    ReasonCode.REPORTED: 100,
    ReasonCode.NEW_TO_LISTS: 150,
    ReasonCode.OFFICIAL_SOURCE: 200,
    ReasonCode.SEEN_AGAIN: 400,
    ReasonCode.OVERDUE: 300,
    ReasonCode.REPORTED_AGAIN: 10,
    ReasonCode.CLUSTER_DECIDED: 50,
    ReasonCode.CLUSTER_SIZE: 5,
    ReasonCode.SITE_KNOWN: 20,
    ReasonCode.SLOW_LANE: -50,
    ReasonCode.GOOD_SOURCE: 50,
    ReasonCode.POOR_SOURCE: -80,
    ReasonCode.WAITING: 3,
}
"""Points of each reason; of WAITING for each hour, of others with a count for each of it."""

MOST_TIMES: Mapping[ReasonCode, int] = {
    ReasonCode.OVERDUE: 3,
    ReasonCode.REPORTED_AGAIN: 20,
    ReasonCode.CLUSTER_SIZE: 20,
    ReasonCode.SITE_KNOWN: 10,
}
"""How often a reason counts at most, so that no flood of reports drowns the rest."""

LEAST_POINTS, MOST_POINTS = -5_000, 10_000
GOOD_AFTER, POOR_AFTER = 5, 20
GOOD_SHARE, POOR_SHARE = 0.8, 0.05
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pressing:
    """What the priority is made of.

    `printed`: the item has fingerprints. `cluster`: how many other items show the same picture.
    `site_found`: how often something was found unlawful at that site before. `confirmed` and
    `refuted`: what became of what this source told before.
    """

    match: MatchKind
    reports: int
    official_source: bool = False
    overdue_rounds: int = 0
    seen_again: bool = False
    live: bool = False
    slow: bool = False
    printed: bool = False
    cluster: int = 0
    cluster_decided: bool = False
    site_found: int = 0
    confirmed: int = 0
    refuted: int = 0


def reasons(facts: Pressing, weights: Weights = DEFAULT_WEIGHTS) -> tuple[Reason, ...]:
    """Why an item is pressing, heaviest first; the priority is the sum of the points."""
    found = [
        Reason(code, weights.get(code, 0) * min(times, MOST_TIMES.get(code, 1)), times)
        for code, times in _times(facts).items()
        if times > 0
    ]
    return tuple(sorted(found, key=lambda reason: -reason.points))


def priority(why: Sequence[Reason]) -> int:
    """How pressing, as one number."""
    return sum(reason.points for reason in why)


def rank(points: int, since: datetime, weights: Weights = DEFAULT_WEIGHTS) -> int:
    """Where an item stands among others: the higher, the earlier.

    All that wait grow older alike, so their order by points and waiting time is that by points
    less the hour of arrival: it is written once, and no clock has to touch every row.
    """
    return points - round(weights.get(ReasonCode.WAITING, 0) * ((since - _EPOCH) / _HOUR))


def waited(since: datetime, at: datetime, weights: Weights = DEFAULT_WEIGHTS) -> Reason | None:
    """The reason that an item has waited, as it stands at a moment; None before the first hour."""
    hours = int((at - since) / _HOUR)
    points = weights.get(ReasonCode.WAITING, 0) * hours
    return Reason(ReasonCode.WAITING, points, hours) if hours > 0 and points else None


def good_source(confirmed: int, refuted: int) -> bool:
    """Whether what a source tells is nearly always unlawful."""
    total = confirmed + refuted
    return total >= GOOD_AFTER and confirmed / total >= GOOD_SHARE


def poor_source(confirmed: int, refuted: int) -> bool:
    """Whether what a source tells is hardly ever unlawful."""
    total = confirmed + refuted
    return total >= POOR_AFTER and confirmed / total <= POOR_SHARE


def usable(asked: Mapping[str, int]) -> Weights:
    """Weights as they may be kept; raises UnusableSetup and names the reason."""
    for code in ReasonCode:
        points = asked.get(code.value)
        if points is None or not LEAST_POINTS <= points <= MOST_POINTS:
            words = f"Give a number from {LEAST_POINTS} to {MOST_POINTS}."
            raise UnusableSetup(code.value, words)
    if asked[ReasonCode.WAITING] < 0:
        raise UnusableSetup(ReasonCode.WAITING.value, "Whoever waits longer must not fall back.")
    return {code: asked[code.value] for code in ReasonCode}


def _times(facts: Pressing) -> dict[ReasonCode, int]:
    known = facts.match is not MatchKind.NONE
    return {
        ReasonCode.LIVE: int(facts.live),
        ReasonCode.EXACT_MATCH: int(facts.match is MatchKind.EXACT),
        ReasonCode.NEAR_MATCH: int(facts.match is MatchKind.NEAR),
        ReasonCode.REPORTED: int(not known),
        ReasonCode.NEW_TO_LISTS: int(not known and facts.printed),
        ReasonCode.OFFICIAL_SOURCE: int(facts.official_source),
        ReasonCode.SEEN_AGAIN: int(facts.seen_again),
        ReasonCode.OVERDUE: facts.overdue_rounds,
        ReasonCode.REPORTED_AGAIN: facts.reports - 1,
        ReasonCode.CLUSTER_DECIDED: int(facts.cluster_decided),
        ReasonCode.CLUSTER_SIZE: facts.cluster,
        ReasonCode.SITE_KNOWN: facts.site_found,
        # Whoever else has reported it takes it out of the slow lane.
        ReasonCode.SLOW_LANE: int(facts.slow),
        ReasonCode.GOOD_SOURCE: int(good_source(facts.confirmed, facts.refuted)),
        ReasonCode.POOR_SOURCE: int(poor_source(facts.confirmed, facts.refuted)),
    }
