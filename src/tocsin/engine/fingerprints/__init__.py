"""Fingerprints: what is left of a file once its bytes are gone.

For: the values that lists exchange (MD5, SHA-1, SHA-256, PDQ) and the status that says how far
they may be trusted. Owns the definition of each status and our own PDQ in NumPy.
Must never: decode a file (that is `media`), keep or print a picture, or guess a hash that the
pixels do not give.
"""

from tocsin.engine.fingerprints.digests import Digests, digests_of
from tocsin.engine.fingerprints.dihedral import DIHEDRAL, dihedral_of_block
from tocsin.engine.fingerprints.pdq import (
    LumaPlane,
    block_of,
    distance_bits,
    pdq_of_block,
    pdq_of_luma,
)
from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    HASHER,
    SMALL_BELOW_PIXELS,
    Decoding,
    Dialect,
    Fingerprints,
    FrameHash,
    FrameVariants,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
    Sampling,
    Sight,
    Status,
    Variant,
    VideoHashes,
)

__all__ = [
    "DIHEDRAL",
    "FLAT_BELOW_QUALITY",
    "HASHER",
    "SMALL_BELOW_PIXELS",
    "Decoding",
    "Dialect",
    "Digests",
    "Fingerprints",
    "FrameHash",
    "FrameVariants",
    "Gate",
    "LumaPlane",
    "Origin",
    "PdqHash",
    "PictureHashes",
    "Sampling",
    "Sight",
    "Status",
    "Variant",
    "VideoHashes",
    "block_of",
    "digests_of",
    "dihedral_of_block",
    "distance_bits",
    "pdq_of_block",
    "pdq_of_luma",
]
