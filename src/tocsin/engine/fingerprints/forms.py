"""PDQ of many blocks at once, each in the forms that mirroring and quarter turns give.

Mirroring a picture along an axis negates every other cosine wave of that axis, and transposing it
transposes the coefficients: so eight hashes cost one transform. (Meta's `pdqhashing.cpp` gets its
dihedral hashes the same way.)
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[np.float32]
Hashes = NDArray[np.uint8]

FORMS: Final = (
    "",
    "mirrored",
    "flipped",
    "rotated 180°",
    "mirrored and rotated 270°",
    "rotated 90°",
    "rotated 270°",
    "mirrored and rotated 90°",
)
"""What is done to the picture, turns clockwise; the first is nothing."""

UPRIGHT_FORMS: Final = 2
"""The first two keep up and down where they are."""

_WAVES: Final = 16
_ODD: Final = np.where(np.arange(_WAVES) % 2 == 0, -1, 1).astype(np.float32)
_EVEN: Final = np.ones(_WAVES, dtype=np.float32)
_SIGNS: Final = np.stack(
    [np.outer(down, across) for down in (_EVEN, _ODD) for across in (_EVEN, _ODD)]
)


def hashes_of(blocks: Blocks, forms: int) -> Hashes:
    """PDQ of blocks float32[K, 64, 64] in the first so many forms (2 or 8): uint8[K, forms, 32].

    Bits stand in the order of the hexadecimal form, bit 255 first.
    """
    plain = _DCT @ blocks @ _DCT.T
    both = (plain, plain.swapaxes(1, 2))[: 1 if forms <= len(_SIGNS) else 2]
    signed = np.concatenate([some[:, None] * _SIGNS for some in both], axis=1)[:, :forms]
    flat = signed.reshape(len(blocks), forms, _WAVES * _WAVES)
    # Lower median of 256 values, as in the reference.
    median = np.partition(flat, 127, axis=2)[:, :, 127:128]
    return np.packbits((flat > median)[:, :, ::-1], axis=2)


def qualities_of(blocks: Blocks) -> NDArray[np.int64]:
    """PDQ's quality of each block float32[K, 64, 64], 0 to 100: its gradient sum."""
    total = np.zeros(len(blocks), dtype=np.float32)
    for axis in (1, 2):
        steps = np.diff(blocks, axis=axis)
        steps *= np.float32(100 / 255)
        total += np.abs(np.trunc(steps, out=steps), out=steps).sum(axis=(1, 2))
    return np.minimum(100, (total / 90).astype(np.int64))


def _dct_rows() -> Blocks:
    """Rows 1 to 16 of the 64-point DCT-II."""
    rows, columns = np.arange(1, _WAVES + 1)[:, None], np.arange(64)[None, :]
    waves: NDArray[np.float64] = np.cos(np.pi / 128 * rows * (2 * columns + 1))
    return (waves * math.sqrt(2 / 64)).astype(np.float32)


_DCT: Final = _dct_rows()
