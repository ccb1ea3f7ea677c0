"""The last questions of a key that carried many hashes: a picture with its variants, a film.

Their hashes are alike by nature, so they are no run of trials; and each question got one answer, so
it is counted once around a picture that is met later, however many of its hashes lie there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from tocsin.domain.matching.guard.types import Words

MOST_HASHES = 32_768
"""A megabyte for a key that asks so."""


class Questions:
    """The newest of them, up to 32,768 hashes, each question under its keyed digest."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Words]] = deque()
        self._hashes = 0

    def add(self, tag: int, words: Words) -> None:
        """Remember uint64[k, 4] as one question."""
        self._kept.append((tag, words))
        self._hashes += len(words)
        while self._hashes > MOST_HASHES and len(self._kept) > 1:
            self._hashes -= len(self._kept.popleft()[1])

    def near(self, word: Words, within_bits: int) -> Iterator[int]:
        """The digests of those with a hash within so many bits of one uint64[4]."""
        for tag, words in self._kept:
            if (np.bitwise_count(words ^ word).sum(axis=1) <= within_bits).any():
                yield tag
