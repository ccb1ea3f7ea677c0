"""Benign pictures without end: soft landscapes of colour, each drawn from its number."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.engine import fingerprint

WIDTH, HEIGHT = 320, 240
_GRAINS: Final = ((6, 8, 90.0), (12, 16, 55.0), (30, 40, 25.0))


@lru_cache(maxsize=512)
def picture(number: int) -> bytes:
    """The JPEG of a number; two numbers look nothing alike."""
    draw = np.random.default_rng(77_000 + number)
    field = np.zeros((HEIGHT, WIDTH, 3))
    for rows, columns, strength in _GRAINS:
        coarse = draw.normal(0, strength, (rows, columns, 3)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(coarse[:, :, channel])
            grown = layer.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
            field[:, :, channel] += np.asarray(grown)
    pixels = np.clip(field + 128, 0, 255).astype(np.uint8)
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "JPEG", quality=88)
    return made.getvalue()


def prints_of(data: bytes) -> tuple[FingerprintValue, ...]:
    """The fingerprints of a picture, as whoever reports it may tell them."""
    found = fingerprint(data)
    digests = ((Kind.SHA256, found.sha256), (Kind.SHA1, found.sha1), (Kind.MD5, found.md5))
    values = [FingerprintValue(kind, value) for kind, value in digests if value is not None]
    if found.pdq is not None:
        values.append(FingerprintValue(Kind.PDQ, found.pdq, found.pdq_quality))
    return tuple(values)
