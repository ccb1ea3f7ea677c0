"""Bands for pictures that reach PDQ smaller than they are, or through another tool's grid.

The bands of an axis are weights per pixel. Whoever shrinks the picture before PDQ does so with
weights of its own; taking both together gives one set of bands, and one walk over the pixels gives
each dialect.
"""

from typing import Final

import numpy as np

from tocsin.engine.fingerprints.keeping import kept_for_usual_lengths
from tocsin.engine.fingerprints.pdq import Bands, Weights, bands

GRID: Final = 512
"""Meta's command-line tool squashes a picture with a side above this to GRID x GRID."""


@kept_for_usual_lengths
def nearest_512(length: int) -> Bands:
    """PDQ's bands for 512 pixels, laid on `length` pixels by nearest neighbour.

    Point x of the grid is pixel floor(x * length / 512): what CImg's `resize` does in
    `facebook/ThreatExchange`, `pdq/cpp/io/pdqio.cpp`. Good for `length` below 512 as well, where
    the other side is longer.
    """
    return tuple(_on_pixels(lo, weights, length) for lo, weights in bands(GRID))


def folded(some: Bands, scale: int) -> Bands:
    """The same bands for an axis whose decoder made one pixel out of `scale`.

    The weights of the pixels behind each small one are added up. The last small pixel of an axis
    may have fewer behind it.
    """
    if scale < 1:
        raise ValueError("a scale counts the pixels behind one: at least 1")
    return some if scale == 1 else tuple(_folded(lo, weights, scale) for lo, weights in some)


def _on_pixels(lo: int, weights: Weights, length: int) -> tuple[int, Weights]:
    pixels = np.arange(lo, lo + len(weights)) * length // GRID
    first = int(pixels[0])
    return first, np.bincount(pixels - first, weights).astype(np.float32)


def _folded(lo: int, weights: Weights, scale: int) -> tuple[int, Weights]:
    first = lo // scale
    small = np.arange(lo, lo + len(weights)) // scale - first
    return first, np.bincount(small, weights).astype(np.float32)
