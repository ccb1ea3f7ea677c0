"""The values that leave the engine: statuses, what the pixels gave, and the whole fingerprint."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FLAT_BELOW_QUALITY: Final = 50
"""PDQ quality below which unrelated pictures collide (Meta's own rule: drop 49 and less)."""

SMALL_BELOW_PIXELS: Final = 64
"""PDQ samples 64 x 64 points. A side shorter than that gives the same pixel to several points, so
the 256 bits hold less than they promise, and a copy of usual size seldom lands within 31 bits."""


class Status(StrEnum):
    """How far a file could be fingerprinted.

    When several fit, the first in this order stands: `too_large`, `unsupported`, `corrupt`,
    `too_small`, `flat`, `partial`, `ok`. The digests are there in every case.
    """

    OK = "ok"
    """Decoded completely; the PDQ may match by itself."""
    PARTIAL = "partial"
    """Truncated or damaged, but the decoder gave pixels, which were hashed."""
    FLAT = "flat"
    """PDQ quality below 50: the hash is given and must never match alone."""
    TOO_SMALL = "too_small"
    """A side below 64 pixels. Between 5 and 63 the PDQ is given, but must never match alone."""
    UNSUPPORTED = "unsupported"
    """Not a picture format that we read (TIFF too, unless switched on)."""
    CORRUPT = "corrupt"
    """No bytes at all, or a known format from which no decoder got a pixel, or that killed its
    decoder twice."""
    TOO_LARGE = "too_large"
    """More bytes, pixels, scans, memory or seconds than we spend on one file."""


@dataclass(frozen=True, slots=True, repr=False)
class Sight:
    """The half of a fingerprint that needs a decoder.

    `pdq` and `pdq_oriented` are 32 bytes, in the order in which the hex form is written (bit 255
    first), or None; `pdq_quality` is 0 to 100; width and height are of the pixels as stored.
    """

    status: Status
    format: str | None = None
    width: int | None = None
    height: int | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    pdq_oriented: bytes | None = None

    def __repr__(self) -> str:
        return f"<Sight {self.status} {self.format} {self.width}x{self.height}>"


@dataclass(frozen=True, slots=True, repr=False)
class Fingerprints:
    """Everything Tocsin keeps of a file.

    `md5` (16 bytes), `sha1` (20) and `sha256` (32) are of the bytes as received and always there.
    `pdq` (32 bytes, hex order, bit 255 first) is of the un-rotated pixels after conversion to
    RGB; it is None where no pixel could be had or a side is below 5. `pdq_oriented` is the PDQ of
    the picture as its EXIF orientation 2 to 8 wants it shown, and None without one. `width` and
    `height` are as stored, un-rotated. `format` is one of jpeg, png, webp, gif, bmp, avif, heic,
    tiff, or None.
    """

    status: Status
    size_bytes: int
    md5: bytes
    sha1: bytes
    sha256: bytes
    pdq: bytes | None
    pdq_quality: int | None
    pdq_oriented: bytes | None
    width: int | None
    height: int | None
    format: str | None
    hasher: str
    dialect: str = "full"

    @property
    def near_matchable(self) -> bool:
        """Whether the PDQ may match by itself: status `ok` or `partial`, and a PDQ is there."""
        return self.pdq is not None and self.status in {Status.OK, Status.PARTIAL}

    def __repr__(self) -> str:
        # No hash in the text form: it would end up in a log line.
        return (
            f"<Fingerprints {self.status} {self.size_bytes} bytes "
            f"{self.format} {self.width}x{self.height}>"
        )
