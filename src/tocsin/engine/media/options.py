"""What a caller may ask of the decoder, and where it stops."""

from dataclasses import dataclass
from typing import Final

_MEBI: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class MediaOptions:
    """Limits and switches of one look at a file.

    `tiff` reads TIFF as well (its decoder has the longest record of faults: off by default).
    The limits count in binary millions, so that a "100-megapixel" camera's 11,648 x 8,736 passes.
    A file above any of them is `too_large`. `max_scan_pixels` bounds scans x pixels of a JPEG,
    which is what a progressive one costs.
    """

    tiff: bool = False
    max_bytes: int = 100 * _MEBI
    max_jpeg_pixels: int = 100 * _MEBI
    max_pixels: int = 50 * _MEBI
    max_jpeg_scans: int = 120
    max_scan_pixels: int = 2_000 * _MEBI


DEFAULT_OPTIONS: Final = MediaOptions()
