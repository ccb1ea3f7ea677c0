"""From the journals into the database: every hit once, whatever was killed in between."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from django.db import DataError, IntegrityError

from tocsin.base.secrets import Keyring, NotOurs, unseal
from tocsin.domain.matching.actions import keep_hits
from tocsin.domain.matching.hits import NewHit, NotHits, hits_from_bytes
from tocsin.domain.matching.journal import CONTEXT, SUFFIX

log = structlog.get_logger()

# One transaction's worth, some hundred hits: a longer one would keep others from writing.
CHUNK_BYTES = 1 << 16

# What one record may cause by itself; a database that is away is another matter and ends the round.
REFUSALS = (DataError, IntegrityError, OverflowError, ValueError)


@dataclass(slots=True)
class _Read:
    """How far a file has been moved into the database, and lines in it that do not open."""

    offset: int = 0
    unreadable: int = 0


@dataclass(slots=True)
class Drain:
    """Moves journals into the database; remembers how far it came, for speed only.

    A new worker begins every file at its start: hits that are in the database already are left
    as they are.
    """

    _read: dict[Path, _Read] = field(default_factory=dict)

    def run(self, *, folder: Path, ring: Keyring, at: datetime) -> int:
        """Move everything that is there; how many hits were new. Safe when two run at once."""
        kept = 0
        paths = sorted(folder.glob(f"*{SUFFIX}"))
        self._read = {path: state for path, state in self._read.items() if path in paths}
        for path in paths:
            with _locked_if_left(path) as left:
                kept += self._move(path, ring, at)
                if left and not self._read[path].unreadable:
                    path.unlink(missing_ok=True)
        return kept

    def _move(self, path: Path, ring: Keyring, at: datetime) -> int:
        state = self._read.setdefault(path, _Read())
        kept = 0
        while lines := _whole_lines(path, state.offset):
            records = [_opened(line, ring, state) for line in lines.splitlines()]
            kept += _kept(records, state, at)
            state.offset += len(lines)
        return kept


def _kept(records: list[tuple[NewHit, ...]], state: _Read, at: datetime) -> int:
    """Keep all records together or, when the database refuses them, those it does not refuse."""
    try:
        return keep_hits(hits=[hit for record in records for hit in record], at=at)
    except REFUSALS:
        kept = 0
        for record in records:
            try:
                kept += keep_hits(hits=record, at=at)
            except REFUSALS as error:
                # The file stays, and the next worker tries again.
                state.unreadable += 1
                log.error("journal_record_refused", error=type(error).__name__)
        return kept


def _opened(line: bytes, ring: Keyring, state: _Read) -> tuple[NewHit, ...]:
    try:
        return hits_from_bytes(unseal(ring, line.decode("ascii"), context=CONTEXT))
    except (NotOurs, NotHits, UnicodeDecodeError) as error:
        # The file stays: a worker that knows a newer key may still read the line.
        state.unreadable += 1
        log.error("journal_line_unreadable", error=type(error).__name__)
        return ()


def _whole_lines(path: Path, offset: int) -> bytes:
    """The next lines that are complete; a torn last one was never answered for."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK_BYTES)
            while data and b"\n" not in data:
                more = file.read(CHUNK_BYTES)
                if not more:
                    return b""
                data += more
    except FileNotFoundError:  # another worker was done with it first
        return b""
    return data[: data.rfind(b"\n") + 1]


@contextmanager
def _locked_if_left(path: Path) -> Iterator[bool]:
    """Whether the writer of the file is gone; if so, the file is ours while in here."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
