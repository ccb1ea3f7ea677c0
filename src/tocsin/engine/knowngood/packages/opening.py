"""The files inside a package, of whatever kind, and inside the packages inside it."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tocsin.engine.knowngood.packages import ar, tar
from tocsin.engine.knowngood.packages.bounds import (
    DEFAULT_BOUNDS,
    Bounds,
    Counted,
    Readable,
    Spent,
    TooMuch,
    WrongPackage,
)
from tocsin.engine.knowngood.packages.unpacking import unpacked

_ZIPS: Final = re.compile(r".*\.(?:zip|whl|jar|war|apk|xpi|crx|epub|nupkg|egg)", re.I | re.S)
_TARS: Final = re.compile(
    r".*\.(?:tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|lzma|zst)|tzst|gem|crate)", re.I | re.S
)
_DEBS: Final = re.compile(r".*\.u?deb", re.I | re.S)
_READ_FROM_ZIP: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file inside a package. `contents` are good until the next member is asked for;
    `depth` is 0 in the package itself. Where `refused` is set, they cannot be read and that is why.
    """

    name: str
    size_bytes: int
    contents: Readable
    depth: int = 0
    refused: str | None = None


def is_package(name: str) -> bool:
    """Whether a file is a package by its name."""
    return bool(_ZIPS.fullmatch(name) or _TARS.fullmatch(name) or _DEBS.fullmatch(name))


def members(path: Path, bounds: Bounds = DEFAULT_BOUNDS) -> Iterator[Member]:
    """Every regular file in the package and in packages inside it.

    Raises OSError, WrongPackage and TooMuch; what came before stands. A package inside that cannot
    be read costs itself only: it comes as a member that is `refused`.
    """
    with path.open("rb") as file:
        spent = Spent(bounds, os.fstat(file.fileno()).st_size)
        yield from _inside(path.name, file, spent, 0)


def _inside(name: str, file: IO[bytes], spent: Spent, depth: int) -> Iterator[Member]:
    for member in _reader_of(name)(file, spent, depth):
        if member.refused is None and is_package(member.name) and depth < spent.bounds.most_depth:
            yield from _inner(member, spent, depth)
        else:
            yield member


def _reader_of(name: str) -> Callable[[IO[bytes], Spent, int], Iterator[Member]]:
    if _DEBS.fullmatch(name):
        return _deb
    return _zip if _ZIPS.fullmatch(name) else _tar


def _inner(member: Member, spent: Spent, depth: int) -> Iterator[Member]:
    """The members of a package inside a package; it is held in memory as long."""
    if member.size_bytes > spent.bounds.most_inner_bytes:
        yield _refused(member, "a package in it is too large to be read")
        return
    try:
        held = io.BytesIO(_all_of(member.contents))
        for inner in _inside(member.name, held, spent, depth + 1):
            yield Member(
                f"{member.name}/{inner.name}",
                inner.size_bytes,
                inner.contents,
                inner.depth,
                inner.refused,
            )
    except TooMuch:
        raise  # it counts for the whole
    except WrongPackage as error:
        yield _refused(member, str(error))


def _all_of(contents: Readable) -> bytes:
    pieces = []
    while piece := contents.read(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _refused(member: Member, reason: str) -> Member:
    return Member(member.name, member.size_bytes, io.BytesIO(), member.depth, reason)


def _tar(file: IO[bytes], spent: Spent, depth: int) -> Iterator[Member]:
    with unpacked(file) as stream:
        for name, size, contents in tar.files(Counted(stream, spent), spent):
            yield Member(name, size, contents, depth)


def _deb(file: IO[bytes], spent: Spent, depth: int) -> Iterator[Member]:
    """Control file and contents; the control files are named as `dpkg-deb -R` names them."""
    for part, packed in ar.parts(file, spent):
        if not part.startswith(("control.tar", "data.tar")):
            continue
        with unpacked(packed) as stream:
            for name, size, contents in tar.files(Counted(stream, spent), spent):
                plain = name.removeprefix("./")
                told = f"DEBIAN/{plain}" if part.startswith("control") else plain
                yield Member(told, size, contents, depth)


def _zip(file: IO[bytes], spent: Spent, depth: int) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                spent.entry()
                if not info.is_dir():
                    yield from _zipped(archive, info, spent, depth)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise WrongPackage(f"it is damaged ({error})") from None


def _zipped(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, spent: Spent, depth: int
) -> Iterator[Member]:
    member = Member(info.filename, info.file_size, io.BytesIO(), depth)
    if info.flag_bits & _ENCRYPTED:
        yield _refused(member, "it is encrypted")
        return
    if info.compress_type not in _READ_FROM_ZIP:
        yield _refused(member, "it is packed in a way that is not read")
        return
    try:
        with archive.open(info) as contents:
            whole = _Whole(Counted(contents, spent))
            yield Member(info.filename, info.file_size, whole, depth)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError) as error:
        yield _refused(member, f"it is damaged ({error})")


class _Whole:
    """A member of a zip: damage is told in our own words."""

    def __init__(self, inner: Counted) -> None:
        self._inner = inner

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._inner.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise WrongPackage(f"it is damaged ({error})") from None
