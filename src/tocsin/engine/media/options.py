"""What a caller may ask of the decoder, and where it stops."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final, Self

from tocsin.engine.fingerprints.types import Sampling

_MEBI: Final = 1 << 20
_MOST: Final = 1 << 48


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
    which is what a progressive one costs. Two limits cost no file its answer: of an animation, only
    as many frames are walked as `max_frame_pixels` has room for, and of the pictures written in a
    document the first `max_data_uris`, with together no more pixels than that, are looked at.
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
    max_data_uris: int = 64

    def __post_init__(self) -> None:
        """Raises ValueError for a value that is none of its kind."""
        object.__setattr__(self, "precision", Precision(self.precision))
        if self.video is not None:
            object.__setattr__(self, "video", Sampling(self.video))
        for told in fields(self):
            value = getattr(self, told.name)
            if told.type is bool and not isinstance(value, bool):
                raise ValueError(f"{told.name} is True or False, not {value!r}")
            if told.type is int and (type(value) is not int or not 0 <= value <= _MOST):
                raise ValueError(f"{told.name} is a whole number from 0 to 2^48, not {value!r}")
        if self.max_frames < 1:
            raise ValueError("max_frames counts the first frame too: at least 1")

    @property
    def is_for_asking(self) -> bool:
        """Whether the hashes are to look something up, and none of them goes on a list: then each
        look of a picture is hashed, and otherwise only what is shown."""
        return self.battery or self.precision is Precision.QUERY

    def for_one_picture(self, *, max_pixels: int) -> Self:
        """The same for a picture inside another file: no frames, nothing inside it in turn."""
        return replace(
            self,
            max_frames=1,
            thumbnails=False,
            data_uris=False,
            video=None,
            max_pixels=max_pixels,
            max_jpeg_pixels=max_pixels,
        )


DEFAULT_OPTIONS: Final = MediaOptions()
