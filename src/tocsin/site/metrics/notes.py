"""What one process tells of itself, as a small file: written whole each second, never read half."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = "vitals"
SUFFIX: Final = ".json"
OLD_AFTER: Final = timedelta(seconds=15)
"""Of a process that has not written for so long nothing is told; its file is taken away."""


class DoorTimes(msgspec.Struct, frozen=True):
    """Requests of one door by upper edge, not added up, and their seconds in all."""

    counts: list[int]
    seconds: float


class DecoderNote(msgspec.Struct, frozen=True):
    """Decoders of a process, as `PoolState` tells them, and how those ended that died."""

    workers: int
    busy: int
    idle: int
    files_waiting: int
    deaths: dict[str, int]


class Note(msgspec.Struct, frozen=True):
    """A process as it stands; answers by `door status`."""

    program: str
    pid: int
    at: datetime
    answers: dict[str, int]
    times: dict[str, DoorTimes]
    refused: dict[str, int]
    list_version: int | None
    generation: int | None
    heard_at: datetime | None
    decoders: DecoderNote | None


def write(folder: Path, note: Note) -> None:
    """Put a process's note there, in place of its last one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{note.program}-{note.pid}{SUFFIX}"
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(note))
    beside.replace(path)


def read(folder: Path, *, at: datetime) -> Iterator[Note]:
    """The notes of the processes that live, by name and number; files of others go."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            note = msgspec.json.decode(path.read_bytes(), type=Note)
        except (OSError, msgspec.DecodeError):
            continue
        if at - note.at > OLD_AFTER or not _lives(note.pid):
            with suppress(OSError):
                path.unlink()
            continue
        yield note


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
