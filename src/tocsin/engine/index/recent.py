"""The different PDQ hashes that were asked last, and which of them are near-identical.

Sixteen parts of 16 bits, each the key of a small table that remembers the last hash with these
bits. Of hashes that differ from a kept one in 8 bits it finds 99.8 %, in 16 bits 98 %, in 31 bits
81 % (`benchmarks/oracle_guard.py`). That is for finding runs; what was asked around a match is
looked for among all of them. 8,192 hashes are kept, 0.6 MB for each who asks by PDQ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import Places, Words, address_of
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.scan import distances

KEPT = 8_192
PARTS = 16
RUN_BITS = 31
LONG_RUN = 16
_CHUNK = 64
_NOBODY = 0xFFFF


class Recent:
    """Different hashes, the last 8,192 of them, each with the length of the run it goes on."""

    def __init__(self) -> None:
        self._words = np.zeros((KEPT, 4), np.uint64)
        self._run = np.zeros(KEPT, np.int32)
        self._last = np.full((PARTS, KEPT), _NOBODY, np.uint16)
        self._count = 0
        # They stay where they are for as long as this object does.
        self._at = [address_of(kept) for kept in (self._words, self._run, self._last)]

    def add(self, words: Words) -> None:
        """Remember uint64[n, 4]; those that were asked before stay where they are.

        Where nothing is compiled, those of a piece of 64 are not compared with one another.
        """
        compiled = kernels()
        if compiled is not None:
            words = np.ascontiguousarray(words)
            self._count = compiled.follow(
                address_of(words), len(words), *self._at, self._count, RUN_BITS
            )
            return
        for first in range(0, len(words), _CHUNK):
            self._add_chunk(words[first : first + _CHUNK])

    def seen(self, words: Words) -> npt.NDArray[np.bool_]:
        """For each of uint64[n, 4], whether a near-identical one was found among those kept."""
        earlier = self._last[np.arange(PARTS), _slots(words)].astype(np.int64)
        found: npt.NDArray[np.bool_] = self._nearest(words, earlier)[1] <= RUN_BITS
        return found

    def near(self, word: Words, within_bits: int) -> Words:
        """Every kept hash within so many bits of one uint64[4]: uint64[k, 4]."""
        kept = self._words[: min(self._count, KEPT)]
        near: Words = kept[np.bitwise_count(kept ^ word).sum(axis=1) <= within_bits]
        return near

    def run_share(self) -> float:
        """Which part of 8,192 hashes belongs to runs of 16 and more near-identical ones."""
        return float((self._run >= LONG_RUN).sum()) / KEPT

    def _add_chunk(self, words: Words) -> None:
        slots = _slots(words)
        earlier = self._last[np.arange(PARTS), slots].astype(np.int64)
        nearest, apart = self._nearest(words, earlier)
        fresh = np.flatnonzero(apart > 0)
        if not len(fresh):
            return
        places = (self._count + np.arange(len(fresh))) % KEPT
        follows = apart[fresh] <= RUN_BITS
        runs = np.where(follows, self._run[nearest[fresh]] + 1, 1)
        self._words[places], self._run[places] = words[fresh], runs
        self._last[np.arange(PARTS)[:, None], slots[fresh].T] = places.astype(np.uint16)
        self._count += len(fresh)

    def _nearest(self, words: Words, earlier: Places) -> tuple[Places, Places]:
        """Of the candidates int64[n, parts]: the nearest one's place and its distance."""
        n = len(words)
        repeated = np.repeat(words, PARTS, axis=0)
        bits = distances(repeated, self._words[earlier.reshape(-1) % KEPT]).reshape(n, PARTS)
        apart = np.where(earlier == _NOBODY, 257, bits.astype(np.int64))
        best = apart.argmin(axis=1)
        rows = np.arange(n)
        return earlier[rows, best] % KEPT, apart[rows, best]


def _slots(words: Words) -> Places:
    """Where each part of uint64[n, 4] is looked up: int64[n, 16]."""
    parts = np.ascontiguousarray(words).view(np.uint16).reshape(len(words), PARTS)
    # 16 bits in a table of 2^13 rows: multiplied, so that all of them count.
    mixed = parts.astype(np.uint32) * np.uint32(2_654_435_769)
    return (mixed >> np.uint32(19)).astype(np.int64)
