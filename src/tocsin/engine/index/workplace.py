"""The search in compiled code: what each thread keeps for it, and the calls."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import Bytes, Places, Words, address_of
from tocsin.engine.index.compiled import Kernels
from tocsin.engine.index.compiled.layout import (
    BLOCK_QUERIES,
    CANDIDATES,
    COMPARED,
    DAMAGED,
    FIRST_HIT,
    FULL,
    NOTED,
    WORKPLACE_SIZE,
)
from tocsin.engine.index.ring import PARTS, Ring, flips, most_candidates, most_compared, weights
from tocsin.engine.index.scan import Hits, joined, no_hits
from tocsin.engine.index.segment import REBUILD, IndexDamaged

# Enough for 64 queries that all hit 512 rows, and then for a million hits: 8 MB for a thread.
ROOM, MOST_ROOM = 1 << 16, 1 << 20
SCANNED_AT_ONCE = 64
ENOUGH, LIMIT, LOOK_SIZE = 0, 1, 64
ALL = 1 << 62
MOST_SCANNED_HITS = 1 << 22


class TooMuchAtOnce(Exception):
    """So many hits would need too much memory; ask for fewer queries at once."""


class Rows(NamedTuple):
    """Hashes with their bits in order, uint64[n, 4], and where they stand in memory."""

    words: Words
    at: int

    def __repr__(self) -> str:
        """How many, and not what they are."""
        return f"{len(self.words)} rows"

    @classmethod
    def of(cls, words: Words) -> Rows:
        """These rows where they stand now."""
        return cls(words, address_of(words))


@dataclass(frozen=True, slots=True)
class Effort:
    """What each query of the last search of this thread cost, int64[q] each.

    candidates: records it was led to; compared: rows compared in full before it was given up or
    done; all_rows: whether every row was looked at in the end.
    """

    candidates: Places
    compared: Places
    all_rows: npt.NDArray[np.bool_]


class Workplace:
    """The memory that one thread searches in."""

    __slots__ = (
        "hashes",
        "hashes_at",
        "hits",
        "hits_at",
        "looks",
        "looks_at",
        "numbers",
        "one",
        "queries",
        "queries_at",
        "work",
        "work_at",
    )

    def __init__(self) -> None:
        self.hashes = np.zeros((BLOCK_QUERIES, 32), np.uint8)
        self.queries = np.zeros((BLOCK_QUERIES, 4), np.uint64)
        self.work = np.zeros(WORKPLACE_SIZE, np.int64)
        self.numbers = np.arange(BLOCK_QUERIES)
        self.hashes_at, self.queries_at = address_of(self.hashes), address_of(self.queries)
        self.work_at = address_of(self.work)
        self.looks = np.zeros((SCANNED_AT_ONCE, LOOK_SIZE), np.int64)
        self.looks_at = address_of(self.looks)
        self.one = Rows(self.queries[:1], self.queries_at)
        self.make_room(ROOM)

    def make_room(self, hits: int) -> None:
        """Room for that many hits."""
        self.hits = np.zeros(FIRST_HIT + hits, np.int64)
        self.hits[0] = hits
        self.hits_at = address_of(self.hits)

    def put_in_order(self, compiled: Kernels, hashes: Bytes, moved_at: int) -> Rows:
        """Up to 2,048 hashes with their bits in order; good until the thread's next search."""
        count = len(hashes)
        self.hashes[:count] = hashes
        compiled.permute(self.hashes_at, count, moved_at, self.queries_at)
        return self.one if count == 1 else Rows(self.queries[:count], self.queries_at)

    def noted(self) -> Places:
        """A copy of the hits as the kernels pack them."""
        return self.hits[FIRST_HIT : FIRST_HIT + int(self.hits[NOTED])].copy()

    def effort(self, ring: Ring, count: int, radius_bits: int) -> Effort:
        """What the last search of this thread cost."""
        candidates = self.work[CANDIDATES : CANDIDATES + count].copy()
        compared = self.work[COMPARED : COMPARED + count].copy()
        n = len(ring.rows)
        all_rows = (candidates > most_candidates(n)) | (compared > most_compared(n, radius_bits))
        return Effort(candidates, compared, all_rows)


class _Threads(threading.local):
    place: Workplace | None = None


_threads = _Threads()


def workplace() -> Workplace:
    """This thread's."""
    place = _threads.place
    if place is None:
        place = _threads.place = Workplace()
    return place


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to look, and how many of the nearest rows are enough for each query."""

    radius_bits: int
    rows: int = ALL


def search_tables(compiled: Kernels, ring: Ring, asked: Rows, wanted: Wanted) -> Hits | None:
    """All rows within the radius of up to 2,048 queries; None when there are none.

    Raises `IndexDamaged`, and `TooMuchAtOnce` for several queries with a million hits together.
    """
    place, count = workplace(), len(asked.words)
    # Held here: another thread may push it out of the cache while this one searches.
    plan = _plan(len(ring.rows), wanted.radius_bits)
    outcome = compiled.search(
        ring.described_at, plan[1], asked.at, count, place.work_at, place.hits_at
    )
    if not outcome:
        return None
    if outcome == DAMAGED:
        raise IndexDamaged(f"The near index contradicts itself. {REBUILD}")
    if outcome == FULL:
        if len(place.hits) > MOST_ROOM:
            raise TooMuchAtOnce
        place.make_room(MOST_ROOM)
        return search_tables(compiled, ring, asked, wanted)
    return _completed(compiled, ring, asked, wanted)


def _completed(compiled: Kernels, ring: Ring, asked: Rows, wanted: Wanted) -> Hits:
    """The hits, those of the queries that were given up found by looking at every row."""
    place = workplace()
    hits = unpacked(place.noted())
    given_up = place.effort(ring, len(asked.words), wanted.radius_bits).all_rows
    if not given_up.any():
        return hits
    stay = ~given_up[hits.query]
    hits = Hits(hits.query[stay], hits.row[stay], hits.distance_bits[stay])
    again = scan_rows(compiled, Rows.of(ring.rows), asked, wanted, np.flatnonzero(given_up))
    return joined([hits, again or no_hits()])


def scan_rows(
    compiled: Kernels, rows: Rows, asked: Rows, wanted: Wanted, numbers: Places | None = None
) -> Hits | None:
    """The same by looking at every row, for all queries or those of these numbers.

    Where fewer than all rows are wanted, those further away than enough others may be missing.
    Raises `TooMuchAtOnce` for several queries with four million hits together.
    """
    if numbers is None:
        numbers = workplace().numbers[: len(asked.words)]
    found: list[Places] = []
    limits = np.full(len(asked.words), wanted.radius_bits)
    for first in range(0, len(numbers), SCANNED_AT_ONCE):
        some = numbers[first : first + SCANNED_AT_ONCE]
        limits[some] = _scan_some(compiled, rows, asked, wanted, some, found)
    if not found:
        return None
    hits = unpacked(np.concatenate(found))
    narrowed = np.flatnonzero(limits < wanted.radius_bits)
    if not len(narrowed):
        return hits
    # Beyond its limit a query has only what happened to be found before that went down.
    kept = hits.distance_bits <= limits[hits.query]
    return Hits(hits.query[kept], hits.row[kept], hits.distance_bits[kept], narrowed)


def _scan_some(
    compiled: Kernels,
    rows: Rows,
    asked: Rows,
    wanted: Wanted,
    numbers: Places,
    found: list[Places],
) -> Places:
    """Add what was found; gives for each query how far away everything was."""
    place, at, end, numbers_at = workplace(), 0, len(rows.words), address_of(numbers)
    looks = place.looks[: len(numbers)]
    looks[:] = 0
    looks[:, ENOUGH] = wanted.rows
    looks[:, LIMIT] = wanted.radius_bits
    while at < end:
        place.hits[NOTED] = 0
        at = compiled.scan(
            rows.at, at, end, asked.at, numbers_at, len(numbers), place.looks_at, place.hits_at
        )
        if place.hits[NOTED]:
            found.append(place.noted())
            if len(asked.words) > 1 and sum(map(len, found)) > MOST_SCANNED_HITS:
                raise TooMuchAtOnce
    return looks[:, LIMIT]


def unpacked(packed: Places) -> Hits:
    """Hits as the kernels pack them: query from bit 48 on, distance from bit 32 on, row below."""
    distance = ((packed >> 32) & 0xFFFF).astype(np.uint16)
    return Hits(packed >> 48, packed & 0xFFFFFFFF, distance)


@lru_cache(maxsize=256)
def _plan(n: int, radius_bits: int) -> tuple[Places, int]:
    """What a search of n rows needs to know of the radius, and where that stands in memory."""
    share = weights(radius_bits)
    plan = np.array(
        [
            radius_bits,
            most_candidates(n),
            most_compared(n, radius_bits),
            _FLIPS_AT,
            *(share[part % PARTS] for part in range(PARTS + 1)),
        ],
        np.int64,
    )
    return plan, address_of(plan)


_FLIPS = flips(3)
_FLIPS_AT = address_of(_FLIPS)
