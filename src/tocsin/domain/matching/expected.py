"""What near matches of a key may be expected to be worth, in words."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.engine.search import RateKind


@dataclass(frozen=True, slots=True)
class BaseRate:
    """Known material for each upload, with its 95 % interval, and the counts it comes from.

    `measured` is False where too little was checked: then it is the published prior.
    """

    value: float
    low: float
    high: float
    checks: int
    found: int
    measured: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What near matches within `radius_bits` are worth: chance matches for each upload (`kind` says
    whether that is a measured bound or extrapolated), and the precision, 0 to 1, with its range."""

    radius_bits: int
    chance: float
    kind: RateKind
    precision: float
    low: float
    high: float
