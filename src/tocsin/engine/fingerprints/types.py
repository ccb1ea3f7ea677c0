"""The values that leave the engine: statuses, what the pixels gave, and the whole fingerprint."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HASHER: Final = "tocsin-pdq/1"

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
    """The picture shows too little for its PDQ to match alone; `PictureHashes.gate` says why."""
    TOO_SMALL = "too_small"
    """A side below 64 pixels. Between 5 and 63 the PDQ is given, but must never match alone."""
    UNSUPPORTED = "unsupported"
    """Not a format that we read (TIFF and video too, unless switched on)."""
    CORRUPT = "corrupt"
    """No bytes at all, or a known format from which no decoder got a pixel, or that killed its
    decoder twice."""
    TOO_LARGE = "too_large"
    """More bytes, pixels, scans, memory or seconds than we spend on one file."""


class Dialect(StrEnum):
    """How PDQ's input was shrunk before its own blur. Two dialects of PDQ are in the wild."""

    FULL = "full"
    """Not at all: what `pdqhash`, `threatexchange` and HMA do, and what Tocsin stores."""
    NEAREST_512 = "nearest512"
    """To 512 x 512 by nearest neighbour where a side is longer: Meta's command-line tool."""


class Decoding(StrEnum):
    """Which pixels were hashed. Only `whole` belongs on a list; the others are for asking."""

    WHOLE = "whole"
    """Every pixel, through RGB."""
    SCALED_2 = "scaled2"
    """A JPEG's luma, decoded at half its size, with the weights of PDQ folded."""
    SCALED_4 = "scaled4"
    SCALED_8 = "scaled8"
    LUMA = "luma"
    """The luma plane as it is coded (a video frame, or a JPEG at full size)."""


class Gate(StrEnum):
    """Why a picture's PDQ must not match alone."""

    QUALITY = "quality"
    """PDQ quality below 50."""
    PIXELS = "pixels"
    """A side below 64 pixels."""
    BYTES = "bytes"
    """So few bytes for its size that it can hold no photograph (blurhash-like placeholders)."""
    PERIODICITY = "periodicity"
    """It repeats itself: plaid, tiles, stripes."""
    ENTROPY = "entropy"
    """Few tones or one gradient."""


class Origin(StrEnum):
    """Where in a file a picture was found. The first, `frame` and `data_uri` are what a visitor
    sees and may block; what only the others find is for a person to look at."""

    PICTURE = "picture"
    FRAME = "frame"
    """A further frame of an animation."""
    THUMBNAIL = "thumbnail"
    """A preview embedded beside the picture (EXIF)."""
    DATA_URI = "data_uri"
    """A picture written as text inside a document."""
    ON_BLACK = "on_black"
    """A see-through picture as a black page shows it; the others are as a white page does."""
    UNDER_ALPHA = "under_alpha"
    """The colours of a see-through picture with its alpha ignored: nobody sees these, but other
    hashers take them."""
    STILL = "still"
    """The picture in front of an animated PNG, which is shown only where that kind is unknown."""


@dataclass(frozen=True, slots=True, repr=False)
class PdqHash:
    """One PDQ hash and how it came about.

    `value` is 32 bytes in the order in which the hex form is written (bit 255 first); `quality` is
    0 to 100. Hashes of two dialects, or of two decodings, of one picture differ by a few bits.
    """

    value: bytes
    quality: int
    dialect: Dialect = Dialect.FULL
    decoding: Decoding = Decoding.WHOLE
    hasher: str = HASHER

    def __repr__(self) -> str:
        return f"<PdqHash {self.dialect} {self.decoding} quality {self.quality}>"


@dataclass(frozen=True, slots=True, repr=False)
class Variant:
    """The PDQ (32 bytes, quality 0 to 100) of the picture as one transformation would show it.

    For asking only: it finds a copy that was altered the other way round. A match that only a
    variant found is for a person to look at, never for blocking.
    """

    transformation: str
    value: bytes
    quality: int

    def __repr__(self) -> str:
        return f"<Variant {self.transformation!r} quality {self.quality}>"


@dataclass(frozen=True, slots=True, repr=False)
class PictureHashes:
    """One picture of a file: its size in pixels as stored, and its hashes.

    `pdq` is of the un-rotated pixels at full resolution, `pdq_512` of the same in the other
    dialect, `pdq_oriented` of the picture as its EXIF orientation 2 to 8 wants it shown (None
    without one). `gate` says why none of them may match alone, or is None. `variants` are there
    when the query battery was asked for.
    """

    origin: Origin
    number: int
    width: int
    height: int
    pdq: PdqHash
    pdq_512: PdqHash | None = None
    pdq_oriented: PdqHash | None = None
    gate: Gate | None = None
    variants: tuple[Variant, ...] = ()

    def __repr__(self) -> str:
        return f"<PictureHashes {self.origin} {self.number} {self.width}x{self.height}>"


@dataclass(frozen=True, slots=True, repr=False)
class FrameHash:
    """The PDQ (32 bytes, quality 0 to 100) of frame `number`, shown `seconds` after the start.

    `gate` says why it must not match alone, or is None; vPDQ's lists have no place for it, so a
    frame that was read from one has the quality only.
    """

    number: int
    seconds: float
    value: bytes
    quality: int
    gate: Gate | None = None

    def __repr__(self) -> str:
        return f"<FrameHash {self.number} at {self.seconds:.3f} s quality {self.quality}>"


@dataclass(frozen=True, slots=True, repr=False)
class FrameVariants:
    """The query variants of frame `number`, shown `seconds` after the start."""

    number: int
    seconds: float
    variants: tuple[Variant, ...]

    def __repr__(self) -> str:
        return f"<FrameVariants {self.number} at {self.seconds:.3f} s, {len(self.variants)}>"


class Sampling(StrEnum):
    """Which frames of a video were hashed."""

    KEY_FRAMES = "key_frames"
    """Those that stand alone, and one a second of a short film with fewer than three of them: for
    asking."""
    DENSE = "dense"
    """Every frame, in the end without those near the last kept one: for lists."""


@dataclass(frozen=True, slots=True, repr=False)
class VideoHashes:
    """The hashed frames of a video, in the order in which they are shown.

    `cropped` are hashes of the same frames without the bars that all of them share (letterbox);
    empty when there are none. `oriented` are those of the frames turned as the film wants them
    shown; empty when it wants no turn. `variants` are there for some of the frames when the query
    battery was asked for. A match that only one of these three found is for a person to look at.
    """

    sampling: Sampling
    frames: tuple[FrameHash, ...]
    duration_seconds: float | None
    cropped: tuple[FrameHash, ...] = ()
    oriented: tuple[FrameHash, ...] = ()
    variants: tuple[FrameVariants, ...] = ()

    def __repr__(self) -> str:
        return f"<VideoHashes {self.sampling} {len(self.frames)} frames>"


@dataclass(frozen=True, slots=True, repr=False)
class Sight:
    """The half of a fingerprint that needs a decoder.

    The first of `pictures` is the picture itself, as a white page shows it; its other looks,
    frames, thumbnails and data URIs follow where they were asked for. Width and height are of the
    pixels as stored, or as the header claims them.
    """

    status: Status
    format: str | None = None
    width: int | None = None
    height: int | None = None
    pictures: tuple[PictureHashes, ...] = ()
    video: VideoHashes | None = None

    def __repr__(self) -> str:
        return f"<Sight {self.status} {self.format} {self.width}x{self.height}>"


@dataclass(frozen=True, slots=True, repr=False)
class Fingerprints:
    """Everything Tocsin keeps of a file.

    `md5` (16 bytes), `sha1` (20) and `sha256` (32) are of the bytes as received and always there.
    `pictures` holds the hashes of what could be decoded: the picture itself first. `format` is one
    of jpeg, png, webp, gif, bmp, avif, heic, tiff, mp4, mov, webm, mkv, avi, flv, wmv, mpg, ts, or
    None. `pdq`, `pdq_quality` and
    `pdq_oriented` are those of the first picture, or None where no pixel could be had or a side is
    below 5.
    """

    status: Status
    size_bytes: int
    md5: bytes
    sha1: bytes
    sha256: bytes
    width: int | None = None
    height: int | None = None
    format: str | None = None
    pictures: tuple[PictureHashes, ...] = ()
    video: VideoHashes | None = None

    @property
    def pdq(self) -> bytes | None:
        return self.pictures[0].pdq.value if self.pictures else None

    @property
    def pdq_quality(self) -> int | None:
        return self.pictures[0].pdq.quality if self.pictures else None

    @property
    def pdq_512(self) -> bytes | None:
        other = self.pictures[0].pdq_512 if self.pictures else None
        return other.value if other else None

    @property
    def pdq_oriented(self) -> bytes | None:
        turned = self.pictures[0].pdq_oriented if self.pictures else None
        return turned.value if turned else None

    @property
    def hasher(self) -> str:
        return self.pictures[0].pdq.hasher if self.pictures else HASHER

    @property
    def dialect(self) -> Dialect:
        return self.pictures[0].pdq.dialect if self.pictures else Dialect.FULL

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
