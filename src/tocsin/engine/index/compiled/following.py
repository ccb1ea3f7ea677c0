"""The hashes asked last, compiled: the nearest of the kept ones, and its run gone on with."""

from __future__ import annotations

from tocsin.engine.index.compiled.kernel import inlined, kernel
from tocsin.engine.index.compiled.vectors import (
    load16,
    load32,
    load64,
    ones,
    store16,
    store32,
    store64,
)

KEPT, PARTS, NOBODY = 8_192, 16, 0xFFFF


@inlined
def _slot(word: int, part: int) -> int:
    """Where a part is looked up: 16 bits in a table of 2^13 rows, multiplied, so that all count."""
    return ((load16(word + 2 * part) * 2_654_435_769) & 0xFFFFFFFF) >> 19


@inlined
def _apart(one: int, other: int) -> int:
    bits = ones(load64(one) ^ load64(other)) + ones(load64(one + 8) ^ load64(other + 8))
    bits += ones(load64(one + 16) ^ load64(other + 16))
    return bits + ones(load64(one + 24) ^ load64(other + 24))


@kernel(7)
def follow(
    words: int, count: int, kept: int, runs: int, last: int, noted: int, within_bits: int
) -> int:
    """Remember uint64[count, 4], one after the other; gives how many were ever noted.

    kept: address of uint64[8192, 4]; runs: of int32[8192]; last: of uint16[16, 8192]; noted: how
    many came before. One that is kept already stays where it is.
    """
    for i in range(count):
        word = words + 32 * i
        least, nearest = 257, 0
        for part in range(PARTS):
            place = load16(last + 2 * (KEPT * part + _slot(word, part)))
            if place != NOBODY:
                bits = _apart(word, kept + 32 * place)
                if bits < least:
                    least, nearest = bits, place
        if least == 0:
            continue
        run = load32(runs + 4 * nearest) + 1 if least <= within_bits else 1
        place = noted % KEPT
        for part in range(4):
            store64(kept + 32 * place + 8 * part, load64(word + 8 * part))
        store32(runs + 4 * place, run)
        for part in range(PARTS):
            store16(last + 2 * (KEPT * part + _slot(word, part)), place)
        noted += 1
    return noted
