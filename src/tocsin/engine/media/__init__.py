"""Media: bytes of a file in, fingerprints out, and nothing of the picture left behind.

For: reading picture files of strangers. Owns the header gates, the decoders, the workers they run
in, and the only type that holds pixels.
Must never: write a byte to disk, log, queue or table; show a picture; trust what a file claims.
"""

from tocsin.engine.media.containment import Containment, ContainmentWarning
from tocsin.engine.media.examination import examine, fingerprint
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions, Precision
from tocsin.engine.media.pixels import Pixels
from tocsin.engine.media.pool import DecoderPool, DecoderUnavailable, PoolClosed, PoolState
from tocsin.engine.media.seccomp import why_not as why_not_contained

__all__ = [
    "DEFAULT_OPTIONS",
    "Containment",
    "ContainmentWarning",
    "DecoderPool",
    "DecoderUnavailable",
    "MediaOptions",
    "Pixels",
    "PoolClosed",
    "PoolState",
    "Precision",
    "examine",
    "fingerprint",
    "why_not_contained",
]
