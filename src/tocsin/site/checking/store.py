"""A small SQLite file of ours in a user's folder: one process at a time, for its owner alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self


class StoreUnusable(Exception):
    """The file cannot be used; the text says why."""


class Store:
    """The open file. Taken now and kept until it is closed: another process is refused at once.

    What was committed survives a process that is killed. Raises StoreUnusable on opening, as
    everything inside `usable` does when the disk is full or the file was taken away.
    """

    application_id: int
    """So that no other program's database is written into."""
    another = "name another file"

    def __init__(self, place: Path) -> None:
        self._place = place
        with self.usable():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.touch(mode=0o600)
            self._db = sqlite3.connect(place, timeout=1, isolation_level=None)
            try:
                self._take()
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

    @contextmanager
    def usable(self) -> Iterator[None]:
        """Turn what may go wrong with a file into words."""
        try:
            yield
        except OSError as error:
            raise StoreUnusable(f"cannot write {self._place}: {error.strerror}.") from error
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(
                f"cannot use {self._place}: {error}. Another check may be using it; "
                f"or {self.another}."
            ) from error

    @contextmanager
    def together(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of what is written in it, or nothing."""
        with self.usable():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _take(self) -> None:
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("BEGIN EXCLUSIVE")
        self._db.execute("COMMIT")
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        if not self.is_new and application != self.application_id:
            raise sqlite3.DatabaseError("it is a database of another program")

    @property
    def is_new(self) -> bool:
        """Whether nothing has been written into it yet."""
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return not tables

    def _make(self, tables: str) -> None:
        """Inside a transaction: the tables, and whose they are."""
        self._db.execute(f"PRAGMA application_id = {self.application_id}")
        for statement in tables.split(";"):
            self._db.execute(statement)
