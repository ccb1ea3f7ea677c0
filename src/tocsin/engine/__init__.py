"""The engine: fingerprints and the index that finds them, usable as a library by itself.

For: everyone who needs to know whether a file is a known one. Owns the decoding, the hashing, the
matching and the reading of addresses.
Must never: import Django, open a database or a connection, or let a picture leave its memory.
"""

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.media import DecoderPool, MediaOptions, Precision, fingerprint
from tocsin.engine.search import (
    FilmIndex,
    Level,
    Limits,
    Match,
    limits_for,
    search,
    search_film,
    search_many,
)

__all__ = [
    "DecoderPool",
    "ExactIndex",
    "FilmIndex",
    "Fingerprints",
    "Level",
    "Limits",
    "Match",
    "MediaOptions",
    "NearIndex",
    "Precision",
    "Status",
    "fingerprint",
    "limits_for",
    "search",
    "search_film",
    "search_many",
]
