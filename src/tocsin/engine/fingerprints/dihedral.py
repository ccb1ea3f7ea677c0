"""The hashes of a picture turned and mirrored, all eight from one block.

Turning a picture only changes signs of its low frequencies and which axis is which, so seven more
hashes cost next to nothing. They are Meta's own: `facebook/ThreatExchange`, `pdqhashing.cpp`,
`dct16OriginalToRotate90` and its neighbours. The hash of the turned *pixels* is another one, since
PDQ's box and points lie a little off centre: 7 bits away in the mean on photographs, now and then
over 30 on small pictures. Where the turn is known (EXIF), hash the turned pixels.
"""

from typing import Final

import numpy as np

from tocsin.engine.fingerprints.pdq import Block, coefficients_of, hashes_of, quality_of

DIHEDRAL: Final = (
    "original",
    "rotate90",
    "rotate180",
    "rotate270",
    "flipx",
    "flipy",
    "flipplus1",
    "flipminus1",
)
"""Meta's names and order: turned against the clock; `flipx` is upside down, `flipy` mirrored,
`flipplus1` along the main diagonal and `flipminus1` along the other one."""

# The first frequency is odd: mirroring an axis changes the sign of every second one from there on.
_MIRRORED: Final = np.where(np.arange(16) % 2, 1.0, -1.0)


def dihedral_of_block(block: Block) -> tuple[tuple[bytes, int], ...]:
    """Hash (32 bytes, hex order) and quality of the eight forms, in the order of DIHEDRAL."""
    quality = quality_of(block)
    return tuple((row.tobytes(), quality) for row in hashes_of(dihedral_of(coefficients_of(block))))


def dihedral_of(coefficients: Block) -> Block:
    """float64[8, 16, 16]: the coefficients (float64[16, 16]) of each of DIHEDRAL."""
    upside_down = coefficients * _MIRRORED[:, None]
    mirrored = coefficients * _MIRRORED
    both = mirrored * _MIRRORED[:, None]
    return np.stack(
        (
            coefficients,
            mirrored.T,
            both,
            upside_down.T,
            upside_down,
            mirrored,
            coefficients.T,
            both.T,
        )
    )
