"""The report: a folder of Parquet files, one for each wave, each written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from tocsin.domain.matching.types import AnswerStatus
from tocsin.site.checking.types import UNREADABLE
from tocsin.site.sweeping.types import Row, Stored

FORMAT: Final = "1"
COLUMNS: Final = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("etag", pa.string(), nullable=False),
        pa.field("last_modified", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("action", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("category", pa.string()),
        pa.field("sources", pa.int32()),
        pa.field("reference", pa.string()),
        pa.field("checked_by", pa.string()),
        pa.field("list_version", pa.int64()),
        pa.field("reason", pa.string()),
    ]
)
HASHES: Final = ("md5", "sha1", "sha256", "pdq")
# These say nothing of the object, so a run that goes on looks at them again.
_OPEN: Final = (AnswerStatus.UNAVAILABLE.value, UNREADABLE)
_PREFIX: Final = b"tocsin."


class ReportUnusable(Exception):
    """The folder cannot take this report; the text says why."""


class Report:
    """The report in `folder` of a sweep that `about` describes (what was swept, by which lists).

    Without `resume` the folder must be empty or not be there; with it, what is there must be about
    the same. Raises ReportUnusable on opening and on writing.
    """

    def __init__(
        self, folder: Path, about: dict[str, str], *, resume: bool, with_hashes: bool
    ) -> None:
        self._folder = folder
        self._hashes = HASHES if with_hashes else ()
        self._schema = self._schema_of(about)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for half in folder.glob("*.part"):
                half.unlink()
            self._parts = self._usable(resume)
            self._next = 1 + max((int(part.stem[5:]) for part in self._parts), default=-1)
            self._seen = Seen(self._taken_over())
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ReportUnusable(f"cannot use {folder} ({type(error).__name__}).") from error

    def has(self, stored: Stored) -> bool:
        """Whether this very object (key, ETag, size, time) was answered for already."""
        return stored in self._seen

    def statuses(self) -> Iterator[tuple[str, str | None]]:
        """Status and `checked_by` of what was taken over."""
        for part in self._parts:
            table = pq.read_table(part, columns=["status", "checked_by"])
            yield from zip(
                table["status"].to_pylist(), table["checked_by"].to_pylist(), strict=True
            )

    def write(self, rows: Sequence[Row]) -> None:
        """Add a file of rows."""
        columns = [self._told(row) for row in rows]
        try:
            self._put(
                self._folder / f"part-{self._next:06}.parquet",
                pa.Table.from_pylist(columns, schema=self._schema),
            )
        except OSError as error:
            raise ReportUnusable(f"cannot write into {self._folder} ({error.strerror}).") from error
        self._next += 1

    def _schema_of(self, about: dict[str, str]) -> pa.Schema:
        told = {"format": FORMAT, "hashes": "yes" if self._hashes else "no", **about}
        fields = [*COLUMNS, *(pa.field(name, pa.string()) for name in self._hashes)]
        return pa.schema(
            fields, metadata={_PREFIX + k.encode(): v.encode() for k, v in told.items()}
        )

    def _usable(self, resume: bool) -> list[Path]:
        there = sorted(self._folder.iterdir())
        parts = sorted(self._folder.glob("part-*.parquet"))
        if there != parts:
            raise ReportUnusable(f"{self._folder} holds other files; name another folder.")
        if parts and not resume:
            raise ReportUnusable(
                f"{self._folder} holds a report; say --resume to go on with it, "
                "or name another folder."
            )
        for part in parts:
            if not pq.read_schema(part).equals(self._schema, check_metadata=False) or (
                _about(part) != _told(self._schema)
            ):
                raise ReportUnusable(
                    f"{self._folder} is a report on something else, by other lists, or with other "
                    "columns; name another folder."
                )
        return parts

    def _taken_over(self) -> Iterator[Stored]:
        """Of each object that counts as answered; open ones are taken out of the report."""
        for part in self._parts:
            table = pq.read_table(part)
            is_open = pa.compute.is_in(table["status"], pa.array(_OPEN))
            if pa.compute.any(is_open).as_py():
                table = table.filter(pa.compute.invert(is_open))
                self._put(part, table)
            for key, size, etag, modified in zip(
                *(table[n].to_pylist() for n in ("key", "size", "etag", "last_modified")),
                strict=True,
            ):
                yield Stored(key, size, etag, modified)

    def _put(self, place: Path, table: pa.Table) -> None:
        half = place.with_suffix(".part")
        with half.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        half.replace(place)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _told(self, row: Row) -> dict[str, Any]:
        stored, known, prints = row.stored, row.known, row.fingerprints
        told: dict[str, Any] = {
            "key": stored.key.encode("utf-8", "backslashreplace").decode(),
            "size": stored.size_bytes,
            "etag": stored.etag,
            "last_modified": stored.modified,
            "status": row.status,
            "action": (known.action or None) if known else "hold",
            "checked_by": row.checked_by,
            "list_version": row.list_version,
            "reason": row.reason,
        }
        if known:
            told |= {n: getattr(known, n) for n in ("kind", "category", "sources", "reference")}
        if prints:
            hashes = {name: getattr(prints, name) for name in self._hashes}
            told |= {name: value.hex() for name, value in hashes.items() if value}
        return told


class Seen:
    """Which objects are in a report, at eight bytes for each."""

    def __init__(self, stored: Iterator[Stored]) -> None:
        # Keyed: nobody who can store objects can choose two that look the same here.
        self._key = secrets.token_bytes(16)
        marks = np.fromiter((self._mark(one) for one in stored), np.uint64)
        self._marks: npt.NDArray[np.uint64] = np.sort(marks)

    def __contains__(self, stored: Stored) -> bool:
        mark = np.uint64(self._mark(stored))
        place = int(np.searchsorted(self._marks, mark))
        return place < len(self._marks) and bool(self._marks[place] == mark)

    def _mark(self, stored: Stored) -> int:
        text = f"{stored.size_bytes}\0{stored.etag}\0{stored.modified}\0{stored.key}"
        data = text.encode("utf-8", "backslashreplace")
        return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=self._key).digest())


def _about(part: Path) -> dict[bytes, bytes]:
    return _told(pq.read_schema(part))


def _told(schema: pa.Schema) -> dict[bytes, bytes]:
    return {k: v for k, v in (schema.metadata or {}).items() if k.startswith(_PREFIX)}
