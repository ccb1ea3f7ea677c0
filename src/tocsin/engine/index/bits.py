"""The fixed order into which the bits of a hash are put before it is cut into parts.

Neighbouring bits of a real PDQ hash say almost the same, so parts cut from them fill unevenly (the
biggest bucket held 240 times the mean); after one random permutation real hashes behave like
random ones. A permutation changes no distance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from random import Random

import numpy as np

from tocsin.engine.index.arrays import Bytes, Words, address_of
from tocsin.engine.index.compiled import kernels

HASH_BITS = 256
HASH_BYTES = HASH_BITS // 8
SEED = 20261101


@dataclass(frozen=True)
class BitOrder:
    """Which of the 256 given bits each of the 256 kept bits is, uint8[256]."""

    order: Bytes = field(compare=False)

    def is_permutation(self) -> bool:
        """Whether every bit is kept exactly once; a damaged file may say otherwise."""
        return bool((np.sort(self.order) == np.arange(HASH_BITS)).all())

    def permuted(self, hashes: Bytes) -> Bytes:
        """uint8[n, 32] with the bits in their new places, in memory order uint8[n, 32]."""
        compiled = kernels()
        if compiled is not None:
            words = np.empty((len(hashes), 4), np.uint64)
            compiled.permute(address_of(hashes), len(hashes), self.moved_at, address_of(words))
            return words.view(np.uint8)
        words = np.zeros((len(hashes), 4), np.uint64)
        for place in range(HASH_BYTES):
            words |= self._moved[place][hashes[:, place]]
        return words.view(np.uint8)

    @cached_property
    def moved_at(self) -> int:
        """Where the table of moved bits stands in memory, for the compiled search."""
        return address_of(self._moved)

    @cached_property
    def _moved(self) -> Words:
        """uint64[32, 256, 4]: where the bits of each byte value at each place end up."""
        one_byte = np.zeros((HASH_BYTES, 256, HASH_BYTES), np.uint8)
        for place in range(HASH_BYTES):
            one_byte[place, :, place] = np.arange(256)
        bits = np.unpackbits(one_byte.reshape(-1, HASH_BYTES), axis=1)
        moved = np.ascontiguousarray(np.packbits(bits[:, self.order], axis=1))
        return moved.view(np.uint64).reshape(HASH_BYTES, 256, 4)


@lru_cache(maxsize=4)
def order_from(order: bytes) -> BitOrder:
    """The order that these 256 bytes tell, made once: its tables take 20 ms to fill."""
    return BitOrder(np.frombuffer(order, np.uint8))


def fixed_order() -> BitOrder:
    """The order that new indexes use; each file carries its own, so this may change later."""
    return order_from(bytes(Random(SEED).sample(range(HASH_BITS), HASH_BITS)))  # noqa: S311 - spreads bits, hides nothing
