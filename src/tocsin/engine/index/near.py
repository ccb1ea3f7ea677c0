"""Near match on 256-bit hashes (PDQ): every entry within a number of bits, none missed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from tocsin.engine.index.arrays import (
    NO_DISTANCES,
    NO_IDS,
    NOWHERE,
    Bytes,
    Distances,
    Ids,
    Offsets,
    Places,
    Words,
    as_ids,
    as_values,
)
from tocsin.engine.index.bits import HASH_BYTES, BitOrder, fixed_order, order_from
from tocsin.engine.index.durable import Written, replace_file, write_file
from tocsin.engine.index.overlay import Overlay, count_pairs, empty_overlay, merged
from tocsin.engine.index.postings import Postings, collect, first_of_each, offsets_of
from tocsin.engine.index.ring import BUCKETS, PARTS, WIDEST_RADIUS_BITS, Ring, build_ring
from tocsin.engine.index.scan import Hits, scan
from tocsin.engine.index.segment import (
    REBUILD,
    AnyArray,
    IndexDamaged,
    Segment,
    damaged,
    open_segment,
    segment_chunks,
)

KIND = "near"
FILE_NAME = "near.seg"
DEFAULT_RADIUS_BITS = 31
MOST_RADIUS_BITS = 60
# Up to here looking at every row is as fast as the tables, which take 4 MB however few rows.
ROWS_WITHOUT_TABLES = 4_096
# With a cap on the ids, so many queries are answered at once: it bounds what is held before it.
QUERIES_WHEN_CAPPED = 64
SAMPLE_ROWS = 64
SMALL_ROWS = 1_024


class WrongRadius(ValueError):
    """The radius is not a whole number of bits from 0 to 60."""


class NearMatches(NamedTuple):
    """What a batch of Q queries found.

    The matches of query `i` are `ids[offsets[i]:offsets[i + 1]]` with their distances in bits,
    nearest first and then by id; an id stands once for a query, with its smallest distance.
    """

    offsets: Offsets
    ids: Ids
    distances: Distances


@dataclass(frozen=True, slots=True)
class _Base:
    """The part that does not change: permuted distinct hashes, and tables when they are many."""

    order: BitOrder
    postings: Postings
    ring: Ring | None

    def search(self, queries: Words, radius_bits: int) -> tuple[Places, Ids, Distances]:
        """Query number, entry id and distance of everything within the radius."""
        try:
            hits = self._hits(queries, radius_bits)
            origin, ids = self.postings.expand(hits.row)
        except (IndexError, ValueError) as contradiction:
            # The arguments were checked, so only a row number or count beyond the arrays ends here.
            raise IndexDamaged(f"The near index contradicts itself. {REBUILD}") from contradiction
        return hits.query[origin], ids, hits.distance_bits[origin]

    def _hits(self, queries: Words, radius_bits: int) -> Hits:
        if self.ring is None or radius_bits > WIDEST_RADIUS_BITS:
            return scan(self.postings.words(), queries, radius_bits)
        return self.ring.search(queries, radius_bits)


class NearIndex:
    """An exact near-match index over (hash, entry id) pairs.

    Complete at every radius from 0 to 60 bits; up to 47 bits by tables, beyond by looking at every
    row. One id may stand for several hashes and one hash for several ids. Any number of threads may
    query while one adds or withdraws: a query sees the index as it was at one moment.
    """

    def __init__(self, base: _Base) -> None:
        """For `build` and `open`; not meant to be called by others."""
        self._state: tuple[_Base, Overlay] = (base, empty_overlay(HASH_BYTES))
        self._writing = Lock()

    @classmethod
    def build(cls, hashes: Bytes, ids: Ids) -> NearIndex:
        """Build from hashes uint8[N, 32] and entry ids uint64[N]; a pair given twice counts once.

        Raises `WrongShape` and `TooManyRows` (2^32 - 1 pairs).
        """
        hashes = as_values(hashes, HASH_BYTES)
        order = fixed_order()
        return cls(_base_of(order, collect(order.permuted(hashes), as_ids(ids, len(hashes)))))

    @classmethod
    def open(cls, folder: Path) -> NearIndex:
        """Map what `save` wrote, read-only and shared with other processes, and check itself.

        Raises `IndexMissing`, `IndexDamaged` and `IndexTooNew`.
        """
        segment = open_segment(folder / FILE_NAME, KIND)
        index = cls(_base_from(segment))
        if not index._finds_itself():
            raise damaged(segment.path, "it does not find its own entries")
        return index

    def save(self, folder: Path) -> None:
        """Write the index as it is now into an existing folder, in one step; raises `OSError`."""
        replace_file(folder / FILE_NAME, segment_chunks(KIND, self._arrays()))

    def write(self, path: Path) -> Written:
        """Write the index as it is now as a new file, for a folder that nobody reads yet."""
        return write_file(path, segment_chunks(KIND, self._arrays()))

    def query(
        self,
        hashes: Bytes,
        radius_bits: int = DEFAULT_RADIUS_BITS,
        *,
        most_ids: int | None = None,
    ) -> NearMatches:
        """All entries within `radius_bits` of each hash of uint8[Q, 32].

        `most_ids` keeps only that many for each query, the nearest: then a batch of queries that
        all hit a hash with thousands of entries needs no more memory than its longest 64 answers.
        Raises `WrongShape`, `WrongRadius`, and `IndexDamaged` if the mapped file turns out to
        contradict itself.
        """
        hashes = as_values(hashes, HASH_BYTES)
        if not isinstance(radius_bits, int | np.integer) or not (
            0 <= radius_bits <= MOST_RADIUS_BITS
        ):
            raise WrongRadius(f"a radius is 0 to {MOST_RADIUS_BITS} bits, got {radius_bits!r}")
        state = self._state
        queries = state[0].order.permuted(hashes).view("<u8")
        step = len(queries) if most_ids is None else QUERIES_WHEN_CAPPED
        query, ids, distances = [NOWHERE], [NO_IDS], [NO_DISTANCES]
        for first in range(0, len(queries), max(1, step)):
            found = _in_order(*_found(state, queries[first : first + step], int(radius_bits)))
            kept = first_of_each(found[0], most_ids)
            query.append(found[0][kept] + first)
            ids.append(found[1][kept])
            distances.append(found[2][kept])
        offsets = offsets_of(len(hashes), np.concatenate(query))
        return NearMatches(offsets, np.concatenate(ids), np.concatenate(distances))

    def add(self, hashes: Bytes, ids: Ids) -> None:
        """Let more pairs count at once, in this process only: uint8[N, 32], uint64[N].

        For some thousands between two builds: they are looked at one by one. Raises `WrongShape`.
        """
        hashes = as_values(hashes, HASH_BYTES)
        ids = as_ids(ids, len(hashes))
        with self._writing:
            base, overlay = self._state
            self._state = (base, overlay.with_added(base.order.permuted(hashes), ids))

    def withdraw(self, ids: Ids) -> None:
        """Let no hash of these entries count any more, in this process; unknown ids are fine."""
        ids = as_ids(ids)
        with self._writing:
            base, overlay = self._state
            self._state = (base, overlay.with_withdrawn(ids))

    def __len__(self) -> int:
        """How many distinct (hash, id) pairs count now."""
        base, overlay = self._state
        return count_pairs(base.postings, overlay)

    def _arrays(self) -> dict[str, AnyArray]:
        base, overlay = self._state
        if not overlay.is_empty:
            base = _base_of(base.order, merged(base.postings, overlay))
        arrays = {"bit_order": base.order.order, **base.postings.arrays()}
        if base.ring is not None:
            arrays["directory"] = base.ring.directory
            arrays["beside"] = base.ring.beside
            arrays["numbers"] = base.ring.numbers
        return arrays

    def _finds_itself(self) -> bool:
        """Whether a sample of entries (all of a small index) is found, in each table and whole."""
        base, _ = self._state
        sample = base.postings.sample(SAMPLE_ROWS, SMALL_ROWS)
        if base.ring is not None and not base.ring.finds(sample):
            return False
        query, ids, _ = base.search(base.postings.words()[sample], 0)
        origin, own_ids = base.postings.expand(sample)
        found = set(zip(query.tolist(), ids.tolist(), strict=True))
        return found == set(zip(origin.tolist(), own_ids.tolist(), strict=True))


def _base_of(order: BitOrder, postings: Postings) -> _Base:
    many = len(postings.values) > ROWS_WITHOUT_TABLES
    return _Base(order, postings, build_ring(postings.words()) if many else None)


def _base_from(segment: Segment) -> _Base:
    order = order_from(segment.array("bit_order", "u1", (HASH_BYTES * 8,)).tobytes())
    if not order.is_permutation():
        raise damaged(segment.path, "its order of bits repeats some")
    postings = Postings.read(segment, HASH_BYTES)
    n = len(postings.values)
    if n <= ROWS_WITHOUT_TABLES:
        return _Base(order, postings, None)
    ring = Ring(
        rows=postings.words(),
        directory=segment.array("directory", "<u4", (PARTS, BUCKETS + 1)),
        beside=segment.array("beside", "<u2", (PARTS, n)),
        numbers=segment.array("numbers", "<u4", (PARTS, n)),
    )
    return _Base(order, postings, ring)


def _found(
    state: tuple[_Base, Overlay], queries: Words, radius_bits: int
) -> tuple[Places, Ids, Distances]:
    """Query number, entry id and distance of all matches that count, in no order."""
    base, overlay = state
    query, ids, distance = base.search(queries, radius_bits)
    if len(overlay.withdrawn):
        stay = overlay.still_counts(ids)
        query, ids, distance = query[stay], ids[stay], distance[stay]
    if len(overlay.fresh.ids):
        hits = scan(overlay.fresh.words(), queries, radius_bits)
        origin, fresh_ids = overlay.fresh.expand(hits.row)
        query = np.concatenate((query, hits.query[origin]))
        ids = np.concatenate((ids, fresh_ids))
        distance = np.concatenate((distance, hits.distance_bits[origin]))
    return query, ids, distance


def _in_order(query: Places, ids: Ids, distance: Distances) -> tuple[Places, Ids, Distances]:
    """Each id once for a query, with its smallest distance; by query, distance, id."""
    order = np.lexsort((distance, ids, query))
    query, ids, distance = query[order], ids[order], distance[order]
    first = np.ones(len(query), np.bool_)
    first[1:] = (query[1:] != query[:-1]) | (ids[1:] != ids[:-1])
    query, ids, distance = query[first], ids[first], distance[first]
    order = np.lexsort((ids, distance, query))
    return query[order], ids[order], distance[order]
