"""The text of every imported file, compressed and sealed, so that nothing a source said is lost.

A file is a row of frames: four bytes of length, then the sealed piece. Each piece is bound to the
import's number and to its place, and the last one says that it is the last: a frame left out, put
elsewhere or cut off shows.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from tocsin.base.secrets import NotOurs, seal_bytes, unseal_bytes

_READ_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20
_LONGEST_FRAME_BYTES = 4 * _PIECE_BYTES
_RING = "archive"
_NO_KEY = (
    "The archive does not open: it is damaged, or its key is not here. "
    "Put back archive.json from the backup of the keys."
)
_LENGTH = struct.Struct(">I")


class ArchiveFailed(Exception):
    """The source text could not be put into the archive; the text says why."""


class ArchiveUnreadable(Exception):
    """An archived text is missing, damaged, or sealed with a key we do not have."""


class Archiver(threading.Thread):
    """Archives one file beside an import that reads the same file.

    A thread of its own: compressing takes about as long as the import itself, and neither holds
    the other up. Nothing of Django is touched in it.
    """

    def __init__(self, source: Path, target: Path, run_id: int, *, sha256: str) -> None:
        super().__init__(name=f"archive-{run_id}", daemon=True)
        self._source, self._target, self._run_id, self._sha256 = source, target, run_id, sha256
        self._ring = settings.TOCSIN_KEYS.ring(_RING)
        self._stop_asked = threading.Event()
        self._failure: ArchiveFailed | None = None
        self._came_to_end = False

    def run(self) -> None:
        """Write beside the target, then rename: a torn archive is never taken for a whole one."""
        unfinished = self._target.with_suffix(".unfinished")
        try:
            unfinished.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._source.open("rb") as source, _private(unfinished) as target:
                whole = self._write(source, target)
                target.flush()
                os.fsync(target.fileno())
            if whole:
                unfinished.replace(self._target)
        except OSError as error:
            self._failure = ArchiveFailed(
                f"The text cannot be put into {self._target.parent}: {error.strerror}. "
                "Make room and run the import again; it goes on where it stopped."
            )
        finally:
            with suppress(OSError):
                unfinished.unlink()
        self._came_to_end = True

    def give_up(self) -> None:
        """Stop early and leave nothing behind."""
        self._stop_asked.set()
        self.join()

    def finish(self) -> None:
        """Wait for the end; raises ArchiveFailed."""
        self.join()
        if self._failure is not None:
            raise self._failure
        if not self._came_to_end:
            raise ArchiveFailed("Archiving the text broke off; the log of errors says why.")

    def _write(self, source: BinaryIO, target: BinaryIO) -> bool:
        hashed = hashlib.sha256()
        squeeze = zlib.compressobj(1)
        held = bytearray()
        number = 0
        while block := source.read(_READ_BYTES):
            if self._stop_asked.is_set():
                return False
            hashed.update(block)
            held += squeeze.compress(block)
            number = self._put_whole(target, held, number)
        held += squeeze.flush()
        number = self._put_whole(target, held, number)
        self._put(target, bytes(held), number, last=True)
        if hashed.hexdigest() != self._sha256:
            self._failure = ArchiveFailed(
                "The file was changed while it was being imported. Discard this import and "
                "import the file again."
            )
            return False
        return True

    def _put_whole(self, target: BinaryIO, held: bytearray, number: int) -> int:
        """Write all but the last piece of what is held; the number of the next."""
        while len(held) > _PIECE_BYTES:
            self._put(target, bytes(held[:_PIECE_BYTES]), number, last=False)
            del held[:_PIECE_BYTES]
            number += 1
        return number

    def _put(self, target: BinaryIO, piece: bytes, number: int, *, last: bool) -> None:
        frame = seal_bytes(self._ring, piece, context=_context(self._run_id, number, last=last))
        target.write(_LENGTH.pack(len(frame)) + frame)


def path_of(name: str) -> Path:
    """Where an archive of that name lies."""
    folder: Path = settings.TOCSIN_DATA
    return folder / "archive" / name


def name_for(run_id: int) -> str:
    """The name of a new archive."""
    return f"import-{run_id}.sealed"


def read(name: str) -> Iterator[bytes]:
    """The archived text, piece by piece; raises ArchiveUnreadable."""
    if _RING not in settings.TOCSIN_KEYS.names():
        # Asking for a ring that is not there would make a new key, which can open nothing old.
        raise ArchiveUnreadable(_NO_KEY)
    run_id = int(name.removeprefix("import-").removesuffix(".sealed"))
    expand = zlib.decompressobj()
    try:
        with path_of(name).open("rb") as file:
            for piece in _pieces(file, run_id):
                yield expand.decompress(piece)
        yield expand.flush()
    except OSError as error:
        raise ArchiveUnreadable(f"{path_of(name)} cannot be read: {error.strerror}.") from error
    except zlib.error as error:
        raise ArchiveUnreadable(f"{path_of(name)} is damaged.") from error


def _pieces(file: BinaryIO, run_id: int) -> Iterator[bytes]:
    number = 0
    while True:
        frame = _frame(file)
        piece, last = _open(frame, run_id, number)
        yield piece
        number += 1
        if last:
            return


def _frame(file: BinaryIO) -> bytes:
    head = file.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
    frame = file.read(length) if length <= _LONGEST_FRAME_BYTES else b""
    if not frame or len(frame) != length:
        raise ArchiveUnreadable("The archive has been cut off or damaged.")
    return frame


def _open(frame: bytes, run_id: int, number: int) -> tuple[bytes, bool]:
    ring = settings.TOCSIN_KEYS.ring(_RING)
    for last in (False, True):
        try:
            return unseal_bytes(ring, frame, context=_context(run_id, number, last=last)), last
        except NotOurs:
            continue
    raise ArchiveUnreadable(_NO_KEY)


def _context(run_id: int, number: int, *, last: bool) -> str:
    return f"archive:{run_id}:{number}:{'last' if last else 'more'}"


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
