"""Reasons to doubt an entry that its own fingerprints give, before any set is asked.

Pure: nothing is looked up. What is told here holds back the entry's PDQ or the entry, and a person
decides; `Reason.sentence` is written for that person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tocsin.engine.fingerprints.distinctive import hash_is_patterned
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY
from tocsin.engine.knowngood.blanks import digests_of_blanks, is_void
from tocsin.engine.knowngood.types import PDQ_BYTES, Bytes, Keys, keys_of

SMALL_BELOW_PIXELS: Final = 50
"""A side declared shorter than this: an icon, a button, a counting pixel."""
SMALL_BELOW_BYTES: Final = 1_024
"""A file declared shorter than this holds no photograph that anybody could recognise."""
FEWEST_BITS: Final = 96
MOST_BITS: Final = 160
"""Each bit of a PDQ says whether a value lies above the median, so half of them are set, unless the
picture has next to no values to tell apart."""
UNKNOWN_QUALITY: Final = 255

Flags: TypeAlias = npt.NDArray[np.uint8]


class Reason(StrEnum):
    """What speaks against an entry."""

    VOID = "void"
    BLANK_FILE = "blank file"
    BLANK_PDQ = "blank pdq"
    FLAT_PDQ = "flat pdq"
    PATTERNED_PDQ = "patterned pdq"
    FEW_BYTES = "few bytes"
    FEW_PIXELS = "few pixels"

    @property
    def sentence(self) -> str:
        """For the person who decides."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Reason.VOID: "A fingerprint is all zeros or all ones: a field that nobody filled.",
    Reason.BLANK_FILE: "A digest is that of a file without content: no bytes, blank space, zeros, "
    "or a picture of one pixel.",
    Reason.BLANK_PDQ: "Far from half of the PDQ's bits are set: the picture is blank or nearly so, "
    "and its PDQ is that of many others.",
    Reason.FLAT_PDQ: f"The PDQ's quality is below {FLAT_BELOW_QUALITY}: it says too little.",
    Reason.PATTERNED_PDQ: "The PDQ is that of a woven or tiled pattern, which many pictures share.",
    Reason.FEW_BYTES: f"The file is said to have less than {SMALL_BELOW_BYTES} bytes.",
    Reason.FEW_PIXELS: f"A side is said to have less than {SMALL_BELOW_PIXELS} pixels.",
}

PDQ_REASONS: Final = (
    Reason.VOID,
    Reason.BLANK_PDQ,
    Reason.FLAT_PDQ,
    Reason.PATTERNED_PDQ,
)
"""What `pdq_flags` tells, bit by bit, the first in bit 0."""
SIZE_REASONS: Final = (Reason.FEW_BYTES, Reason.FEW_PIXELS)
"""What `size_flags` tells, in the same way."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """What a list says of one file. Digests are raw bytes of 16, 20 or 32; `pdqs` are pairs of 32
    bytes and a quality 0 to 100 (None: not stated); sizes are None where nothing is said."""

    digests: tuple[bytes, ...] = ()
    pdqs: tuple[tuple[bytes, int | None], ...] = ()
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None


def reasons_against(entry: Entry) -> tuple[Reason, ...]:
    """Every reason to doubt the entry, each once, in the order of `Reason`.

    Raises ValueError for a PDQ that has not 32 bytes or a quality outside 0 to 100.
    """
    found: set[Reason] = set()
    if any(is_void(digest) for digest in entry.digests):
        found.add(Reason.VOID)
    if any(digest in digests_of_blanks() for digest in entry.digests):
        found.add(Reason.BLANK_FILE)
    small = size_flags(entry.size_bytes, entry.width, entry.height)
    found.update(reason for bit, reason in enumerate(SIZE_REASONS) if small >> bit & 1)
    for value, quality in entry.pdqs:
        found.update(_against_pdq(value, quality))
    return tuple(reason for reason in Reason if reason in found)


def size_flags(size_bytes: int | None, width: int | None, height: int | None) -> int:
    """What speaks against the sizes that are stated of a picture or film: bits of `SIZE_REASONS`.

    Nought, and less, is what many write where they know nothing.
    """
    few_bytes = size_bytes is not None and 0 < size_bytes < SMALL_BELOW_BYTES
    few_pixels = any(side is not None and 0 < side < SMALL_BELOW_PIXELS for side in (width, height))
    return int(few_bytes) | int(few_pixels) << 1


def pdq_flags(values: Bytes, qualities: npt.NDArray[np.uint8]) -> Flags:
    """What speaks against each PDQ of uint8[N, 32], qualities uint8[N] (255: not stated).

    uint8[N]: bit i stands for `PDQ_REASONS[i]`. Raises ValueError for other shapes.
    """
    if values.ndim != 2 or values.shape[1:] != (PDQ_BYTES,) or qualities.shape != values.shape[:1]:
        raise ValueError("PDQs are uint8[N, 32] with uint8[N] qualities")
    bits = np.bitwise_count(values).sum(axis=1, dtype=np.int64)
    told = np.zeros(len(values), np.uint8)
    told |= ((bits == 0) | (bits == 8 * PDQ_BYTES)).astype(np.uint8)
    told |= ((bits < FEWEST_BITS) | (bits > MOST_BITS)).astype(np.uint8) << 1
    told |= (qualities < FLAT_BELOW_QUALITY).astype(np.uint8) << 2
    told |= hash_is_patterned(values).astype(np.uint8) << 3
    return told


def digests_are_blank(digests: Bytes) -> npt.NDArray[np.bool_]:
    """Which of uint8[N, 16, 20 or 32] are void or those of files without content: bool[N]."""
    wanted, beginnings = _blanks_of(digests.shape[1])
    # Comparing 64 bits first: hardly any row is left for the whole comparison.
    blank = np.isin(keys_of(digests), beginnings)
    at = np.flatnonzero(blank)
    blank[at] = [digests[i].tobytes() in wanted for i in at]
    return blank


@lru_cache(maxsize=3)
def _blanks_of(width: int) -> tuple[frozenset[bytes], Keys]:
    """The digests of that width that say nothing, and their first 64 bits."""
    known = {digest for digest in digests_of_blanks() if len(digest) == width}
    known |= {bytes(width), b"\xff" * width}
    return frozenset(known), keys_of(np.frombuffer(b"".join(known), np.uint8).reshape(-1, width))


def _against_pdq(value: bytes, quality: int | None) -> list[Reason]:
    if len(value) != PDQ_BYTES:
        raise ValueError(f"a PDQ has {PDQ_BYTES} bytes, not {len(value)}")
    if quality is not None and not 0 <= quality <= 100:
        raise ValueError("a PDQ's quality is 0 to 100")
    one = np.frombuffer(value, np.uint8).reshape(1, PDQ_BYTES)
    told = UNKNOWN_QUALITY if quality is None else quality
    flags = int(pdq_flags(one, np.array([told], np.uint8))[0])
    return [reason for bit, reason in enumerate(PDQ_REASONS) if flags >> bit & 1]
