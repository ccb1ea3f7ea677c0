"""From counted pairs to a rate: bounds where pairs were found, a tail fitted below.

Pairs are not independent: the same cut stands in thousands of them, and one design may resemble
another in all its cuts. So every uncertainty here comes from drawing the motifs anew, with
replacement (a bootstrap over motifs), not from the number of pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

ROUNDS: Final = 1_000
CONFIDENCE: Final = 0.95
MOST_BITS: Final = 60
# The tail is fitted where it begins: from the nearest pair to where so many have been seen.
_FITTED_PAIRS: Final = 400
# Below this many pairs the spread between motifs cannot be told.
_LEAST_FOR_SPREAD: Final = 30


@dataclass(frozen=True, slots=True)
class Tally:
    """Pairs of each distance between the pictures of two motifs: int64[motifs, motifs, 257]."""

    counts: Counts

    @property
    def pairs(self) -> int:
        return int(self.counts.sum())

    @property
    def by_distance(self) -> Counts:
        total: Counts = self.counts.sum(axis=(0, 1))
        return total

    @property
    def within(self) -> Counts:
        """How many pairs lie within each distance, int64[257]."""
        return np.cumsum(self.by_distance)

    @property
    def nearest(self) -> int:
        return int(np.flatnonzero(self.by_distance)[0])


@dataclass(frozen=True, slots=True)
class Resampled:
    """Pairs of each distance in each of the resamples, float64[rounds, 257]."""

    by_distance: Floats

    def rates_within(self) -> Floats:
        """The share of pairs within each distance, float64[rounds, 257]."""
        rates: Floats = self.by_distance.cumsum(axis=1) / self.by_distance.sum(axis=1)[:, None]
        return rates


def resample(tally: Tally, *, seed: int = 2026) -> Resampled:
    """The tally as it would be, had other motifs been at hand."""
    motifs = len(tally.counts)
    drawn = np.random.default_rng(seed).multinomial(motifs, np.full(motifs, 1 / motifs), ROUNDS)
    weights = drawn.astype(np.float64)
    flat = tally.counts.reshape(motifs, -1).astype(np.float64)
    by_distance = np.empty((ROUNDS, tally.counts.shape[2]))
    for number, weight in enumerate(weights):
        by_distance[number] = weight @ (weight @ flat).reshape(motifs, -1)
    return Resampled(by_distance)


def spread(tally: Tally, resampled: Resampled) -> float:
    """How many times the variance of a rate exceeds that of independent pairs (at least 1).

    Taken at the smallest distance within which 30 pairs lie.
    """
    at = int(np.argmax(tally.within >= _LEAST_FOR_SPREAD))
    rate = float(tally.within[at]) / tally.pairs
    return max(1.0, float(resampled.rates_within()[:, at].var()) * tally.pairs / rate)


def bound(found: int, pairs: int, times: float) -> float:
    """The rate that is not exceeded with 95 % confidence, when pairs count `times` less.

    With nothing found and `times` 1 this is the rule of three: 3.0 / pairs.
    """
    return poisson_bound(math.ceil(found / times)) * times / pairs


def poisson_bound(found: int) -> float:
    """The mean at which at most `found` is seen in one case in twenty (Clopper-Pearson's limit)."""
    low, high = 0.0, 20.0 + 3.0 * found
    for _ in range(80):
        middle = (low + high) / 2
        if _at_most(found, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, slots=True)
class Tail:
    """Rates within 0 to 60 bits, float64[61]: as the line goes on, and 95 of 100 resamples."""

    expected: Floats
    upper: Floats


def tail(tally: Tally, resampled: Resampled) -> Tail:
    """The tail drawn on as it begins.

    Logs of the counts at each even distance are a straight line there (Poisson likelihood); the
    true curve bends down, so that a straight line errs on the side of more false matches.
    """
    first = tally.nearest
    last = int(np.argmax(tally.within >= _FITTED_PAIRS))
    bits = np.arange(first // 2 * 2, last + 1, 2)
    rates = []
    for counts in resampled.by_distance:
        seen = counts[bits] + counts[bits + 1]
        if np.count_nonzero(seen) >= 3:
            rates.append(_line(bits, seen) / counts.sum())
    counts = tally.by_distance.astype(np.float64)
    expected = _line(bits, counts[bits] + counts[bits + 1]) / tally.pairs
    return Tail(expected, np.quantile(np.array(rates), CONFIDENCE, axis=0))


def rows(tally: Tally, resampled: Resampled) -> list[dict[str, Any]]:
    """What is known of each even distance from 0 to 60: the table that the engine reads."""
    times, drawn_on = spread(tally, resampled), tail(tally, resampled)
    table: list[dict[str, Any]] = []
    rate = upper = math.inf
    for bits in range(MOST_BITS, -1, -2):
        found = int(tally.within[bits + 1])
        measured = bound(found, tally.pairs, times)
        is_seen = bool(found) or measured <= drawn_on.expected[bits]
        # A shorter distance is never the likelier one.
        rate = min(rate, measured if is_seen else float(drawn_on.expected[bits]))
        upper = min(upper, measured, math.inf if is_seen else max(rate, drawn_on.upper[bits]))
        table.append(
            {
                "bits": bits,
                "found": found,
                "measured_bound": _short(measured),
                "rate": _short(rate),
                "upper": _short(upper),
                "kind": "measured bound" if is_seen else "extrapolated",
            }
        )
    return table[::-1]


def _line(bits: npt.NDArray[np.int64], seen: Floats) -> Floats:
    """Expected pairs within 0, 1 .. 60 bits by a log-linear fit to the counts seen."""
    design = np.stack([np.ones(len(bits)), bits - bits[-1]], axis=1).astype(np.float64)
    solution = np.array([math.log(seen.sum() / len(seen)), 0.1])
    for _ in range(50):
        expected = np.exp(design @ solution)
        step = np.linalg.solve(
            design.T @ (expected[:, None] * design), design.T @ (seen - expected)
        )
        solution = solution + np.clip(step, -1, 1)
    even = np.arange(0, MOST_BITS + 1, 2)
    at_each = np.exp(solution[0] + solution[1] * (even - bits[-1]))
    within: Floats = np.repeat(np.cumsum(at_each), 2)[: MOST_BITS + 1]
    return within


def _at_most(found: int, mean: float) -> float:
    terms = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(found + 1))
    return math.fsum(math.exp(term) for term in terms) if mean > 0 else 1.0


def _short(value: float) -> float:
    return float(f"{value:.3g}")
