"""Where the picture is inside a picture: borders, bars with captions, pages and screens around it.

All of it looks at the luma in cells (float32[n, n], 0 to 255) and answers with boxes in cells.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Box(NamedTuple):
    """Cells `top` to `bottom` and `left` to `right`, the ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cells(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def shorter(self) -> int:
        return min(self.bottom - self.top, self.right - self.left)


# A picture that fills less than this share of a side is not looked for: its hash would say little.
_LEAST_SHARE: Final = 0.25
_SMALLEST_PART: Final = 0.03
_EVEN: Final = 0.97
_BARE: Final = 0.9
_PAGE_TONES: Final = 6.0
_PAGE_CELLS: Final = 10
_TONE_BIN: Final = 4


def trimmed(plane: Plane, tolerance_tones: float) -> Box:
    """The box without the rows and columns of one colour at each edge.

    A row belongs to the border when 97 % of it lies within the tolerance of the outermost row's
    median. The whole plane when nothing, or more than three quarters of a side, would go.
    """
    size = len(plane)
    box = Box(0, size, 0, size)
    for _ in range(2):
        inner = _trimmed_columns(plane, _trimmed_rows(plane, box, tolerance_tones), tolerance_tones)
        if inner == box:
            break
        box = inner
    return box


def _trimmed_rows(plane: Plane, box: Box, tolerance: float) -> Box:
    part = plane[box.top : box.bottom, box.left : box.right]
    top, bottom = (
        box.top + _even_rows(part, tolerance),
        box.bottom - _even_rows(part[::-1], tolerance),
    )
    enough = bottom - top >= _LEAST_SHARE * len(plane)
    return box._replace(top=top, bottom=bottom) if enough else box


def _trimmed_columns(plane: Plane, box: Box, tolerance: float) -> Box:
    turned = _trimmed_rows(plane.T, Box(box.left, box.right, box.top, box.bottom), tolerance)
    return Box(turned.left, turned.right, turned.top, turned.bottom)


def _even_rows(part: Plane, tolerance: float) -> int:
    """How many rows from the first have its colour."""
    tone = _middle(part[0])
    if _share_near(part[0], tone, tolerance) < _EVEN:  # most pictures: nothing else to look at
        return 0
    return _first(_share_near(part, tone, tolerance) < _EVEN)


def _middle(row: Plane) -> float:
    """The (upper) median: `np.median` takes ten times as long for one row."""
    return float(np.partition(row, len(row) // 2)[len(row) // 2])


def _share_near(part: Plane, tone: float, tolerance: float) -> NDArray[np.float64]:
    """The share of each row that lies within the tolerance of a tone."""
    near: NDArray[np.float64] = (np.abs(part - tone) <= tolerance).mean(axis=-1)
    return near


def _first(flags: NDArray[np.bool_]) -> int:
    return int(flags.argmax()) if flags.any() else 0


def without_bar(plane: Plane, tolerance_tones: float, share: float) -> tuple[Box, Box]:
    """The box below a bar at the top, and the one above a bar at the bottom.

    A bar is a run of rows of which at least `share` has the colour of the outermost row: the rest
    may be writing. It ends where four rows in a row have not (of 256).
    """
    size = len(plane)
    above = _bar_rows(plane, tolerance_tones, share)
    below = _bar_rows(plane[::-1], tolerance_tones, share)
    return Box(above, size, 0, size), Box(0, size - below, 0, size)


def _bar_rows(plane: Plane, tolerance: float, share: float) -> int:
    size = len(plane)
    tone = _middle(plane[0])
    if _share_near(plane[0], tone, tolerance) < _BARE:
        return 0
    near = _share_near(plane, tone, tolerance)
    run = max(2, size // 64)
    other = np.convolve(near < share, np.ones(run), "valid") == run
    rows = _first(other)
    return rows if rows <= (1 - _LEAST_SHARE) * size else 0


def parts_of_page(plane: Plane, most: int) -> list[Box]:
    """The largest solid things on a page of one colour, largest first: pictures, not writing.

    For screenshots of telephones and desktops. Two page colours are tried, the most frequent ones.
    What is thinner than ten cells (of 256) in any direction counts as writing.
    """
    found: list[Box] = []
    for tone in _page_tones(plane):
        solid = _opened(np.abs(plane - tone) > _PAGE_TONES, _PAGE_CELLS * len(plane) // 256)
        boxes = sorted(_cut_apart(solid), key=lambda box: -box.cells)
        found += [box for box in boxes if _is_part(box, plane.size)][:most]
    return sorted(dict.fromkeys(found), key=lambda box: -box.cells)[:most]


def _is_part(box: Box, cells: int) -> bool:
    return _SMALLEST_PART * cells < box.cells < 0.98 * cells


def _page_tones(plane: Plane) -> list[float]:
    """The median of each of the two fullest bins of four tones that hold 8 % of the cells."""
    bins = (np.clip(plane, 0, 255) / _TONE_BIN).astype(np.int64)
    counts = np.bincount(bins.ravel(), minlength=256 // _TONE_BIN)
    fullest = np.argsort(-counts, kind="stable")[:2]
    return [float(np.median(plane[bins == b])) for b in fullest if counts[b] >= 0.08 * plane.size]


def _opened(mask: Mask, side: int) -> Mask:
    """The union of all squares of that side that lie in the mask (a morphological opening)."""
    side = max(2, side)
    squares = _all_of(_all_of(mask, side).T, side)
    padded = np.pad(~squares, side - 1, constant_values=True)
    return ~_all_of(_all_of(padded, side).T, side)


def _all_of(mask: Mask, count: int) -> Mask:
    """Whether `count` rows from each row on are all set; by doubling, so log2(count) passes."""
    have = 1
    while have * 2 <= count:
        mask = mask[:-have] & mask[have:]
        have *= 2
    rest = count - have
    return mask[:-rest] & mask[rest:] if rest else mask


def _cut_apart(mask: Mask) -> Iterator[Box]:
    """Boxes of what is set, split at empty rows and columns until none is left (an XY cut)."""
    waiting = [Box(0, mask.shape[0], 0, mask.shape[1])]
    for _ in range(6):
        waiting = [part for box in waiting for part in _split(mask, box)]
    yield from waiting


def _split(mask: Mask, box: Box) -> Iterator[Box]:
    part = mask[box.top : box.bottom, box.left : box.right]
    for top, bottom in _runs(np.logical_or.reduce(part, axis=1)):
        for left, right in _runs(np.logical_or.reduce(part[top:bottom], axis=0)):
            yield Box(box.top + top, box.top + bottom, box.left + left, box.left + right)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end of each run of set flags, the eight longest."""
    steps = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    runs = zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True)
    longest = sorted(((int(a), int(b)) for a, b in runs), key=lambda run: run[0] - run[1])
    return longest[:8]
