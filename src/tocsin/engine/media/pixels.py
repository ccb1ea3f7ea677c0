"""The one type that holds a picture."""

from typing import NoReturn, SupportsIndex

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class Pixels:
    """A decoded picture, in memory and nowhere else.

    It cannot be pickled or copied, and its text form shows sizes only, so that it can reach no
    queue, table, cache or log by accident. It gives rows to whoever hashes it.
    """

    __slots__ = ("_picture", "height", "width")

    def __init__(self, picture: Image.Image) -> None:
        # A palette's transparency would only make the conversion complain; the colours stay.
        picture.info.pop("transparency", None)
        self._picture = picture
        self.width, self.height = picture.size

    def rows(self, first: int, after: int) -> NDArray[np.uint8]:
        """Rows `first` to `after` (exclusive) as uint8[rows, width, 3], RGB.

        Palettes, CMYK, grey and the rest go through Pillow's own conversion to RGB; alpha is
        dropped, not blended, which is what the tools that fill the lists do. Sixteen-bit grey
        keeps its upper eight bits, as a browser shows it (Pillow's conversion would clip it white).
        """
        strip = self._picture.crop((0, first, self.width, after))
        if strip.mode.startswith("I;16"):
            grey = (np.asarray(strip) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))

    def __repr__(self) -> str:
        return f"<Pixels {self.width}x{self.height}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("pixels stay in memory: they cannot be pickled, copied or queued")
