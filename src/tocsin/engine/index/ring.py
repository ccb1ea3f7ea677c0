"""Near search by parts: sixteen tables that lead straight to the few rows worth comparing.

The 256 bits are cut into 16 parts of 16 bits. For each part the rows are sorted by the part's
value, and beside each row stands the value of its next part. Say a row is within `r` bits of the
query and the parts differ by d(0)..d(15). Take any weights w(c) >= 0 whose sum is r + 1. The sum of
d(c) - w(c) is then negative, so by the cycle lemma the walk around the ring from some part `c` has
only negative partial sums: d(c) <= w(c) - 1 and d(c) + d(c+1) <= w(c) + w(c+1) - 1. It is enough
to open, for every part, the buckets at distance <= w(c) - 1 and to compare fully only those rows
whose next part keeps the second bound. At r = 31 every weight is 2: 17 buckets for each part, and
about one candidate in 350 is left to compare. (J. Qin, C. Xiao: Pigeonring, PVLDB 12(2), 2018,
doi 10.14778/3275536.3275539; the tables are classic multi-index hashing, Norouzi et al., 2014.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import Places, Words, address_of
from tocsin.engine.index.compiled import Kernels, kernels

PARTS = 16
PART_BITS = 16
BUCKETS = 1 << PART_BITS
# One more than there are buckets, and up to a whole cache line so that every part begins one.
DIRECTORY_SIZE = BUCKETS + 16
# Records are compared 32 at a time, so that many more must be there to be read behind the last.
SPARE_RECORDS = 32
# Beyond this radius a part would need 697 buckets, and looking at every row is as fast.
WIDEST_RADIUS_BITS = 47
# Up to this one no weight is above two.
DOUBLE_WEIGHT_BITS = 31

Halves = npt.NDArray[np.uint16]
Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    """The tables over n rows of uint64[n, 4].

    directory: uint32[16, 65552], where each bucket begins; beside: 16 times uint16[n + 32], the
    next part's value; numbers: 16 times uint32[n], the row.
    """

    rows: Words
    directory: Numbers
    beside: tuple[Halves, ...]
    numbers: tuple[Numbers, ...]
    # The same as addresses, in the order that the compiled search expects.
    described: Places
    described_at: int

    @classmethod
    def over(
        cls,
        rows: Words,
        directory: Numbers,
        beside: tuple[Halves, ...],
        numbers: tuple[Numbers, ...],
    ) -> Ring:
        """A ring of these tables."""
        directories = [address_of(directory[part]) for part in range(PARTS)]
        described = np.array(
            [
                len(rows),
                address_of(rows),
                *directories,
                *(address_of(table) for table in beside),
                *(address_of(table) for table in numbers),
            ],
            np.int64,
        )
        return cls(rows, directory, beside, numbers, described, address_of(described))

    def finds(self, sample: Places) -> bool:
        """Whether each sampled row stands in all sixteen tables where a search would look."""
        n = len(self.rows)
        if (self.directory[:, 0] != 0).any() or (self.directory[:, BUCKETS] != n).any():
            return False
        if (self.directory[:, 1 : BUCKETS + 1] < self.directory[:, :BUCKETS]).any():
            return False
        halves = parts_of(self.rows[sample])
        return all(
            self._stands_in(table, int(row), halves[:, i])
            for i, row in enumerate(sample)
            for table in range(PARTS)
        )

    def _stands_in(self, table: int, row: int, halves: Halves) -> bool:
        bucket = int(halves[table])
        begin, end = (int(place) for place in self.directory[table, bucket : bucket + 2])
        # The rows of a bucket ascend, so this stays quick when all rows share one bucket.
        place = begin + int(np.searchsorted(self.numbers[table][begin:end], row))
        if place >= end or int(self.numbers[table][place]) != row:
            return False
        return int(self.beside[table][place]) == int(halves[(table + 1) % PARTS])


def build_ring(rows: Words) -> Ring:
    """Sort uint64[n, 4] into the sixteen tables."""
    directory = directory_of(rows)
    beside, numbers = [], []
    for part in range(PARTS):
        beside.append(np.zeros(len(rows) + SPARE_RECORDS, "<u2"))
        numbers.append(np.empty(len(rows), "<u4"))
        fill_table(rows, directory, part, beside[part], numbers[part])
    return Ring.over(rows, directory, tuple(beside), tuple(numbers))


def directory_of(rows: Words) -> Numbers:
    """Where each bucket of each part begins: uint32[16, 65552], the last of them filled up."""
    counts = np.zeros((PARTS, BUCKETS), "<u4")
    compiled = kernels()
    if compiled is not None:
        compiled.count_parts(address_of(rows), len(rows), address_of(counts))
    else:
        for part, values in enumerate(parts_of(rows)):
            counts[part] = np.bincount(values, minlength=BUCKETS)
    directory = np.full((PARTS, DIRECTORY_SIZE), len(rows), "<u4")
    directory[:, 0] = 0
    np.cumsum(counts, axis=1, out=directory[:, 1 : BUCKETS + 1])
    return directory


def fill_table(
    rows: Words, directory: Numbers, part: int, beside: Halves, numbers: Numbers
) -> None:
    """Write the records and row numbers of one part, in the order of its values."""
    compiled = kernels()
    if compiled is not None:
        _fill_compiled(compiled, rows, directory[part], part, (beside, numbers))
        return
    halves = parts_of(rows)
    order = np.argsort(halves[part], kind="stable")
    beside[: len(rows)] = halves[(part + 1) % PARTS][order]
    numbers[:] = order


def _fill_compiled(
    compiled: Kernels, rows: Words, buckets: Numbers, part: int, table: tuple[Halves, Numbers]
) -> None:
    parted = np.empty(len(rows), np.uint64)
    beginnings = buckets[:BUCKETS:256].copy()
    compiled.split(address_of(rows), len(rows), part, address_of(beginnings), address_of(parted))
    places = buckets[:BUCKETS].copy()
    beside, numbers = (address_of(column) for column in table)
    compiled.fill_table(address_of(parted), len(rows), address_of(places), beside, numbers)


def parts_of(rows: Words) -> Halves:
    """uint64[n, 4] as its sixteen parts, uint16[16, n]."""
    return np.ascontiguousarray(rows).view("<u2").T


@lru_cache(maxsize=64)
def weights(radius_bits: int) -> tuple[int, ...]:
    """How radius + 1 is spread over the ring, like Bresenham's line: large and small alternate."""
    share, extra = divmod(radius_bits + 1, PARTS)
    return tuple(share + ((c + 1) * extra // PARTS - c * extra // PARTS) for c in range(PARTS))


@lru_cache(maxsize=4)
def flips(weight: int) -> Halves:
    """What turns a part's value into those that a part of this weight opens, fewest bits first."""
    found = [
        sum(1 << bit for bit in bits)
        for count in range(weight)
        for bits in combinations(range(PART_BITS), count)
    ]
    return np.array(found, np.uint16)


def most_candidates(n: int) -> int:
    """Candidates of a query beyond which every row is looked at instead."""
    return max(4_096, n // 8)


def most_compared(n: int, radius_bits: int) -> int:
    """The same for rows compared in full: each costs as much as some hundred in a row.

    Wider radii compare more as a rule (about one row in 300 at 47 bits), and may.
    """
    return max(256, n // (2048 if radius_bits <= DOUBLE_WEIGHT_BITS else 128))
