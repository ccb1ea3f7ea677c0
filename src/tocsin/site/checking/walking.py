"""From the arguments to the files below them, in a fixed order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tocsin.site.checking.types import File, Trouble


@dataclass(slots=True)
class Passed:
    """What the walk left out on purpose, so that the summary can say so."""

    links: int = 0
    not_files: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through folders and files.

    A link given as an argument is followed; one met inside a folder is not (its target is checked
    where it lies, and loops cannot be), nor are pipes, sockets and devices. Both are counted.
    """

    roots: Sequence[str]
    passed: Passed = field(default_factory=Passed)

    def __iter__(self) -> Iterator[File | Trouble]:
        for number, root in enumerate(self.roots):
            yield from self._from(root, number)

    def _from(self, path: str, number: int) -> Iterator[File | Trouble]:
        try:
            real = os.path.realpath(path, strict=True) if os.path.islink(path) else path  # noqa: PTH114
            told = os.lstat(real)
        except OSError as error:
            yield Trouble(path, number, _words(error))
            return
        if stat.S_ISDIR(told.st_mode):
            yield from self._below(real, number)
        else:
            yield from self._one(real, number, told)

    def _below(self, top: str, number: int) -> Iterator[File | Trouble]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                names = sorted(os.listdir(folder))  # noqa: PTH208 - surrogate escapes, no objects
            except OSError as error:
                yield Trouble(folder, number, _words(error))
                continue
            folders: list[str] = []
            for name in names:
                path = os.path.join(folder, name)  # noqa: PTH118
                try:
                    told = os.lstat(path)
                except OSError as error:
                    yield Trouble(path, number, _words(error))
                    continue
                if stat.S_ISDIR(told.st_mode):
                    folders.append(path)
                else:
                    yield from self._one(path, number, told)
            waiting += reversed(folders)

    def _one(self, path: str, number: int, told: os.stat_result) -> Iterator[File]:
        if stat.S_ISREG(told.st_mode):
            yield File(path, number, told.st_size, told.st_mtime_ns)
        elif stat.S_ISLNK(told.st_mode):
            self.passed.links += 1
        else:
            self.passed.not_files += 1


def _words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
