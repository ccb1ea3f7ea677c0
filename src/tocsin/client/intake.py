"""An upload while it arrives: digests piece by piece, and its bytes in memory within limits."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from tocsin.engine.fingerprints import Digests, Fingerprints, Status
from tocsin.engine.media import DecoderPool, MediaOptions

_PIECE_BYTES: Final = 1 << 20


class Budget:
    """How many bytes of uploads this process holds at once. Safe for threads."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Whether there was room for so many more."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True

    def give_back(self, count: int) -> None:
        with self._lock:
            self._left += count


class Intake:
    """One upload that is fed in pieces, so that nobody has to read it a second time.

    Its bytes are held up to `most_bytes` and as long as the budget has room; its digests are there
    whatever its size. Close it, or use it as a context: that lets go of the bytes.
    """

    def __init__(self, most_bytes: int, budget: Budget) -> None:
        self._most_bytes = most_bytes
        self._budget = budget
        self._pieces: list[bytes] = []
        self._held = 0
        self._is_whole = True
        self.ran_out = False
        """The budget had no room for it."""
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def feed(self, piece: bytes) -> bool:
        """Take the next piece; False when it is not held, neither this one nor those before."""
        self.size += len(piece)
        for digest in (self._md5, self._sha1, self._sha256):
            digest.update(piece)
        if self._is_whole:
            self._hold(piece)
        return self._is_whole

    def _hold(self, piece: bytes) -> None:
        self.ran_out = self.size <= self._most_bytes and not self._budget.take(len(piece))
        if self.size > self._most_bytes or self.ran_out:
            self._is_whole = False
            return
        self._held += len(piece)
        self._pieces.append(piece)

    @property
    def data(self) -> bytes | None:
        """The whole upload, or None where it was not held."""
        if not self._is_whole:
            return None
        if len(self._pieces) != 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    def let_go(self) -> list[bytes]:
        """What is held, for whoever it is for; from here on it counts as theirs."""
        pieces, self._pieces = self._pieces, []
        self._is_whole = False
        self._budget.give_back(self._held)
        self._held = 0
        return pieces

    @property
    def digests(self) -> Digests:
        """Of all that was fed so far."""
        return Digests(self._md5.digest(), self._sha1.digest(), self._sha256.digest())

    def close(self) -> None:
        """Let go of the bytes. May be called again."""
        self.let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A request that was broken off must not take memory from those that come after it.
        if self._held:
            self.close()


def by_digests(intake: Intake, status: Status = Status.OK) -> Fingerprints:
    """What is known of an upload that was not decoded."""
    told = intake.digests
    return Fingerprints(
        status=status,
        size_bytes=intake.size,
        md5=told.md5,
        sha1=told.sha1,
        sha256=told.sha256,
    )


class Decoders:
    """The decoder processes of this process, started with its first file."""

    def __init__(self, workers: int, deadline_seconds: float, options: MediaOptions) -> None:
        self._workers = workers
        self._deadline_seconds = deadline_seconds
        self._options = options
        self._of_process: tuple[int, DecoderPool] | None = None
        self._making = threading.Lock()

    def fingerprint(self, intake: Intake) -> Fingerprints:
        """All fingerprints of a closed upload; `too_large` for one that was not held.

        Raises DecoderUnavailable.
        """
        data = intake.data
        if data is None:
            return by_digests(intake, Status.TOO_LARGE)
        return self._pool().fingerprint(data, self._options, intake.digests)

    def close(self) -> None:
        """End the decoder processes; the next file starts new ones."""
        with self._making:
            made, self._of_process = self._of_process, None
        if made is not None:
            made[1].close()

    def _pool(self) -> DecoderPool:
        with self._making:
            # A server may fork after it has loaded us: a pool belongs to who made it.
            if self._of_process is None or self._of_process[0] != os.getpid():
                pool = DecoderPool(self._workers, self._deadline_seconds)
                self._of_process = (os.getpid(), pool)
            return self._of_process[1]


def read_into(intake: Intake, file: str | os.PathLike[str] | BinaryIO) -> str | None:
    """Feed a file, by its path or opened; why it cannot be read, or None."""
    try:
        if isinstance(file, str | os.PathLike):
            with Path(file).open("rb") as opened:
                _feed(intake, opened)
        else:
            _feed(intake, file)
    except OSError as error:
        return (error.strerror or type(error).__name__).lower()
    return None


def _feed(intake: Intake, opened: BinaryIO) -> None:
    while piece := opened.read(_PIECE_BYTES):
        intake.feed(piece)
