"""What lies inside an archive, in memory and within bounds; nothing in it is ever called clean
that was not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from tocsin.engine.knowngood.packages import Bounds, Member, WrongPackage, is_package, members
from tocsin.site.checking.looks import USUAL, Looks
from tocsin.site.checking.reading import Fingerprint
from tocsin.site.checking.types import File, Looked, Trouble

MARK: Final = "!/"
"""Between the path of an archive and the name of what lies in it."""
BOUNDS: Final = Bounds(most_entries=100_000, most_bytes=16 << 30)
_PIECE_BYTES: Final = 1 << 20


def is_archive(file: File) -> bool:
    """Whether it is a zip, a tarball or something built like one, by its name."""
    return is_package(Path(file.path).name)


def inside(
    archive: File,
    fingerprint: Fingerprint,
    looks: Looks = USUAL,
    bounds: Bounds = BOUNDS,
) -> Iterator[Looked | Trouble]:
    """Everything in an archive and in the archives inside it.

    What is encrypted, damaged or too large is a Trouble; so is an archive that cannot be read on,
    or that unpacks to more than is spent on one: what came before stands.
    """
    try:
        for member in members(Path(archive.path), bounds):
            yield _one(archive, member, fingerprint, looks)
    except WrongPackage as error:
        yield Trouble(f"{archive.path}{MARK}", archive.root, f"cannot be read on: {error}")
    except OSError as error:
        yield Trouble(
            f"{archive.path}{MARK}", archive.root, (error.strerror or "unreadable").lower()
        )


def outer(path: str) -> str:
    """The path of the archive that something lies in."""
    return path.partition(MARK)[0]


def _one(archive: File, member: Member, fingerprint: Fingerprint, looks: Looks) -> Looked | Trouble:
    path = f"{archive.path}{MARK}{member.name}"
    if member.refused is not None:
        return Trouble(path, archive.root, member.refused)
    options = looks.options_for(member.name)
    try:
        data = _read(member, options.max_bytes)
    except WrongPackage as error:
        return Trouble(path, archive.root, str(error))
    if data is None:
        return Trouble(path, archive.root, f"has more than {options.max_bytes:,} bytes")
    return Looked(replace(archive, path=path, size_bytes=len(data)), fingerprint(data, options))


def _read(member: Member, most_bytes: int) -> bytes | None:
    got = bytearray()
    while piece := member.contents.read(_PIECE_BYTES):
        got += piece
        if len(got) > most_bytes:
            return None
    return bytes(got)
