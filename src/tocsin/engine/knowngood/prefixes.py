"""Looking many keys up among sorted ones."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tocsin.engine.knowngood.types import Keys, Numbers

AT_ONCE: Final = 1 << 22
_FEWEST_BITS: Final = 10
_MOST_BITS: Final = 24


class Prefixes:
    """Sorted distinct keys, uint64[N], with a source each (or one for all).

    Up to a million keys are looked for behind a table of their first bits, 16 MiB at most, that
    turns away nearly all others; beyond that the asked keys are sorted first, so that the search
    walks through memory in one direction.
    """

    def __init__(self, keys: Keys, sources: npt.NDArray[Any] | int) -> None:
        self._keys = keys
        self._sources = sources

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, asked: Keys) -> tuple[npt.NDArray[np.intp], Numbers]:
        """The places of the asked keys, uint64[Q], that are known, ascending, and their sources.

        The key 0 stands for none and is never known.
        """
        parts = [
            self._find(asked[first : first + AT_ONCE], first)
            for first in range(0, len(asked), AT_ONCE)
        ]
        nothing: tuple[npt.NDArray[np.intp], Numbers] = (
            np.empty(0, np.intp),
            np.empty(0, np.uint32),
        )
        at, sources = zip(nothing, *parts, strict=True)
        return np.concatenate(at), np.concatenate(sources)

    def in_order(self) -> bool:
        """Whether each key is greater than the one before it; reads all of them."""
        return all(
            bool((part[1:] > part[:-1]).all())
            for first in range(0, len(self._keys), AT_ONCE)
            for part in (self._keys[first : first + AT_ONCE + 1],)
        )

    def _find(self, asked: Keys, first: int) -> tuple[npt.NDArray[np.intp], Numbers]:
        if not len(self._keys):
            return np.empty(0, np.intp), np.empty(0, np.uint32)
        if self._bits < _MOST_BITS:
            likely = np.flatnonzero(self._begins[asked >> np.uint64(64 - self._bits)])
            at, places = self._compared(asked, likely)
        else:
            at, places = self._compared(asked, np.argsort(asked))
            order = np.argsort(at)
            at, places = at[order], places[order]
        if isinstance(self._sources, int):
            return at + first, np.full(len(at), self._sources, np.uint32)
        return at + first, self._sources[places].astype(np.uint32)

    def _compared(
        self, asked: Keys, candidates: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        keys = asked[candidates]
        places = np.searchsorted(self._keys, keys)
        places[places == len(self._keys)] = 0
        same = (self._keys[places] == keys) & (keys != 0)
        return candidates[same], places[same]

    @property
    def _bits(self) -> int:
        return min(max(len(self._keys).bit_length() + 4, _FEWEST_BITS), _MOST_BITS)

    @cached_property
    def _begins(self) -> npt.NDArray[np.bool_]:
        """Whether any key begins with these bits: bool[2^bits]."""
        table = np.zeros(1 << self._bits, np.bool_)
        table[self._keys >> np.uint64(64 - self._bits)] = True
        return table
