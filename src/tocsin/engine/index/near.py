"""Near match on 256-bit hashes (PDQ): every entry within a number of bits, none missed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from tocsin.engine.index.arrays import (
    NO_DISTANCES,
    NO_IDS,
    Bytes,
    Distances,
    Ids,
    Offsets,
    as_ids,
    as_most,
    as_values,
)
from tocsin.engine.index.bits import HASH_BYTES, BitOrder, fixed_order, order_from
from tocsin.engine.index.collecting import Collector
from tocsin.engine.index.compiled.layout import BLOCK_QUERIES
from tocsin.engine.index.durable import Written, replace_file, write_file
from tocsin.engine.index.finding import Finder, Matches, find_matches, finder_of, in_order
from tocsin.engine.index.layers import ROWS_WITHOUT_TABLES, Layer, Layers
from tocsin.engine.index.postings import Postings, first_of_each, offsets_of
from tocsin.engine.index.ring import (
    DIRECTORY_SIZE,
    PARTS,
    SPARE_RECORDS,
    Numbers,
    Ring,
    build_ring,
    directory_of,
    fill_table,
)
from tocsin.engine.index.segment import (
    AnyArray,
    Later,
    Segment,
    damaged,
    open_segment,
    segment_chunks,
)
from tocsin.engine.index.workplace import TooMuchAtOnce, Wanted

KIND = "near"
FILE_NAME = "near.seg"
DEFAULT_RADIUS_BITS = 31
MOST_RADIUS_BITS = 60
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


class NearIndex:
    """An exact near-match index over (hash, entry id) pairs.

    Complete at every radius from 0 to 60 bits; up to 47 bits by tables, beyond by looking at every
    row. One id may stand for several hashes and one hash for several ids. Any number of threads may
    query while one adds or withdraws: a query sees the index as it was at one moment.
    """

    def __init__(self, order: BitOrder, base: Layer[Finder]) -> None:
        """For `build` and `open`; not meant to be called by others."""
        self._order = order
        self._layers = Layers.over(base, _finder)
        self._writing = Lock()

    @classmethod
    def build(cls, hashes: Bytes, ids: Ids) -> NearIndex:
        """Build from hashes uint8[N, 32] and entry ids uint64[N]; a pair given twice counts once.

        Raises `WrongShape` and `TooManyRows` (2^32 - 1 pairs). For lists that fill the memory see
        `NearBuilder`.
        """
        builder = NearBuilder()
        builder.add(hashes, ids)
        return builder.build()

    @classmethod
    def open(cls, folder: Path, name: str = FILE_NAME) -> NearIndex:
        """Map what `save` wrote, read-only and shared with other processes, and check itself.

        Raises `IndexMissing`, `IndexDamaged`, `IndexTooOld` and `IndexTooNew`.
        """
        segment = open_segment(folder / name, KIND)
        order, base = _base_from(segment)
        if not _finds_itself(base):
            raise damaged(segment.path, "it does not find its own entries")
        return cls(order, base)

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

        `most_ids` keeps only that many for each query, the nearest, and with them the memory of a
        batch that is aimed at a hash with thousands of entries. Raises `WrongShape`,
        `WrongRadius`, and `IndexDamaged` if the mapped file turns out to contradict itself.
        """
        hashes = as_values(hashes, HASH_BYTES)
        radius_bits, most_ids = _radius(radius_bits), as_most(most_ids)
        if len(hashes) == 1 and most_ids is None:
            # Nearly every upload is alone and meets nothing: the way to that answer is kept short.
            one = find_matches(self._layers.used, self._order, hashes, _all(radius_bits))
            return _nothing(1) if one is None else _as_answer(1, in_order(one))
        found = list(self._pieces(hashes, radius_bits, most_ids))
        if not found:
            return _nothing(len(hashes))
        return _as_answer(
            len(hashes),
            Matches(
                np.concatenate([matches.query + first for first, matches in found]),
                np.concatenate([matches.ids for _, matches in found]),
                np.concatenate([matches.distance_bits for _, matches in found]),
            ),
        )

    def query_in_pieces(
        self, hashes: Bytes, radius_bits: int = DEFAULT_RADIUS_BITS
    ) -> Iterator[tuple[int, NearMatches]]:
        """The same, some queries at a time: the number of the first of them, and what they found.

        For whoever needs all matches, but has no memory for those of a whole batch aimed at a
        cluster of entries: a piece holds some million, or those of one query. Raises as `query`.
        """
        hashes = as_values(hashes, HASH_BYTES)
        for first, matches in self._pieces(hashes, _radius(radius_bits), None):
            yield first, _as_answer(int(matches.query[-1]) + 1, matches)

    def add(self, hashes: Bytes, ids: Ids) -> None:
        """Let more pairs count at once, in this process only: uint8[N, 32], uint64[N].

        Takes some milliseconds, also beside a hundred thousand others. Raises `WrongShape`.
        """
        hashes = as_values(hashes, HASH_BYTES)
        ids = as_ids(ids, len(hashes))
        with self._writing:
            self._layers = self._layers.with_added(self._order.permuted(hashes), ids)

    def withdraw(self, ids: Ids) -> None:
        """Let no hash of these entries count any more, in this process; unknown ids are fine."""
        ids = as_ids(ids)
        with self._writing:
            self._layers = self._layers.with_withdrawn(ids)

    def __len__(self) -> int:
        """How many distinct (hash, id) pairs count now."""
        return self._layers.pair_count()

    def _pieces(
        self, hashes: Bytes, radius_bits: int, most_ids: int | None
    ) -> Iterator[tuple[int, Matches]]:
        """What blocks of queries found, in order; nothing for those that found nothing.

        A block is halved where it would find more than memory is for.
        """
        layers, order, count = self._layers.used, self._order, len(hashes)
        wanted = Wanted(radius_bits) if most_ids is None else Wanted(radius_bits, most_ids)
        waiting = [
            (first, min(first + BLOCK_QUERIES, count)) for first in range(0, count, BLOCK_QUERIES)
        ]
        while waiting:
            first, last = waiting.pop(0)
            try:
                matches = find_matches(layers, order, hashes[first:last], wanted)
            except TooMuchAtOnce:
                middle = (first + last) // 2
                waiting[:0] = [(first, middle), (middle, last)]
                continue
            if matches is not None:
                yield first, _kept(in_order(matches), most_ids)

    def _arrays(self) -> dict[str, AnyArray | Later]:
        layers = self._layers
        if layers.is_as_built and layers.base.finder.ring is not None:
            ring = layers.base.finder.ring
            return {
                **_columns(self._order, layers.base.postings),
                "directory": ring.directory,
                **{_BESIDE[part]: table for part, table in enumerate(ring.beside)},
                **{_NUMBERS[part]: table for part, table in enumerate(ring.numbers)},
            }
        return _arrays_to_be(self._order, layers.merged())


class NearBuilder:
    """Builds a near index from pieces of a list, in memory or straight into a file.

    `write` never holds more than the hashes and one of the sixteen tables: for 100 million hashes
    some 5 GB at the end and 8 GB while they are sorted, where the finished index has 13 GB.
    """

    def __init__(self) -> None:
        self._order = fixed_order()
        self._collector = Collector(HASH_BYTES)

    def add(self, hashes: Bytes, ids: Ids) -> None:
        """Take hashes uint8[N, 32] and entry ids uint64[N].

        Raises `WrongShape` and `TooManyRows` (2^32 - 1 pairs in all).
        """
        hashes = as_values(hashes, HASH_BYTES)
        self._collector.add(self._order.permuted(hashes), as_ids(ids, len(hashes)).copy())

    def build(self) -> NearIndex:
        """The index of what was taken, in memory. The builder is empty then."""
        postings = self._collector.postings()
        return NearIndex(self._order, Layer(postings, _finder(postings), NO_IDS))

    def write(self, path: Path) -> Written:
        """The index of what was taken, as a new file. The builder is empty then."""
        arrays = _arrays_to_be(self._order, self._collector.postings())
        return write_file(path, segment_chunks(KIND, arrays))


_BESIDE = [f"beside{part:02}" for part in range(PARTS)]
_NUMBERS = [f"numbers{part:02}" for part in range(PARTS)]


def _columns(order: BitOrder, postings: Postings) -> dict[str, AnyArray | Later]:
    return {"bit_order": order.order, **postings.arrays()}


def _arrays_to_be(order: BitOrder, postings: Postings) -> dict[str, AnyArray | Later]:
    """Everything that stands in the file, each table made when it is its turn to be written."""
    columns, rows = _columns(order, postings), postings.words()
    if len(rows) <= ROWS_WITHOUT_TABLES:
        return columns
    directory = directory_of(rows)
    columns["directory"] = directory
    beside = np.zeros(len(rows) + SPARE_RECORDS, "<u2")
    numbers = np.empty(len(rows), "<u4")

    def filled(part: int) -> AnyArray:
        fill_table(rows, directory, part, beside, numbers)
        return beside

    def already_filled() -> AnyArray:
        return numbers

    for part in range(PARTS):
        columns[_BESIDE[part]] = Later("<u2", beside.shape, partial(filled, part))
        columns[_NUMBERS[part]] = Later("<u4", numbers.shape, already_filled)
    return columns


def _base_from(segment: Segment) -> tuple[BitOrder, Layer[Finder]]:
    order = order_from(segment.array("bit_order", "u1", (HASH_BYTES * 8,)).tobytes())
    if not order.is_permutation():
        raise damaged(segment.path, "its order of bits repeats some")
    postings = Postings.read(segment, HASH_BYTES)
    n = len(postings.values)
    if n <= ROWS_WITHOUT_TABLES:
        return order, Layer(postings, finder_of(postings, None), NO_IDS)
    directory: Numbers = segment.array("directory", "<u4", (PARTS, DIRECTORY_SIZE))
    beside = tuple(segment.array(name, "<u2", (n + SPARE_RECORDS,)) for name in _BESIDE)
    numbers = tuple(segment.array(name, "<u4", (n,)) for name in _NUMBERS)
    ring = Ring.over(postings.words(), directory, beside, numbers)
    return order, Layer(postings, finder_of(postings, ring), NO_IDS)


def _finder(postings: Postings) -> Finder:
    many = len(postings.values) > ROWS_WITHOUT_TABLES
    return finder_of(postings, build_ring(postings.words()) if many else None)


def _finds_itself(base: Layer[Finder]) -> bool:
    """Whether a sample of entries (all of a small index) is found, in each table and whole."""
    sample = base.postings.sample(SAMPLE_ROWS, SMALL_ROWS)
    ring = base.finder.ring
    if ring is not None and not ring.finds(sample):
        return False
    hits = base.finder.search_words(base.postings.words()[sample], 0)
    found = set(zip(hits.query.tolist(), hits.row.tolist(), strict=True))
    # Reading their ids shows whether these can be read.
    base.postings.expand(sample)
    return found == set(enumerate(sample.tolist()))


@lru_cache(maxsize=64)
def _all(radius_bits: int) -> Wanted:
    return Wanted(radius_bits)


def _radius(radius_bits: int) -> int:
    # The plain case first: every single query comes this way.
    whole = type(radius_bits) is int or (
        isinstance(radius_bits, int | np.integer) and not isinstance(radius_bits, bool)
    )
    if not whole or not 0 <= radius_bits <= MOST_RADIUS_BITS:
        raise WrongRadius(f"a radius is 0 to {MOST_RADIUS_BITS} bits, got {radius_bits!r}")
    return int(radius_bits)


def _kept(matches: Matches, most_ids: int | None) -> Matches:
    if most_ids is None:
        return matches
    kept = first_of_each(matches.query, most_ids)
    return Matches(matches.query[kept], matches.ids[kept], matches.distance_bits[kept])


def _nothing(count: int) -> NearMatches:
    return NearMatches(np.zeros(count + 1, np.int64), NO_IDS, NO_DISTANCES)


def _as_answer(count: int, matches: Matches) -> NearMatches:
    return NearMatches(offsets_of(count, matches.query), matches.ids, matches.distance_bits)
