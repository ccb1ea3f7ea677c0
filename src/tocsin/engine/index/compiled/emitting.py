"""How an instruction that Numba lacks is made: a function of int64 whose body is LLVM's own code.

`vectors` and `buckets` write the bodies; the names here are the few words they are written in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

I64 = ir.IntType(64)
I1, I8, I16, I32 = (ir.IntType(width) for width in (1, 8, 16, 32))

Emit = Callable[[Any, Sequence[Any]], Any]
Instruction = Callable[..., int]


def instruction(arguments: int, emit: Emit) -> Instruction:
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

    def four(_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
        return answer

    def five(_context: Any, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return answer

    def six(_context: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        return answer

    return {1: one, 2: two, 3: three, 4: four, 5: five, 6: six}[arguments]


def pointer(builder: Any, address: Any, kind: Any) -> Any:
    """The address, as a pointer to that kind."""
    return builder.inttoptr(address, kind.as_pointer())


def call(name: str, kind: Any, *more: Any) -> Emit:
    """A call of an LLVM intrinsic on one value and constants."""

    def emit(builder: Any, given: Sequence[Any]) -> Any:
        value = given[0]
        wanted = ir.FunctionType(kind, [value.type, *(constant.type for constant in more)])
        function = builder.module.globals.get(name) or ir.Function(builder.module, wanted, name)
        return builder.call(function, [value, *more])

    return emit


def prefetching(builder: Any, given: Sequence[Any]) -> Any:
    """Ask for the line of one address: to read, to keep close, data."""
    how = [ir.Constant(I32, number) for number in (0, 3, 1)]
    line = pointer(builder, given[0], I8)
    call("llvm.prefetch.p0", ir.VoidType(), *how)(builder, [line])
    return ir.Constant(I64, 0)


def in_every_lane(builder: Any, value: Any, kind: Any) -> Any:
    """The vector of which every lane is `value`."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(I32, 0))
    lanes = ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), lanes)
