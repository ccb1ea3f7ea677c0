"""PDQ as two banded matrix products.

Meta's algorithm blurs the luma twice with a box and picks 64 x 64 points. Both steps are linear
and work on each axis by itself, so they are one small matrix R per axis, almost empty: the 64 x 64
block is R(height) . luma . R(width)^T, then the hash is the sign of D . block . D^T against its
median. Same bits as the reference, without ever building a blurred picture.

Source: `facebook/ThreatExchange`, `pdq/cpp/hashing/pdqhashing.cpp` and `downscaling.cpp`
(the full-resolution dialect; `folding` has the other one, and pictures that come scaled down).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.keeping import kept_for_usual_lengths

SMALLEST_SIDE: Final = 5
_POINTS: Final = 64
# Two megabytes of float32 at a time: they stay in the processor's cache between the two steps.
_STRIP_PIXELS: Final = 1 << 19
_COLUMNS_AT_ONCE: Final = 8
_RGB_TO_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)

Block = NDArray[np.float64]
Weights = NDArray[np.float32]
Luma = NDArray[np.float32]
Rows = NDArray[np.uint8] | NDArray[np.float32]
Bands = tuple[tuple[int, Weights], ...]
"""Each row of R: where its run of non-zero weights starts, and the run. The weights add up to 1."""
Plan = tuple[Bands, Bands]
"""What to make of a picture: the bands of its height and those of its width."""


class RowSource(Protocol):
    """A picture that gives its rows a few at a time, so that no second full copy is needed."""

    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    def rows(self, first: int, after: int) -> Rows:
        """Rows `first` to `after` (exclusive): luma as uint8 or float32 [rows, width], or RGB as
        uint8[rows, width, 3]; 0 to 255."""
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


@dataclass(frozen=True, slots=True)
class LumaPlane:
    """A luma plane, uint8 or float32 [height, width], as a source of rows."""

    luma: Rows

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    def rows(self, first: int, after: int) -> Rows:
        return self.luma[first:after]


def distance_bits(one: bytes, other: bytes) -> int:
    """In how many bits two hashes of 32 bytes differ: 0 for equal ones, some 128 for unrelated."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def pdq_of_luma(luma: Rows) -> tuple[bytes, int]:
    """PDQ of a luma plane.

    `luma` is float32 or uint8 [height, width], 0 to 255. Returns the 32 bytes in hex order (bit
    255 first) and the quality, 0 to 100. A side below 5 gives the zero hash with quality 0, as in
    the reference. Raises ValueError when `luma` is not two-dimensional.
    """
    if luma.ndim != 2:
        raise ValueError(f"luma must have two dimensions, not {luma.ndim}")
    if min(luma.shape) < SMALLEST_SIDE:
        return bytes(32), 0
    return pdq_of_block(block_of(LumaPlane(luma)))


def pdq_of_block(block: Block) -> tuple[bytes, int]:
    """The 32 hash bytes and the quality of a 64 x 64 block from `block_of`."""
    return hashes_of(coefficients_of(block)[None])[0].tobytes(), quality_of(block)


def coefficients_of(block: Block) -> Block:
    """The 16 x 16 low frequencies of a 64 x 64 block, without the constant ones."""
    coefficients: Block = _DCT @ block @ _DCT.T
    return coefficients


def hashes_of(coefficients: Block) -> NDArray[np.uint8]:
    """The hashes, uint8[n, 32] in hex order, of float64[n, 16, 16] coefficients."""
    flat = coefficients.reshape(len(coefficients), -1)
    # Lower median of 256 values, as Torben's method gives it.
    median = np.partition(flat, 127, axis=1)[:, 127:128]
    return np.packbits((flat > median)[:, ::-1], axis=1)


def quality_of(block: Block) -> int:
    """Gradient sum of the block, 0 to 100, in single precision as the reference counts it."""
    points = block.astype(np.float32)
    total = 0
    for axis in (0, 1):
        steps = np.diff(points, axis=axis) * np.float32(100) / np.float32(255)
        total += int(np.abs(np.trunc(steps)).sum())
    return min(100, int(total / 90))


def block_of(source: RowSource, turn: Turn = AS_STORED) -> Block:
    """The 64 x 64 luma block that PDQ hashes, of the picture turned as asked.

    Turning the weights instead of the pixels gives exactly the block of the turned picture. Both
    sides must be at least 5 pixels (ValueError otherwise).
    """
    if min(source.height, source.width) < SMALLEST_SIDE:
        raise ValueError("PDQ needs at least 5 pixels a side")
    rows = flipped(source.height) if turn.flip_rows else bands(source.height)
    columns = flipped(source.width) if turn.flip_columns else bands(source.width)
    block = reduced(source, rows, columns)
    return block.T if turn.transpose else block


def reduced(source: RowSource, rows: Bands, columns: Bands) -> Block:
    """R(rows) . luma . R(columns)^T, as float64[len(rows), len(columns)].

    No band may reach beyond the source (ValueError).
    """
    return reductions(source, [(rows, columns)])[0]


def reductions(source: RowSource, plans: Sequence[Plan]) -> list[Block]:
    """`reduced` for several plans, reading the source once."""
    for rows, columns in plans:
        _refuse_beyond(rows, source.height)
        _refuse_beyond(columns, source.width)
    reduced_rows = [np.empty((len(rows), source.width), np.float32) for rows, _ in plans]
    for first, strip in _strips(source):
        for tall, (rows, _) in zip(reduced_rows, plans, strict=True):
            _add_rows(tall, rows, first, strip)
    return [
        _reduce_columns(tall, columns)
        for tall, (_, columns) in zip(reduced_rows, plans, strict=True)
    ]


def _refuse_beyond(some: Bands, length: int) -> None:
    if any(lo < 0 or lo + len(weights) > length for lo, weights in some):
        raise ValueError(f"a band reaches beyond the {length} pixels there are")


def _strips(source: RowSource) -> Iterator[tuple[int, Luma]]:
    """The picture's luma in runs of rows of half a million pixels, with each run's first row.

    A run is only good until the next one is asked for.
    """
    count = min(source.height, max(1, _STRIP_PIXELS // source.width))
    # Fresh memory costs more than the conversion: one buffer for all runs.
    scratch: list[Luma] = []
    for first in range(0, source.height, count):
        rows = source.rows(first, min(first + count, source.height))
        yield first, _as_luma(rows, scratch)


def _as_luma(rows: Rows, scratch: list[Luma]) -> Luma:
    if rows.ndim == 3:
        colours: Luma = rows.astype(np.float32) @ _RGB_TO_LUMA
        return colours
    if rows.dtype == np.float32:
        return rows.astype(np.float32, copy=False)
    if not scratch:
        scratch.append(np.empty(rows.shape, np.float32))
    luma = scratch[0][: len(rows)]
    luma[...] = rows
    return luma


def _add_rows(tall: Luma, rows: Bands, first: int, strip: Luma) -> None:
    """Put into each row of R . luma, or add to it, what this strip contributes."""
    after = first + len(strip)
    for place, (lo, weights) in enumerate(rows):
        start, end = max(lo, first), min(lo + len(weights), after)
        if start >= end:
            continue
        run, seen = weights[start - lo : end - lo], strip[start - first : end - first]
        if start == lo:
            np.dot(run, seen, out=tall[place])
        else:
            tall[place] += np.dot(run, seen)


def _reduce_columns(tall: Luma, columns: Bands) -> Block:
    """tall . R(width)^T, a few bands at a time as one dense product."""
    out = np.empty((len(tall), len(columns)))
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        some = columns[start : start + _COLUMNS_AT_ONCE]
        first = min(lo for lo, _ in some)
        after = max(lo + len(weights) for lo, weights in some)
        dense = np.zeros((len(some), after - first))
        for row, (lo, weights) in zip(dense, some, strict=True):
            row[lo - first : lo - first + len(weights)] = weights
        out[:, start : start + len(some)] = tall[:, first:after].astype(np.float64) @ dense.T
    return out


@kept_for_usual_lengths
def bands(length: int) -> Bands:
    """R of one axis of this many pixels: its 64 bands."""
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


@kept_for_usual_lengths
def flipped(length: int) -> Bands:
    """`bands` of the axis read from its other end."""
    return tuple((length - lo - len(w), w[::-1].copy()) for lo, w in bands(length))


def _dct_rows() -> Block:
    """Rows 1 to 16 of the 64-point DCT-II: the constant row is left out."""
    rows = np.arange(1, 17)[:, None]
    columns = np.arange(_POINTS)[None, :]
    cosines: Block = np.cos(np.pi / (2 * _POINTS) * rows * (2 * columns + 1))
    return cosines * math.sqrt(2 / _POINTS)


_DCT: Final = _dct_rows()
