"""Files that a client names instead of sending: those in the folders that the operator allows."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

MOST_FILES: Final = 100_000
_DESCRIPTORS: Final = Path("/proc/self/fd")


class NotReadable(Exception):
    """The file may not, or cannot, be read; the text says why, as clamd does."""


def files_under(named: str, folders: Sequence[Path]) -> tuple[Path, Iterator[Path]]:
    """The path as it really is, and the files in it (or itself); raises NotReadable.

    Links are followed where a client names one, and not below.
    """
    if not named.startswith("/") or "\0" in named:
        raise NotReadable("File path check failure (not a whole path).")
    try:
        path = Path(named).resolve()
        # Before anything else, so that nobody learns what there is elsewhere.
        if not _is_allowed(path, folders):
            raise NotReadable("Access denied.")
        kind = path.resolve(strict=True).lstat().st_mode
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "links go round"
        raise NotReadable(f"File path check failure ({reason}).") from None
    if stat.S_ISREG(kind):
        return path, iter((path,))
    if not stat.S_ISDIR(kind):
        raise NotReadable("Not supported file type.")
    return path, _below(path)


def open_file(path: Path, folders: Sequence[Path]) -> BinaryIO:
    """The file at a path that `files_under` gave, wherever it leads by now; raises NotReadable."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise NotReadable(f"Can't open file ({error.strerror}).") from None
    file = os.fdopen(descriptor, "rb", buffering=0)
    try:
        # Somebody may have moved a folder since: asked of the open file, nothing can change.
        if not (stat.S_ISREG(os.fstat(descriptor).st_mode) and _is_allowed(_really(file), folders)):
            raise NotReadable("Access denied.")
    except BaseException:
        file.close()
        raise
    return file


def _really(file: BinaryIO) -> Path:
    return (_DESCRIPTORS / str(file.fileno())).readlink()


def _is_allowed(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _below(folder: Path) -> Iterator[Path]:
    """Every regular file, in order; a folder that cannot be read is told by raising NotReadable."""

    def broken(error: OSError) -> None:
        raise NotReadable(f"Can't open directory ({error.strerror}).") from None

    seen = 0
    for where, folders, names in os.walk(folder, onerror=broken):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if _is_plain(path):
                seen += 1
                if seen > MOST_FILES:
                    raise NotReadable(f"More than {MOST_FILES:,} files; name a folder below.")
                yield path


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True  # to be told of when it is opened
