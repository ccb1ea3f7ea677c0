"""How many different things there were, in a kilobyte: for any number of processes together.

HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 1,024 registers: each keeps the longest
run of zeros that a keyed digest of its share began with. Two sketches become one by the greater of
each register, so that processes, restarts and repeats change nothing; the estimate is 3.3 % off in
the mean. Small numbers are counted by the registers that are still empty. What was counted cannot
be read out of it.
"""

from __future__ import annotations

import base64
import math

import numpy as np

from tocsin.domain.matching.guard.types import Words

REGISTERS = 1_024
_INDEX_BITS = 10
_BIAS = 0.7213 / (1 + 1.079 / REGISTERS)
_REST = (1 << 54) - 1
_FEW = 16


class Sketch:
    """Counts different uint64 numbers that are keyed digests. Not for several threads at once."""

    __slots__ = ("_registers",)

    def __init__(self, text: str = "") -> None:
        """Empty, or as `text` says, which `as_text` wrote. Raises ValueError for another text."""
        self._registers = np.zeros(REGISTERS, np.uint8)
        if text:
            self._registers = np.frombuffer(base64.b64decode(text, validate=True), np.uint8).copy()
        if len(self._registers) != REGISTERS:
            raise ValueError("a sketch has 1,024 registers")

    def add(self, digests: Words) -> None:
        """Count these too: uint64[n]."""
        if len(digests) < _FEW:
            # Most batches are of one picture, for which arrays take longer than counting.
            for digest in digests.tolist():
                place, rank = digest >> 54, 55 - (digest & _REST).bit_length()
                self._registers[place] = max(self._registers[place], rank)
            return
        index = (digests >> np.uint64(64 - _INDEX_BITS)).astype(np.int64)
        rest = digests & np.uint64(_REST)
        # frexp: 2^e <= 2 * number, so that 54 - e zeros stand before the first one; of half the
        # number, since one of 54 bits would be rounded.
        bits = np.frexp((rest >> np.uint64(1)).astype(np.float64))[1] + (rest > 0)
        rank = (55 - bits).astype(np.uint8)
        higher = rank > self._registers[index]
        if higher.any():
            np.maximum.at(self._registers, index[higher], rank[higher])

    def merge(self, other: Sketch) -> None:
        """Count what the other counted."""
        np.maximum(self._registers, other._registers, out=self._registers)

    def estimate(self) -> int:
        """How many different ones there were."""
        raw = _BIAS * REGISTERS**2 / float(np.exp2(-self._registers.astype(np.float64)).sum())
        empty = int((self._registers == 0).sum())
        if empty and raw <= 2.5 * REGISTERS:
            return round(REGISTERS * math.log(REGISTERS / empty))
        return round(raw)

    def as_text(self) -> str:
        """1,368 characters for a table."""
        return base64.b64encode(self._registers.tobytes()).decode()
