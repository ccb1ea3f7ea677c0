"""Digests of the files that say nothing: no bytes, blank space, and pictures of one pixel.

Lists were found to carry them (the MD5 of nothing is the best known): a crawler's empty answer or a
counting pixel stood where a picture had been. The files are made here, by the writers' own rules,
so no list of anybody is needed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Final

TEXTS: Final = (b"", b"\n", b"\r\n", b" ", b"\0", b"null", b"[]", b"{}", b"0", b"\xef\xbb\xbf")
ZEROS: Final = tuple(1 << power for power in range(21))

# One pixel of colour 0 or 1, with and without the end code in a byte of its own.
_GIF_PIXEL: Final = (b"\2\2D\1\0", b"\2\2L\1\0", b"\2\1D\0", b"\2\1L\0")
_GIF_PLACE: Final = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
_SHADES: Final = (b"\0\0\0", b"\xff\xff\xff", b"\x80\x80\x80", b"\xc0\xc0\xc0", b"\xff\0\0")


@lru_cache(maxsize=1)
def digests_of_blanks() -> frozenset[bytes]:
    """MD5 (16 bytes), SHA-1 (20) and SHA-256 (32) of each of them."""
    made = {*TEXTS, *(bytes(size) for size in ZEROS), *_gifs(), *_pngs(), *_bmps()}
    return frozenset(digest for data in made for digest in _digests(data))


def is_void(digest: bytes) -> bool:
    """Whether a digest is all zeros or all ones: no file's, but a field that nobody filled."""
    return not digest.strip(b"\0") or not digest.strip(b"\xff")


def _digests(data: bytes) -> tuple[bytes, bytes, bytes]:
    return (
        hashlib.md5(data, usedforsecurity=False).digest(),
        hashlib.sha1(data, usedforsecurity=False).digest(),
        hashlib.sha256(data).digest(),
    )


def _gifs() -> Iterator[bytes]:
    """One pixel: each version, palettes of two shades and none, see-through (GIF89a) and not."""
    palettes = (b"", *(one + two for one in _SHADES for two in _SHADES))
    for version, palette, background in product((b"GIF87a", b"GIF89a"), palettes, (0, 1)):
        for flags in range(0x80, 0x100, 0x10) if palette else (0, 0x70):
            screen = version + struct.pack("<HHBBB", 1, 1, flags, background, 0) + palette
            for control, coded in product(_gif_controls(version), _GIF_PIXEL):
                yield screen + control + _GIF_PLACE + coded + b";"


def _gif_controls(version: bytes) -> tuple[bytes, ...]:
    if version == b"GIF87a":
        return (b"",)
    return (
        b"",
        b"!\xf9\x04\x01\0\0\0\0",
        b"!\xf9\x04\x01\0\0\x01\0",
        b"!\xf9\x04\0\0\0\0\0",
        b"!\xf9\x04\x01\x0a\0\0\0",
        b"!\xf9\x04\x01\x0a\0\x01\0",
    )


def _pngs() -> Iterator[bytes]:
    """One pixel of each kind of colour that PNG has, at each level of compression."""
    for depth, kind, pixels in (
        (1, 0, (b"\0", b"\x80")),
        (8, 0, (b"\0", b"\xff", b"\x80")),
        (8, 4, (b"\0\0", b"\xff\0", b"\xff\xff", b"\0\xff")),
        (8, 2, _SHADES),
        (8, 6, (b"\0\0\0\0", b"\xff\xff\xff\0", b"\xff\xff\xff\xff", b"\0\0\0\xff")),
    ):
        header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, depth, kind, 0, 0, 0))
        for pixel in pixels:
            for level in (0, 1, 6, 9):
                coded = _chunk(b"IDAT", zlib.compress(b"\0" + pixel, level))
                yield b"\x89PNG\r\n\x1a\n" + header + coded + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _bmps() -> Iterator[bytes]:
    for shade in _SHADES:
        pixels = shade + b"\0"
        info = struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, len(pixels), 0, 0, 0, 0)
        yield b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + info + pixels
