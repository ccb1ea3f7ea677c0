"""Single instructions that kernels are made of: loads from addresses, bit counts, whole vectors.

Numba compiles array indexing well, but every array that a helper takes costs atomic counting of
references, and it never finds the vector forms by itself. So the kernels work on addresses, kept
alive by their callers, and name the few vector operations they need; LLVM lowers these to
AVX-512 (VPOPCNTW, VPOPCNTQ), AVX2, SSE or NEON, whatever the processor has.

Every number is a signed 64-bit one: mixing in unsigned ones would make Numba go over to floats.
Nothing here checks an address: the kernels do, before they use one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

RECORDS = 32
"""Records of 16 bits that `differing_by_at_most` looks at in one go."""
ROWS = 8
"""Rows of 256 bits that `within` looks at in one go."""
SQUARED_BYTES = 144
"""Bytes that `squares` compares: those of a PhotoDNA hash."""

_I64 = ir.IntType(64)
_BITS = tuple(ir.IntType(width) for width in (1, 8, 16, 32))
_I1, _I8, _I16, _I32 = _BITS

Emit = Callable[[Any, Sequence[Any]], Any]
Instruction = Callable[..., int]


def _instruction(arguments: int, emit: Emit) -> Instruction:
    """A Numba function of that many int64 whose body is what `emit` builds."""

    def generated(_context: Any, builder: Any, _signature: Any, given: Sequence[Any]) -> Any:
        return emit(builder, given)

    made: Instruction = intrinsic(
        _typing(arguments, (types.int64(*[types.int64] * arguments), generated))
    )
    return made


def _typing(arguments: int, answer: tuple[Any, Any]) -> Any:
    """What Numba asks for a signature: it reads the number of parameters off the function."""

    def one(_context: Any, a: Any) -> Any:
        return answer

    def two(_context: Any, a: Any, b: Any) -> Any:
        return answer

    def three(_context: Any, a: Any, b: Any, c: Any) -> Any:
        return answer

    def six(_context: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        return answer

    return {1: one, 2: two, 3: three, 6: six}[arguments]


def _at(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _load(kind: Any, align: int) -> Instruction:
    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = builder.load(_at(builder, given[0], kind), align=align)
        return value if kind is _I64 else builder.zext(value, _I64)

    return _instruction(1, emit)


def _store(kind: Any, align: int) -> Instruction:
    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = given[1] if kind is _I64 else builder.trunc(given[1], kind)
        builder.store(value, _at(builder, given[0], kind), align=align)
        return ir.Constant(_I64, 0)

    return _instruction(2, emit)


def _call(name: str, kind: Any, *more: Any) -> Emit:
    """A call of an LLVM intrinsic on one value and constants."""

    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = given[0]
        wanted = ir.FunctionType(kind, [value.type, *(constant.type for constant in more)])
        function = builder.module.globals.get(name) or ir.Function(builder.module, wanted, name)
        return builder.call(function, [value, *more])

    return emit


def _prefetch(builder: Any, given: Sequence[Any]) -> Any:
    # Read, keep close, data.
    how = [ir.Constant(_I32, number) for number in (0, 3, 1)]
    pointer = _at(builder, given[0], _I8)
    _call("llvm.prefetch.p0", ir.VoidType(), *how)(builder, [pointer])
    return ir.Constant(_I64, 0)


def _below(builder: Any, given: Sequence[Any]) -> Any:
    return builder.zext(builder.icmp_unsigned("<", given[0], given[1]), _I64)


def _put_bits(builder: Any, given: Sequence[Any]) -> Any:
    source, moved, target = given
    kind = ir.VectorType(_I64, 4)
    whole = ir.Constant(kind, [0] * 4)
    for place in range(32):
        byte = builder.load(_at(builder, builder.add(source, ir.Constant(_I64, place)), _I8))
        row = builder.add(builder.zext(byte, _I64), ir.Constant(_I64, 256 * place))
        at = builder.add(moved, builder.shl(row, ir.Constant(_I64, 5)))
        whole = builder.or_(whole, builder.load(_at(builder, at, kind), align=8))
    builder.store(whole, _at(builder, target, kind), align=8)
    return ir.Constant(_I64, 0)


def _squares(builder: Any, given: Sequence[Any]) -> Any:
    narrow, wide = ir.VectorType(_I8, 16), ir.VectorType(_I32, 16)
    total = ir.Constant(wide, [0] * 16)
    for first in range(0, SQUARED_BYTES, 16):
        one, other = (
            builder.load(
                _at(builder, builder.add(address, ir.Constant(_I64, first)), narrow), align=1
            )
            for address in given
        )
        difference = builder.sub(builder.zext(one, wide), builder.zext(other, wide))
        total = builder.add(total, builder.mul(difference, difference))
    # 144 times 255 squared fits into 32 bits.
    summed = _call("llvm.vector.reduce.add.v16i32", _I32)(builder, [total])
    return builder.zext(summed, _I64)


def _spread(builder: Any, value: Any, kind: Any) -> Any:
    """The vector of which every lane is `value`."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_I32, 0))
    lanes = ir.Constant(ir.VectorType(_I32, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), lanes)


def _few_bits(builder: Any, given: Sequence[Any]) -> Any:
    address, wanted, allowed = given
    kind = ir.VectorType(_I16, RECORDS)
    records = builder.load(_at(builder, address, kind), align=2)
    mixed = builder.xor(records, _spread(builder, builder.trunc(wanted, _I16), kind))
    counts = _call(f"llvm.ctpop.v{RECORDS}i16", kind)(builder, [mixed])
    most = _spread(builder, builder.trunc(allowed, _I16), kind)
    fine = builder.icmp_unsigned("<=", counts, most)
    return builder.zext(builder.bitcast(fine, _I32), _I64)


def _within(builder: Any, given: Sequence[Any]) -> Any:
    address, *words, radius = given
    kind = ir.VectorType(_I64, ROWS)
    query = ir.Constant(kind, ir.Undefined)
    for lane in range(ROWS):
        query = builder.insert_element(query, words[lane % 4], ir.Constant(_I32, lane))
    counts = []
    for line in range(4):
        at = builder.add(address, ir.Constant(_I64, 64 * line))
        mixed = builder.xor(builder.load(_at(builder, at, kind), align=8), query)
        counts.append(_call(f"llvm.ctpop.v{ROWS}i64", kind)(builder, [mixed]))
    # Words of a row stand side by side, so adding neighbours twice leaves one sum for each row.
    halves = [_neighbours(builder, counts[0], counts[1]), _neighbours(builder, *counts[2:])]
    sums = _neighbours(builder, halves[0], halves[1])
    fine = builder.icmp_unsigned("<=", sums, _spread(builder, radius, kind))
    return builder.zext(builder.bitcast(fine, _I8), _I64)


def _neighbours(builder: Any, low: Any, high: Any) -> Any:
    """The sums of lanes 0+1, 2+3 and so on, first those of `low`, then those of `high`."""
    picked = [
        ir.Constant(ir.VectorType(_I32, ROWS), list(range(first, 2 * ROWS, 2))) for first in (0, 1)
    ]
    even, odd = (builder.shuffle_vector(low, high, lanes) for lanes in picked)
    return builder.add(even, odd)


load8 = _load(_I8, 1)
load16 = _load(_I16, 2)
load32 = _load(_I32, 4)
load64 = _load(_I64, 1)
"""The value at an address, the narrower ones filled up with zeros."""

store16 = _store(_I16, 2)
store32 = _store(_I32, 4)
store64 = _store(_I64, 1)
store8 = _store(_I8, 1)
"""Put (address, value); the value is cut to the width."""

prefetch = _instruction(1, _prefetch)
"""Ask for the cache line of an address that will be needed soon; any address will do."""

ones = _instruction(1, _call("llvm.ctpop.i64", _I64))
"""How many bits are set."""

lowest = _instruction(1, _call("llvm.cttz.i64", _I64, ir.Constant(_I1, 0)))
"""The number of the lowest bit that is set; 64 for zero."""

turned = _instruction(1, _call("llvm.bswap.i64", _I64))
"""The eight bytes in the other order, so that `below` compares them as a dictionary would."""

below = _instruction(2, _below)
"""1 where the first is smaller than the second, both taken as unsigned, else 0."""

put_bits = _instruction(3, _put_bits)
"""(address of 32 bytes, of uint64[32, 256, 4], of 32 bytes): the bits that each byte at each place
stands for, all together."""

differing_by_at_most = _instruction(3, _few_bits)
"""(address of 32 uint16, wanted, allowed): bit i is set where record i differs in so few bits."""

within = _instruction(6, _within)
"""(address of 8 rows, the query's four words, radius): bit i is set where row i is that near."""

squares = _instruction(2, _squares)
"""(address of 144 bytes, of 144 bytes): the sum of the squares of their differences."""
