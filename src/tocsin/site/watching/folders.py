"""What the kernel tells of folders: files that were closed after writing, or moved in."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from inotify_simple import INotify, flags

from tocsin.site.checking.types import File, Trouble
from tocsin.site.checking.walking import Walk

_ASKED: Final = (
    flags.CLOSE_WRITE | flags.MOVED_TO | flags.CREATE | flags.ONLYDIR | flags.DONT_FOLLOW
)
_LIMIT: Final = (
    "the kernel lets nobody watch more folders; raise it with "
    "`sysctl fs.inotify.max_user_watches=1048576`."
)


class CannotWatch(Exception):
    """A folder cannot be watched; the text says why."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The kernel has told less than happened: everything must be walked through."""


class Folders:
    """The watched folders, with all that lie in them, also those that come later.

    A folder is watched before it is walked through, so that nothing that is written meanwhile is
    missed; a file may be told of twice. Raises CannotWatch.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = roots
        self._kernel = INotify()
        self._paths: dict[int, tuple[str, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kernel.close()

    def everything(self) -> Iterator[File | Trouble]:
        """All files there are; call it first, and when something was lost."""
        for number, root in enumerate(self._roots):
            yield from self._below(root, number)

    def news(self, seconds: float) -> Iterator[File | Trouble | Lost]:
        """What was written since, after so long at most."""
        for event in self._kernel.read(timeout=int(seconds * 1_000)):
            if event.mask & flags.Q_OVERFLOW:
                yield Lost()
            elif event.mask & flags.IGNORED:
                self._paths.pop(event.wd, None)
            elif event.wd in self._paths and event.name:
                yield from self._told(event.mask, event.wd, event.name)

    def _told(self, mask: int, watch: int, name: str) -> Iterator[File | Trouble]:
        folder, number = self._paths[watch]
        path = os.path.join(folder, name)  # noqa: PTH118 - surrogate escapes
        if mask & flags.ISDIR:
            # What was written into it before it was watched is walked through.
            yield from self._below(path, number)
        elif not mask & flags.CREATE:
            yield from _there(path, number)

    def _below(self, top: str, number: int) -> Iterator[File | Trouble]:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            # Watched before it is listed: a folder that is made in between is told of.
            self._watch(folder, number)
            waiting += _folders_in(folder)
        for one in Walk([top]):
            if isinstance(one, File):
                yield File(one.path, number, one.size_bytes, one.modified_ns)
            else:
                yield Trouble(one.path, number, one.reason)

    def _watch(self, folder: str, number: int) -> None:
        try:
            watch = self._kernel.add_watch(folder, _ASKED)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                return  # gone again
            why = _LIMIT if error.errno == errno.ENOSPC else (error.strerror or "unknown") + "."
            raise CannotWatch(f"cannot watch {folder}: {why}") from error
        self._paths[watch] = folder, number


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []  # the walk tells of it


def _there(path: str, number: int) -> Iterator[File | Trouble]:
    for one in Walk([path]):
        # A link is not followed: what it points to is checked where it lies.
        if isinstance(one, File) and not os.path.islink(path):  # noqa: PTH114
            yield File(one.path, number, one.size_bytes, one.modified_ns)
