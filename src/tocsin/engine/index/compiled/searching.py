"""The search through the sixteen tables, compiled. `ring` says why it finds everything.

While one item's records are compared (`asking` says what an item is), the next items' are on their
way from memory, and the directory lines of those after them. Rows worth a full comparison are put
aside, so that by the time they are compared they have arrived as well.
"""

from __future__ import annotations

from tocsin.engine.index.compiled.asking import (
    after,
    ask,
    asked,
    call_directory,
    read_on,
    reads_whole_tables,
)
from tocsin.engine.index.compiled.buckets import (
    count_near,
    long_near,
    look_near,
    open_near,
)
from tocsin.engine.index.compiled.kernel import called, inlined, kernel
from tocsin.engine.index.compiled.layout import (
    ASIDE,
    ASIDE_COUNT,
    BESIDE,
    CANDIDATES,
    COMPARED,
    DAMAGED,
    DIRECTORY,
    FIRST_HIT,
    FLIPS,
    FULL,
    IN_TURN,
    KEPT,
    MOST_CANDIDATES,
    MOST_COMPARED,
    NOTED,
    NUMBERS,
    ONE_FLIP,
    OPENED,
    OPENED_ITEM,
    PARTS,
    PUT_ASIDE,
    RADIUS,
    RECORDS,
    ROOM,
    ROW_COUNT,
    ROW_PLACE,
    TWO_FLIPS,
    WEIGHTS,
    WRONG,
)
from tocsin.engine.index.compiled.vectors import (
    differing_by_at_most,
    load16,
    load32,
    load64,
    lowest,
    ones,
    prefetch,
    store64,
)

# How many items ahead directory lines and records are called: the sum must stay below `IN_TURN`.
CALL_AHEAD, OPEN_AHEAD = 6, 3
# Up to so many rows a bucket lies in two lines as a rule; from there on more are called.
ROWS_OF_SHORT_BUCKETS = 1_500_000
# Lines of one bucket called beforehand: beyond them the processor has understood what comes.
MOST_LINES = 16
LOW_HALF = 0xFFFFFFFF


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
def _spans_at(work: int, number: int) -> int:
    """Where the spans of the item of this number are noted."""
    return work + 8 * (OPENED + (number & (IN_TURN - 1)) * OPENED_ITEM)


@inlined
def _open(tables: int, plan: int, work: int, item: int, number: int) -> None:
    """Note where the records of an item begin and end, and call them."""
    question, part = asked(work, item), item >> 16
    if _given_up(plan, work, question >> 32):
        return
    directory = load64(tables + 8 * (DIRECTORY + part))
    beside = load64(tables + 8 * (BESIDE + part))
    spans, weight = _spans_at(work, number), load64(plan + 8 * (WEIGHTS + part))
    if weight == 2:
        open_near(directory, question & 0xFFFF, beside, spans)
    else:
        _open_any(directory, question & 0xFFFF, beside, spans, plan, _openings(weight))
    if load64(tables + 8 * ROW_COUNT) > ROWS_OF_SHORT_BUCKETS:
        for flip in range(_openings(weight)):
            _call_inner_lines(beside, load64(spans + 8 * flip))


@called
def _open_any(
    directory: int, bucket: int, beside: int, spans: int, plan: int, openings: int
) -> int:
    """What `open_near` does, for as many buckets as another weight opens."""
    flips = load64(plan + 8 * FLIPS)
    for flip in range(openings):
        at = directory + 4 * (bucket ^ load16(flips + 2 * flip))
        begin, end = load32(at), load32(at + 4)
        store64(spans + 8 * flip, begin | (end << 32))
        prefetch(beside + 2 * begin)
        prefetch(beside + 2 * end)
    return openings


@inlined
def _call_inner_lines(beside: int, span: int) -> None:
    """Call the lines of a bucket between its first and its last."""
    line = beside + 2 * (span & LOW_HALF) + 64
    end = min(beside + 2 * (span >> 32), line + 64 * MOST_LINES)
    while line < end:
        prefetch(line)
        line += 64


@inlined
def _count(tables: int, weight: int, spans: int) -> int:
    """How many records an item was led to, -1 where its spans contradict themselves."""
    rows = load64(tables + 8 * ROW_COUNT)
    if weight == 2:
        return count_near(spans, rows)
    records = 0
    for flip in range(_openings(weight)):
        span = load64(spans + 8 * flip)
        begin, end = span & LOW_HALF, (span >> 32) & LOW_HALF
        if begin > end or end > rows:
            return -1
        records += end - begin
    return records


@inlined
def _look(
    tables: int, plan: int, queries: int, work: int, item: int, number: int, hits: int
) -> None:
    """Compare the next part of an item's records; put aside those that keep the bound."""
    question, part = asked(work, item), item >> 16
    query, spans = question >> 32, _spans_at(work, number)
    if _given_up(plan, work, query):
        return
    weight = load64(plan + 8 * (WEIGHTS + part))
    records = _count(tables, weight, spans)
    if records < 0:
        store64(work + 8 * WRONG, 1)
        return
    so_far = work + 8 * (CANDIDATES + query)
    store64(so_far, load64(so_far) + records)
    if _given_up(plan, work, query):
        return
    if weight == 2:
        _look_near(tables, plan, queries, work, hits, item, spans)
        return
    for flip in range(_openings(weight)):
        span = load64(spans + 8 * flip)
        if _look_from(tables, plan, queries, work, hits, item, span, _bits_of(flip)):
            return


@inlined
def _look_near(
    tables: int, plan: int, queries: int, work: int, hits: int, item: int, spans: int
) -> None:
    """Look at a part of weight two: at 32 records of each bucket, which is all of most."""
    question, part = asked(work, item), item >> 16
    bound = 1 + load64(plan + 8 * (WEIGHTS + part + 1))
    beside = load64(tables + 8 * (BESIDE + part))
    some = look_near(spans, beside, (question >> 16) & 0xFFFF, bound, work + 8 * KEPT)
    while some:
        flip = lowest(some)
        some &= some - 1
        kept, begin = load32(work + 8 * KEPT + 4 * flip), load64(spans + 8 * flip) & LOW_HALF
        if _put_aside(tables, plan, queries, work, hits, item, begin, kept):
            return
    longer = long_near(spans)
    while longer:
        flip = lowest(longer)
        longer &= longer - 1
        rest = load64(spans + 8 * flip) + RECORDS
        if _look_from(tables, plan, queries, work, hits, item, rest, _bits_of(flip)):
            return


@inlined
def _look_from(
    tables: int, plan: int, queries: int, work: int, hits: int, item: int, span: int, bits: int
) -> bool:
    """Look at the records of one bucket, so many bits away; True when the query was given up."""
    wanted, part = (asked(work, item) >> 16) & 0xFFFF, item >> 16
    begin, end = span & LOW_HALF, span >> 32
    weights = plan + 8 * (WEIGHTS + part)
    allowed = load64(weights) + load64(weights + 8) - 1 - bits
    beside = load64(tables + 8 * (BESIDE + part))
    given_up = False
    while begin < end and not given_up:
        kept = differing_by_at_most(beside + 2 * begin, wanted, allowed)
        if end - begin < RECORDS:
            kept &= (1 << (end - begin)) - 1
        if kept:
            given_up = _put_aside(tables, plan, queries, work, hits, item, begin, kept)
        begin += RECORDS
    return given_up


@called
def _put_aside(
    tables: int, plan: int, queries: int, work: int, hits: int, item: int, begin: int, kept: int
) -> bool:
    """Put those of 32 records aside that were kept; True when their query was given up by that."""
    query, part = asked(work, item) >> 32, item >> 16
    numbers = load64(tables + 8 * (NUMBERS + part)) + 4 * begin
    aside = load64(work + 8 * ASIDE_COUNT)
    while kept:
        at = numbers + 4 * lowest(kept)
        prefetch(at)
        store64(work + 8 * ASIDE + 16 * aside, at)
        store64(work + 8 * ASIDE + 16 * aside + 8, (query << 8) | part)
        aside += 1
        kept &= kept - 1
    store64(work + 8 * ASIDE_COUNT, aside)
    if aside < PUT_ASIDE:
        return False
    _compare(tables, plan, queries, work, hits)
    return _given_up(plan, work, query)


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
    whole, read = reads_whole_tables(tables, count), 0
    items = PARTS * count
    calling = opening = looking = 0
    for number in range(items + CALL_AHEAD):
        if number < items:
            if calling & 0xFFFF == 0:
                ask(queries, count, calling >> 16, work)
            if whole:
                read = read_on(tables, number, count, read)
            else:
                call_directory(tables, work, calling)
            calling = after(calling, count)
        opened = number - CALL_AHEAD + OPEN_AHEAD
        if 0 <= opened < items:
            _open(tables, plan, work, opening, opened)
            opening = after(opening, count)
        looked = number - CALL_AHEAD
        if looked >= 0:
            _look(tables, plan, queries, work, looking, looked, hits)
            looking = after(looking, count)
    _compare(tables, plan, queries, work, hits)
    if load64(work + 8 * WRONG):
        return DAMAGED
    return _outcome(plan, work, hits, count)
