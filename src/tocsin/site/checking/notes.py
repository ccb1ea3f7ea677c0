"""Notes of a run, so that one that was broken off goes on where it was.

One SQLite file: path, size and time of each file, and what was answered. No hash, and no byte of
any file. The notes count only for the same arguments and the same lists, and only until the run
has reached its end: the next one looks at everything again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.site.checking.store import Store
from tocsin.site.checking.types import File, Known, Looked

_TABLES = """
CREATE TABLE run (identity TEXT NOT NULL);
CREATE TABLE seen (
  path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL,
  status TEXT NOT NULL, action TEXT NOT NULL,
  kind TEXT, category TEXT, sources INTEGER, reference TEXT
) WITHOUT ROWID;
"""


def default_place(state: Path, identity: str) -> Path:
    """Where the notes of a run of this identity lie, in the user's folder for such things."""
    name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return state / "tocsin" / "check" / f"{name}.sqlite3"


def identity_of(roots: Sequence[str], lists: str, looks: str = "") -> str:
    """What makes two runs the same: the arguments, the lists asked, and how much of each file."""
    asked = f"{lists} {looks}" if looks else lists
    return "\n".join([asked, *(os.path.abspath(root) for root in roots)])  # noqa: PTH100


class Notes(Store):
    """The open notes of one run. Raises StoreUnusable on opening, and wherever it is used."""

    application_id = 0x546F6373  # "Tocs"
    another = "name another file with --journal"

    def __init__(self, place: Path, identity: str) -> None:
        super().__init__(place)
        with self.usable():
            try:
                self._start(identity)
            except BaseException:
                self._db.close()
                raise

    def answer_for(self, file: File) -> Known | None:
        """What was answered for this file, unchanged since, before the run was broken off."""
        with self.usable():
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
        with self.together() as db:
            db.executemany("INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?,?,?,?,?)", rows)

    def finish(self) -> None:
        """The run has reached its end: take the notes away."""
        self._db.close()
        for path in (self._place, *self._place.parent.glob(f"{self._place.name}-*")):
            path.unlink(missing_ok=True)

    def _start(self, identity: str) -> None:
        tables = not self.is_new
        kept = self._db.execute("SELECT identity FROM run").fetchone() if tables else None
        if kept is not None and kept[0] == identity:
            return
        with self.together() as db:
            if tables:
                db.execute("DROP TABLE run")
                db.execute("DROP TABLE seen")
            self._make(_TABLES)
            db.execute("INSERT INTO run VALUES (?)", (identity,))
