"""What the room speaks of: kinds of digest, where a file came from, what was not taken and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Keys: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = npt.NDArray[np.uint32]

KEY_BYTES: Final = 8
"""How many bytes of a digest a set keeps; see `chance` for what that means."""
PDQ_BYTES: Final = 32
NO_SOURCE: Final = 0xFFFF_FFFF
MOST_SOURCES: Final = 1 << 20


class WrongSet(Exception):
    """A known-good set cannot be used or written; the text says why and what to do next."""


class Digest(IntFlag):
    """Kinds of digest, as bits: what an entry has, and what of it was found."""

    NONE = 0
    MD5 = 1
    SHA1 = 2
    SHA256 = 4


KINDS: Final = (Digest.MD5, Digest.SHA1, Digest.SHA256)
WIDTH_BYTES: Final = {Digest.MD5: 16, Digest.SHA1: 20, Digest.SHA256: 32}
WORDS: Final = {Digest.MD5: "md5", Digest.SHA1: "sha1", Digest.SHA256: "sha256"}


class Maker(StrEnum):
    """How a source was packed, which is who vouches for it."""

    DEBIAN = "debian"
    NPM = "npm"
    PYPI = "pypi"
    ARCHIVE = "archive"
    FOLDER = "folder"
    LIST = "list"
    """A list of digests that somebody else made (NSRL, CAID)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A package, folder or list that vouches for files; the texts are what it says of itself."""

    name: str
    version: str = ""
    licence: str = ""
    maker: Maker = Maker.ARCHIVE

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that was not taken: where it lies (inside its package) and why, in words."""

    where: str
    reason: str


PDQ_DTYPE: Final = np.dtype(
    [
        ("value", "u1", (PDQ_BYTES,)),
        ("quality", "u1"),
        ("regularity", "u1"),
        ("gate", "u1"),
        ("source", "<u4"),
    ]
)
"""A picture's PDQ: its quality 0 to 100, its regularity in tenths (255: 25.5 or more, see
`tocsin.engine.fingerprints.distinctive`), 1 where a gate holds it back, and its source number."""

PdqRows: TypeAlias = npt.NDArray[np.void]


def keys_of(digests: Bytes) -> Keys:
    """The first 8 bytes of each digest, uint8[N, 16 or more], as uint64[N] in the order of hex."""
    first = np.ascontiguousarray(digests[:, :KEY_BYTES])
    return first.view(">u8").reshape(-1).astype(np.uint64)
