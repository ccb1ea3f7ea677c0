"""Previews that a picture file carries beside its picture, found without a decoder.

They may show what was cropped or painted over in the picture itself. Read are JPEG previews in
EXIF (`IFD1`; JEITA CP-3451, 4.6.9), in JFIF's extension (`JFXX`, ITU-T T.871), in Photoshop's
image resources (1033, 1036) and in the Multi-Picture Format (CIPA DC-007: large previews, second
views, gain maps). Those in other codings (EXIF's uncompressed ones, HEIC's `thmb`) are left out.
"""

import struct
from collections.abc import Iterator
from typing import Final

from tocsin.engine.media.chunks import TooManyPieces, png_chunks, webp_chunks

MOST_THUMBNAILS: Final = 8
_MOST_SEGMENTS: Final = 2_000
_MOST_ENTRIES: Final = 1_000
_SHORT: Final = 3
_JPEG_START: Final = b"\xff\xd8\xff"
_RESOURCE_HEAD_BYTES: Final = 28


def embedded_in(data: bytes, kind: str) -> list[bytes]:
    """The JPEG previews in a picture file of this format, each once, at most eight."""
    readers = {"jpeg": _in_jpeg, "png": _in_png, "webp": _in_webp, "tiff": _in_tiff}
    found: list[bytes] = []
    try:
        for preview in readers[kind](data) if kind in readers else ():
            if preview.startswith(_JPEG_START) and preview not in found:
                found.append(preview)
            if len(found) == MOST_THUMBNAILS:
                break
    except (struct.error, TooManyPieces):
        pass  # cut short, or built to keep us busy: those before that stand
    return found


def _in_jpeg(data: bytes) -> Iterator[bytes]:
    resources = bytearray()
    for marker, start, end in _segments(data):
        body = data[start:end]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            yield from _in_exif(body[6:])
        elif marker == 0xE0 and body.startswith(b"JFXX\0\x10"):
            yield body[6:]
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            yield from _in_multi_picture(data, start + 4)
        elif marker == 0xED and body.startswith(b"Photoshop 3.0\0"):
            resources += body[14:]
    yield from _in_resources(bytes(resources))


def _in_png(data: bytes) -> Iterator[bytes]:
    for kind, start, end in png_chunks(data):
        if kind == b"eXIf":
            yield from _in_exif(data[start:end])


def _in_webp(data: bytes) -> Iterator[bytes]:
    for kind, start, end in webp_chunks(data):
        if kind == b"EXIF":
            yield from _in_exif(data[start:end].removeprefix(b"Exif\0\0"))


def _in_tiff(data: bytes) -> Iterator[bytes]:
    yield from _in_exif(data)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of the content of each segment before the coded data."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data) or data[at + 1] == 0xDA:
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], at + 4, min(end, len(data))
        at = end


def _in_exif(tiff: bytes) -> Iterator[bytes]:
    """The JPEG that the second directory points to (tags 0x0201 and 0x0202)."""
    order = _order(tiff)
    _, second = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    if second:
        tags, _ = _directory(tiff, order, second)
        if 0x0201 in tags and 0x0202 in tags:
            yield tiff[tags[0x0201] : tags[0x0201] + tags[0x0202]]


def _in_multi_picture(data: bytes, base: int) -> Iterator[bytes]:
    """Every picture after the first that the MP index names; offsets count from `base`."""
    tiff = data[base : base + (1 << 16)]
    order = _order(tiff)
    tags, _ = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    count = min(tags.get(0xB001, 0), MOST_THUMBNAILS + 1)
    for place in range(1, count):
        size, offset = struct.unpack_from(order + "II", tiff, tags.get(0xB002, 0) + 16 * place + 4)
        yield data[base + offset : base + offset + size]


def _in_resources(resources: bytes) -> Iterator[bytes]:
    """Photoshop's own previews: a head of 28 bytes that says 1 (JPEG), then the JPEG."""
    at = 0
    for _ in range(_MOST_SEGMENTS):
        if resources[at : at + 4] != b"8BIM" or at + 12 > len(resources):
            return
        (number,) = struct.unpack_from(">H", resources, at + 4)
        named = 1 + resources[at + 6]
        (size,) = struct.unpack_from(">I", resources, at + 6 + named + named % 2)
        start = at + 10 + named + named % 2
        if number in {1033, 1036} and resources[start : start + 4] == b"\0\0\0\1":
            yield resources[start + _RESOURCE_HEAD_BYTES : start + size]
        at = start + size + size % 2


def _order(tiff: bytes) -> str:
    return "<" if tiff[:2] == b"II" else ">"


def _directory(tiff: bytes, order: str, at: int) -> tuple[dict[int, int], int]:
    """The numbers in a directory by their tags, and where the next one starts (0: nowhere)."""
    (entries,) = struct.unpack_from(order + "H", tiff, at)
    tags: dict[int, int] = {}
    for entry in range(min(entries, _MOST_ENTRIES)):
        tag, form, _, value = struct.unpack_from(order + "HHII", tiff, at + 2 + 12 * entry)
        if form == _SHORT:
            # A short number stands in the first two of its four bytes.
            value = value >> 16 if order == ">" else value & 0xFFFF
        tags[tag] = value
    (following,) = struct.unpack_from(order + "I", tiff, at + 2 + 12 * entries)
    return tags, following
