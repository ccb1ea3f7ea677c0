"""The luma of a video frame, straight from the plane in which it is coded.

PDQ's bits come from signs of differences, so limited range (16 to 235 for black to white) and ten
or twelve bits a pixel give the bits that eight full bits would give, and no conversion to RGB is
needed. Only the quality counts in levels, so blocks are brought to 0 to 255.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.battery import mean_bands
from tocsin.engine.fingerprints.pdq import AS_STORED, Block, Turn, block_of, reduced

if TYPE_CHECKING:
    from av import VideoFrame

# Luma alone in the first plane, in the machine's own byte order, and not shifted within its word.
_LUMA_FIRST: Final = re.compile(r"(?:(?:yuvj?|yuva)\d{3}p|gray)(?:(?:9|1[0-6])le)?|nv\d\d")
_DEEP: Final = re.compile(r"(9|1[0-6])le$")
_FULL_RANGE: Final = 2
"""AVCOL_RANGE_JPEG."""
_BLACK: Final = 16
_WHITE: Final = 235


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture: rows `top` to `bottom`, columns `left` to `right`, ends exclusive."""

    top: int
    bottom: int
    left: int
    right: int


class FramePixels:
    """A decoded frame, in memory and nowhere else: luma, or RGB where no luma is coded.

    `pixels` is uint8 or uint16[height, width], or uint8[height, width, 3]. `black` and `white` are
    the levels of its luma. It cannot be pickled or copied, and its text form shows sizes only.
    """

    __slots__ = ("black", "height", "pixels", "white", "width")

    def __init__(
        self, pixels: NDArray[np.uint8] | NDArray[np.uint16], black: int, white: int
    ) -> None:
        self.pixels = pixels
        self.black = black
        self.white = white
        self.height, self.width = pixels.shape[:2]

    def rows(self, first: int, after: int) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Rows `first` to `after` (exclusive), as `fingerprints.pdq.RowSource` asks."""
        strip = self.pixels[first:after]
        return strip if strip.dtype == np.uint8 else strip.astype(np.float32)  # type: ignore[return-value]

    def inside(self, window: Window) -> "FramePixels":
        """The same frame, only what the window shows. No pixel is copied."""
        part = self.pixels[window.top : window.bottom, window.left : window.right]
        return FramePixels(part, self.black, self.white)

    def block(self, turn: Turn = AS_STORED) -> Block:
        """The 64 x 64 block that PDQ hashes, 0 to 255. Sides of at least 5 (ValueError)."""
        return self.levelled(block_of(self, turn))

    def means(self) -> NDArray[np.float32]:
        """The luma's means, 0 to 255, that the query battery works on."""
        luma = reduced(self, mean_bands(self.height), mean_bands(self.width))
        return np.clip(self.levelled(luma), 0, 255).astype(np.float32)

    def levelled(self, luma: Block) -> Block:
        """Luma as coded, brought to 0 to 255."""
        return (luma - self.black) * (255 / (self.white - self.black))

    def __repr__(self) -> str:
        return f"<FramePixels {self.width}x{self.height}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("pixels stay in memory: they cannot be pickled, copied or queued")


def pixels_of(frame: "VideoFrame") -> FramePixels:
    """The luma plane of a frame; its RGB form where it has none (RGB, palettes, packed formats)."""
    name = frame.format.name
    if not _LUMA_FIRST.fullmatch(name):
        return rgb_of(frame)
    deep = _DEEP.search(name)
    shift = int(deep.group(1)) - 8 if deep else 0
    if frame.color_range == _FULL_RANGE or name.startswith(("yuvj", "gray")):
        black, white = 0, (256 << shift) - 1
    else:
        black, white = _BLACK << shift, _WHITE << shift
    return FramePixels(_plane(frame, np.uint16 if deep else np.uint8), black, white)


def rgb_of(frame: "VideoFrame") -> FramePixels:
    """A frame in RGB, as FFmpeg's exact conversion gives it.

    With ITU-R BT.601's matrix whatever the file says, which is what the tools use that fill the
    lists; PDQ's own weights then give back the luma that was coded, but for rounding and clipping.
    """
    from av.video.reformatter import Interpolation

    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
    shown = frame.reformat(
        format="rgb24", src_colorspace="ITU601", interpolation=int(exact), threads=1
    )
    pixels = _bytes_of(shown, 0)[:, : shown.width * 3]
    return FramePixels(pixels.reshape(shown.height, shown.width, 3), 0, 255)


def _plane(
    frame: "VideoFrame", depth: type[np.uint8] | type[np.uint16]
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    lines = _bytes_of(frame, 0)
    if depth is np.uint16:
        return lines.view(np.uint16)[:, : frame.width]
    return lines[:, : frame.width]


def _bytes_of(frame: "VideoFrame", number: int) -> NDArray[np.uint8]:
    """One plane as uint8[height, bytes a line], padding included, top line first. Not a copy."""
    plane = frame.planes[number]
    stored = abs(plane.line_size)
    lines = np.frombuffer(plane, np.uint8).reshape(-1, stored)[: plane.height]  # type: ignore[call-overload]
    # A negative line size: the frame is stored bottom line first.
    found: NDArray[np.uint8] = lines if plane.line_size > 0 else lines[::-1]
    return found
