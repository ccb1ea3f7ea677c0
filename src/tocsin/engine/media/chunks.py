"""The pieces that PNG, WebP and GIF files are made of, walked without a decoder.

Every walk is bounded, and raises TooManyPieces for a file built to keep the reader busy. Sources:
PNG third edition, 5.3; WebP container specification, "RIFF file format"; GIF89a specification.
"""

from collections.abc import Iterator
from typing import Final

MOST_CHUNKS: Final = 200_000
"""Encoders write chunks of some kilobytes, so a file of the largest size has a tenth of this."""
MOST_SUB_BLOCKS: Final = 1_000_000
"""An honest sub-block of a GIF has 255 bytes, so a file of the largest size has half of this."""
GIF_IMAGE: Final = 0x2C
_GIF_EXTENSION: Final = 0x21


class TooManyPieces(Exception):
    """More pieces than any honest picture has; its decoder, too, would walk them one by one."""


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of the content of each chunk; a wrong length ends the walk."""
    at = 8
    for _ in range(MOST_CHUNKS):
        start = at + 8
        if start > len(data):
            return
        end = start + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : start], start, min(end, len(data))
        at = end + 4
    raise TooManyPieces("more chunks than any picture needs")


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of the content of each chunk below RIFF; a wrong length ends the walk."""
    at = 12
    for _ in range(MOST_CHUNKS):
        start = at + 8
        if start > len(data):
            return
        end = start + int.from_bytes(data[at + 4 : start], "little")
        yield data[at : at + 4], start, min(end, len(data))
        at = end + (end - start) % 2
    raise TooManyPieces("more chunks than any picture needs")


def gif_blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """(first byte, its place) of each image and extension of a GIF."""
    left = MOST_SUB_BLOCKS
    try:
        at = 13 + _colours(data[10])
        while (kind := data[at]) in {GIF_IMAGE, _GIF_EXTENSION}:
            yield kind, at
            at += 2 if kind == _GIF_EXTENSION else 11 + _colours(data[at + 9])
            while left > 0 and (length := data[at]):
                at, left = at + length + 1, left - 1
            at, left = at + 1, left - 1
            if left < 0:
                raise TooManyPieces("more sub-blocks than any picture needs")
    except IndexError:
        return  # cut short


def _colours(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
