"""One file at a time: whether it is a picture, and the row of fingerprints that a set keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tocsin.engine.fingerprints import (
    Digests,
    Fingerprints,
    Origin,
    PictureHashes,
    digests_of,
)
from tocsin.engine.fingerprints.distinctive import regularity_of
from tocsin.engine.knowngood.packages import TooMuch, WrongPackage
from tocsin.engine.knowngood.packages.bounds import Readable
from tocsin.engine.knowngood.types import KEY_BYTES, PDQ_BYTES
from tocsin.engine.media import MediaOptions, Precision
from tocsin.engine.media.headers import kind_of

BEGIN_BYTES: Final = 64
Fingerprint: TypeAlias = Callable[[bytes], Fingerprints]
"""Takes a picture's bytes: `DecoderPool.fingerprint`, with the options wanted."""

ROW_DTYPE: Final = np.dtype(
    [
        ("md5", "<u8"),
        ("sha1", "<u8"),
        ("sha256", "<u8"),
        ("pdq", "u1", (PDQ_BYTES,)),
        ("quality", "u1"),
        ("regularity", "u1"),
        ("gate", "u1"),
        ("seen", "u1"),
    ]
)
"""A picture: keys of its digests, and its PDQ where `seen` is 1. A further look of the picture
above is a row without digests: its keys are 0."""
Rows: TypeAlias = npt.NDArray[np.void]

_NOT_DECODED: Final = re.compile(
    rb"\0\0[\1\2]\0[^\0]|8BPS|\xff\x0a|\0\0\0\x0cJXL |\0\0\0\x0cjP  |/\* XPM \*/|gimp xcf|qoif"
)
"""Pictures that are not decoded here: ICO and CUR, Photoshop, JPEG XL, JPEG 2000, XPM, XCF, QOI."""
_LOOKS: Final = (Origin.UNDER_ALPHA, Origin.PICTURE)
_BY_NAME: Final = re.compile(r".*\.(?:svg|svgz)", re.I | re.S)


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What was seen of a picture: always its digests, its fingerprints where it was decoded."""

    where: str
    digests: Digests
    fingerprints: Fingerprints | None = None


def options_for(data: bytes) -> MediaOptions:
    """How to decode a picture for a set: every pixel, and every look of one that can be seen
    through. Asking gives the looks; of a JPEG, which has one, it would scale the pixels."""
    precision = Precision.LIST if kind_of(data) == "jpeg" else Precision.QUERY
    return MediaOptions(tiff=True, precision=precision)


def is_picture(name: str, begin: bytes) -> bool:
    """Whether a file looks like a picture, from its first 64 bytes or, of drawings, its name."""
    return is_decoded(begin) or bool(_NOT_DECODED.match(begin) or _BY_NAME.fullmatch(name))


def is_decoded(begin: bytes) -> bool:
    """Whether it is of a format that a decoder here reads."""
    return kind_of(begin) is not None


def read_picture(name: str, size_bytes: int, contents: Readable, most_bytes: int) -> bytes | None:
    """The bytes of a file that is a picture, None of another. Raises TooMuch beyond `most_bytes`,
    WrongPackage where it cannot be read, and OSError."""
    begin = _read(contents, BEGIN_BYTES)
    if not begin or not is_picture(name, begin):
        return None
    if size_bytes > most_bytes:
        raise WrongPackage(f"it has more than {most_bytes:,} bytes")
    data = begin + _read(contents, most_bytes - len(begin) + 1)
    if len(data) > most_bytes:
        raise TooMuch(f"it has more than {most_bytes:,} bytes")
    return data


def look(where: str, data: bytes, fingerprint: Fingerprint) -> Looked:
    """The fingerprints of a picture; of one that is not decoded here, its digests."""
    if not is_decoded(data[:BEGIN_BYTES]):
        return Looked(where, digests_of(data))
    seen = fingerprint(data)
    return Looked(where, Digests(seen.md5, seen.sha1, seen.sha256), seen)


def rows_of(looked: Iterable[Looked]) -> Rows:
    """What a set keeps of some pictures: ROW_DTYPE[N], one for each and its further look."""
    told = [(one if not number else None, look) for one in looked for number, look in _kept(one)]
    rows = np.zeros(len(told), ROW_DTYPE)
    for row, (one, seen) in zip(rows, told, strict=True):
        if one is not None:
            row["md5"], row["sha1"], row["sha256"] = (
                int.from_bytes(digest[:KEY_BYTES], "big")
                for digest in (one.digests.md5, one.digests.sha1, one.digests.sha256)
            )
        if seen is not None:
            row["pdq"] = np.frombuffer(seen.pdq.value, np.uint8)
            row["quality"], row["gate"], row["seen"] = seen.pdq.quality, seen.gate is not None, 1
    pdqs = np.ascontiguousarray(rows["pdq"])
    rows["regularity"] = np.minimum(10 * regularity_of(pdqs), 255).astype(np.uint8)
    return rows


def looks_of(one: Looked) -> list[PictureHashes]:
    """The looks of a picture that a list may hold: with its alpha ignored, as most hashers take it,
    and as a white page shows it. One, where it cannot be seen through; none, if not decoded."""
    pictures = one.fingerprints.pictures if one.fingerprints else ()
    shown = [seen for seen in pictures if seen.origin in _LOOKS]
    return sorted(shown, key=lambda seen: _LOOKS.index(seen.origin))


def _kept(one: Looked) -> list[tuple[int, PictureHashes | None]]:
    """The first look, or None; and the other where it says enough to be found by nearness."""
    looks = looks_of(one)
    more = [seen for seen in looks[1:] if seen.gate is None]
    return list(enumerate([*looks[:1], *more])) if looks else [(0, None)]


def _read(contents: Readable, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := contents.read(min(size, 1 << 20))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
