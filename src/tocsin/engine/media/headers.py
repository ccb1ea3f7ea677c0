"""What format a file is and how many pixels it claims, read from its header in plain Python.

Nothing here calls a decoder: a file that claims too much is turned away before one sees it.
Every size is (width, height) in pixels; None means that the header does not hold together.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.engine.media import boxes
from tocsin.engine.media.chunks import GIF_IMAGE, gif_blocks

Size = tuple[int, int]

_JPEG_MOST_MARKERS: Final = 10_000
# Decoders step over fill bytes one at a time.
_JPEG_MOST_FILL: Final = 1_000_000
_FILL: Final = re.compile(rb"\xff+")
# In coded data, FF is followed by 00 (a stuffed FF) or by a restart marker; anything else ends it.
_AFTER_CODED_DATA: Final = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_BMP_HEADERS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


@dataclass(frozen=True, slots=True)
class JpegShape:
    """Size and number of scans of a JPEG; `endless` when it has too many markers, or too much
    between them, to walk."""

    size: Size | None
    scans: int
    endless: bool


def kind_of(data: bytes) -> str | None:
    """The format by its first bytes, or None when it is none that we know."""
    for kind, pattern in _MAGIC.items():
        if pattern.match(data):
            return kind
    named = boxes.brands(data)
    if named & boxes.AVIF_BRANDS:
        return "avif"
    return "heic" if named & boxes.HEIC_BRANDS else None


def size_of(kind: str, data: bytes) -> Size | None:
    """The largest size that the header claims. Raises boxes.TooManyBoxes."""
    try:
        return _SIZE_READERS[kind](data)
    except (struct.error, IndexError):
        return None


def jpeg_shape(data: bytes) -> JpegShape:
    """Walks the markers of a JPEG up to its end-of-image, over coded data without decoding it.

    What stands behind the end (a phone's "motion photo" has a film there) is not looked at, and a
    thumbnail inside a segment is not counted. The largest frame size claimed is the one reported.
    """
    size: Size | None = None
    scans, at, filled = 0, 2, 0
    for _ in range(_JPEG_MOST_MARKERS):
        fill = _FILL.search(data, at)
        at = fill.end() - 1 if fill else len(data)
        filled += at - fill.start() if fill else 0
        if filled > _JPEG_MOST_FILL:
            break
        if at + 4 > len(data) or data[at + 1] == 0xD9:
            return JpegShape(size, scans, endless=False)
        marker = data[at + 1]
        if marker in _JPEG_BARE or marker == 0:
            at += 2
            continue
        if marker in _JPEG_SIZES and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = max(size or (0, 0), (width, height), key=lambda s: s[0] * s[1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            scans += 1
            following = _AFTER_CODED_DATA.search(data, at)
            at = following.start() if following else len(data)
    return JpegShape(size, scans, endless=True)


def _png(data: bytes) -> Size | None:
    return struct.unpack_from(">II", data, 16) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> Size | None:
    """Larger of the screen and the first frame: the first frame may reach outside the screen."""
    width, height = struct.unpack_from("<HH", data, 6)
    first = next((at for kind, at in gif_blocks(data) if kind == GIF_IMAGE), None)
    if first is not None:
        left, top, frame_width, frame_height = struct.unpack_from("<HHHH", data, first + 1)
        width, height = max(width, left + frame_width), max(height, top + frame_height)
    return width, height


def _bmp(data: bytes) -> Size | None:
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        return struct.unpack_from("<HH", data, 18)
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> Size | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return (
            int.from_bytes(data[24:27], "little") + 1,
            int.from_bytes(data[27:30], "little") + 1,
        )
    if chunk == b"VP8L" and data[20] == 0x2F:
        (packed,) = struct.unpack_from("<I", data, 21)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _boxed(data: bytes) -> Size | None:
    return max(boxes.sizes(data), key=lambda s: s[0] * s[1], default=None)


def _tiff(data: bytes) -> Size | None:
    """Tags 256 and 257 of the first directory (TIFF 6.0, section 2)."""
    order = "<" if data[:1] == b"I" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, at)
    sides: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + entries * 12, 12):
        tag, form = struct.unpack_from(order + "HH", data, entry)
        if tag in {256, 257}:
            (sides[tag],) = struct.unpack_from(order + ("H" if form == 3 else "I"), data, entry + 8)
    return (sides[256], sides[257]) if len(sides) == 2 else None


_MAGIC: Final[dict[str, re.Pattern[bytes]]] = {
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "tiff": re.compile(rb"II\*\0|MM\0\*"),
    "bmp": re.compile(
        rb"BM.{12}(?:"
        + b"|".join(re.escape(bytes([n])) for n in sorted(_BMP_HEADERS))
        + rb")\0\0\0",
        re.DOTALL,
    ),
}

_SIZE_READERS: Final[dict[str, Callable[[bytes], Size | None]]] = {
    "jpeg": lambda data: jpeg_shape(data).size,
    "png": _png,
    "gif": _gif,
    "webp": _webp,
    "tiff": _tiff,
    "bmp": _bmp,
    "avif": _boxed,
    "heic": _boxed,
}
