"""Pixel sizes in ISO base media files (AVIF, HEIC), read without a decoder.

Sources: ISO/IEC 14496-12 (box structure, `tkhd`), ISO/IEC 23008-12 (`ispe`).
"""

import struct
from collections.abc import Iterator
from typing import Final

_CONTAINERS: Final = {b"iprp", b"ipco", b"moov", b"trak"}
_MOST_BOXES: Final = 20_000
_MOST_DEPTH: Final = 6

AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)


class TooManyBoxes(Exception):
    """More boxes than any honest picture has."""


def brands(data: bytes) -> frozenset[bytes]:
    """Major and compatible brands of the leading `ftyp` box; empty when there is none."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), len(data), 512)
    return frozenset({data[8:12], *(data[i : i + 4] for i in range(16, end - 3, 4))})


def sizes(data: bytes) -> list[tuple[int, int]]:
    """Every (width, height) that an `ispe` property or a track header states.

    Raises TooManyBoxes for a file built to keep the reader busy.
    """
    found: list[tuple[int, int]] = []
    for kind, start, end in _walk(data):
        if kind == b"ispe" and end - start >= 12:
            found.append(struct.unpack_from(">II", data, start + 4))
        elif kind == b"tkhd" and end - start >= 84:
            width, height = struct.unpack_from(">II", data, end - 8)
            found.append((width >> 16, height >> 16))
    return [(width, height) for width, height in found if width and height]


def _walk(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, first byte of the content, end) of every box down to the ones that hold a size."""
    pending = [(0, len(data), 0)]
    seen = 0
    while pending:
        start, end, depth = pending.pop()
        while start + 8 <= end:
            seen += 1
            if seen > _MOST_BOXES:
                raise TooManyBoxes("more boxes than any picture needs")
            kind, content, after = box_at(data, start, end)
            yield kind, content, after
            if depth < _MOST_DEPTH and kind in _CONTAINERS:
                pending.append((content, after, depth + 1))
            elif kind == b"meta":
                pending.append((content + 4, after, depth + 1))
            start = after


def box_at(data: bytes, start: int, end: int) -> tuple[bytes, int, int]:
    """Type, content start and end of the box at `start`; a wrong length reaches to `end`."""
    length, kind = struct.unpack_from(">I4s", data, start)
    content = start + 8
    if length == 1 and start + 16 <= end:
        length = int.from_bytes(data[start + 8 : start + 16], "big")
        content = start + 16
    after = start + length
    if after < content or after > end:
        after = end
    return kind, content, after
