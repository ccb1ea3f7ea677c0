"""Near search by looking at every row: always right, needs no preparation, slow on long lists."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tocsin.engine.index.arrays import NO_DISTANCES, NOWHERE, Bytes, Distances, Places, Words

# One block of rows is copied word by word so that it stays in the processor's second-level cache
# while all queries pass over it; a cell is one (query, row) comparison held in memory at once.
BLOCK_ROWS = 16_384
BLOCK_CELLS = 65_536


@dataclass(frozen=True, slots=True)
class Hits:
    """Pairs found, in no order: query number, row number, and their distance in bits.

    Of the queries in `narrowed` only the nearest were wanted, and those further away are missing.
    """

    query: Places
    row: Places
    distance_bits: Distances
    narrowed: Places = field(default_factory=lambda: NOWHERE)


def scan(rows: Words, queries: Words, radius_bits: int) -> Hits:
    """All pairs within the radius. rows: uint64[n, 4], queries: uint64[q, 4].

    Memory beyond the answer stays below 2 MB whatever n and q are.
    """
    found = [no_hits()]
    for first_row in range(0, len(rows), BLOCK_ROWS):
        block = np.ascontiguousarray(rows[first_row : first_row + BLOCK_ROWS].T)
        step = max(1, BLOCK_CELLS // block.shape[1])
        for first_query in range(0, len(queries), step):
            asked = np.ascontiguousarray(queries[first_query : first_query + step].T)
            query, row, distance = _scan_block(block, asked, radius_bits)
            if len(query):
                found.append(Hits(query + first_query, row + first_row, distance))
    return joined(found)


def no_hits() -> Hits:
    """Nothing found."""
    return Hits(NOWHERE, NOWHERE, NO_DISTANCES)


def joined(parts: list[Hits]) -> Hits:
    """Several answers as one."""
    return Hits(
        np.concatenate([part.query for part in parts]),
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.distance_bits for part in parts]),
        np.concatenate([part.narrowed for part in parts]),
    )


def distances(some: Words, others: Words) -> Distances:
    """Differing bits of two uint64[k, 4], row by row."""
    bits: Distances = np.bitwise_count(some ^ others).sum(axis=1, dtype=np.uint16)
    return bits


def _scan_block(block: Words, asked: Words, radius_bits: int) -> tuple[Places, Places, Distances]:
    """One block, both given word by word: uint64[4, rows] against uint64[4, queries]."""
    # Two unrelated hashes differ in some 64 of their first 128 bits, hardly ever in fewer than
    # the radius; so half of the words settle nearly every comparison.
    partial: Bytes = np.bitwise_count(asked[0][:, None] ^ block[0])
    partial += np.bitwise_count(asked[1][:, None] ^ block[1])
    partial = partial.reshape(-1)
    maybe = np.flatnonzero(partial <= radius_bits)
    if not len(maybe):
        return NOWHERE, NOWHERE, NO_DISTANCES
    query, row = np.divmod(maybe, block.shape[1])
    rest = np.bitwise_count(asked[2][query] ^ block[2][row])
    total = partial[maybe].astype(np.uint16) + rest
    total += np.bitwise_count(asked[3][query] ^ block[3][row])
    near = total <= radius_bits
    return query[near], row[near], total[near]
