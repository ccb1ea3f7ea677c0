"""How often unrelated pictures are expected to match, and the limit that follows.

The table comes from `python -m benchmarks.false_matches --write`, which compares cuts of unrelated
wallpapers; `calibration.json` beside this file says how many, when and on what. A rate is either a
bound that was measured (95 % confidence) or, below the nearest pair that was ever seen, a line
drawn on through the tail, and each is labelled as what it is.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

from tocsin.engine.search.matches import Level

WIDEST_BITS = 60
NO_LIMIT_REACHED = 0


class WrongCalibration(ValueError):
    """A rate was asked for that has no meaning; the text says why."""


class RateKind(StrEnum):
    """How far a rate may be trusted."""

    MEASURED_BOUND = "measured bound"
    """The counts vouch for it: the true rate lies below this with 95 % confidence."""
    EXTRAPOLATED = "extrapolated"
    """None was seen; the tail of the distribution was drawn on as it began, in a straight line."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Expected chance matches for one image against a whole list.

    `upper` is what `value` stays below in 95 of 100 draws of other pictures; the two are one where
    the kind is a measured bound. `measured_bound` is what the counts alone vouch for, whatever the
    kind; where nothing was seen it is three over the number of pairs, times what their dependence
    costs.
    """

    value: float
    kind: RateKind
    upper: float
    measured_bound: float


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of one even distance: rates for one image against one entry."""

    bits: int
    found: int
    rate: float
    upper: float
    kind: RateKind
    measured_bound: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The table of one level: `pairs` compared, and a step for each even distance from 0 to 60."""

    level: Level
    pairs: int
    steps: tuple[Step, ...]


@lru_cache(maxsize=1)
def _table() -> dict[Level, Calibration]:
    text = resources.files(__package__).joinpath("calibration.json").read_text("utf-8")
    levels = json.loads(text)["levels"]
    return {Level(name): _calibration(Level(name), told) for name, told in levels.items()}


def _calibration(level: Level, told: dict[str, Any]) -> Calibration:
    steps = (Step(**{**step, "kind": RateKind(step["kind"])}) for step in told["steps"])
    return Calibration(level, told["pairs"], tuple(steps))


def calibration_of(level: Level) -> Calibration:
    """The whole table of level near or thorough; raises `WrongCalibration` for exact."""
    if level is Level.EXACT:
        raise WrongCalibration("digests are equal or not: there is no distance to calibrate")
    return _table()[level]


def expected_false_positives(distance_bits: int, *, level: Level, list_size: int) -> Rate:
    """How many entries of a list of `list_size` PDQ hashes an unrelated image matches by chance.

    `distance_bits` is 0 to 60; an odd distance is as good as the even one below, since PDQ hashes
    differ in even numbers of bits. The image has passed the gates; at level thorough it is asked
    for with the whole battery. Raises `WrongCalibration`.
    """
    if distance_bits not in range(WIDEST_BITS + 1):
        raise WrongCalibration(f"a distance is 0 to {WIDEST_BITS} bits here, not {distance_bits}")
    step = calibration_of(level).steps[distance_bits // 2]
    size = _checked(list_size)
    return Rate(step.rate * size, step.kind, step.upper * size, step.measured_bound * size)


def limit_for(rate_per_image: float, *, level: Level, list_size: int) -> int:
    """The largest distance, at most 60, at which no more chance matches are expected per image.

    0 when even equal hashes are expected more often. What may block is limited to 31 in any case
    (`limits_for`). Raises `WrongCalibration` for a rate outside of 0 to 1 (both excluded), a list
    shorter than 1, or level exact.
    """
    if not 0 < rate_per_image < 1:
        raise WrongCalibration("a rate per image lies between 0 and 1; usual are 1e-6 and 1e-7")
    size = _checked(list_size)
    low_enough = [
        step.bits for step in calibration_of(level).steps if step.rate * size <= rate_per_image
    ]
    return low_enough[-1] if low_enough else NO_LIMIT_REACHED


def _checked(list_size: int) -> int:
    if not 1 <= list_size < math.inf:
        raise WrongCalibration("a list has at least one entry")
    return list_size
