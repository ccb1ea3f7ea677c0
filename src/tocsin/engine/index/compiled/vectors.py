"""Single instructions that kernels are made of: loads from addresses, bit counts, whole vectors.

Numba compiles array indexing well, but every array that a helper takes costs atomic counting of
references, and it never finds the vector forms by itself. So the kernels work on addresses, kept
alive by their callers, and name the few vector operations they need; LLVM lowers these to
AVX-512 (VPOPCNTW, VPOPCNTQ), AVX2, SSE or NEON, whatever the processor has.

Every number is a signed 64-bit one: mixing in unsigned ones would make Numba go over to floats.
Nothing here checks an address: the kernels do, before they use one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from tocsin.engine.index.compiled.emitting import (
    I1,
    I8,
    I16,
    I32,
    I64,
    Instruction,
    call,
    in_every_lane,
    instruction,
    pointer,
    prefetching,
)

RECORDS = 32
"""Records of 16 bits that `differing_by_at_most` looks at in one go."""
ROWS = 8
"""Rows of 256 bits that `within` looks at in one go."""
SQUARED_BYTES = 144
"""Bytes that `squares` compares: those of a PhotoDNA hash."""


def _load(kind: Any, align: int) -> Instruction:
    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = builder.load(pointer(builder, given[0], kind), align=align)
        return value if kind is I64 else builder.zext(value, I64)

    return instruction(1, emit)


def _store(kind: Any, align: int) -> Instruction:
    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = given[1] if kind is I64 else builder.trunc(given[1], kind)
        builder.store(value, pointer(builder, given[0], kind), align=align)
        return ir.Constant(I64, 0)

    return instruction(2, emit)


def _below(builder: Any, given: Sequence[Any]) -> Any:
    return builder.zext(builder.icmp_unsigned("<", given[0], given[1]), I64)


def _put_bits(builder: Any, given: Sequence[Any]) -> Any:
    source, moved, target = given
    kind = ir.VectorType(I64, 4)
    whole = ir.Constant(kind, [0] * 4)
    for place in range(32):
        byte = builder.load(pointer(builder, builder.add(source, ir.Constant(I64, place)), I8))
        row = builder.add(builder.zext(byte, I64), ir.Constant(I64, 256 * place))
        at = builder.add(moved, builder.shl(row, ir.Constant(I64, 5)))
        whole = builder.or_(whole, builder.load(pointer(builder, at, kind), align=8))
    builder.store(whole, pointer(builder, target, kind), align=8)
    return ir.Constant(I64, 0)


def _squares(builder: Any, given: Sequence[Any]) -> Any:
    narrow, wide = ir.VectorType(I8, 16), ir.VectorType(I32, 16)
    total = ir.Constant(wide, [0] * 16)
    for first in range(0, SQUARED_BYTES, 16):
        one, other = (
            builder.load(
                pointer(builder, builder.add(address, ir.Constant(I64, first)), narrow), align=1
            )
            for address in given
        )
        difference = builder.sub(builder.zext(one, wide), builder.zext(other, wide))
        total = builder.add(total, builder.mul(difference, difference))
    # 144 times 255 squared fits into 32 bits.
    summed = call("llvm.vector.reduce.add.v16i32", I32)(builder, [total])
    return builder.zext(summed, I64)


def _few_bits(builder: Any, given: Sequence[Any]) -> Any:
    address, wanted, allowed = given
    kind = ir.VectorType(I16, RECORDS)
    records = builder.load(pointer(builder, address, kind), align=2)
    mixed = builder.xor(records, in_every_lane(builder, builder.trunc(wanted, I16), kind))
    counts = call(f"llvm.ctpop.v{RECORDS}i16", kind)(builder, [mixed])
    most = in_every_lane(builder, builder.trunc(allowed, I16), kind)
    fine = builder.icmp_unsigned("<=", counts, most)
    return builder.zext(builder.bitcast(fine, I32), I64)


def _within(builder: Any, given: Sequence[Any]) -> Any:
    address, *words, radius = given
    kind = ir.VectorType(I64, ROWS)
    query = ir.Constant(kind, ir.Undefined)
    for lane in range(ROWS):
        query = builder.insert_element(query, words[lane % 4], ir.Constant(I32, lane))
    counts = []
    for line in range(4):
        at = builder.add(address, ir.Constant(I64, 64 * line))
        mixed = builder.xor(builder.load(pointer(builder, at, kind), align=8), query)
        counts.append(call(f"llvm.ctpop.v{ROWS}i64", kind)(builder, [mixed]))
    # Words of a row stand side by side, so adding neighbours twice leaves one sum for each row.
    halves = [_neighbours(builder, counts[0], counts[1]), _neighbours(builder, *counts[2:])]
    sums = _neighbours(builder, halves[0], halves[1])
    fine = builder.icmp_unsigned("<=", sums, in_every_lane(builder, radius, kind))
    return builder.zext(builder.bitcast(fine, I8), I64)


def _neighbours(builder: Any, low: Any, high: Any) -> Any:
    """The sums of lanes 0+1, 2+3 and so on, first those of `low`, then those of `high`."""
    picked = [
        ir.Constant(ir.VectorType(I32, ROWS), list(range(first, 2 * ROWS, 2))) for first in (0, 1)
    ]
    even, odd = (builder.shuffle_vector(low, high, lanes) for lanes in picked)
    return builder.add(even, odd)


load8 = _load(I8, 1)
load16 = _load(I16, 2)
load32 = _load(I32, 4)
load64 = _load(I64, 1)
"""The value at an address, the narrower ones filled up with zeros."""

store16 = _store(I16, 2)
store32 = _store(I32, 4)
store64 = _store(I64, 1)
store8 = _store(I8, 1)
"""Put (address, value); the value is cut to the width."""

prefetch = instruction(1, prefetching)
"""Ask for the cache line of an address that will be needed soon; any address will do."""

ones = instruction(1, call("llvm.ctpop.i64", I64))
"""How many bits are set."""

lowest = instruction(1, call("llvm.cttz.i64", I64, ir.Constant(I1, 0)))
"""The number of the lowest bit that is set; 64 for zero."""

turned = instruction(1, call("llvm.bswap.i64", I64))
"""The eight bytes in the other order, so that `below` compares them as a dictionary would."""

below = instruction(2, _below)
"""1 where the first is smaller than the second, both taken as unsigned, else 0."""

put_bits = instruction(3, _put_bits)
"""(address of 32 bytes, of uint64[32, 256, 4], of 32 bytes): the bits that each byte at each place
stands for, all together."""

differing_by_at_most = instruction(3, _few_bits)
"""(address of 32 uint16, wanted, allowed): bit i is set where record i differs in so few bits."""

within = instruction(6, _within)
"""(address of 8 rows, the query's four words, radius): bit i is set where row i is that near."""

squares = instruction(2, _squares)
"""(address of 144 bytes, of 144 bytes): the sum of the squares of their differences."""
