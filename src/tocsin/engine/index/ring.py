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

from tocsin.engine.index.arrays import Bytes, Places, Words
from tocsin.engine.index.scan import Hits, distances, joined, no_hits, scan

PARTS = 16
PART_BITS = 16
BUCKETS = 1 << PART_BITS
# Beyond this radius a part would need 697 buckets, and looking at every row is as fast.
WIDEST_RADIUS_BITS = 47
# Candidates looked at in one go: bounds the memory of a batch to some tens of megabytes.
BLOCK_CANDIDATES = 1 << 19
BLOCK_OPENINGS = 1 << 18

Halves = npt.NDArray[np.uint16]
Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Ring:
    """The tables over n rows of uint64[n, 4].

    directory: uint32[16, 65537], where each bucket begins; beside: uint16[16, n], the next part's
    value; numbers: uint32[16, n], the row.
    """

    rows: Words
    directory: Numbers
    beside: Halves
    numbers: Numbers

    def search(self, queries: Words, radius_bits: int) -> Hits:
        """All rows within the radius of uint64[q, 4]; never costs more than about one scan."""
        found = [no_hits()]
        step = max(1, BLOCK_OPENINGS // len(openings(radius_bits).part))
        for first in range(0, len(queries), step):
            block = queries[first : first + step]
            hits = self._search_block(block, radius_bits)
            found.append(Hits(hits.query + first, hits.row, hits.distance_bits))
        return joined(found)

    def finds(self, sample: Places) -> bool:
        """Whether each sampled row stands in all sixteen tables where a search would look."""
        n = len(self.rows)
        if (self.directory[:, 0] != 0).any() or (self.directory[:, -1] != n).any():
            return False
        if (self.directory[:, 1:] < self.directory[:, :-1]).any():
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
        place = begin + int(np.searchsorted(self.numbers[table, begin:end], row))
        if place >= end or int(self.numbers[table, place]) != row:
            return False
        return int(self.beside[table, place]) == int(halves[(table + 1) % PARTS])

    def _search_block(self, queries: Words, radius_bits: int) -> Hits:
        n, opened = len(self.rows), openings(radius_bits)
        halves = parts_of(queries)
        bucket = opened.part[:, None] * (BUCKETS + 1) + (halves[opened.part] ^ opened.mask[:, None])
        flat = self.directory.reshape(-1)
        begins = flat[bucket].astype(np.int64)
        counts = flat[bucket + 1].astype(np.int64) - begins
        begins += opened.part[:, None] * n
        wanted = halves[opened.next_part]
        heavy = counts.sum(axis=0) > most_candidates(n)
        found = [no_hits()]
        if heavy.any():
            asked = np.flatnonzero(heavy)
            hits = scan(self.rows, queries[asked], radius_bits)
            found.append(Hits(asked[hits.query], hits.row, hits.distance_bits))
        light = np.flatnonzero(~heavy)
        for some in _in_blocks(light, counts[:, light].sum(axis=0)):
            query, row = self._candidates(opened, begins[:, some], counts[:, some], wanted[:, some])
            found.append(self._compared(queries, some[query], row, radius_bits))
        return joined(found)

    def _candidates(
        self, opened: Openings, begins: Places, counts: Places, wanted: Halves
    ) -> tuple[Places, Places]:
        """(query, row) pairs whose part and next part keep both bounds; a pair may come twice."""
        queries = counts.shape[1]
        counts = counts.reshape(-1)
        ends = np.cumsum(counts)
        place = np.repeat(begins.reshape(-1) - ends + counts, counts)
        place += np.arange(len(place))
        differing = np.bitwise_count(
            self.beside.reshape(-1)[place] ^ np.repeat(wanted.reshape(-1), counts)
        )
        allowed = np.repeat(np.repeat(opened.allowed, queries), counts)
        kept = np.flatnonzero(differing <= allowed)
        opening = np.searchsorted(ends, kept, side="right")
        return opening % queries, self.numbers.reshape(-1)[place[kept]].astype(np.int64)

    def _compared(self, queries: Words, query: Places, row: Places, radius_bits: int) -> Hits:
        """Full comparison of the candidates, each pair once."""
        pair = np.unique(query * len(self.rows) + row)
        query, row = np.divmod(pair, len(self.rows))
        distance = distances(self.rows[row], queries[query])
        near = distance <= radius_bits
        return Hits(query[near], row[near], distance[near])


def build_ring(rows: Words) -> Ring:
    """Sort uint64[n, 4] into the sixteen tables (about 0.3 s and 100 bytes a row for 1 M rows)."""
    n = len(rows)
    directory = np.zeros((PARTS, BUCKETS + 1), "<u4")
    beside = np.empty((PARTS, n), "<u2")
    numbers = np.empty((PARTS, n), "<u4")
    halves = np.ascontiguousarray(parts_of(rows))
    for part in range(PARTS):
        order = np.argsort(halves[part], kind="stable")
        directory[part, 1:] = np.cumsum(np.bincount(halves[part], minlength=BUCKETS))
        beside[part] = halves[(part + 1) % PARTS][order]
        numbers[part] = order
    return Ring(rows=rows, directory=directory, beside=beside, numbers=numbers)


@dataclass(frozen=True, slots=True)
class Openings:
    """The buckets that a search opens, [k] each: part, next part, bits to flip, bits left over."""

    part: Places
    next_part: Places
    mask: Halves
    allowed: Bytes


@lru_cache(maxsize=64)
def openings(radius_bits: int) -> Openings:
    """The buckets to open for a radius, from weights that spread radius + 1 evenly on the ring."""
    share, extra = divmod(radius_bits + 1, PARTS)
    # Spread like Bresenham's line, so that large and small weights alternate.
    weights = [share + ((c + 1) * extra // PARTS - c * extra // PARTS) for c in range(PARTS)]
    found = [
        (part, (part + 1) % PARTS, mask, bound - flips)
        for part, weight in enumerate(weights)
        for bound in [weight + weights[(part + 1) % PARTS] - 1]
        for flips in range(weight)
        for mask in _masks(flips)
        if bound >= flips
    ]
    part, next_part, mask, allowed = zip(*found, strict=True)
    return Openings(
        np.array(part, np.int64),
        np.array(next_part, np.int64),
        np.array(mask, np.uint16),
        np.array(allowed, np.uint8),
    )


def parts_of(rows: Words) -> Halves:
    """uint64[n, 4] as its sixteen parts, uint16[16, n]."""
    return np.ascontiguousarray(rows).view("<u2").T


def most_candidates(n: int) -> int:
    """Candidates of a query beyond which looking at all n rows is cheaper or takes less memory."""
    return min(max(n // 4, 4096), 1 << 22)


def _masks(flips: int) -> list[int]:
    """All 16-bit values with that many ones."""
    return [sum(1 << bit for bit in bits) for bits in combinations(range(PART_BITS), flips)]


def _in_blocks(queries: Places, candidates: Places) -> list[Places]:
    """Cut queries into blocks that together stay near the candidates one block may have."""
    if not len(queries):
        return []
    number = (np.cumsum(candidates) - candidates) // BLOCK_CANDIDATES
    return np.split(queries, np.flatnonzero(np.diff(number)) + 1)
