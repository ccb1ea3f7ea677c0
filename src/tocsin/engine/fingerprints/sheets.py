"""The means of a picture laid out so that 64 x 64 points of it are one look-up.

Two sheets are sampled at 512 points a side. The soft one is blurred as PDQ blurs a whole picture
and goes on beyond the edges; the sharp one is neither, and serves windows so small that the means
themselves are already blur enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.continuation import continued
from tocsin.engine.fingerprints.windows import MARGIN, POINTS, Window

Plane = NDArray[np.float32]
Blocks = NDArray[np.float32]
Places = NDArray[np.intp]

CELLS: Final = 256
_STEPS: Final = 2 * CELLS
_MARGIN_CELLS: Final = round(MARGIN * CELLS)
_SOFT_SIDE: Final = 2 * (CELLS + 2 * _MARGIN_CELLS) + 1
_SHARP_SIDE: Final = _STEPS - 1
# PDQ's two boxes make a tent two 128ths wide: four cells around each point of the block.
_TENT: Final = np.array([1, 3, 3, 1], dtype=np.float32) / 8


@dataclass(frozen=True, slots=True)
class Sheets:
    """Both sheets of one picture, `soft` as float32[769, 769] and `sharp` as float32[511, 511]."""

    soft: Plane
    sharp: Plane

    def soft_blocks(self, places: Places) -> Blocks:
        """The blocks at `soft_places`, as float32[K, 64, 64]."""
        return self.soft.take(places, mode="clip")  # places are in the sheet; "clip" is faster

    def sharp_blocks(self, places: Places) -> Blocks:
        """The blocks at `sharp_places`, as float32[K, 64, 64]."""
        return self.sharp.take(places, mode="clip")


def sheets_of(means: Plane) -> Sheets:
    """The sheets of means float32[256, 256]."""
    wide = continued(means, _MARGIN_CELLS)
    return Sheets(_densified(_softened(wide)), _densified(means))


def whole_blocks(planes: Plane) -> Blocks:
    """The block of each whole plane float32[K, 256, 256], as float32[K, 64, 64]."""
    rows: Blocks = np.einsum("kitx,t->kix", planes.reshape(-1, POINTS, 4, CELLS), _TENT)
    blocks: Blocks = np.einsum("kijt,t->kij", rows.reshape(-1, POINTS, POINTS, 4), _TENT)
    return blocks


def soft_places(some: Sequence[Window]) -> Places:
    """Where the points of windows lie in the soft sheet, as intp[K, 64, 64]."""
    return _places(some, MARGIN * _STEPS, _SOFT_SIDE)


def sharp_places(some: Sequence[Window]) -> Places:
    """Where the points of windows lie in the sharp sheet, as intp[K, 64, 64]."""
    return _places(some, -1, _SHARP_SIDE)


def _places(some: Sequence[Window], offset: float, side: int) -> Places:
    """Points that lie even beyond the sheet are those of its edge."""
    places = np.empty((len(some), POINTS, POINTS), dtype=np.intp)
    for place, window in zip(places, some, strict=True):
        rows = np.clip(np.rint(window.y * _STEPS + offset), 0, side - 1)
        columns = np.clip(np.rint(window.x * _STEPS + offset), 0, side - 1)
        place[:] = rows * side + columns
    return places


def _softened(plane: Plane) -> Plane:
    """The tent at each boundary between cells, those of the outline with them; edges repeated."""
    rows = _tent(np.concatenate([plane[:1], plane[:1], plane, plane[-1:], plane[-1:]]), 0)
    return _tent(np.concatenate([rows[:, :1], rows[:, :1], rows, rows[:, -1:], rows[:, -1:]], 1), 1)


def _tent(plane: Plane, axis: int) -> Plane:
    """Weights 1, 3, 3, 1 over four neighbours along the axis."""
    after = plane.shape[axis] - 3
    outer, inner, next_inner, next_outer = (
        plane[step : after + step] if axis == 0 else plane[:, step : after + step]
        for step in range(4)
    )
    total = inner + next_inner
    total *= 3
    total += outer
    total += next_outer
    total *= _TENT[0]
    return total


def _densified(plane: Plane) -> Plane:
    """With a point halfway between any two, in rows and columns."""
    rows = np.empty((2 * plane.shape[0] - 1, plane.shape[1]), dtype=np.float32)
    rows[::2] = plane
    np.add(plane[:-1], plane[1:], out=rows[1::2])
    rows[1::2] *= 0.5
    dense = np.empty((rows.shape[0], 2 * rows.shape[1] - 1), dtype=np.float32)
    dense[:, ::2] = rows
    dense[:, 1::2] = (rows[:, :-1] + rows[:, 1:]) * np.float32(0.5)
    return dense
