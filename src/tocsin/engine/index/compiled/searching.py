"""The search through the sixteen tables, compiled. `ring` says why it finds everything.

The work is cut into items, one for each part and query, all queries of a part together so that its
directory stays in the cache. While one item's records are compared, the next item's are on their
way from memory, and the directory lines of the one after. Rows worth a full comparison are put
aside, so that by the time they are compared they have arrived as well.
"""

from __future__ import annotations

from tocsin.engine.index.compiled.kernel import called, inlined, kernel
from tocsin.engine.index.compiled.vectors import (
    RECORDS,
    differing_by_at_most,
    load16,
    load32,
    load64,
    lowest,
    ones,
    prefetch,
    store64,
)

DAMAGED = -1
FULL = -2
"""What `search` gives when it could not answer."""

PARTS = 16
# Enough for the queries of one part to be answered from cache.
BLOCK_QUERIES = 2048
# From so many queries on, and up to so many rows, a whole table is read before it is searched.
MANY_QUERIES = 512
ROWS_IN_CACHE = 12_000_000
# How many items ahead directory lines and records are called.
CALL_AHEAD, OPEN_AHEAD = 4, 2
# Rows put aside before they are compared: their lines fill half of a first-level cache.
PUT_ASIDE = 256
ROOM_ASIDE = PUT_ASIDE + RECORDS

# So many values of 16 bits differ from one in at most one bit, and in at most two.
ONE_FLIP, TWO_FLIPS = 17, 137

# Where things stand in the int64 arrays that describe tables, plan, workplace and hits.
ROW_COUNT, ROW_PLACE, DIRECTORY, BESIDE, NUMBERS = 0, 1, 2, 18, 34
TABLES_SIZE = NUMBERS + PARTS
RADIUS, MOST_CANDIDATES, MOST_COMPARED, FLIPS, WEIGHTS = 0, 1, 2, 3, 4
PLAN_SIZE = WEIGHTS + PARTS + 1
ASIDE_COUNT, WRONG, CANDIDATES, COMPARED = 0, 1, 2, 2 + BLOCK_QUERIES
ASIDE = COMPARED + BLOCK_QUERIES
OPENED = ASIDE + 2 * ROOM_ASIDE
OPENED_ITEM = 2 * TWO_FLIPS
WORKPLACE_SIZE = OPENED + 8 * OPENED_ITEM
ROOM, NOTED, FIRST_HIT = 0, 1, 2


@inlined
def _openings(weight: int) -> int:
    """How many of the flips a part of this weight opens: those of fewer bits than the weight."""
    if weight <= 0:
        return 0
    if weight == 1:
        return 1
    return ONE_FLIP if weight == 2 else TWO_FLIPS


@inlined
def _bits_of(flip: int) -> int:
    if flip == 0:
        return 0
    return 1 if flip < ONE_FLIP else 2


@inlined
def _given_up(plan: int, work: int, query: int) -> bool:
    return load64(work + 8 * (CANDIDATES + query)) > load64(plan + 8 * MOST_CANDIDATES) or load64(
        work + 8 * (COMPARED + query)
    ) > load64(plan + 8 * MOST_COMPARED)


@inlined
def _part(queries: int, query: int, part: int) -> int:
    return load16(queries + 32 * query + 2 * (part & 15))


@inlined
def _call_directory(tables: int, plan: int, queries: int, query: int, part: int) -> None:
    directory = load64(tables + 8 * (DIRECTORY + part))
    flips = load64(plan + 8 * FLIPS)
    bucket = _part(queries, query, part)
    prefetch(directory + 4 * bucket)
    # The four lowest bits stay within the line of the bucket itself.
    for flip in range(5, _openings(load64(plan + 8 * (WEIGHTS + part)))):
        prefetch(directory + 4 * (bucket ^ load16(flips + 2 * flip)))


@inlined
def _open(
    tables: int, plan: int, queries: int, query: int, part: int, work: int, item: int
) -> None:
    """Note where the records of an item begin and how many there are, and call them."""
    if _given_up(plan, work, query):
        return
    directory = load64(tables + 8 * (DIRECTORY + part))
    beside = load64(tables + 8 * (BESIDE + part))
    rows = load64(tables + 8 * ROW_COUNT)
    flips = load64(plan + 8 * FLIPS)
    bucket = _part(queries, query, part)
    noted = work + 8 * (OPENED + (item & 7) * OPENED_ITEM)
    candidates = 0
    for flip in range(_openings(load64(plan + 8 * (WEIGHTS + part)))):
        at = directory + 4 * (bucket ^ load16(flips + 2 * flip))
        begin, end = load32(at), load32(at + 4)
        if begin > end or end > rows:
            store64(work + 8 * WRONG, 1)
            begin, end = 0, 0
        candidates += end - begin
        store64(noted + 16 * flip, begin)
        store64(noted + 16 * flip + 8, end - begin)
        # Nearly always one or two lines; a loop for these would be mispredicted all the time.
        prefetch(beside + 2 * begin)
        prefetch(beside + 2 * end)
        if end - begin > RECORDS:
            line = 2 * begin + 64
            while line < 2 * end:
                prefetch(beside + line)
                line += 64
    so_far = work + 8 * (CANDIDATES + query)
    store64(so_far, load64(so_far) + candidates)


@inlined
def _look(
    tables: int, plan: int, queries: int, query: int, part: int, work: int, item: int, hits: int
) -> None:
    """Compare the next part of an item's records; put aside those that keep the bound."""
    if _given_up(plan, work, query):
        return
    beside = load64(tables + 8 * (BESIDE + part))
    numbers = load64(tables + 8 * (NUMBERS + part))
    wanted = _part(queries, query, part + 1)
    weight = load64(plan + 8 * (WEIGHTS + part))
    bound = weight + load64(plan + 8 * (WEIGHTS + part + 1)) - 1
    noted = work + 8 * (OPENED + (item & 7) * OPENED_ITEM)
    aside = load64(work + 8 * ASIDE_COUNT)
    label = (query << 8) | part
    for flip in range(_openings(weight)):
        allowed = bound - _bits_of(flip)
        place = load64(noted + 16 * flip)
        left = load64(noted + 16 * flip + 8)
        while left > 0:
            kept = differing_by_at_most(beside + 2 * place, wanted, allowed)
            if left < RECORDS:
                kept &= (1 << left) - 1
            while kept:
                at = numbers + 4 * (place + lowest(kept))
                prefetch(at)
                store64(work + 8 * ASIDE + 16 * aside, at)
                store64(work + 8 * ASIDE + 16 * aside + 8, label)
                aside += 1
                kept &= kept - 1
            if aside >= PUT_ASIDE:
                store64(work + 8 * ASIDE_COUNT, aside)
                _compare(tables, plan, queries, work, hits)
                aside = 0
                if _given_up(plan, work, query):
                    store64(work + 8 * ASIDE_COUNT, 0)
                    return
            place += RECORDS
            left -= RECORDS
    store64(work + 8 * ASIDE_COUNT, aside)


@called
def _compare(tables: int, plan: int, queries: int, work: int, hits: int) -> None:
    """Compare in full what was put aside; note what is near enough."""
    count = load64(work + 8 * ASIDE_COUNT)
    rows, row_count = load64(tables + 8 * ROW_PLACE), load64(tables + 8 * ROW_COUNT)
    radius = load64(plan + 8 * RADIUS)
    for i in range(count):
        at = work + 8 * ASIDE + 16 * i
        row = load32(load64(at))
        if row >= row_count:
            store64(work + 8 * WRONG, 1)
            row = 0
        store64(at, row)
        prefetch(rows + 32 * row)
    for i in range(count):
        at = work + 8 * ASIDE + 16 * i
        row, label = load64(at), load64(at + 8)
        query = label >> 8
        so_far = work + 8 * (COMPARED + query)
        store64(so_far, load64(so_far) + 1)
        here, asked = rows + 32 * row, queries + 32 * query
        distance = ones(load64(here) ^ load64(asked)) + ones(load64(here + 8) ^ load64(asked + 8))
        if distance <= radius:
            distance += ones(load64(here + 16) ^ load64(asked + 16))
            distance += ones(load64(here + 24) ^ load64(asked + 24))
            if distance <= radius and _is_first(plan, here, asked, label & 255):
                _note(hits, (query << 48) | (distance << 32) | row)
    store64(work + 8 * ASIDE_COUNT, 0)


@inlined
def _is_first(plan: int, row: int, query: int, part: int) -> bool:
    """Whether no earlier part puts this row aside too: then it has been noted there."""
    own = ones(load16(row) ^ load16(query))
    for earlier in range(part):
        after = 2 * ((earlier + 1) & 15)
        beside = ones(load16(row + after) ^ load16(query + after))
        weight = load64(plan + 8 * (WEIGHTS + earlier))
        bound = weight + load64(plan + 8 * (WEIGHTS + earlier + 1)) - 1
        if own < weight and own + beside <= bound:
            return False
        own = beside
    return True


@inlined
def _note(hits: int, hit: int) -> None:
    """Note one hit where there is room; the count goes on, so that it shows when there was none."""
    noted = load64(hits + 8 * NOTED)
    store64(hits + 8 * NOTED, noted + 1)
    if noted < load64(hits + 8 * ROOM):
        store64(hits + 8 * (FIRST_HIT + noted), hit)


@inlined
def _call_part(tables: int, part: int) -> None:
    """Read a whole table into the cache, in order, which is faster than line by line on demand."""
    directory = load64(tables + 8 * (DIRECTORY + part))
    for line in range(0, 4 << 16, 64):
        prefetch(directory + line)
    beside = load64(tables + 8 * (BESIDE + part))
    for line in range(0, 2 * load64(tables + 8 * ROW_COUNT), 64):
        prefetch(beside + line)


@inlined
def _begin(work: int, hits: int, count: int) -> None:
    store64(work + 8 * ASIDE_COUNT, 0)
    store64(work + 8 * WRONG, 0)
    store64(hits + 8 * NOTED, 0)
    for query in range(count):
        store64(work + 8 * (CANDIDATES + query), 0)
        store64(work + 8 * (COMPARED + query), 0)


@inlined
def _outcome(plan: int, work: int, hits: int, count: int) -> int:
    if load64(hits + 8 * NOTED) > load64(hits + 8 * ROOM):
        return FULL
    anything = load64(hits + 8 * NOTED) > 0
    for query in range(count):
        anything |= _given_up(plan, work, query)
    return 1 if anything else 0


@inlined
def _after(item: int, count: int) -> int:
    """The item after one: its part from bit 16 on, its query below."""
    return item + 1 if (item & 0xFFFF) + 1 < count else ((item >> 16) + 1) << 16


@kernel(6)
def search(tables: int, plan: int, queries: int, count: int, work: int, hits: int) -> int:
    """Everything within the radius of up to 2,048 queries, except of those it had to give up.

    tables, plan, work: addresses of int64 arrays laid out as above; queries: of uint64[count, 4];
    hits: of int64: for how many there is room, how many there are, then the hits: the query's
    number from bit 48 on, the distance from bit 32 on, the row below. Gives 0 when nothing was
    found and no query given up, `DAMAGED` when the tables contradict themselves, `FULL` when there
    was not room enough, and 1 otherwise.

    A query is given up when it has met more candidates, or compared more rows, than the plan
    allows; its hits are incomplete, and the workplace's counts show it.
    """
    _begin(work, hits, count)
    whole = count >= MANY_QUERIES and load64(tables + 8 * ROW_COUNT) <= ROWS_IN_CACHE
    items = PARTS * count
    calling = opening = looking = 0
    for item in range(items + CALL_AHEAD):
        if item < items:
            if whole and calling & 0xFFFF == 0:
                _call_part(tables, calling >> 16)
            _call_directory(tables, plan, queries, calling & 0xFFFF, calling >> 16)
            calling = _after(calling, count)
        opened = item - CALL_AHEAD + OPEN_AHEAD
        if 0 <= opened < items:
            _open(tables, plan, queries, opening & 0xFFFF, opening >> 16, work, opened)
            opening = _after(opening, count)
        looked = item - CALL_AHEAD
        if looked >= 0:
            _look(tables, plan, queries, looking & 0xFFFF, looking >> 16, work, looked, hits)
            looking = _after(looking, count)
    _compare(tables, plan, queries, work, hits)
    if load64(work + 8 * WRONG):
        return DAMAGED
    return _outcome(plan, work, hits, count)
