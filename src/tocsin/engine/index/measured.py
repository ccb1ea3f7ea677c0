"""PhotoDNA hashes near to one another, by the metric and threshold that their list states.

Tocsin stores and compares these hashes and never makes them: their computation is licensed. A
threshold means nothing without its metric and scale (tools disagree: one takes the squared
Euclidean distance up to 40,000, another has thresholds below 5,000 on a measure of its own), so
there is no default, and what is not known is not guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from tocsin.engine.index.arrays import Bytes, Ids, Offsets, Places, WrongShape, address_of
from tocsin.engine.index.compiled import Kernels, kernels

HASH_BYTES = 144
MOST_SQUARES = HASH_BYTES * 255**2
# Found pairs of row and distance that are held before they are taken over.
ROOM = 1 << 14
# Rows that plain NumPy compares in one go.
BLOCK_ROWS = 4_096


class UnknownMeasure(ValueError):
    """A list states a metric or scale that is not known here; match its hashes exactly only."""


class Metric(StrEnum):
    """How a distance is made of two hashes."""

    SQUARED_EUCLIDEAN = "squared_euclidean"
    """The sum of the squares of the differences."""


class Scale(StrEnum):
    """What the numbers of a hash are."""

    BYTES = "bytes"
    """144 whole numbers from 0 to 255."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a list says of its hashes: two are near at a distance of at most `threshold`."""

    metric: Metric
    scale: Scale
    threshold: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 <= self.threshold <= MOST_SQUARES:
            raise UnknownMeasure(
                f"a threshold on squared Euclidean distance is 0 to {MOST_SQUARES}, "
                f"got {self.threshold}"
            )

    @classmethod
    def stated(cls, metric: str, scale: str, threshold: int) -> Measure:
        """From the words of a list; raises `UnknownMeasure`."""
        try:
            return cls(Metric(metric), Scale(scale), threshold)
        except ValueError as unknown:
            if isinstance(unknown, UnknownMeasure):
                raise
            raise UnknownMeasure(
                f"metric '{metric}' on scale '{scale}' is not known here; known are: "
                f"{', '.join(Metric)} on {', '.join(Scale)}. Match these hashes exactly only."
            ) from None


class MeasuredMatches(NamedTuple):
    """What a batch of Q queries found.

    The matches of query `i` are `ids[offsets[i]:offsets[i + 1]]` with their distances int64,
    nearest first and then by id; an id stands once for a query.
    """

    offsets: Offsets
    ids: Ids
    distances: Places


def rows_within(values: Bytes, asked: Bytes, threshold: int) -> tuple[Places, Places]:
    """Rows of uint8[n, 144] within the threshold of one query uint8[144], and their distances.

    Looks at every row, so nothing is missed: some five milliseconds for a million.
    """
    if values.shape[1] != HASH_BYTES:
        raise WrongShape(
            f"only hashes of {HASH_BYTES} bytes can be measured, these have {values.shape[1]}"
        )
    compiled = kernels()
    if compiled is None:
        return _rows_within_plainly(values, asked, threshold)
    return _rows_within(compiled, values, asked, threshold)


def _rows_within(
    compiled: Kernels, values: Bytes, asked: Bytes, threshold: int
) -> tuple[Places, Places]:
    found = np.zeros(2 + 2 * ROOM, np.int64)
    found[0] = ROOM
    pieces, at = [np.empty((0, 2), np.int64)], 0
    while at < len(values):
        found[1] = 0
        at = compiled.scan_squares(
            address_of(values), at, len(values), address_of(asked), threshold, address_of(found)
        )
        pieces.append(found[2 : 2 + 2 * int(found[1])].reshape(-1, 2).copy())
    pairs = np.concatenate(pieces)
    return pairs[:, 0], pairs[:, 1]


def _rows_within_plainly(values: Bytes, asked: Bytes, threshold: int) -> tuple[Places, Places]:
    distances = [np.empty(0, np.int64)]
    for first in range(0, len(values), BLOCK_ROWS):
        difference = values[first : first + BLOCK_ROWS].astype(np.int64) - asked
        distances.append((difference * difference).sum(axis=1))
    all_of_them = np.concatenate(distances)
    rows = np.flatnonzero(all_of_them <= threshold)
    return rows, all_of_them[rows]
