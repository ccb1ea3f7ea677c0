"""The recheck queue: what was let in unchecked while the service was away, to be asked again.

One SQLite file, for its owner's eyes only: an upload's own id, its fingerprints, when it was let
in. It holds no byte of an upload, and a row goes once it was answered for and told.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tocsin.client.types import Question, Verdict, Why
from tocsin.client.wire import item_of
from tocsin.engine.fingerprints import Status
from tocsin.engine.search.further import Frame

LEASE_SECONDS: Final = 120.0
FIRST_PAUSE_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 3_600.0
_APPLICATION_ID: Final = 0x546F6351  # "TocQ": so that no other program's database is written into
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS waiting (
  no INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT NOT NULL, why TEXT NOT NULL,
  let_in_at REAL NOT NULL, tries INTEGER NOT NULL, due_at REAL NOT NULL
)
"""
_HASHES: Final = ("md5", "sha1", "sha256", "pdq", "pdq_512", "pdq_oriented")


class QueueUnusable(Exception):
    """The file of the queue cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One upload that was let in unchecked at `let_in_at` (seconds since 1970)."""

    no: int
    question: Question
    why: Why
    let_in_at: float
    tries: int


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What became known of an upload that was let in at `let_in_at` (seconds since 1970)."""

    verdict: Verdict
    let_in_at: float


class RecheckQueue:
    """The queue in the file `place`, for any number of threads and processes.

    Its methods raise QueueUnusable.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self._place = Path(place)
        with self._open() as db:
            db.execute(_TABLE)

    def add(self, let_in: Sequence[tuple[Question, Why]], *, at: float) -> None:
        """Write down what is let in; all of it is on the disk when this returns."""
        rows = [(json.dumps(item_of(question)), why.value, at, at) for question, why in let_in]
        with self._open() as db:
            db.executemany(
                "INSERT INTO waiting (question, why, let_in_at, tries, due_at)"
                " VALUES (?, ?, ?, 0, ?)",
                rows,
            )

    def take(self, limit: int, *, at: float) -> list[Waiting]:
        """Those that are due, the oldest first; nobody else gets them for two minutes."""
        with self._open() as db:
            rows = db.execute(
                "SELECT no, question, why, let_in_at, tries FROM waiting"
                " WHERE due_at <= ? ORDER BY no LIMIT ?",
                (at, limit),
            ).fetchall()
            leased = [(at + LEASE_SECONDS, row[0]) for row in rows]
            db.executemany("UPDATE waiting SET due_at = ? WHERE no = ?", leased)
        return [
            Waiting(no, _question(json.loads(item)), Why(why), let_in_at, tries)
            for no, item, why, let_in_at, tries in rows
        ]

    def done(self, waiting: Waiting) -> None:
        """It was answered for, and whoever had to know was told."""
        with self._open() as db:
            db.execute("DELETE FROM waiting WHERE no = ?", (waiting.no,))

    def postpone(self, waiting: Sequence[Waiting], *, at: float) -> None:
        """There was no answer again; each waits twice as long as before, up to an hour."""
        rows = [(at + _pause(one.tries), one.no) for one in waiting]
        with self._open() as db:
            db.executemany("UPDATE waiting SET tries = tries + 1, due_at = ? WHERE no = ?", rows)

    def __len__(self) -> int:
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own."""
        try:
            self._place.touch(mode=0o600)
            with closing(sqlite3.connect(self._place, timeout=10, isolation_level=None)) as db:
                _own(db)
                db.execute("PRAGMA synchronous = FULL")
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise QueueUnusable(f"{self._place}: {error}") from error


def _own(db: sqlite3.Connection) -> None:
    told = int(db.execute("PRAGMA application_id").fetchone()[0])
    if told == _APPLICATION_ID:
        return
    if told or db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise sqlite3.DatabaseError("belongs to another program")
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _pause(tries: int) -> float:
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(tries, 10)))


def _question(item: Mapping[str, Any]) -> Question:
    hashes = {name: bytes.fromhex(item[name]) for name in _HASHES if name in item}
    return Question(
        id=item["id"],
        **hashes,
        pdq_quality=item.get("pdq_quality"),
        media_status=Status(item["media_status"]) if "media_status" in item else None,
        url=item.get("url"),
        uploaded_at=datetime.fromisoformat(item["uploaded_at"]) if "uploaded_at" in item else None,
        pdq_variants=tuple(bytes.fromhex(value) for value in item.get("pdq_variants", ())),
        frames=tuple(
            Frame(bytes.fromhex(one["pdq"]), one["quality"], one.get("offset_s"))
            for one in item.get("frames", ())
        ),
    )
