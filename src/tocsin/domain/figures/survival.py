"""How long until something was removed, when some of it is still there.

Kaplan and Meier (1958) with Greenwood's variance on the log-log scale, and the interval of the
median by Brookmeyer and Crowley (1982). Those that are still online count until they were last
seen, so that a hoster that removes nothing does not look better than one that removes late. Plain
functions over arrays of hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin.domain.figures.types import MedianHours, Share, Within

Hours = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Curve:
    """The share that is still there after each time at which something went: a step function.

    `spread` is Greenwood's sum: the variance of the curve is its square times this.
    """

    hours: Hours
    there: Hours
    spread: Hours
    at_risk: npt.NDArray[np.int64]

    def after(self, hours: float) -> tuple[float, float, float]:
        """The share still there after so many hours, and its 95 % interval."""
        place = int(np.searchsorted(self.hours, hours, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        share = float(self.there[place])
        return share, *_interval(share, float(self.spread[place]))


def curve(hours: Hours, gone: Truths) -> Curve:
    """The curve of float64[n] hours until removal (`gone`) or until last seen (not `gone`)."""
    order: npt.NDArray[np.int64] = np.argsort(hours, kind="stable")
    hours, gone = hours[order], gone[order]
    times, first, counts = np.unique(hours, return_index=True, return_counts=True)
    at_risk = len(hours) - first
    events = np.add.reduceat(gone.astype(np.int64), first) if len(hours) else counts
    kept = events > 0
    times, at_risk, events = times[kept], at_risk[kept], events[kept]
    there = np.cumprod(1 - events / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore"):
        # Where the last ones go, nothing is left and no interval either.
        spread = np.cumsum(events / (at_risk * (at_risk - events)), dtype=np.float64)
    return Curve(times.astype(np.float64), there, spread, at_risk)


def median(upper: Curve, lower: Curve | None = None) -> MedianHours:
    """When half was gone; `lower`: the curve with every removal as early as it may have been."""
    low = next((float(t) for t, s, v in _steps(upper) if _interval(s, v)[0] <= 0.5), None)
    high = next((float(t) for t, s, v in _steps(upper) if _interval(s, v)[1] <= 0.5), None)
    earliest = _first_half(lower) if lower is not None else None
    return MedianHours(_first_half(upper), low, high, earliest)


def within(hours: Hours, gone: Truths, wanted_hours: int) -> Within:
    """The share removed within so many hours: 1 - Kaplan-Meier, and the plain counts beside it.

    Where of every one it is known by then, that is the plain share, with Wilson's interval.
    """
    removed = int((gone & (hours <= wanted_hours)).sum())
    still_online = int((hours > wanted_hours).sum())
    too_new = len(hours) - removed - still_online
    if len(hours) and not too_new:
        plain = share(removed, len(hours))
        return Within(wanted_hours, plain.value, plain.low, plain.high, removed, still_online, 0)
    known = curve(hours, gone)
    if not len(hours) or (hours.max() < wanted_hours and not gone.all()):
        # Nothing has been looked at for so long: the curve says nothing of it.
        return Within(wanted_hours, None, None, None, removed, still_online, too_new)
    there, low, high = known.after(wanted_hours)
    return Within(wanted_hours, 1 - there, 1 - high, 1 - low, removed, still_online, too_new)


def share(count: int, of: int) -> Share:
    """A share with Wilson's interval."""
    if not of:
        return Share(count, of, None, None, None)
    p = count / of
    middle = (p + Z95**2 / (2 * of)) / (1 + Z95**2 / of)
    spread = Z95 * math.sqrt(p * (1 - p) / of + Z95**2 / (4 * of**2)) / (1 + Z95**2 / of)
    return Share(count, of, p, max(0.0, middle - spread), min(1.0, middle + spread))


def quantile(hours: Hours, part: float) -> float | None:
    """The plain quantile of what has all happened; None of nothing."""
    return float(np.quantile(hours, part)) if len(hours) else None


def _steps(of: Curve) -> list[tuple[float, float, float]]:
    return list(zip(of.hours.tolist(), of.there.tolist(), of.spread.tolist(), strict=True))


def _first_half(of: Curve) -> float | None:
    # A curve that comes to exactly one half stays there by rounding otherwise.
    reached = np.flatnonzero(of.there <= 0.5 + 1e-12)
    return float(of.hours[reached[0]]) if len(reached) else None


def _interval(there: float, spread: float) -> tuple[float, float]:
    """The 95 % interval of a point of the curve on the log-log scale."""
    if there >= 1:
        return 1.0, 1.0
    if there <= 0 or not math.isfinite(spread):
        # The last one has gone: nothing can be said of how sure that is.
        return 0.0, 1.0
    width = Z95 * math.sqrt(spread) / abs(math.log(there))
    return there ** math.exp(width), there ** math.exp(-width)
