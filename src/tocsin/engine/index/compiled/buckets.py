"""The seventeen buckets within one bit of a query's part, opened and looked at together.

Nearly all instructions of a search are spent here, so these are written out for all seventeen in
one straight run: no loop, no branch, every constant in its place. A span is how a directory tells
where a bucket begins and ends: two numbers of 32 bits side by side, read and kept as one of 64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from tocsin.engine.index.compiled.emitting import (
    I16,
    I32,
    I64,
    call,
    in_every_lane,
    instruction,
    pointer,
    prefetching,
)
from tocsin.engine.index.compiled.vectors import RECORDS

NEAR_BUCKETS = 17
"""So many values of 16 bits differ from one in at most one bit."""

_LOW_HALF = ir.Constant(I64, 0xFFFFFFFF)
_SPANS = ir.VectorType(I64, 16)
_MASKS = ir.VectorType(I32, 16)
_PARTS = ir.VectorType(I16, RECORDS)


def _open_near(builder: Any, given: Sequence[Any]) -> Any:
    directory, bucket, beside, spans = given
    first = builder.shl(bucket, ir.Constant(I64, 2))
    for place in range(NEAR_BUCKETS):
        flip = ir.Constant(I64, (4 << place) >> 1 & ~3)
        at = builder.add(directory, builder.xor(first, flip))
        span = builder.load(pointer(builder, at, I64), align=4)
        builder.store(span, _item(builder, spans, place, I64), align=8)
        for bound in _bounds(builder, span):
            # Nearly always one or two lines; a loop for these would be mispredicted all the time.
            prefetching(builder, [_record(builder, beside, bound)])
    return ir.Constant(I64, 0)


def _count_near(builder: Any, given: Sequence[Any]) -> Any:
    spans, rows = given
    all_but_one = builder.load(_item(builder, spans, 0, _SPANS), align=8)
    last = builder.load(_item(builder, spans, NEAR_BUCKETS - 1, I64), align=8)
    count, wrong = _counted(builder, last, rows)
    counts, wrongs = _counted(builder, all_but_one, in_every_lane(builder, rows, _SPANS))
    total = call("llvm.vector.reduce.add.v16i64", I64)(builder, [counts])
    total = builder.add(total, count)
    any_wrong = builder.icmp_unsigned("!=", builder.bitcast(wrongs, I16), ir.Constant(I16, 0))
    return builder.select(builder.or_(wrong, any_wrong), ir.Constant(I64, -1), total)


def _long_near(builder: Any, given: Sequence[Any]) -> Any:
    (spans,) = given
    all_but_one = builder.load(_item(builder, spans, 0, _SPANS), align=8)
    last = builder.load(_item(builder, spans, NEAR_BUCKETS - 1, I64), align=8)
    begins, ends = _bounds(builder, all_but_one)
    most = in_every_lane(builder, ir.Constant(I64, RECORDS), _SPANS)
    longer = builder.icmp_unsigned(">", builder.sub(ends, begins), most)
    begin, end = _bounds(builder, last)
    last_longer = builder.icmp_unsigned(">", builder.sub(end, begin), ir.Constant(I64, RECORDS))
    return _flags(builder, longer, last_longer)


def _look_near(builder: Any, given: Sequence[Any]) -> Any:
    spans, beside, wanted, bound, kept_at = given
    less = builder.sub(bound, ir.Constant(I64, 1))
    query, most, fewer = (
        in_every_lane(builder, builder.trunc(number, I16), _PARTS)
        for number in (wanted, bound, less)
    )
    for place in range(NEAR_BUCKETS):
        span = builder.load(_item(builder, spans, place, I64), align=8)
        begin, end = _bounds(builder, span)
        at = pointer(builder, _record(builder, beside, begin), _PARTS)
        mixed = builder.xor(builder.load(at, align=2), query)
        bits = call(f"llvm.ctpop.v{RECORDS}i16", _PARTS)(builder, [mixed])
        fine = builder.icmp_unsigned("<=", bits, fewer if place else most)
        own = _first_ones(builder, builder.sub(end, begin))
        kept = builder.and_(builder.bitcast(fine, I32), builder.trunc(own, I32))
        builder.store(kept, _item(builder, kept_at, place, I32), align=4)
    masks = builder.load(_item(builder, kept_at, 0, _MASKS), align=4)
    last = builder.load(_item(builder, kept_at, NEAR_BUCKETS - 1, I32), align=4)
    some = builder.icmp_unsigned("!=", masks, ir.Constant(_MASKS, [0] * 16))
    return _flags(builder, some, builder.icmp_unsigned("!=", last, ir.Constant(I32, 0)))


def _item(builder: Any, first: Any, place: int, kind: Any) -> Any:
    """Where item `place` stands behind the first, each as wide as `kind` (or as a lane of it)."""
    width = getattr(kind, "element", kind).width // 8
    at = builder.add(first, ir.Constant(I64, width * place))
    return pointer(builder, at, kind)


def _record(builder: Any, beside: Any, place: Any) -> Any:
    return builder.add(beside, builder.shl(place, ir.Constant(I64, 1)))


def _bounds(builder: Any, span: Any) -> tuple[Any, Any]:
    """Begin and end of a span, or of a vector of them."""
    low, width = _LOW_HALF, ir.Constant(I64, 32)
    if span.type == _SPANS:
        low, width = (in_every_lane(builder, number, _SPANS) for number in (low, width))
    return builder.and_(span, low), builder.lshr(span, width)


def _counted(builder: Any, span: Any, rows: Any) -> tuple[Any, Any]:
    """How many records a span (or each of a vector) holds, and whether that cannot be."""
    begin, end = _bounds(builder, span)
    backwards = builder.icmp_unsigned(">", begin, end)
    beyond = builder.icmp_unsigned(">", end, rows)
    return builder.sub(end, begin), builder.or_(backwards, beyond)


def _first_ones(builder: Any, count: Any) -> Any:
    """A number whose lowest `count` bits are set, 32 at most."""
    many = ir.Constant(I64, RECORDS)
    capped = builder.select(builder.icmp_unsigned("<", count, many), count, many)
    return builder.not_(builder.shl(ir.Constant(I64, -1), capped))


def _flags(builder: Any, sixteen: Any, last: Any) -> Any:
    """Sixteen truths and one as the lowest seventeen bits of a number."""
    low = builder.zext(builder.bitcast(sixteen, I16), I64)
    return builder.or_(low, builder.shl(builder.zext(last, I64), ir.Constant(I64, 16)))


open_near = instruction(4, _open_near)
"""(directory, bucket, beside, spans): note where each bucket begins and ends, its own first, then
by the bit that differs, at int64[17]; and call the line of its first record and of its last."""

count_near = instruction(2, _count_near)
"""(spans, rows): how many records the seventeen hold, -1 where they contradict themselves."""

long_near = instruction(1, _long_near)
"""(spans): bit i is set where bucket i holds more than 32 records."""

look_near = instruction(5, _look_near)
"""(spans, beside, wanted, bound, kept): bit i is set where any of the first 32 records of bucket i
is within `bound` bits of what is wanted, its bucket's own bit counted in; which of them, for each
bucket, in uint32[17] at `kept`."""
