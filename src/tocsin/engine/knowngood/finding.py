"""Pictures in folders and in the packages that lie there, one after the other, in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.engine.knowngood.looking import read_picture
from tocsin.engine.knowngood.packages import (
    Bounds,
    Labels,
    Member,
    TooMuch,
    WrongPackage,
    is_package,
    members,
)
from tocsin.engine.knowngood.packages.labels import MOST_LABEL_BYTES
from tocsin.engine.knowngood.parts import MOST_TROUBLES
from tocsin.engine.knowngood.types import Maker, Source, Trouble

# A name may have become a pipe or a link since it was met: neither wait for one nor follow it.
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Group:
    """A package, or all the loose files of one folder: what shares a source."""

    name: str
    paths: tuple[Path, ...]
    packed: bool


def groups_in(folders: Iterable[Path]) -> Iterator[Group]:
    """Every package below the folders, and the loose files of each folder, in order of names.

    A package may be named itself. Links are not followed. Raises OSError for a folder that was
    named and cannot be read; what cannot be read below is left to whoever opens it.
    """
    for folder in folders:
        told = folder.stat()
        if not stat.S_ISDIR(told.st_mode):
            yield Group(folder.name, (folder,), is_package(folder.name))
            continue
        loose: list[Path] = []
        for path in _files_below(folder):
            if is_package(path.name):
                yield Group(path.name, (path,), packed=True)
            else:
                loose.append(path)
        if loose:
            yield Group(folder.resolve().name, tuple(loose), packed=False)


class Found:
    """The pictures of a group: name and bytes of each, once; afterwards what else there was."""

    def __init__(self, group: Group, bounds: Bounds, *, drawings: bool) -> None:
        self.group = group
        self.passed_over = 0
        self.troubles: list[Trouble] = []
        self.trouble_count = 0
        self._bounds = bounds
        self._drawings = drawings
        self._labels = Labels(group.name)

    @property
    def source(self) -> Source:
        """What the package says of itself, as far as it was read."""
        if self.group.packed:
            return self._labels.source
        return Source(self.group.name, maker=Maker.FOLDER)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for path in self.group.paths:
            yield from self._in_package(path) if self.group.packed else self._loose(path)

    def _in_package(self, path: Path) -> Iterator[tuple[str, bytes]]:
        try:
            for member in members(path, self._bounds):
                data = self._picture(path, member)
                if data is not None:
                    yield member.name, data
        except WrongPackage as error:
            self._trouble(str(path), str(error))
        except OSError as error:
            self._trouble(str(path), (error.strerror or "cannot be read").lower())

    def _picture(self, path: Path, member: Member) -> bytes | None:
        where = f"{path}: {member.name}"
        if member.refused is not None:
            self._trouble(where, member.refused)
            return None
        try:
            if member.depth == 0 and self._labels.wanted(member.name):
                self._labels.read(member.name, _begin(member))
                return None
            return self._taken(member)
        except TooMuch:
            raise
        except WrongPackage as error:
            self._trouble(where, str(error))
            return None

    def _taken(self, member: Member) -> bytes | None:
        if not self._drawings and member.name.lower().endswith((".svg", ".svgz")):
            self.passed_over += 1
            return None
        most = self._bounds.most_file_bytes
        data = read_picture(member.name, member.size_bytes, member.contents, most)
        self.passed_over += data is None
        return data

    def _loose(self, path: Path) -> Iterator[tuple[str, bytes]]:
        try:
            descriptor = os.open(path, _OPEN)
            with os.fdopen(descriptor, "rb") as file:
                told = os.fstat(descriptor)
                if not stat.S_ISREG(told.st_mode):
                    self._trouble(str(path), "it is no file")
                    return
                data = self._taken(Member(path.name, told.st_size, file))
        except OSError as error:
            self._trouble(str(path), (error.strerror or "cannot be read").lower())
        except WrongPackage as error:
            self._trouble(str(path), str(error))
        else:
            if data is not None:
                yield str(path), data

    def _trouble(self, where: str, reason: str) -> None:
        self.trouble_count += 1
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(Trouble(where, reason))


def found_in(group: Group, bounds: Bounds, *, drawings: bool) -> Found:
    """The pictures of a group, to be gone through once."""
    return Found(group, bounds, drawings=drawings)


def _begin(member: Member) -> bytes:
    pieces, left = [], MOST_LABEL_BYTES
    while left > 0 and (piece := member.contents.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _files_below(folder: Path) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
        waiting += [
            Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)
        ]
