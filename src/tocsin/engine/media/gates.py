"""The gates before any decoder: what is turned away by its header alone.

What the gates are for (each cost seconds or gigabytes in a decoder that was given it): a 38-byte
WebP that claims 12,000 x 12,000, a 2 kB AVIF, a 300 kB PNG of 80 megapixels, a 535 kB progressive
JPEG with 3,000 scans, a file of nothing but empty chunks or fill bytes.
"""

from dataclasses import dataclass
from typing import Final

from tocsin.engine.fingerprints.types import Status
from tocsin.engine.media import boxes, headers
from tocsin.engine.media.chunks import TooManyPieces, png_chunks, webp_chunks
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.refusals import Refused

# Their decoders walk these one by one, so we do it first and give up sooner.
_WALKS: Final = {"png": png_chunks, "webp": webp_chunks}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A file that may be decoded: its format, and the most pixels its decoder may give."""

    kind: str
    size: headers.Size
    max_pixels: int


def refuse_by_length(data: bytes, options: MediaOptions) -> None:
    """Raises Refused when the number of bytes alone settles it."""
    if not data:
        raise Refused(Status.CORRUPT)
    films = options.max_video_bytes if options.video is not None else 0
    if len(data) > max(options.max_bytes, films):
        raise Refused(Status.TOO_LARGE)


def admit(data: bytes, options: MediaOptions) -> Admitted:
    """What the header says of a file that may be decoded. Raises Refused for every other file."""
    refuse_by_length(data, options)
    kind = headers.kind_of(data)
    if len(data) > options.max_bytes:
        raise Refused(Status.TOO_LARGE, kind)
    if kind is None or (kind == "tiff" and not options.tiff):
        raise Refused(Status.UNSUPPORTED, kind)
    size = _jpeg_size(data, options) if kind == "jpeg" else _size(kind, data)
    if size is None or min(size) < 1:
        raise Refused(Status.CORRUPT, kind)
    admitted = Admitted(
        kind, size, options.max_jpeg_pixels if kind == "jpeg" else options.max_pixels
    )
    refuse_by_size(size, admitted)
    return admitted


def refuse_by_size(size: headers.Size, admitted: Admitted) -> None:
    """Raises Refused when a picture of this size is more than the gate lets through.

    Asked twice: of the header, and of the decoder before it unpacks, as the two may disagree.
    """
    if size[0] * size[1] > admitted.max_pixels:
        raise Refused(Status.TOO_LARGE, admitted.kind, size)


def _size(kind: str, data: bytes) -> headers.Size | None:
    try:
        for _ in _WALKS[kind](data) if kind in _WALKS else ():
            pass
        return headers.size_of(kind, data)
    except (boxes.TooManyBoxes, TooManyPieces):
        raise Refused(Status.TOO_LARGE, kind) from None


def _jpeg_size(data: bytes, options: MediaOptions) -> headers.Size | None:
    shape = headers.jpeg_shape(data)
    if shape.endless:
        raise Refused(Status.TOO_LARGE, "jpeg", shape.size)
    if shape.size is None:
        return None
    scan_pixels = shape.scans * shape.size[0] * shape.size[1]
    if shape.scans > options.max_jpeg_scans or scan_pixels > options.max_scan_pixels:
        raise Refused(Status.TOO_LARGE, "jpeg", shape.size)
    return shape.size
