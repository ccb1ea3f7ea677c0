"""From queries to matches that count: every layer searched, entries looked up, put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tocsin.engine.index.arrays import Bytes, Distances, Ids, Places, Words
from tocsin.engine.index.bits import BitOrder
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.compiled.layout import BLOCK_QUERIES
from tocsin.engine.index.layers import Layer
from tocsin.engine.index.plain import search_plainly
from tocsin.engine.index.postings import MOST_ROWS, Postings
from tocsin.engine.index.ring import WIDEST_RADIUS_BITS, Ring
from tocsin.engine.index.scan import Hits, joined, no_hits, scan
from tocsin.engine.index.segment import REBUILD, IndexDamaged
from tocsin.engine.index.workplace import (
    Rows,
    TooMuchAtOnce,
    Wanted,
    scan_rows,
    search_tables,
    workplace,
)

MOST_PAIRS = 1 << 22
"""Matches of several queries that are held at once."""
NARROW = 1 << 32


@dataclass(frozen=True, slots=True, repr=False)
class Matches:
    """Query number, entry id and distance of each match."""

    query: Places
    ids: Ids
    distance_bits: Distances


@dataclass(frozen=True, slots=True, repr=False)
class Finder:
    """How the rows of a layer are searched: by tables when they are many."""

    rows: Rows
    ring: Ring | None

    def search(self, asked: Rows, wanted: Wanted) -> Hits | None:
        """What is wanted of the rows near up to 2,048 queries; None when there is nothing."""
        compiled = kernels()
        if compiled is None:
            return self._search_plainly(asked.words, wanted.radius_bits)
        if self.ring is not None and wanted.radius_bits <= WIDEST_RADIUS_BITS:
            return search_tables(compiled, self.ring, asked, wanted)
        return scan_rows(compiled, self.rows, asked, wanted)

    def search_words(self, words: Words, radius_bits: int) -> Hits:
        """All rows near any number of queries uint64[q, 4]."""
        found = [no_hits()]
        for first in range(0, len(words), BLOCK_QUERIES):
            hits = self.search(Rows.of(words[first : first + BLOCK_QUERIES]), Wanted(radius_bits))
            if hits is not None:
                found.append(Hits(hits.query + first, hits.row, hits.distance_bits))
        return joined(found)

    def _search_plainly(self, words: Words, radius_bits: int) -> Hits:
        if self.ring is None or radius_bits > WIDEST_RADIUS_BITS:
            return scan(self.rows.words, words, radius_bits)
        try:
            return search_plainly(self.ring, words, radius_bits)
        except (IndexError, ValueError) as contradiction:
            # The arguments were checked, so only a number beyond the arrays ends here.
            raise IndexDamaged(f"The near index contradicts itself. {REBUILD}") from contradiction


def finder_of(postings: Postings, ring: Ring | None) -> Finder:
    """A finder over the values of these postings."""
    return Finder(Rows.of(postings.words()), ring)


def find_matches(
    layers: Sequence[Layer[Finder]], order: BitOrder, hashes: Bytes, wanted: Wanted
) -> Matches | None:
    """All matches of up to 2,048 hashes that count, in no order; None when there are none.

    Where fewer than all are wanted, those further away than enough others may be missing.

    Raises `TooMuchAtOnce` for several hashes with millions of matches together.
    """
    compiled = kernels()
    if compiled is None:
        asked = Rows(order.permuted(hashes).view("<u8"), 0)
    else:
        asked = workplace().put_in_order(compiled, hashes, order.moved_at)
    found = []
    for layer in layers:
        hits = layer.finder.search(asked, wanted)
        if hits is not None and len(hits.query):
            matches = _counting(layer, hits, len(hashes), wanted.rows)
            if len(hashes) == 1:
                matches = _nearest(matches, wanted.rows)
            if len(hits.narrowed) and _lack(matches, hits.narrowed, wanted.rows):
                # Too many of the nearest were withdrawn, or are the same entry: all must be seen.
                hits = layer.finder.search(asked, Wanted(wanted.radius_bits))
                matches = _counting(layer, hits or no_hits(), len(hashes), wanted.rows)
            found.append(matches)
    if not found:
        return None
    return _together(found)


def in_order(matches: Matches) -> Matches:
    """Each id once for a query, with its smallest distance; by query, distance, id."""
    query, ids, distance = matches.query, matches.ids, matches.distance_bits
    if len(ids) < 2:
        return matches
    if ids.max() < NARROW:
        return _in_order_packed(matches)
    order = np.lexsort((distance, ids, query))
    query, ids, distance = query[order], ids[order], distance[order]
    first = np.ones(len(query), np.bool_)
    first[1:] = (query[1:] != query[:-1]) | (ids[1:] != ids[:-1])
    query, ids, distance = query[first], ids[first], distance[first]
    order = np.lexsort((ids, distance, query))
    return Matches(query[order], ids[order], distance[order])


def _in_order_packed(matches: Matches) -> Matches:
    """The same where all of it fits into 64 bits, which sort many times faster."""
    query = matches.query.astype(np.uint64) << np.uint64(40)
    distance = matches.distance_bits.astype(np.uint64)
    packed = np.sort(query | (matches.ids << np.uint64(8)) | distance)
    pair = packed >> np.uint64(8)
    first = np.ones(len(packed), np.bool_)
    first[1:] = pair[1:] != pair[:-1]
    packed = packed[first]
    ids = (packed >> np.uint64(8)) & np.uint64(NARROW - 1)
    packed = np.sort(
        (packed >> np.uint64(40) << np.uint64(40))
        | ((packed & np.uint64(255)) << np.uint64(32))
        | ids
    )
    return Matches(
        (packed >> np.uint64(40)).astype(np.int64),
        packed & np.uint64(NARROW - 1),
        ((packed >> np.uint64(32)) & np.uint64(255)).astype(np.uint16),
    )


def _counting(layer: Layer[Finder], hits: Hits, queries: int, most: int) -> Matches:
    """The entries of the rows found, without those that were withdrawn.

    Where only the `most` nearest are wanted, so many of each row are enough: of a row's ids the
    lowest count first. Not so when any of them may have been withdrawn.
    """
    if queries > 1 and layer.postings.id_count(hits.row) > MOST_PAIRS:
        raise TooMuchAtOnce
    enough = MOST_ROWS if len(layer.withdrawn) else min(most, MOST_ROWS)
    origin, ids = layer.postings.expand(hits.row, enough)
    if len(layer.withdrawn):
        stay = layer.still_counts(ids)
        origin, ids = origin[stay], ids[stay]
    return Matches(hits.query[origin], ids, hits.distance_bits[origin])


def _nearest(matches: Matches, most: int) -> Matches:
    """Those of one query without the ones that are surely not among the `most` nearest entries.

    Putting in order costs more than finding: a row within a cluster may bring thousands of ids.
    """
    if len(matches.ids) <= most:
        return matches
    within = np.cumsum(np.bincount(matches.distance_bits))
    near = matches.distance_bits <= np.searchsorted(within, most)
    ids = matches.ids[near]
    if len(np.unique(ids)) < most:
        # The same entries by several of their hashes.
        return matches
    return Matches(matches.query[near], ids, matches.distance_bits[near])


def _lack(matches: Matches, queries: Places, most: int) -> bool:
    """Whether any of these queries has fewer than so many different entries."""
    # Put in order, each entry stands once for a query.
    counts = np.bincount(in_order(matches).query, minlength=int(queries.max()) + 1)
    return bool((counts[queries] < most).any())


def _together(found: list[Matches]) -> Matches | None:
    matches = found[0]
    if len(found) > 1:
        matches = Matches(
            np.concatenate([some.query for some in found]),
            np.concatenate([some.ids for some in found]),
            np.concatenate([some.distance_bits for some in found]),
        )
    return matches if len(matches.ids) else None
