"""Counting the distances of very many pairs of 256-bit hashes, in compiled code."""

from __future__ import annotations

from typing import Any, TypeAlias

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

Hashes: TypeAlias = npt.NDArray[np.uint8]
Columns: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.int64]
BITS = 257
_BLOCK = 2_048


def columns_of(hashes: Hashes) -> Columns:
    """uint8[n, 32] word by word, uint64[4, n]: eight hashes stand in one register then."""
    return np.ascontiguousarray(np.ascontiguousarray(hashes).view(np.uint64).T)


def count_distances(asked: Hashes, listed: Hashes, hashes_each: int = 1) -> Counts:
    """How many (picture, entry) pairs have each smallest distance: int64[257].

    `asked` is uint8[pictures * hashes_each, 32], the hashes of a picture side by side; a picture
    is as near to an entry as its nearest hash.
    """
    counts = np.zeros(BITS, np.int64)
    if len(asked) and len(listed):
        _count(columns_of(asked), columns_of(listed), hashes_each, counts)
    return counts


def _compiled(function: Any) -> Any:  # Any: Numba's decorator has no types
    return numba.njit(cache=True, nogil=True)(function)


def _counting(_context: Any, _word: Any) -> Any:
    """How many bits of a 64-bit word are set: one instruction, and eight words at once."""

    def emit(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.ctpop(given[0])

    return types.uint64(types.uint64), emit


_ones: Any = intrinsic(_counting)


@_compiled
def _count(asked: Any, listed: Any, hashes_each: Any, counts: Any) -> None:
    nearest = np.empty(_BLOCK, np.uint64)
    for first in range(0, listed.shape[1], _BLOCK):
        length = min(_BLOCK, listed.shape[1] - first)
        one = listed[0, first : first + length]
        two = listed[1, first : first + length]
        three = listed[2, first : first + length]
        four = listed[3, first : first + length]
        for start in range(0, asked.shape[1], hashes_each):
            nearest[:length] = np.uint64(256)
            for k in range(start, start + hashes_each):
                a, b, c, d = asked[0, k], asked[1, k], asked[2, k], asked[3, k]
                for j in range(length):
                    bits = _ones(a ^ one[j]) + _ones(b ^ two[j])
                    bits += _ones(c ^ three[j]) + _ones(d ^ four[j])
                    nearest[j] = min(bits, nearest[j])
            for j in range(length):
                counts[nearest[j]] += 1
