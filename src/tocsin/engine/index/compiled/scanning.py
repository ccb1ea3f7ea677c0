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


# What is kept of each query while it is scanned: how many rows are enough, how far to look by now,
# how many were found nearer than that, and how many at each distance.
ENOUGH, LIMIT, NEARER, AT_DISTANCE = 0, 1, 2, 3
LOOK_SIZE = 64


@inlined
def _distance(row: int, query: int) -> int:
    distance = ones(load64(row) ^ load64(query)) + ones(load64(row + 8) ^ load64(query + 8))
    distance += ones(load64(row + 16) ^ load64(query + 16))
    return distance + ones(load64(row + 24) ^ load64(query + 24))


@called
def _hit(rows: int, row: int, queries: int, query: int, look: int, hits: int) -> int:
    """Note a row that is near enough; gives how far to look from now on."""
    limit = load64(look + 8 * LIMIT)
    distance = _distance(rows + 32 * row, queries + 32 * query)
    if distance > limit:
        return limit
    noted = load64(hits + 8)
    store64(hits + 8, noted + 1)
    store64(hits + 16 + 8 * noted, (query << 48) | (distance << 32) | row)
    at = look + 8 * (AT_DISTANCE + distance)
    store64(at, load64(at) + 1)
    nearer = load64(look + 8 * NEARER) + (1 if distance < limit else 0)
    while nearer >= load64(look + 8 * ENOUGH):
        # Enough stand nearer, so those as far as the limit are not wanted any more.
        limit -= 1
        nearer -= load64(look + 8 * (AT_DISTANCE + limit))
    store64(look + 8 * NEARER, nearer)
    store64(look + 8 * LIMIT, limit)
    return limit


@inlined
def _scan_block(
    rows: int, first: int, last: int, queries: int, query: int, look: int, hits: int
) -> None:
    asked = queries + 32 * query
    one, two = load64(asked), load64(asked + 8)
    three, four = load64(asked + 16), load64(asked + 24)
    limit = load64(look + 8 * LIMIT)
    row = first
    while row + ROWS <= last:
        near = within(rows + 32 * row, one, two, three, four, limit)
        while near:
            limit = _hit(rows, row + lowest(near), queries, query, look, hits)
            near &= near - 1
        row += ROWS
    while row < last:
        _hit(rows, row, queries, query, look, hits)
        row += 1


@kernel(8)
def scan(
    rows: int, first: int, last: int, queries: int, numbers: int, count: int, looks: int, hits: int
) -> int:
    """Compare rows `first` to `last` with some queries; gives the row it came to.

    rows: address of uint64[n, 4]; queries: of uint64[., 4]; numbers: of int64[count], which of
    them; looks: of int64[count, 64], laid out as above: once enough rows are found nearer than the
    limit, the limit goes down. hits: of int64, laid out as for `search`. It stops early, at a
    multiple of 512 rows from where it began, when there may be no room for the hits of 512 more:
    empty `hits` and go on.
    """
    at = first
    while at < last and load64(hits + 8) + count * BLOCK_ROWS <= load64(hits):
        end = min(at + BLOCK_ROWS, last)
        for i in range(count):
            look = looks + 8 * LOOK_SIZE * i
            _scan_block(rows, at, end, queries, load64(numbers + 8 * i), look, hits)
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
