"""The fingerprint journal: the fingerprints of files, and when lists were asked for them.

One SQLite file, so that a list which grows later can be compared with files of today without
reading one of them again. It holds paths and hashes, and no byte of any file.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.fingerprints.types import Origin, PdqHash, PictureHashes
from tocsin.site.checking.further import packed, unpacked
from tocsin.site.checking.store import Store
from tocsin.site.checking.types import UNAVAILABLE, File, Known, Looked

FORMAT = 2
AT_ONCE = 1_000

_TABLES = """
CREATE TABLE lists (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE file (
  number INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE,
  size INTEGER NOT NULL, modified INTEGER NOT NULL,
  media_status TEXT NOT NULL, digests BLOB NOT NULL,
  hasher TEXT NOT NULL, pdq BLOB, quality INTEGER, pdq_512 BLOB, pdq_oriented BLOB, further BLOB,
  lists INTEGER REFERENCES lists, version INTEGER, asked_at INTEGER, status TEXT
);
CREATE TABLE evaluated (
  kept BLOB NOT NULL, file INTEGER NOT NULL REFERENCES file, PRIMARY KEY (kept, file)
) WITHOUT ROWID;
CREATE INDEX evaluated_of ON evaluated (file);
CREATE TABLE epoch (
  lists INTEGER NOT NULL REFERENCES lists, name TEXT NOT NULL, public BLOB NOT NULL, version INTEGER
)
"""
_COLUMNS = (
    "number, path, size, modified, media_status, digests, hasher, pdq, quality, pdq_512,"
    " pdq_oriented, further, CASE WHEN lists = ? THEN version END,"
    " CASE WHEN lists = ? THEN status END"
)
_ASKED = "lists = ? AND version IS NOT NULL"
_NOT_EVALUATED = "NOT EXISTS (SELECT 1 FROM evaluated WHERE evaluated.file = file.number)"
_VALUES_AT_ONCE = 500


def default_place(state: Path) -> Path:
    """Where the journal lies in the user's folder for such things."""
    return state / "tocsin" / "fingerprints.sqlite3"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as the journal knows it. `version`: of the lists when they were last asked for it;
    None when these lists never were, or were unavailable. `status`: what they said."""

    number: int
    looked: Looked
    version: int | None
    status: str | None


class Journal(Store):
    """The open journal, seen with the eyes of one set of lists (`lists`: their name).

    Raises StoreUnusable on opening, and wherever it is used.
    """

    application_id = 0x546F6366  # "Tocf"
    another = "name another file with --prints"

    def __init__(self, place: Path, lists: str) -> None:
        super().__init__(place)
        with self.usable():
            try:
                self._start()
                self._lists = self._number_of(lists)
            except BaseException:
                self._db.close()
                raise

    def __len__(self) -> int:
        with self.usable():
            (files,) = self._db.execute("SELECT count(*) FROM file").fetchone()
        return int(files)

    def keep(self, answered: Iterable[tuple[Looked, Known]], *, at: float | None = None) -> None:
        """Write down a batch in one transaction. What was `unavailable` counts as never asked."""
        asked_at = int(time.time() if at is None else at)
        rows = [self._row(looked, known, asked_at) for looked, known in answered]
        with self.together() as db:
            # What was evaluated belongs to the digests, which may be others now.
            db.executemany(
                "DELETE FROM evaluated WHERE file ="
                " (SELECT number FROM file WHERE path = ? AND digests <> ?)",
                [(row[0], row[4]) for row in rows],
            )
            db.executemany(
                "INSERT INTO file (path, size, modified, media_status, digests, hasher, pdq,"
                " quality, pdq_512, pdq_oriented, further, lists, version, asked_at, status)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (path) DO UPDATE SET"
                " size = excluded.size, modified = excluded.modified,"
                " media_status = excluded.media_status, digests = excluded.digests,"
                " hasher = excluded.hasher, further = excluded.further,"
                " pdq = excluded.pdq, quality = excluded.quality,"
                " pdq_512 = excluded.pdq_512, pdq_oriented = excluded.pdq_oriented,"
                " lists = excluded.lists, version = excluded.version,"
                " asked_at = excluded.asked_at, status = excluded.status",
                rows,
            )

    def unchanged(self, file: File) -> Kept | None:
        """What is known of a file of this path, size and time."""
        with self.usable():
            row = self._db.execute(
                f"SELECT {_COLUMNS} FROM file WHERE path = ? AND size = ? AND modified = ?",  # noqa: S608 - our own names
                (
                    self._lists,
                    self._lists,
                    os.fsencode(file.path),
                    file.size_bytes,
                    file.modified_ns,
                ),
            ).fetchone()
        return None if row is None else _kept(row)

    def older_than(self, version: int | None) -> Iterator[list[Kept]]:
        """In batches, every file that these lists were not asked for at `version` or later; every
        file for None. What is kept meanwhile comes once."""
        return self._batches(
            "(lists IS NOT ? OR version IS NULL OR version < ? OR ? IS NULL)",
            (self._lists, version, version),
        )

    def enter_epoch(self, name: str, public: bytes) -> bool:
        """Evaluations count for one key of one server. False when the key of this epoch is another
        than it was; then nothing was changed."""
        with self.together() as db:
            row = db.execute("SELECT lists, name, public FROM epoch").fetchone()
            if row == (self._lists, name, public):
                return True
            if row is not None and row[:2] == (self._lists, name):
                return False
            db.execute("DELETE FROM evaluated")
            db.execute("DELETE FROM epoch")
            db.execute(
                "INSERT INTO epoch (lists, name, public) VALUES (?, ?, ?)",
                (self._lists, name, public),
            )
            return True

    def never_asked(self) -> int:
        """How many files these lists were never asked for."""
        with self.usable():
            (files,) = self._db.execute(
                "SELECT count(*) FROM file WHERE lists IS NOT ? OR version IS NULL", (self._lists,)
            ).fetchone()
        return int(files)

    def compared_from(self) -> int | None:
        """Since which list version a delta is needed; None when there is nothing to compare.

        What was compared in this epoch before, with what was evaluated by then, needs no more than
        what came since; what was not evaluated yet, what came since it was asked for.
        """
        with self.usable():
            (until,) = self._db.execute("SELECT version FROM epoch").fetchone()
            (oldest,) = self._db.execute(
                f"SELECT min(version) FROM file WHERE {_ASKED}"  # noqa: S608 - our own words
                + ("" if until is None else f" AND {_NOT_EVALUATED}"),
                (self._lists,),
            ).fetchone()
        told = [version for version in (until, oldest) if version is not None]
        return min(told, default=None)

    def compared_until(self, version: int) -> None:
        """Everything evaluated was compared with what came until then."""
        with self.together() as db:
            db.execute("UPDATE epoch SET version = ?", (version,))

    def not_evaluated(self, most: int) -> list[Kept]:
        """Files that these lists were asked for, and whose digests were not evaluated yet."""
        with self.usable():
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM file"  # noqa: S608 - our own words
                f" WHERE {_ASKED} AND {_NOT_EVALUATED} ORDER BY number LIMIT ?",
                (self._lists, self._lists, self._lists, most),
            ).fetchall()
        return [_kept(row) for row in rows]

    def keep_evaluated(self, evaluated: Iterable[tuple[int, Sequence[bytes]]]) -> None:
        """Write down what the digests of files came to, by the file's number."""
        rows = [(value, number) for number, values in evaluated for value in values]
        with self.together() as db:
            db.executemany("INSERT OR IGNORE INTO evaluated VALUES (?, ?)", rows)

    def holders_of(self, values: Sequence[bytes]) -> list[Kept]:
        """The files of which a digest came to one of these values, each once."""
        found: dict[int, Kept] = {}
        for first in range(0, len(values), _VALUES_AT_ONCE):
            some = values[first : first + _VALUES_AT_ONCE]
            with self.usable():
                rows = self._db.execute(
                    f"SELECT {_COLUMNS} FROM file WHERE number IN"  # noqa: S608 - question marks
                    f" (SELECT file FROM evaluated WHERE kept IN ({','.join('?' * len(some))}))",
                    (self._lists, self._lists, *some),
                ).fetchall()
            found.update((row[0], _kept(row)) for row in rows)
        return list(found.values())

    def forget(self, numbers: Sequence[int]) -> None:
        """Strike out files that are gone."""
        with self.together() as db:
            some = [(number,) for number in numbers]
            db.executemany("DELETE FROM evaluated WHERE file = ?", some)
            db.executemany("DELETE FROM file WHERE number = ?", some)

    def _batches(self, where: str, values: tuple[object, ...]) -> Iterator[list[Kept]]:
        last = 0
        while True:
            with self.usable():
                rows = self._db.execute(
                    f"SELECT {_COLUMNS} FROM file WHERE number > ? AND {where}"  # noqa: S608
                    " ORDER BY number LIMIT ?",
                    (self._lists, self._lists, last, *values, AT_ONCE),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [_kept(row) for row in rows]

    def _row(self, looked: Looked, known: Known, asked_at: int) -> tuple[object, ...]:
        file, prints = looked.file, looked.fingerprints
        answered = known.status != UNAVAILABLE
        return (
            os.fsencode(file.path),
            file.size_bytes,
            file.modified_ns,
            prints.status.value,
            prints.md5 + prints.sha1 + prints.sha256,
            prints.hasher,
            prints.pdq,
            prints.pdq_quality,
            prints.pdq_512 if prints.pdq_512 != prints.pdq else None,
            prints.pdq_oriented,
            packed(prints),
            self._lists if answered else None,
            known.list_version if answered else None,
            asked_at if answered else None,
            known.status if answered else None,
        )

    def _start(self) -> None:
        if self.is_new:
            with self.together() as db:
                self._make(_TABLES)
                db.execute(f"PRAGMA user_version = {FORMAT}")
        (form,) = self._db.execute("PRAGMA user_version").fetchone()
        if form == 1:
            with self.together() as db:
                db.execute("ALTER TABLE file ADD COLUMN further BLOB")
                db.execute(f"PRAGMA user_version = {FORMAT}")
            form = FORMAT
        if form != FORMAT:
            raise sqlite3.DatabaseError(f"it has format {form}, and this version reads {FORMAT}")

    def _number_of(self, lists: str) -> int:
        with self.together() as db:
            db.execute("INSERT OR IGNORE INTO lists (name) VALUES (?)", (lists,))
            (number,) = db.execute("SELECT number FROM lists WHERE name = ?", (lists,)).fetchone()
        return int(number)


def _kept(row: tuple[Any, ...]) -> Kept:
    number, path, size, modified, media_status, digests, hasher = row[:7]
    pdq, quality, pdq_512, pdq_oriented, further, version, status = row[7:]

    def of(value: bytes | None) -> PdqHash | None:
        return None if value is None else PdqHash(value, quality, hasher=hasher)

    own = of(pdq)
    pictures = (
        (PictureHashes(Origin.PICTURE, 0, 0, 0, own, of(pdq_512), of(pdq_oriented)),) if own else ()
    )
    prints = Fingerprints(
        status=Status(media_status),
        size_bytes=size,
        md5=digests[:16],
        sha1=digests[16:36],
        sha256=digests[36:],
        pictures=pictures,
    )
    return Kept(
        number,
        Looked(File(os.fsdecode(path), 0, size, modified), unpacked(prints, further)),
        version,
        status,
    )
