"""Media: bytes of a file in, fingerprints out, and nothing of the picture left behind.

For: reading picture files and pages of strangers. Owns the header gates, the decoders, the workers
they run in, the only type that holds pixels, and the veiled small pictures that a person with a
mandate may be shown (`derive`).
Must never: write a byte to disk, log, queue or table; show a file itself; trust what one claims.
"""

from tocsin.engine.media.containment import Containment, ContainmentWarning
from tocsin.engine.media.examination import examine, fingerprint
from tocsin.engine.media.options import DEFAULT_OPTIONS, MediaOptions, Precision
from tocsin.engine.media.pages import AsPage, PageRead, Reference, looks_like_page
from tocsin.engine.media.pixels import Pixels
from tocsin.engine.media.pool import DecoderPool, DecoderUnavailable, PoolClosed, PoolState
from tocsin.engine.media.seccomp import why_not as why_not_contained
from tocsin.engine.media.veils import Derivative, Veil, Wanted

__all__ = [
    "DEFAULT_OPTIONS",
    "AsPage",
    "Containment",
    "ContainmentWarning",
    "DecoderPool",
    "DecoderUnavailable",
    "Derivative",
    "MediaOptions",
    "PageRead",
    "Pixels",
    "PoolClosed",
    "PoolState",
    "Precision",
    "Reference",
    "Veil",
    "Wanted",
    "examine",
    "fingerprint",
    "looks_like_page",
    "why_not_contained",
]
