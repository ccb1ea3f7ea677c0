"""What precision a key may expect of near matches: how many of them are of known material at all.

precision = base rate / (base rate + chance matches for each upload). The base rate is the key's own
where enough was checked, else one that others published: uploads that were told `listed`, which
equal bytes or an equal fingerprint decided. Near matches are not counted as known material, since
some of them are the very chance that they are weighed against, nor are answers that were `held`. So
the rate leaves out edited copies, and the precision is rather too low than too high. Chance matches
come from the engine's calibration for the number of PDQ hashes now listed. Plain functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from tocsin.domain.matching.types import AnswerStatus, BaseRate, Expected
from tocsin.engine.search import Level, expected_false_positives

SHOWN_BITS: Final = (10, 20, 30, 40, 50, 60)
ENOUGH_CHECKS: Final = 100_000
ENOUGH_FOUND: Final = 5
_LOOKED_UP: Final = frozenset(
    {
        AnswerStatus.LISTED,
        AnswerStatus.NEAR,
        AnswerStatus.HELD,
        AnswerStatus.NOT_LISTED,
        AnswerStatus.PARTIAL,
        AnswerStatus.FLAT,
    }
)
_Z95: Final = 1.959964

PRIOR_UPLOADS, PRIOR_LOW_UPLOADS, PRIOR_HIGH_UPLOADS = 23_250, 232_500, 2_460
"""One known file in so many: eight small servers over half a year (IFTAS, 2024: 80 in 1.86
million); ten times fewer; and what the Dutch hash check reports of those who ask it."""


def base_rate(counted: Mapping[AnswerStatus, int]) -> BaseRate:
    """The base rate of a key whose checks of the live lists ended like this (Wilson's interval)."""
    found = counted.get(AnswerStatus.LISTED, 0)
    checks = sum(n for status, n in counted.items() if status in _LOOKED_UP)
    if checks < ENOUGH_CHECKS and found < ENOUGH_FOUND:
        prior = (1 / PRIOR_UPLOADS, 1 / PRIOR_LOW_UPLOADS, 1 / PRIOR_HIGH_UPLOADS)
        return BaseRate(*prior, checks, found, measured=False)
    share = found / checks
    middle = (share + _Z95**2 / (2 * checks)) / (1 + _Z95**2 / checks)
    spread = _Z95 * math.sqrt(share * (1 - share) / checks + _Z95**2 / (4 * checks**2))
    spread /= 1 + _Z95**2 / checks
    low, high = max(0.0, middle - spread), min(1.0, middle + spread)
    return BaseRate(share, low, high, checks, found, measured=True)


def expected_at(radius_bits: int, *, rate: BaseRate, list_size: int) -> Expected:
    """The precision of near matches within a radius of 0 to 60 bits.

    The low end takes the low end of the base rate and the upper end of chance, the high end the
    other two.
    """
    chance = expected_false_positives(radius_bits, level=Level.NEAR, list_size=max(1, list_size))
    return Expected(
        radius_bits,
        chance.value,
        chance.kind,
        _precision(rate.value, chance.value),
        _precision(rate.low, chance.upper),
        _precision(rate.high, chance.value),
    )


def _precision(rate: float, chance: float) -> float:
    return rate / (rate + chance) if rate > 0 else 0.0
