"""The one type that holds a picture."""

from typing import Final, NoReturn, SupportsIndex

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Pillow turns these into floating-point luma in one step, with PDQ's own three weights.
_STRAIGHT_TO_LUMA: Final = frozenset({"RGB", "RGBA", "RGBX"})
_GREY: Final = frozenset({"1", "LA", "La"})
_WITH_ALPHA: Final = frozenset({"RGBA", "LA", "PA", "RGBa"})

OPAQUE: Final = 255
WHITE: Final = 255.0
BLACK: Final = 0.0


class Pixels:
    """A decoded picture, in memory and nowhere else.

    It cannot be pickled or copied, and its text form shows sizes only, so that it can reach no
    queue, table, cache or log by accident. It gives rows of luma to whoever hashes it, as they show
    on a white page; `on` gives the same picture on another ground.
    """

    __slots__ = (
        "_alpha_of_index",
        "_ground",
        "_key",
        "_luma_of_index",
        "_picture",
        "height",
        "see_through",
        "width",
    )

    see_through: bool
    """Whether the rows given so far had anything in them that shows the ground."""

    def __init__(self, picture: Image.Image) -> None:
        # Taken away: it would only make conversions complain.
        self._key = picture.info.pop("transparency", None)
        self._ground: float | None = WHITE
        self._picture = picture
        self.width, self.height = picture.size
        self.see_through = False
        is_indexed = picture.mode == "P"
        self._luma_of_index = _luma_of_index(picture) if is_indexed else None
        self._alpha_of_index = _alpha_of_index(self._key) if is_indexed else None

    def on(self, ground: float | None) -> "Pixels":
        """The same picture on a ground of that luma (0 to 255); None: as if it were all opaque."""
        other = object.__new__(Pixels)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        other._ground = ground
        return other

    def rows(self, first: int, after: int) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Luma of rows `first` to `after` (exclusive): uint8 where the picture is grey and opaque,
        otherwise .299 R + .587 G + .114 B as float32, unrounded. Shape [rows, width], 0 to 255.

        Palettes, CMYK and the rest go through Pillow's own conversion to RGB. Sixteen-bit grey
        keeps its upper eight bits, as a browser shows it (Pillow's conversion would clip it white).
        """
        strip = self._picture.crop((0, first, self.width, after))
        alpha = None if self._ground is None else self._alpha(strip)
        if alpha is None or alpha.min(initial=OPAQUE) == OPAQUE:
            return self._colours(strip)
        self.see_through = True
        ground = np.float32(self._ground)
        share = alpha * np.float32(1 / OPAQUE)
        shown: NDArray[np.float32] = (self._colours(strip) - ground) * share + ground
        return shown

    def reduced(self, longer_side: int) -> Image.Image:
        """A copy of at most so many pixels on its longer side, RGB, on white, metadata left behind.

        For `derivatives` alone: whoever gets it must keep it as this type keeps the picture.
        """
        picture = self._picture
        if picture.mode.startswith("I;16"):
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        elif self._key is not None or picture.mode in _WITH_ALPHA:
            picture = self._on_white()
        picture = picture.convert("RGB")
        picture.thumbnail((longer_side, longer_side))
        plain = Image.new("RGB", picture.size)
        plain.paste(picture)
        return plain

    def _on_white(self) -> Image.Image:
        seen_through = self._picture
        if self._key is not None:
            seen_through = seen_through.copy()
            seen_through.info["transparency"] = self._key
        seen_through = seen_through.convert("RGBA")
        white = Image.new("RGBA", seen_through.size, (255, 255, 255, 255))
        white.alpha_composite(seen_through)
        return white

    def _colours(self, strip: Image.Image) -> NDArray[np.uint8] | NDArray[np.float32]:
        if self._luma_of_index is not None:
            return np.take(self._luma_of_index, np.asarray(strip))
        if strip.mode.startswith("I;16"):
            return (np.asarray(strip) >> 8).astype(np.uint8)
        if strip.mode == "L" or strip.mode in _GREY:
            return np.asarray(strip if strip.mode == "L" else strip.convert("L"))
        return _luma(strip)

    def _alpha(self, strip: Image.Image) -> NDArray[np.uint8] | None:
        """How much of each pixel shows, 0 to 255; None where the picture cannot be seen through."""
        if strip.mode in _WITH_ALPHA:
            return np.asarray(strip.getchannel(len(strip.getbands()) - 1))
        if self._key is None:
            return None
        if self._alpha_of_index is not None:
            numbers = np.asarray(strip)
            # Many encoders name a clear number that no pixel has.
            if isinstance(self._key, int) and not (numbers == self._key).any():
                return None
            return np.take(self._alpha_of_index, numbers)
        return _alpha_by_colour(strip, self._key)

    def __repr__(self) -> str:
        return f"<Pixels {self.width}x{self.height}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("pixels stay in memory: they cannot be pickled, copied or queued")


def _alpha_of_index(key: object) -> NDArray[np.uint8]:
    """The alpha of each of 256 palette numbers; `key` is the one clear number, or an alpha each."""
    alpha = np.full(256, OPAQUE, np.uint8)
    if isinstance(key, int) and 0 <= key < 256:
        alpha[key] = 0
    elif isinstance(key, bytes):
        told = np.frombuffer(key[:256], np.uint8)
        alpha[: len(told)] = told
    return alpha


def _alpha_by_colour(strip: Image.Image, key: object) -> NDArray[np.uint8] | None:
    """The alpha of a picture in which one colour stands for nothing (PNG third edition, 11.3.1)."""
    if isinstance(key, tuple) and strip.mode == "RGB":
        shows = (np.asarray(strip) != np.array(key)).any(axis=2)
    elif isinstance(key, int) and strip.mode == "1":
        shows = np.asarray(strip.convert("L")) != key
    elif isinstance(key, int) and (strip.mode == "L" or strip.mode.startswith("I;16")):
        shows = np.asarray(strip) != key
    else:
        return None
    alpha: NDArray[np.uint8] = shows.astype(np.uint8) * np.uint8(OPAQUE)
    return alpha


def _luma(strip: Image.Image) -> NDArray[np.float32]:
    straight = strip if strip.mode in _STRAIGHT_TO_LUMA else strip.convert("RGB")
    return np.asarray(straight.convert("F"), np.float32)


def _luma_of_index(picture: Image.Image) -> NDArray[np.float32]:
    """The luma of each of 256 palette numbers."""
    every = picture.crop((0, 0, 256, 1))
    every.putdata(range(256))
    luma: NDArray[np.float32] = _luma(every)[0]
    return luma
