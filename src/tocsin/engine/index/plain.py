"""The search through the tables in plain NumPy: for machines where nothing can be compiled.

It gives what the compiled search gives, some tens of times slower.
"""

from __future__ import annotations

import numpy as np

from tocsin.engine.index.arrays import Places, Words
from tocsin.engine.index.ring import (
    PARTS,
    Halves,
    Ring,
    flips,
    most_candidates,
    parts_of,
    weights,
)
from tocsin.engine.index.scan import Hits, distances, joined, no_hits, scan

# So many queries at once bound the memory of a batch to some tens of megabytes.
BLOCK_QUERIES = 64


def search_plainly(ring: Ring, queries: Words, radius_bits: int) -> Hits:
    """All rows within the radius of uint64[q, 4]; never costs more than about one scan each."""
    found = [no_hits()]
    for first in range(0, len(queries), BLOCK_QUERIES):
        hits = _search_block(ring, queries[first : first + BLOCK_QUERIES], radius_bits)
        found.append(Hits(hits.query + first, hits.row, hits.distance_bits))
    return joined(found)


def _search_block(ring: Ring, queries: Words, radius_bits: int) -> Hits:
    halves = parts_of(queries)
    opened = [_open(ring, part, halves[part], weights(radius_bits)[part]) for part in range(PARTS)]
    looked_at = np.sum([counts.sum(axis=0) for _, counts in opened], axis=0)
    heavy = looked_at > most_candidates(len(ring.rows))
    asked = np.flatnonzero(heavy)
    hits = scan(ring.rows, queries[asked], radius_bits)
    found = [Hits(asked[hits.query], hits.row, hits.distance_bits)]
    pairs = [
        _kept(ring, part, begins, np.where(heavy, 0, counts), halves, radius_bits)
        for part, (begins, counts) in enumerate(opened)
    ]
    found.append(_compared(ring, queries, np.unique(np.concatenate(pairs)), radius_bits))
    return joined(found)


def _open(ring: Ring, part: int, values: Halves, weight: int) -> tuple[Places, Places]:
    """Where the buckets of each query begin and how long they are: int64[opened, queries]."""
    bucket = (flips(weight)[:, None] ^ values).astype(np.int64)
    begins = ring.directory[part][bucket].astype(np.int64)
    return begins, ring.directory[part][bucket + 1].astype(np.int64) - begins


def _kept(
    ring: Ring, part: int, begins: Places, counts: Places, halves: Halves, radius_bits: int
) -> Places:
    """query * n + row of those candidates whose next part keeps the bound."""
    share = weights(radius_bits)
    bound = share[part] + share[(part + 1) % PARTS] - 1
    flat = counts.reshape(-1)
    ends = np.cumsum(flat)
    place = np.repeat(begins.reshape(-1) - ends + flat, flat) + np.arange(flat.sum())
    opening = np.repeat(np.arange(len(flat)), flat)
    query = opening % max(1, counts.shape[1])
    differing = (
        np.bitwise_count(ring.beside[part][place] ^ halves[(part + 1) % PARTS][query])
        + np.bitwise_count(flips(share[part]))[opening // max(1, counts.shape[1])]
    )
    near = differing <= bound
    pairs: Places = query[near] * len(ring.rows) + ring.numbers[part][place[near]].astype(np.int64)
    return pairs


def _compared(ring: Ring, queries: Words, pairs: Places, radius_bits: int) -> Hits:
    query, row = np.divmod(pairs, len(ring.rows))
    distance = distances(ring.rows[row], queries[query])
    near = distance <= radius_bits
    return Hits(query[near], row[near], distance[near])
