"""The one type that holds a picture."""

from typing import Final, NoReturn, SupportsIndex

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Pillow turns these into floating-point luma in one step, with PDQ's own three weights.
_STRAIGHT_TO_LUMA: Final = frozenset({"RGB", "RGBA", "RGBX"})
_GREY: Final = frozenset({"1", "LA", "La"})


class Pixels:
    """A decoded picture, in memory and nowhere else.

    It cannot be pickled or copied, and its text form shows sizes only, so that it can reach no
    queue, table, cache or log by accident. It gives rows of luma to whoever hashes it.
    """

    __slots__ = ("_luma_of_index", "_picture", "height", "width")

    def __init__(self, picture: Image.Image) -> None:
        # A palette's transparency would only make the conversion complain; the colours stay.
        picture.info.pop("transparency", None)
        self._picture = picture
        self.width, self.height = picture.size
        self._luma_of_index = _luma_of_index(picture) if picture.mode == "P" else None

    def rows(self, first: int, after: int) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Luma of rows `first` to `after` (exclusive): uint8 where the picture is grey, otherwise
        .299 R + .587 G + .114 B as float32, unrounded. Shape [rows, width], 0 to 255.

        Palettes, CMYK and the rest go through Pillow's own conversion to RGB; alpha is dropped,
        not blended, which is what the tools that fill the lists do. Sixteen-bit grey keeps its
        upper eight bits, as a browser shows it (Pillow's conversion would clip it white).
        """
        strip = self._picture.crop((0, first, self.width, after))
        if self._luma_of_index is not None:
            return np.take(self._luma_of_index, np.asarray(strip))
        if strip.mode.startswith("I;16"):
            return (np.asarray(strip) >> 8).astype(np.uint8)
        if strip.mode == "L" or strip.mode in _GREY:
            return np.asarray(strip if strip.mode == "L" else strip.convert("L"))
        return _luma(strip)

    def __repr__(self) -> str:
        return f"<Pixels {self.width}x{self.height}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("pixels stay in memory: they cannot be pickled, copied or queued")


def _luma(strip: Image.Image) -> NDArray[np.float32]:
    straight = strip if strip.mode in _STRAIGHT_TO_LUMA else strip.convert("RGB")
    return np.asarray(straight.convert("F"), np.float32)


def _luma_of_index(picture: Image.Image) -> NDArray[np.float32]:
    """The luma of each of 256 palette numbers."""
    every = picture.crop((0, 0, 256, 1))
    every.putdata(range(256))
    luma: NDArray[np.float32] = _luma(every)[0]
    return luma
