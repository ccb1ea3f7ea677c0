"""Pictures drawn by formula, so that every test machine gets the same pixels."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def landscape(width: int = 320, height: int = 240, seed: int = 1) -> NDArray[np.uint8]:
    """Hills under a sky with a low sun, as uint8[height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x / width, y / height
    red, green, blue = 90 + 120 * y, 130 + 70 * y, 220 - 40 * y
    sun = np.exp(-(((x - 0.3 - 0.07 * seed % 0.4) / 0.09) ** 2 + ((y - 0.25) / 0.12) ** 2))
    red, green, blue = red + 90 * sun, green + 70 * sun, blue - 60 * sun
    for hill in range(4):
        crest = 0.45 + 0.12 * hill + 0.08 * np.sin(6.3 * x * (hill + 1.3) + seed * (hill + 2))
        grass = 40 * np.sin(55 * x + 9 * hill) * np.sin(47 * y + 5 * seed)
        inside = y > crest
        red = np.where(inside, 70 - 12 * hill + grass, red)
        green = np.where(inside, 140 - 28 * hill + grass, green)
        blue = np.where(inside, 60 - 10 * hill + grass / 2, blue)
    drawn: NDArray[np.float64] = np.stack([red, green, blue], axis=2)
    return np.clip(drawn, 0, 255).round().astype(np.uint8)


def picture(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """The landscape as a Pillow image, mode RGB."""
    return Image.fromarray(landscape(width, height, seed))


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:  # Any: what each encoder takes
    """The bytes of a file of that format, made in memory."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def distance_bits(one: bytes | None, other: bytes | None) -> int:
    """Hamming distance of two PDQ hashes; both must be there."""
    assert one is not None
    assert other is not None
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
