"""What a caller may ask of the decoder, and where it stops."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.engine.fingerprints.types import Sampling

_MEBI: Final = 1 << 20


class Precision(StrEnum):
    """How much of a JPEG is decoded for its PDQ."""

    LIST = "list"
    """All of it: the bits of full-resolution PDQ, for hashes that are stored or published."""
    QUERY = "query"
    """Its luma, scaled down by the decoder: a bit off now and then and many times faster."""


@dataclass(frozen=True, slots=True)
class MediaOptions:
    """Limits and switches of one look at a file.

    `tiff` reads TIFF as well (its decoder has the longest record of faults: off by default), and
    `video` reads videos, hashing the frames it names (needs the extra `video`). `battery` adds the
    query variants of each picture. `max_frames` of an animation are hashed, spread over it;
    `thumbnails` adds the previews embedded in a picture, `data_uris` takes a document (HTML, SVG,
    CSS, text) and hashes the pictures written in it as text.

    The limits count in binary millions, so that a "100-megapixel" camera's 11,648 x 8,736 passes.
    A file above any of them is `too_large`. `max_scan_pixels` bounds scans x pixels of a JPEG,
    which is what a progressive one costs, and `max_frame_pixels` frames x pixels of an animation.
    """

    precision: Precision = Precision.LIST
    battery: bool = False
    tiff: bool = False
    thumbnails: bool = False
    data_uris: bool = False
    video: Sampling | None = None
    max_frames: int = 1
    max_bytes: int = 100 * _MEBI
    max_jpeg_pixels: int = 100 * _MEBI
    max_pixels: int = 50 * _MEBI
    max_jpeg_scans: int = 120
    max_scan_pixels: int = 2_000 * _MEBI
    max_frame_pixels: int = 200 * _MEBI
    max_video_bytes: int = 256 * _MEBI


DEFAULT_OPTIONS: Final = MediaOptions()
