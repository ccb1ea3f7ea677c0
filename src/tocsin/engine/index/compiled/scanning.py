"""Looking at every row, compiled: for short lists, for wide radii, and when all else fails.

As fast as memory delivers the rows: eight of them for each handful of vector instructions.
"""

from __future__ import annotations

from tocsin.engine.index.compiled.kernel import called, inlined, kernel
from tocsin.engine.index.compiled.vectors import (
    ROWS,
    SQUARED_BYTES,
    load64,
    lowest,
    ones,
    squares,
    store64,
    within,
)

# Rows that stay in the first-level cache while all queries pass over them.
BLOCK_ROWS = 512


@called
def _hit(rows: int, row: int, queries: int, query: int, radius: int, hits: int) -> None:
    here, asked = rows + 32 * row, queries + 32 * query
    distance = ones(load64(here) ^ load64(asked)) + ones(load64(here + 8) ^ load64(asked + 8))
    distance += ones(load64(here + 16) ^ load64(asked + 16))
    distance += ones(load64(here + 24) ^ load64(asked + 24))
    if distance <= radius:
        noted = load64(hits + 8)
        store64(hits + 8, noted + 1)
        store64(hits + 16 + 8 * noted, (query << 48) | (distance << 32) | row)


@inlined
def _scan_block(
    rows: int, first: int, last: int, queries: int, query: int, radius: int, hits: int
) -> None:
    asked = queries + 32 * query
    one, two = load64(asked), load64(asked + 8)
    three, four = load64(asked + 16), load64(asked + 24)
    row = first
    while row + ROWS <= last:
        near = within(rows + 32 * row, one, two, three, four, radius)
        while near:
            _hit(rows, row + lowest(near), queries, query, radius, hits)
            near &= near - 1
        row += ROWS
    while row < last:
        _hit(rows, row, queries, query, radius, hits)
        row += 1


@kernel(8)
def scan(
    rows: int, first: int, last: int, queries: int, numbers: int, count: int, radius: int, hits: int
) -> int:
    """Compare rows `first` to `last` with some queries; gives the row it came to.

    rows: address of uint64[n, 4]; queries: of uint64[., 4]; numbers: of int64[count], which of
    them; hits: of int64, laid out as for `search`. It stops early, at a multiple of 512 rows from
    where it began, when there may be no room for the hits of 512 more: empty `hits` and go on.
    """
    at = first
    while at < last and load64(hits + 8) + count * BLOCK_ROWS <= load64(hits):
        end = min(at + BLOCK_ROWS, last)
        for i in range(count):
            _scan_block(rows, at, end, queries, load64(numbers + 8 * i), radius, hits)
        at = end
    return at


@kernel(6)
def scan_squares(rows: int, first: int, last: int, asked: int, most: int, found: int) -> int:
    """Rows of 144 bytes whose squared Euclidean distance to one query is at most `most`.

    found: address of int64, first for how many there is room, then how many there are, then pairs
    of row and distance. Gives the row it came to: it stops when there is no more room.
    """
    at = first
    while at < last and load64(found + 8) < load64(found):
        distance = squares(rows + SQUARED_BYTES * at, asked)
        if distance <= most:
            noted = load64(found + 8)
            store64(found + 8, noted + 1)
            store64(found + 16 + 16 * noted, at)
            store64(found + 24 + 16 * noted, distance)
        at += 1
    return at
