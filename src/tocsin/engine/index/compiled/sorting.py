"""Building, compiled: bits into their order, values into sorted distinct rows, rows into tables."""

from __future__ import annotations

from tocsin.engine.index.compiled.kernel import called, inlined, kernel
from tocsin.engine.index.compiled.vectors import (
    below,
    load8,
    load16,
    load32,
    load64,
    put_bits,
    store8,
    store16,
    store32,
    store64,
    turned,
)

BUCKETS = 1 << 16
# Up to here putting each value into its place among those before it beats merging.
SHORT_RUN = 12


@kernel(4)
def permute(hashes: int, count: int, moved: int, into: int) -> int:
    """`count` hashes with their bits in their new places. moved: address of uint64[32, 256, 4]."""
    for i in range(count):
        put_bits(hashes + 32 * i, moved, into + 32 * i)
    return count


@inlined
def _copy(source: int, target: int, width: int) -> None:
    whole = width & ~7
    for i in range(0, whole, 8):
        store64(target + i, load64(source + i))
    for i in range(whole, width):
        store8(target + i, load8(source + i))


@inlined
def _bucket(value: int) -> int:
    return (load8(value) << 8) | load8(value + 1)


@kernel(4)
def count_beginnings(values: int, count: int, width: int, counts: int) -> int:
    """Add to int64[65536] how many values begin with which two bytes."""
    for i in range(count):
        at = counts + 8 * _bucket(values + width * i)
        store64(at, load64(at) + 1)
    return count


@kernel(7)
def spread(
    values: int, ids: int, count: int, width: int, places: int, into: int, ids_into: int
) -> int:
    """Put values and ids where those with their first two bytes go; moves int64[65536] places."""
    for i in range(count):
        at = places + 8 * _bucket(values + width * i)
        place = load64(at)
        store64(at, place + 1)
        _copy(values + width * i, into + width * place, width)
        store64(ids_into + 8 * place, load64(ids + 8 * i))
    return count


@inlined
def compared(one: int, other: int, width: int) -> int:
    """-1, 0 or 1, as the one value stands before, with or behind the other in a dictionary."""
    whole = width & ~7
    for i in range(0, whole, 8):
        here, there = load64(one + i), load64(other + i)
        if here != there:
            return -1 if below(turned(here), turned(there)) else 1
    for i in range(whole, width):
        here, there = load8(one + i), load8(other + i)
        if here != there:
            return -1 if here < there else 1
    return 0


@inlined
def _stands_before(values: int, ids: int, width: int, one: int, other: int) -> bool:
    order = compared(values + width * one, values + width * other, width)
    if order:
        return order < 0
    return below(load64(ids + 8 * one), load64(ids + 8 * other)) != 0


@called
def _sort_run(values: int, ids: int, width: int, first: int, last: int, order: int) -> None:
    """Sort order[first:last], each number into its place among those before it."""
    for i in range(first + 1, last):
        moving = load32(order + 4 * i)
        place = i
        while place > first:
            before = load32(order + 4 * (place - 1))
            if not _stands_before(values, ids, width, moving, before):
                break
            store32(order + 4 * place, before)
            place -= 1
        store32(order + 4 * place, moving)


@called
def _merge(
    values: int, ids: int, width: int, order: int, first: int, middle: int, last: int, into: int
) -> None:
    """Two sorted runs that follow one another, as one."""
    left, right = first, middle
    for place in range(first, last):
        take_right = right < last and (
            left >= middle
            or _stands_before(
                values, ids, width, load32(order + 4 * right), load32(order + 4 * left)
            )
        )
        taken = right if take_right else left
        store32(into + 4 * place, load32(order + 4 * taken))
        if take_right:
            right += 1
        else:
            left += 1


@called
def _sorted(values: int, ids: int, width: int, count: int, order: int, spare: int) -> int:
    """The numbers 0 to count - 1 by value and id, in `order` or `spare`: gives which.

    By merging, since that is as quick on values that somebody chose to be slow.
    """
    for i in range(count):
        store32(order + 4 * i, i)
    for first in range(0, count, SHORT_RUN):
        _sort_run(values, ids, width, first, min(first + SHORT_RUN, count), order)
    run = SHORT_RUN
    while run < count:
        for first in range(0, count, 2 * run):
            middle = min(first + run, count)
            last = min(first + 2 * run, count)
            _merge(values, ids, width, order, first, middle, last, spare)
        order, spare = spare, order
        run *= 2
    return order


@kernel(6)
def tidy(values: int, ids: int, width: int, ends: int, room: int, starts: int) -> int:
    """Sort spread values bucket by bucket and keep one of each pair, in place; gives the rows.

    ends: address of int64[65536], where each bucket ends; room: of bytes, (width + 16) for each
    value of the fullest bucket; starts: of uint32[values + 1], where the ids of each row will
    begin, the last of them being the number of ids.
    """
    begin = rows = pairs = 0
    for bucket in range(BUCKETS):
        end = load64(ends + 8 * bucket)
        count = end - begin
        if count:
            kept, kept_ids = room, room + ((width * count + 7) & ~7)
            for i in range(count):
                _copy(values + width * (begin + i), kept + width * i, width)
                store64(kept_ids + 8 * i, load64(ids + 8 * (begin + i)))
            order = kept_ids + 8 * count
            order = _sorted(kept, kept_ids, width, count, order, order + 4 * count)
            for i in range(count):
                number = load32(order + 4 * i)
                value, entry = kept + width * number, load64(kept_ids + 8 * number)
                known = rows > 0 and compared(value, values + width * (rows - 1), width) == 0
                if known and entry == load64(ids + 8 * (pairs - 1)):
                    continue
                if not known:
                    _copy(value, values + width * rows, width)
                    store32(starts + 4 * rows, pairs)
                    rows += 1
                store64(ids + 8 * pairs, entry)
                pairs += 1
        begin = end
    store32(starts + 4 * rows, pairs)
    return rows


@kernel(3)
def count_parts(rows: int, count: int, counts: int) -> int:
    """Add to uint32[16, 65536] how many rows have which value in each of their parts."""
    for row in range(count):
        for part in range(16):
            at = counts + 4 * ((part << 16) + load16(rows + 32 * row + 2 * part))
            store32(at, load32(at) + 1)
    return count


@kernel(5)
def split(rows: int, count: int, part: int, places: int, into: int) -> int:
    """Bring the rows together whose part begins with the same byte; moves uint32[256] places.

    into: address of uint64[count]: the row's number, from bit 32 on its part, from 48 on the next.
    Two steps write to 256 places at a time, which the first-level cache holds; one step would
    write to 65,536.
    """
    after = 2 * ((part + 1) & 15)
    for row in range(count):
        here = rows + 32 * row
        value = load16(here + 2 * part)
        at = places + 4 * (value >> 8)
        place = load32(at)
        store32(at, place + 1)
        store64(into + 8 * place, (load16(here + after) << 48) | (value << 32) | row)
    return count


@kernel(5)
def fill_table(parted: int, count: int, places: int, beside: int, numbers: int) -> int:
    """Put what `split` wrote into the table of its part; moves uint32[65536] places."""
    for i in range(count):
        record = load64(parted + 8 * i)
        at = places + 4 * ((record >> 32) & 0xFFFF)
        place = load32(at)
        store32(at, place + 1)
        store16(beside + 2 * place, record >> 48)
        store32(numbers + 4 * place, record)
    return count


@kernel(6)
def find(values: int, count: int, width: int, asked: int, questions: int, places: int) -> int:
    """Where each of the asked values stands among the sorted ones, -1 where it does not.

    places: address of int64[questions]. Gives how many were found.
    """
    found = 0
    for i in range(questions):
        value = asked + width * i
        low, high = 0, count
        while low < high:
            middle = (low + high) >> 1
            if compared(values + width * middle, value, width) < 0:
                low = middle + 1
            else:
                high = middle
        stands = low < count and compared(values + width * low, value, width) == 0
        store64(places + 8 * i, low if stands else -1)
        found += 1 if stands else 0
    return found
