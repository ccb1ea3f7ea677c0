"""Writing files so that a crash at any moment leaves either the old file or the new one.

All changes to the disk that the index makes are made here: a test lets each of them fail in turn.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# The owner writes, the group may read (a second service account), nobody else sees a fingerprint.
FILE_MODE = 0o640
FOLDER_MODE = 0o750


@dataclass(frozen=True, slots=True)
class Written:
    """What a finished file holds: its size in bytes and its SHA-256 in hexadecimal."""

    size_bytes: int
    sha256: str


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> Written:
    """Write a new file and force it to the disk; raises `FileExistsError` if it is there already.

    A file that could not be finished is left behind: the caller owns the folder and sweeps it.
    """
    digest = hashlib.sha256()
    size_bytes = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        for chunk in chunks:
            _write_all(descriptor, chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Written(size_bytes=size_bytes, sha256=digest.hexdigest())


def replace_file(path: Path, chunks: Iterable[bytes | memoryview]) -> Written:
    """Put a new file in the place of `path` in one step; on `OSError` the old one is untouched."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        written = write_file(fresh, chunks)
        fresh.replace(path)
    except OSError:
        forget(fresh)
        raise
    sync_folder(path.parent)
    return written


def make_folder(path: Path) -> None:
    """Make one new folder; raises `FileExistsError` if it is there already."""
    path.mkdir(FOLDER_MODE)


def rename_folder(source: Path, target: Path) -> None:
    """Give a finished folder its final name, on disk when this returns."""
    sync_folder(source)
    source.rename(target)
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Force the names inside a folder to the disk (a rename is not durable before that)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def forget(path: Path) -> None:
    """Remove a file or folder that nobody needs; what cannot be removed now is swept later."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _write_all(descriptor: int, chunk: bytes | memoryview) -> None:
    """Write the whole chunk: one `write` call may take less than it was given."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
