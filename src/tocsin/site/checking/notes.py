"""Notes of a run, so that one that was broken off goes on where it was.

One SQLite file: path, size and time of each file, and what was answered. No hash, and no byte of
any file. The notes count only for the same arguments and the same lists, and only until the run
has reached its end: the next one looks at everything again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.site.checking.types import File, Known, Looked

_APPLICATION_ID = 0x546F6373  # "Tocs": so that no other program's database is written into
_TABLES = """
CREATE TABLE run (identity TEXT NOT NULL);
CREATE TABLE seen (
  path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL,
  status TEXT NOT NULL, action TEXT NOT NULL,
  kind TEXT, category TEXT, sources INTEGER, reference TEXT
) WITHOUT ROWID;
"""


class NotesUnusable(Exception):
    """The file for the notes cannot be used; the text says why."""


def default_place(state: Path, identity: str) -> Path:
    """Where the notes of a run of this identity lie, in the user's folder for such things."""
    name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return state / "tocsin" / "check" / f"{name}.sqlite3"


def identity_of(roots: Sequence[str], lists: str) -> str:
    """What makes two runs the same: the arguments and the lists asked."""
    return "\n".join([lists, *(os.path.abspath(root) for root in roots)])  # noqa: PTH100


class Notes:
    """The open notes of one run. Raises NotesUnusable on opening."""

    def __init__(self, place: Path, identity: str) -> None:
        self._place = place
        with self._usable():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.touch(mode=0o600)
            self._db = sqlite3.connect(place, timeout=1, isolation_level=None)
            try:
                self._lock()
                self._start(identity)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def answer_for(self, file: File) -> Known | None:
        """What was answered for this file, unchanged since, before the run was broken off.

        Raises NotesUnusable, as `keep` does, when the disk is full or the file was taken away.
        """
        with self._usable():
            row = self._db.execute(
                "SELECT status, action, kind, category, sources, reference FROM seen"
                " WHERE path = ? AND size = ? AND modified = ?",
                (os.fsencode(file.path), file.size_bytes, file.modified_ns),
            ).fetchone()
        return None if row is None else Known(*row)

    def keep(self, answered: Iterable[tuple[Looked, Known]]) -> None:
        """Note a batch of answers, in one transaction."""
        rows = [
            (
                os.fsencode(looked.file.path),
                looked.file.size_bytes,
                looked.file.modified_ns,
                known.status,
                known.action,
                known.kind,
                known.category,
                known.sources,
                known.reference,
            )
            for looked, known in answered
        ]
        with self._usable():
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?,?,?,?,?)", rows)
            self._db.execute("COMMIT")

    def finish(self) -> None:
        """The run has reached its end: take the notes away."""
        self._db.close()
        for path in (self._place, *self._place.parent.glob(f"{self._place.name}-*")):
            path.unlink(missing_ok=True)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotesUnusable(f"cannot write {self._place}: {error.strerror}.") from error
        except sqlite3.DatabaseError as error:
            raise NotesUnusable(
                f"cannot use {self._place}: {error}. Another check may be using it; "
                "or name another file with --journal."
            ) from error

    def _lock(self) -> None:
        """Taken now and kept until it is closed: another run is refused at its start."""
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("BEGIN EXCLUSIVE")
        self._db.execute("COMMIT")

    def _start(self, identity: str) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION_ID:
            raise sqlite3.DatabaseError("it is a database of another program")
        kept = self._db.execute("SELECT identity FROM run").fetchone() if tables else None
        if kept is not None and kept[0] == identity:
            return
        self._db.execute("BEGIN IMMEDIATE")
        if tables:
            self._db.execute("DROP TABLE run")
            self._db.execute("DROP TABLE seen")
        self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        for statement in _TABLES.split(";"):
            self._db.execute(statement)
        self._db.execute("INSERT INTO run VALUES (?)", (identity,))
        self._db.execute("COMMIT")
