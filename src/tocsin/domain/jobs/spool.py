"""What was asked and answered, in sealed files of a thousand items: fingerprints, never media.

Files and not rows: a million items go through once and are forgotten in a week. A file is written
whole or not at all, so a worker that is killed leaves the piece undone and nothing half.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from django.conf import settings

from tocsin.base.secrets import Keyring, NotOurs, read_sealed, write_sealed
from tocsin.domain.jobs.types import Asked, Given

RING: Final = "jobs"

_asked = msgspec.msgpack.Decoder(list[Asked])
_given = msgspec.msgpack.Decoder(list[Given])
_encoder = msgspec.msgpack.Encoder()


class PieceLost(Exception):
    """A piece is not there, or does not open with our key."""


def put_asked(job_id: UUID, number: int, items: Sequence[Asked]) -> None:
    """Keep a piece of what was asked; it is on the disk when this returns."""
    _put(job_id, "asked", number, _encoder.encode(items))


def put_given(job_id: UUID, number: int, items: Sequence[Given]) -> None:
    """Keep a piece of what was answered, in place of one that was written before a fall."""
    _put(job_id, "given", number, _encoder.encode(items))


def asked(job_id: UUID, number: int) -> list[Asked]:
    """A piece of what was asked; raises PieceLost."""
    return _asked.decode(_get(job_id, "asked", number))


def given(job_id: UUID, number: int) -> list[Given]:
    """A piece of what was answered; raises PieceLost."""
    return _given.decode(_get(job_id, "given", number))


def is_here(job_id: UUID) -> bool:
    """Whether this machine has the files of a job."""
    return _folder(job_id).is_dir()


def settle(job_id: UUID) -> None:
    """Make the names of all files of a job as safe as their contents."""
    handle = os.open(_folder(job_id), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_asked(job_id: UUID) -> None:
    """Let go of what was asked, once all of it is answered."""
    for path in _folder(job_id).glob("asked-*"):
        path.unlink(missing_ok=True)


def clear(job_id: UUID) -> None:
    """Let go of all files of a job; fine where there are none."""
    shutil.rmtree(_folder(job_id), ignore_errors=True)


def older_than(moment: datetime) -> Iterator[UUID]:
    """Jobs whose files were begun before that moment."""
    for folder in _root().glob("*-*"):
        try:
            begun = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            job_id = UUID(folder.name)
        except (OSError, ValueError):
            continue
        if begun < moment:
            yield job_id


def _put(job_id: UUID, what: str, number: int, data: bytes) -> None:
    path, context = _file(job_id, what, number), _context(job_id, what, number)
    write_sealed(path, data, _ring(), context=context)


def _get(job_id: UUID, what: str, number: int) -> bytes:
    path, context = _file(job_id, what, number), _context(job_id, what, number)
    try:
        return read_sealed(path, _ring(), context=context)
    except (OSError, NotOurs):
        raise PieceLost(f"Piece {number} of what was {what} does not open.") from None


def _ring() -> Keyring:
    ring: Keyring = settings.TOCSIN_KEYS.ring(RING)
    return ring


def _root() -> Path:
    data: Path = settings.TOCSIN_DATA
    return data / "jobs"


def _folder(job_id: UUID) -> Path:
    return _root() / str(job_id)


def _file(job_id: UUID, what: str, number: int) -> Path:
    return _folder(job_id) / f"{what}-{number}.sealed"


def _context(job_id: UUID, what: str, number: int) -> str:
    return f"job:{job_id}:{what}:{number}"
