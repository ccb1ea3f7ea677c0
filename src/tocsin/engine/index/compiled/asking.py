"""In which order a search asks, and how what it will need comes into the cache before.

The work is cut into items, one for each part and query, all queries of a part together. Where they
are many, those that ask for neighbouring buckets follow one another, and the table is read in step
with them, each line once and in order, half a table ahead: memory gives lines in order several
times as fast as here and there.
"""

from __future__ import annotations

from tocsin.engine.index.compiled.kernel import called, inlined
from tocsin.engine.index.compiled.layout import (
    ASKED,
    BESIDE,
    BLOCK_QUERIES,
    DIRECTORY,
    IN_TURN,
    PARTS,
    PLACES,
    ROW_COUNT,
)
from tocsin.engine.index.compiled.vectors import load16, load64, prefetch, store64

# From so many queries on they are put in order, and up to so many rows whole tables are read.
MANY_QUERIES = 512
ROWS_IN_CACHE = 12_000_000
# A table is read in this many steps, and so many steps before it is needed.
STEPS, STEPS_AHEAD = 4096, 2048


@inlined
def after(item: int, count: int) -> int:
    """The item after one: its part from bit 16 on, its place among the `count` queries below."""
    return item + 1 if (item & 0xFFFF) + 1 < count else ((item >> 16) + 1) << 16


@inlined
def asked(work: int, item: int) -> int:
    """What an item asks: its bucket, from bit 16 on the next part, from bit 32 on the query."""
    turn = (item >> 16) & (IN_TURN - 1)
    return load64(work + 8 * (ASKED + BLOCK_QUERIES * turn + (item & 0xFFFF)))


@called
def ask(queries: int, count: int, part: int, work: int) -> int:
    """List what the queries ask of a part; many of them in the order of their first byte."""
    list_at = work + 8 * (ASKED + BLOCK_QUERIES * (part & (IN_TURN - 1)))
    if count < MANY_QUERIES:
        for query in range(count):
            store64(list_at + 8 * query, _question(queries, query, part))
        return count
    places = work + 8 * PLACES
    _find_places(queries, count, part, places)
    for query in range(count):
        question = _question(queries, query, part)
        at = places + 8 * ((question >> 8) & 255)
        place = load64(at)
        store64(at, place + 1)
        store64(list_at + 8 * place, question)
    return count


@inlined
def _question(queries: int, query: int, part: int) -> int:
    at = queries + 32 * query
    bucket, wanted = load16(at + 2 * part), load16(at + 2 * ((part + 1) & 15))
    return bucket | (wanted << 16) | (query << 32)


@called
def _find_places(queries: int, count: int, part: int, places: int) -> int:
    """Where in the list the queries of each first byte begin."""
    for first in range(256):
        store64(places + 8 * first, 0)
    for query in range(count):
        at = places + 8 * (load16(queries + 32 * query + 2 * part) >> 8)
        store64(at, load64(at) + 1)
    place = 0
    for first in range(256):
        here = load64(places + 8 * first)
        store64(places + 8 * first, place)
        place += here
    return place


@inlined
def reads_whole_tables(tables: int, count: int) -> bool:
    """Whether so many ask that they will touch nearly every line of a table."""
    return count >= MANY_QUERIES and load64(tables + 8 * ROW_COUNT) <= ROWS_IN_CACHE


@inlined
def read_on(tables: int, number: int, count: int, read: int) -> int:
    """Read the tables as far as the item of this number asks; gives the steps read by now."""
    while (read - STEPS_AHEAD) * count < number * STEPS and read < PARTS * STEPS:
        _read_step(tables, read // STEPS, read % STEPS)
        read += 1
    return read


@inlined
def _read_step(tables: int, part: int, step: int) -> None:
    prefetch(load64(tables + 8 * (DIRECTORY + part)) + 64 * step)
    # The order of the bits makes the buckets about equally full, so a share of the table will do.
    size = 2 * load64(tables + 8 * ROW_COUNT)
    beside = load64(tables + 8 * (BESIDE + part))
    line, end = beside + (size * step) // STEPS, beside + (size * (step + 1)) // STEPS
    while line < end:
        prefetch(line)
        line += 64


@inlined
def call_directory(tables: int, work: int, item: int) -> None:
    """Call the lines of the directory that an item will read when it is opened."""
    directory = load64(tables + 8 * (DIRECTORY + (item >> 16)))
    bucket = asked(work, item) & 0xFFFF
    prefetch(directory + 4 * bucket)
    # The four lowest bits stay within the line of the bucket itself.
    for bit in range(4, 16):
        prefetch(directory + 4 * (bucket ^ (1 << bit)))
