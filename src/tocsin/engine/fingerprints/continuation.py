"""The picture continued beyond its edges, and filled in where something was laid over it.

What a crop cut off cannot be known, but its likeliest look can: natural pictures have about the
statistics of a Gaussian free field (power falling with the square of the frequency), whose expected
value outside of what is seen is the harmonic function that fits the edge. Along an edge that means:
each cosine wave of the edge fades the faster, the finer it is. Repeating the edge unfaded, the
usual way, finds fewer copies (`docs/engine/battery.md`).
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Half of the free field's rate: edges of things run on straighter than a random field's would.
_FADING: Final = 0.5
# Finer waves are gone within a cell or two, and PDQ's blur takes what is left of them.
_WAVES: Final = 128


def continued(plane: Plane, margin: int) -> Plane:
    """The plane float32[n, n] with `margin` more cells at every side, as float32[n+2m, n+2m]."""
    tall = _continued_rows(plane, margin)
    return np.ascontiguousarray(_continued_rows(tall.T, margin).T)


def filled(plane: Plane, covered: Mask) -> Plane:
    """The plane with its covered cells interpolated smoothly from the cells around them.

    `plane` is float32[n, n] with n a power of two, or a stack of such; `covered` alike. Where all
    is covered the plane becomes 0. By averaging what is known at ever coarser scales and filling
    back (pull-push, Gortler et al., "The Lumigraph", 1996).
    """
    seen = (~covered).astype(np.float32)
    known, levels = plane * seen, []
    while known.shape[-1] > 1:
        levels.append((known, seen))
        known, seen = _pulled(known, seen)
    whole = known
    for known, seen in reversed(levels):
        whole = known + (1 - seen) * _pushed(whole)
    return whole


def _continued_rows(plane: Plane, margin: int) -> Plane:
    waves, fading = _waves(plane.shape[1]), _fading(plane.shape[1], margin)
    edges = plane[[0, -1]] @ waves.T
    above, below = (fading * edges[:, None, :]) @ waves
    return np.concatenate([above[::-1], plane, below])


@lru_cache(maxsize=8)
def _waves(length: int) -> Plane:
    """The coarsest rows of the orthonormal DCT-II: row k is the wave of k half-periods."""
    rows, columns = np.arange(min(_WAVES, length))[:, None], np.arange(length)[None, :]
    waves: NDArray[np.float64] = np.cos(np.pi / (2 * length) * rows * (2 * columns + 1))
    waves *= np.sqrt(2 / length)
    waves[0] /= np.sqrt(2)
    return waves.astype(np.float32)


@lru_cache(maxsize=8)
def _fading(length: int, margin: int) -> Plane:
    """What is left of each wave, by cells from the edge."""
    steps = (np.arange(margin)[:, None] + 0.5) * np.arange(min(_WAVES, length))[None, :]
    left: NDArray[np.float64] = np.exp(-_FADING * np.pi / length * steps)
    return left.astype(np.float32)


def _pulled(known: Plane, seen: Plane) -> tuple[Plane, Plane]:
    """Half as many cells a side: mean of what is known, and whether anything is."""
    total, count = _sums(known), _sums(seen)
    here = np.minimum(count, 1)
    mean = total / np.maximum(count, 1e-6) * here
    return mean.astype(np.float32, copy=False), here


def _sums(plane: Plane) -> Plane:
    rows = plane[..., ::2, :] + plane[..., 1::2, :]
    return rows[..., ::2] + rows[..., 1::2]


def _pushed(plane: Plane) -> Plane:
    """Twice as many cells a side, interpolated."""
    return _doubled(_doubled(plane).swapaxes(-1, -2)).swapaxes(-1, -2)


def _doubled(plane: Plane) -> Plane:
    """Twice as many rows, each three quarters its own and one quarter its neighbour's."""
    above = np.concatenate([plane[..., :1, :], plane[..., :-1, :]], axis=-2)
    below = np.concatenate([plane[..., 1:, :], plane[..., -1:, :]], axis=-2)
    size = (*plane.shape[:-2], plane.shape[-2] * 2, plane.shape[-1])
    mixed = np.stack([0.75 * plane + 0.25 * above, 0.75 * plane + 0.25 * below], axis=-2)
    doubled: Plane = mixed.reshape(size)
    return doubled
