"""Searching a disk for any byte of a picture: raw, in hexadecimal and in base64."""

from __future__ import annotations

import base64
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NEEDLE_BYTES: Final = 64
PIECE: Final = 26  # characters of base64, 19 bytes: three of them leave one without a line break
LARGEST_FILE_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Spot:
    """A file that holds a needle. `where`: the picture it is from, and how it is written."""

    file: Path
    where: str


@dataclass(frozen=True, slots=True)
class Needle:
    """64 bytes of a picture, or put into one."""

    picture: str
    value: bytes


def fresh() -> bytes:
    """A needle that no file has ever held."""
    return secrets.token_bytes(NEEDLE_BYTES)


def slices_of(picture: str, data: bytes) -> list[Needle]:
    """Needles cut out of a picture itself: its middle, where the pixels are."""
    if len(data) < 4 * NEEDLE_BYTES:
        return []
    middle = len(data) // 2
    return [Needle(picture, data[middle : middle + NEEDLE_BYTES])]


def spellings(value: bytes) -> dict[bytes, str]:
    """All ways in which these bytes may stand in a file, each with its name.

    Base64 writes the same bytes in three ways, depending on how many bytes stand before them; what
    depends on the neighbours is cut off at both ends. It is looked for in pieces, as mail breaks
    its lines at 76 characters.
    """
    found = {value: "raw", value.hex().encode(): "hex", value.hex().upper().encode(): "hex"}
    for before in range(3):
        written = base64.b64encode(b"\0" * before + value)
        # The first characters hold bits of what stands before, the last of what comes after.
        certain = written[(0, 2, 3)[before] : len(written) - 4]
        for start in range(0, len(certain) - PIECE + 1, PIECE):
            piece = certain[start : start + PIECE]
            found[piece] = found[piece.translate(_URL_SAFE)] = "base64"
    return found


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought. `left_out`: files too large, unreadable, or gone meanwhile."""

    searched: int
    left_out: int
    spots: tuple[Spot, ...]


def search(needles: Iterable[Needle], files: Iterable[Path]) -> Found:
    """Look for every spelling of every needle in every file."""
    wanted = {
        written: f"{needle.picture}, {name}"
        for needle in needles
        for written, name in spellings(needle.value).items()
    }
    searched, left_out, spots = 0, 0, []
    for file in files:
        found = _found_in(file, wanted)
        searched += found is not None
        left_out += found is None
        spots += [Spot(file, where) for where in found or ()]
    return Found(searched, left_out, tuple(spots))


def files_below(folder: Path) -> Iterator[Path]:
    """Every regular file below a folder; what vanishes meanwhile is left out."""
    for top, _, names in os.walk(folder):
        for name in names:
            path = Path(top) / name
            if path.is_file() and not path.is_symlink():
                yield path


def files_changed_since(folder: Path, since: float) -> Iterator[Path]:
    """Those of `files_below` that are ours and were written since a moment (seconds)."""
    for path in files_below(folder):
        try:
            told = path.stat()
        except OSError:
            continue
        if told.st_mtime >= since and told.st_uid == os.getuid():
            yield path


def _found_in(file: Path, wanted: dict[bytes, str]) -> list[str] | None:
    """The names of what stands in the file; None when it could not be searched."""
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size == 0:
                return []
            if size > LARGEST_FILE_BYTES:
                return None
            with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return [name for written, name in wanted.items() if data.find(written) >= 0]
    except (OSError, ValueError):
        return None
