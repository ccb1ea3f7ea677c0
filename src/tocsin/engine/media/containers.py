"""What kind of film a file is, and what its container claims, read in plain Python.

Nothing here calls a demuxer: a file whose tables would keep one busy is turned away before it sees
one. Sources: ISO/IEC 14496-12 (MP4, QuickTime), RFC 8794 and 9559 (EBML, Matroska), RIFF/AVI,
ISO/IEC 13818-1 (MPEG streams), and the first bytes of FLV and ASF.
"""

import re
from dataclasses import dataclass
from typing import Final

from tocsin.engine.media import boxes, matroska, movie

FILM_BRANDS: Final = frozenset(
    {b"isom", b"avc1", b"avc3", b"hvc1", b"av01", b"mp41", b"mp42", b"mp71", b"M4V ", b"M4VH"}
    | {b"M4VP", b"qt  ", b"f4v ", b"F4V ", b"mmp4", b"MSNV", b"XAVC", b"dash", b"cmfc", b"cmff"}
    | {b"iso%c" % digit for digit in b"23456789abc"}
)
"""Brands of `ftyp` under which films are written, besides 3gp* and 3g2* (any letter follows)."""

PICTURE_BRANDS: Final = boxes.AVIF_BRANDS | boxes.HEIC_BRANDS | {b"mif1", b"msf1", b"mif2", b"miaf"}
"""Pictures and bursts of pictures use the same boxes; where one of these is named, it is theirs."""

_OTHER_BRANDS: Final = frozenset({b"jp2 ", b"jpx ", b"jpm ", b"jxl ", b"crx ", b"M4A ", b"M4B "})
_QUICKTIME_STARTS: Final = frozenset(
    {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof"}
)
_STREAM_PACKET_BYTES: Final = 188
_MAGIC: Final[dict[str, re.Pattern[bytes]]] = {
    "avi": re.compile(rb"RIFF.{4}AVI[ X\x19]", re.DOTALL),
    "flv": re.compile(rb"FLV\x01[\0-\x05]\0\0\0\x09"),
    "wmv": re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"),
    "mpg": re.compile(rb"\0\0\x01\xba[\x21\x31\x44-\x7f]"),
}


@dataclass(frozen=True, slots=True)
class FilmShape:
    """What the container says of itself.

    `sizes` are the widths and heights that it states for its pictures, `samples` the most entries
    that any of its tables claims. `cut_off` when it ends before it says it does, `encrypted` when
    no picture track can be read without a key, `endless` when it has more parts than we walk.
    """

    sizes: tuple[tuple[int, int], ...] = ()
    samples: int = 0
    cut_off: bool = False
    encrypted: bool = False
    endless: bool = False


def film_kind(data: bytes) -> str | None:
    """mp4, mov, webm, mkv, avi, flv, wmv, mpg or ts by the first bytes, or None.

    None for AVIF and HEIC too, bursts of them included: those are pictures' formats. A sound file
    in a film's container cannot be told from a film here; it has no frames.
    """
    if data[4:8] == b"ftyp":
        return _kind_by_brand(data)
    if data.startswith(matroska.MAGIC):
        return matroska.kind_of(data)
    for kind, pattern in _MAGIC.items():
        if pattern.match(data):
            return kind
    if data[4:8] in _QUICKTIME_STARTS and data[:3] < b"\x80":
        return "mov"
    return "ts" if _is_transport_stream(data) else None


def shape_of(kind: str, data: bytes) -> FilmShape:
    """What the container of a film of this kind claims; empty for kinds that claim nothing."""
    if kind in {"mp4", "mov"}:
        walked = movie.walk(data)
        return FilmShape(
            walked.sizes, walked.samples, walked.cut_off, walked.encrypted, walked.endless
        )
    if kind in {"webm", "mkv"}:
        header = matroska.header_of(data)
        return FilmShape(header.sizes, 0, header.cut_off, header.encrypted)
    if kind == "avi":
        return FilmShape(cut_off=8 + int.from_bytes(data[4:8], "little") > len(data))
    return FilmShape()


def _kind_by_brand(data: bytes) -> str | None:
    named = boxes.brands(data)
    major = data[8:12]
    if named & PICTURE_BRANDS or major in _OTHER_BRANDS:
        return None
    if major == b"qt  ":
        return "mov"
    known = named & FILM_BRANDS or any(brand[:3] in {b"3gp", b"3g2"} for brand in named)
    return "mp4" if known else None


def _is_transport_stream(data: bytes) -> bool:
    """Whether the first five packets of 188 bytes (192 with a time code) start as they must."""
    for first, step in ((0, _STREAM_PACKET_BYTES), (4, _STREAM_PACKET_BYTES + 4)):
        starts = data[first : first + 5 * step : step]
        if starts == b"\x47" * 5:
            return True
    return False
