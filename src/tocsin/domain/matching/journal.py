"""Hits on disk before the answer leaves: sealed lines in a file of this process alone.

The database may be away or slow when a hit is found, and the process may be killed the moment after
it answered; the journal is what makes sure that the hit is known all the same. The worker moves it
into the database (`drain`). A file is locked for as long as its writer lives, so that nobody else
ever takes away a file that is still written to.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tocsin.base.secrets import Keyring, seal
from tocsin.domain.matching.hits import NewHit, hits_as_bytes
from tocsin.domain.matching.types import JournalFailed

CONTEXT = "journal"
SUFFIX = ".log"
ROTATE_BYTES = 1 << 22


@dataclass(slots=True)
class _Waiting:
    """A record that some thread waits to see on the disk."""

    line: bytes
    done: bool = False
    error: OSError | None = None


class Journal:
    """Appends records of hits; `append` returns when they are safe. For any number of threads.

    Threads that come while another writes are served together by one fsync. After a refusal of the
    disk the file is given up and the next record starts a new one, so that no torn record ever
    stands before a whole one. A file in which nothing was ever safe goes with it: a full disk would
    gather one with each hit.
    """

    def __init__(self, folder: Path, ring: Keyring, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._ring = ring
        self._rotate_bytes = rotate_bytes
        self._queue: list[_Waiting] = []
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._descriptor: int | None = None
        self._path = folder
        self._written = 0
        self._files = 0

    def append(self, hits: tuple[NewHit, ...]) -> None:
        """Put the hits of one answer on the disk, all or none; raises JournalFailed."""
        line = seal(self._ring, hits_as_bytes(hits), context=CONTEXT).encode() + b"\n"
        mine = _Waiting(line)
        with self._queueing:
            self._queue.append(mine)
        with self._writing:
            # Whoever was first has perhaps written for all of us.
            if not mine.done:
                with self._queueing:
                    batch, self._queue = self._queue, []
                self._write(batch)
        if mine.error is not None:
            raise JournalFailed(
                "A hit could not be written to the journal, so no answer is given. Look for a full "
                "or read-only disk under the data folder."
            ) from mine.error

    def close(self) -> None:
        """Give the file up; the worker may then take it away."""
        with self._writing:
            self._give_up()

    def _write(self, batch: list[_Waiting]) -> None:
        error: OSError | None = None
        try:
            self._append(b"".join(waiting.line for waiting in batch))
        except OSError as refusal:
            error = refusal
            self._give_up()
        for waiting in batch:
            waiting.error = error
            waiting.done = True

    def _append(self, lines: bytes) -> None:
        if self._descriptor is None or self._written >= self._rotate_bytes:
            self._give_up()
            self._descriptor, self._path = self._open_next()
            self._written = 0
        rest = memoryview(lines)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fdatasync(self._descriptor)
        self._written += len(lines)

    def _open_next(self) -> tuple[int, Path]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._files += 1
        path = self._folder / f"{os.getpid()}-{time.time_ns()}-{self._files}{SUFFIX}"
        # Locked before it has its name: the drain takes any named file that is not locked.
        unnamed = path.with_suffix(".new")
        descriptor = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(path)
            _sync_folder(self._folder)
        except OSError:
            os.close(descriptor)
            for name in (unnamed, path):
                name.unlink(missing_ok=True)
            raise
        return descriptor, path

    def _give_up(self) -> None:
        if self._descriptor is None:
            return
        if self._written == 0:
            # Before it is closed: until then it is locked, and the drain keeps off it.
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
