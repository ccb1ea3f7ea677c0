"""What was laid over a picture or done to its tones, and the picture without it: lettering,
badges, watermarks, and tones that were stretched.

All of it works on the luma in cells, float32[256, 256], 0 to 255.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.continuation import filled
from tocsin.engine.fingerprints.sheets import Blocks, whole_blocks
from tocsin.engine.fingerprints.windows import POINTS

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_Any = TypeVar("_Any", Plane, Mask)

_WHITE: Final = 200.0
_BLACK: Final = 70.0
_THIN_CELLS: Final = 5
_LEAST_COVERED: Final = 0.002
_TREATED: Final = ("lettering filled in", "fine light marks taken off", "darkened")
# In points of PDQ's block, of which there are 64 a side.
_ABOVE, _BELOW = (True, False), (False, True)
_STRIPES: Final = {
    "narrow stripes above and below": (2, 10, (True, True)),
    "narrow stripe above": (2, 10, _ABOVE),
    "narrow stripe below": (2, 10, _BELOW),
    "wide stripe above": (1, 13, _ABOVE),
    "wide stripe below": (1, 13, _BELOW),
}
_CORNER: Final = 14


def names() -> tuple[str, ...]:
    """The names of what `cleaned_blocks` gives, in its order."""
    corners = [f"{row} {column} corner filled in"
               for row in ("upper", "lower") for column in ("left", "right")]  # fmt: skip
    stripes = [f"{name} filled in" for name in _STRIPES]
    return (*_TREATED, *stripes, *corners)


def cleaned_blocks(plane: Plane) -> Blocks:
    """PDQ's block without what each of `names` takes off, as float32[len(names), 64, 64]."""
    tones = np.clip(plane, 0, 255)
    darker: Plane = tones * np.sqrt(tones / 255)
    treated = [_unlettered(plane), _opened(plane, _THIN_CELLS), darker]
    blocks = whole_blocks(np.stack([plane, *treated]))
    patches = _patches()
    patched = filled(np.broadcast_to(blocks[0], patches.shape), patches)
    return np.concatenate([blocks[1:], patched])


def _unlettered(plane: Plane) -> Plane:
    """Outlined type filled in: cells close to both nearly white and nearly black ones."""
    both = _grown(plane >= _WHITE, 3) & _grown(plane <= _BLACK, 3)
    covered = _grown(both, 5)
    return filled(plane, covered) if covered.mean() >= _LEAST_COVERED else plane


@lru_cache(maxsize=1)
def _patches() -> Mask:
    """The stripes and corners of `names` in the block, where type and badges mostly are."""
    near, far = slice(0, _CORNER), slice(POINTS - _CORNER, POINTS)
    corners = [(rows, columns) for rows in (near, far) for columns in (near, far)]
    masks = np.zeros((len(_STRIPES) + len(corners), POINTS, POINTS), dtype=bool)
    for mask, (low, high, (above, below)) in zip(masks, _STRIPES.values(), strict=False):
        mask[low:high] = above
        mask[POINTS - high : POINTS - low] = below
    for mask, corner in zip(masks[len(_STRIPES) :], corners, strict=True):
        mask[corner] = True
    return masks


def _grown(mask: Mask, width: int) -> Mask:
    return _running(_running(mask, width, np.logical_or).T, width, np.logical_or).T


def _opened(plane: Plane, width: int) -> Plane:
    """Without light marks thinner than `width` cells."""
    least = _running(_running(plane, width, np.minimum).T, width, np.minimum).T
    return _running(_running(least, width, np.maximum).T, width, np.maximum).T


def _running(plane: _Any, width: int, of: Callable[[_Any, _Any], _Any]) -> _Any:
    """The least or largest of `width` (odd) rows around each row, edges repeated."""
    padded = cast("_Any", np.pad(plane, ((width // 2, width // 2), (0, 0)), mode="edge"))
    best = padded[: len(plane)]
    for step in range(1, width):
        best = of(best, padded[step : step + len(plane)])
    return best
