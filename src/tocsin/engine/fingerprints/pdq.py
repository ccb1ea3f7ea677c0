"""PDQ as two banded matrix products.

Meta's algorithm blurs the luma twice with a box and picks 64 x 64 points. Both steps are linear
and work on each axis by itself, so they are one small matrix R per axis, almost empty: the 64 x 64
block is R(height) . luma . R(width)^T, then the hash is the sign of D . block . D^T against its
median. Same bits as the reference, without ever building a blurred picture.

Source: `facebook/ThreatExchange`, `pdq/cpp/hashing/pdqhashing.cpp` and `downscaling.cpp`
(the full-resolution dialect: no shrinking to 512 pixels first).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SMALLEST_SIDE: Final = 5
_POINTS: Final = 64
_GROUP_PIXELS: Final = 1 << 20
_RGB_TO_LUMA: Final = np.array([0.299, 0.587, 0.114])

Block = NDArray[np.float64]
Weights = NDArray[np.float32]


class RowSource(Protocol):
    """A picture that gives its rows a few at a time, so that no second full copy is needed."""

    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    def rows(self, first: int, after: int) -> NDArray[np.uint8]:
        """Rows `first` to `after` (exclusive) as uint8[rows, width, 3], RGB."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture is shown: mirrored up-down, mirrored left-right, then transposed."""

    flip_rows: bool = False
    flip_columns: bool = False
    transpose: bool = False


AS_STORED: Final = Turn()

TURN_OF_ORIENTATION: Final = {
    2: Turn(flip_columns=True),
    3: Turn(flip_rows=True, flip_columns=True),
    4: Turn(flip_rows=True),
    5: Turn(transpose=True),
    6: Turn(flip_rows=True, transpose=True),
    7: Turn(flip_rows=True, flip_columns=True, transpose=True),
    8: Turn(flip_columns=True, transpose=True),
}
"""EXIF tag 0x0112 (CIPA DC-008), values 2 to 8; 1 is `AS_STORED`."""


def pdq_of_luma(luma: NDArray[np.float32]) -> tuple[bytes, int]:
    """PDQ of a luma plane.

    `luma` is float32[height, width], 0 to 255. Returns the 32 bytes in hex order (bit 255 first)
    and the quality, 0 to 100. A side below 5 gives the zero hash with quality 0, as in the
    reference. Raises ValueError when `luma` is not two-dimensional.
    """
    if luma.ndim != 2:
        raise ValueError(f"luma must have two dimensions, not {luma.ndim}")
    height, width = luma.shape
    if min(height, width) < SMALLEST_SIDE:
        return bytes(32), 0
    tall = np.stack([w @ luma[lo : lo + len(w)] for lo, w in _bands(height)])
    return pdq_of_block(_reduce_columns(tall.astype(np.float64), _bands(width)))


def pdq_of_block(block: Block) -> tuple[bytes, int]:
    """The 32 hash bytes and the quality of a 64 x 64 block from `block_of`."""
    coefficients = _DCT @ block @ _DCT.T
    # Lower median of 256 values, as Torben's method gives it.
    median = np.partition(coefficients, 127, axis=None)[127]
    bits = (coefficients > median).reshape(-1)
    return np.packbits(bits[::-1]).tobytes(), _quality(block)


def block_of(source: RowSource, turn: Turn = AS_STORED) -> Block:
    """The 64 x 64 luma block that PDQ hashes, of the picture turned as asked.

    Turning the weights instead of the pixels gives exactly the block of the turned picture. Both
    sides must be at least 5 pixels (ValueError otherwise).
    """
    if min(source.height, source.width) < SMALLEST_SIDE:
        raise ValueError("PDQ needs at least 5 pixels a side")
    rows = _flipped(source.height) if turn.flip_rows else _bands(source.height)
    columns = _flipped(source.width) if turn.flip_columns else _bands(source.width)
    block = _reduce_columns(_reduce_rows(source, rows), columns)
    return block.T if turn.transpose else block


def _reduce_rows(source: RowSource, bands: tuple[tuple[int, Weights], ...]) -> Block:
    """R(height) . luma, as float64[64, width]."""
    tall = np.empty((_POINTS, source.width * 3), dtype=np.float32)
    for picks in _groups(source, len(bands)):
        first = min(bands[i][0] for i in picks)
        after = max(bands[i][0] + len(bands[i][1]) for i in picks)
        strip = source.rows(first, after).reshape(after - first, -1).astype(np.float32)
        for i in picks:
            lo, weights = bands[i]
            tall[i] = weights @ strip[lo - first : lo - first + len(weights)]
    luma: Block = tall.reshape(_POINTS, source.width, 3).astype(np.float64) @ _RGB_TO_LUMA
    return luma


def _groups(source: RowSource, picks: int) -> Iterator[range]:
    """Runs of picks whose rows together stay near a million pixels."""
    size = max(1, picks * _GROUP_PIXELS // (source.height * source.width))
    for start in range(0, picks, size):
        yield range(start, min(picks, start + size))


def _reduce_columns(tall: Block, bands: tuple[tuple[int, Weights], ...]) -> Block:
    """tall . R(width)^T, as float64[64, 64]."""
    return np.stack([tall[:, lo : lo + len(w)] @ w for lo, w in bands], axis=1)


@lru_cache(maxsize=256)
def _bands(length: int) -> tuple[tuple[int, Weights], ...]:
    """The non-zero run of each of the 64 rows of R: (first index, float32 weights summing to 1)."""
    window = -(-length // 128)
    right = (window + 2) // 2 - 1
    index = np.arange(length)
    low = np.maximum(0, index - (window - 1 - right))
    high = np.minimum(length - 1, index + right) + 1
    picks = ((np.arange(_POINTS) + 0.5) * length / _POINTS).astype(np.int64)
    return tuple(_band(int(low[p]), int(high[p]), low, high) for p in picks)


def _band(
    start: int, end: int, low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[int, Weights]:
    """Weights of two box passes seen from one pick, whose second box is start to end.

    The box shrinks at the edges and divides by what is left in it, as the reference does.
    """
    first, after = int(low[start]), int(high[end - 1])
    steps = np.zeros(after - first + 1)
    share = 1.0 / ((end - start) * (high[start:end] - low[start:end]))
    np.add.at(steps, low[start:end] - first, share)
    np.add.at(steps, high[start:end] - first, -share)
    return first, np.cumsum(steps[:-1]).astype(np.float32)


@lru_cache(maxsize=64)
def _flipped(length: int) -> tuple[tuple[int, Weights], ...]:
    """`_bands` of the axis read from its other end."""
    return tuple((length - lo - len(w), w[::-1].copy()) for lo, w in _bands(length))


def _quality(block: Block) -> int:
    """Gradient sum of the block, 0 to 100, in single precision as the reference counts it."""
    points = block.astype(np.float32)
    total = 0
    for axis in (0, 1):
        steps = np.diff(points, axis=axis) * np.float32(100) / np.float32(255)
        total += int(np.abs(np.trunc(steps)).sum())
    return min(100, int(total / 90))


def _dct_rows() -> Block:
    """Rows 1 to 16 of the 64-point DCT-II: the constant row is left out."""
    rows = np.arange(1, 17)[:, None]
    columns = np.arange(_POINTS)[None, :]
    cosines: Block = np.cos(np.pi / (2 * _POINTS) * rows * (2 * columns + 1))
    return cosines * math.sqrt(2 / _POINTS)


_DCT: Final = _dct_rows()
