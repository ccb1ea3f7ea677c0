"""Within how many bits a near match counts, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.engine.search.calibration import limit_for
from tocsin.engine.search.matches import Level

MOST_BLOCK_BITS: Final = 31
"""What PDQ's authors recommend; PDQ distances are even, so 30 is the last that counts."""
MOST_REVIEW_BITS: Final = 60
MOST_ENTRIES: Final = 1_000


class WrongLimits(ValueError):
    """A limit lies outside of what it may be; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Widest distances in bits that count as a match.

    A plain hash of a picture may block up to `block_bits` (0 to 31) and is offered for review up to
    `review_bits` (not below `block_bits`, at most 60); one whose bits are too regular to block is
    offered for review up to `block_bits`. What only a variant of the battery, or a
    preview inside the file, finds up to `battery_bits` (0 to 60) is offered for review.
    Each hash gives at most `most_entries` entries, its nearest, so that a list with thousands of
    copies of one picture does not fill the memory. Raises `WrongLimits`.
    """

    block_bits: int = MOST_BLOCK_BITS
    review_bits: int = MOST_BLOCK_BITS
    battery_bits: int = MOST_BLOCK_BITS
    most_entries: int = MOST_ENTRIES

    def __post_init__(self) -> None:
        told = (self.block_bits, self.review_bits, self.battery_bits, self.most_entries)
        if any(type(limit) is not int for limit in told):
            raise WrongLimits("limits are whole numbers")
        if not 0 <= self.block_bits <= MOST_BLOCK_BITS:
            raise WrongLimits(f"a near match blocks within 0 to {MOST_BLOCK_BITS} bits, no further")
        if not self.block_bits <= self.review_bits <= MOST_REVIEW_BITS:
            raise WrongLimits(
                f"review reaches from the block limit to {MOST_REVIEW_BITS} bits at most"
            )
        if not 0 <= self.battery_bits <= MOST_REVIEW_BITS:
            raise WrongLimits(f"the battery's limit is 0 to {MOST_REVIEW_BITS} bits")
        if self.most_entries < 1:
            raise WrongLimits("at least one entry must be let through for each hash")


DEFAULT_LIMITS: Final = Limits()


def limits_for(rate_per_image: float, *, list_size: int) -> Limits:
    """The limits at which an unrelated image is expected to match at most so often.

    `rate_per_image` is the expected number of chance matches per image, usually 1e-6 or 1e-7, and
    holds for what may block and for the review of plain hashes (level near) and of the battery
    (level thorough), each by itself; `list_size` counts the PDQ hashes of the list. Raises
    `WrongCalibration` for values outside of (0, 1) and below 1.
    """
    near = limit_for(rate_per_image, level=Level.NEAR, list_size=list_size)
    thorough = limit_for(rate_per_image, level=Level.THOROUGH, list_size=list_size)
    return Limits(block_bits=min(MOST_BLOCK_BITS, near), review_bits=near, battery_bits=thorough)
