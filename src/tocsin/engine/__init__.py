"""The engine: fingerprints and the index that finds them, usable as a library by itself.

For: everyone who needs to know whether a file is a known one. Owns the decoding, the hashing, the
matching and the reading of addresses.
Must never: import Django, open a database or a connection, or let a picture leave its memory.
"""

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.index import NearIndex
from tocsin.engine.media import MediaOptions, fingerprint

__all__ = ["Fingerprints", "MediaOptions", "NearIndex", "Status", "fingerprint"]
