"""Everything the index is built from, as of one moment, streamed in large NumPy batches.

Ten million entries must pass through in a few hundred megabytes, so the tables are read straight
through without joins: first the entries, into arrays by id, then the fingerprints of one kind
after the other, kept or dropped by those arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.models import Counter, HashList, ImportRun
from tocsin.domain.hashlists.types import (
    FLAG_HELD,
    LEAST_NEAR_QUALITY,
    WIDTHS,
    FingerprintBatch,
    Kind,
    PolicyBatch,
    Purpose,
    RunState,
)
from tocsin.engine.index import POLICY_DTYPE

ROWS_AT_ONCE = 50_000
_UNKNOWN_QUALITY = -1

_ENTRIES = (
    "SELECT id, status, category, sources, quorum, held, hash_list_id, COALESCE(serve, 15),"
    " media_type, COALESCE(run_id, 0), COALESCE(replaced_by_run_id, 0) FROM hashlists_entry"
)
_FINGERPRINTS = (
    "SELECT entry_id, value, COALESCE(quality, -1) FROM hashlists_fingerprint WHERE kind = %s"
)
_COPY_FINGERPRINTS = (
    "COPY (SELECT entry_id, value, COALESCE(quality, -1)::int2 FROM hashlists_fingerprint"
    " WHERE kind = %s) TO STDOUT (FORMAT BINARY)"
)

_VISIBLE, _NEAR = 1, 2


@dataclass(slots=True)
class Snapshot:
    """What counts at one moment. Read `policies` to its end before any `fingerprints`."""

    change_no: int
    """The newest change that is in it."""
    _marks: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def policies(self) -> Iterator[PolicyBatch]:
        """The policy of every entry that counts, by batches."""
        released = _released_runs()
        tables = _list_tables()
        highest = _highest_entry_id()
        self._marks = np.zeros(highest + 1, np.uint8)
        for rows in _rows(_ENTRIES):
            table = np.array(rows, np.int64).reshape(len(rows), 11)
            keep = released[table[:, 9]] & ~(released[table[:, 10]] & (table[:, 10] > 0))
            keep &= np.isin(table[:, 1], [status.number for status in rules.MATCHABLE])
            table = table[keep]
            ids = table[:, 0]
            near = table[:, 8] != rules.VIDEO
            self._marks[ids] = _VISIBLE + np.where(near, _NEAR, 0).astype(np.uint8)
            if len(ids):
                yield PolicyBatch(ids.astype(np.uint64), _records(table, tables))

    def fingerprints(self, kind: Kind) -> Iterator[FingerprintBatch]:
        """Fingerprints of one kind of `WIDTHS`, of entries that count, in no order.

        A PDQ that must never match by nearness is not among them.
        """
        wanted = _VISIBLE | _NEAR if kind is Kind.PDQ else _VISIBLE
        for ids, values, quality in _fingerprint_arrays(kind):
            keep = (self._marks[ids] & wanted) == wanted
            if kind is Kind.PDQ:
                keep &= _near_matchable(values, quality)
            if keep.all():
                yield FingerprintBatch(ids.astype(np.uint64), values)
            elif keep.any():
                yield FingerprintBatch(ids[keep].astype(np.uint64), values[keep])


@contextmanager
def index_snapshot() -> Iterator[Snapshot]:
    """All entries that count, read in one consistent transaction that blocks no writer.

    `with index_snapshot() as snapshot:` first `snapshot.policies()`, then
    `snapshot.fingerprints(kind)` for each kind.
    """
    with _reading():
        value = Counter.objects.filter(pk="change").values_list("value", flat=True).first()
        yield Snapshot(value or 0)


@contextmanager
def _reading() -> Iterator[None]:
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not atomic(): that is BEGIN IMMEDIATE here, and would lock out every writer meanwhile.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def _rows(sql: str, parameters: Sequence[int] = ()) -> Iterator[list[tuple[Any, ...]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows


def _fingerprint_arrays(
    kind: Kind,
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    """Ids int64[N], values uint8[N, width], qualities int64[N] (-1: unknown) of one kind."""
    if connection.vendor == "postgresql":
        yield from _copied_arrays(kind)
        return
    width = WIDTHS[kind]
    for rows in _rows(_FINGERPRINTS, [kind]):
        ids, values, quality = zip(*rows, strict=True)
        joined = np.frombuffer(b"".join(values), np.uint8).reshape(-1, width)
        yield np.array(ids, np.int64), joined, np.array(quality, np.int64)


def _copied_arrays(
    kind: Kind,
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    """The same by PostgreSQL's binary COPY: all rows of a kind are equally long."""
    width = WIDTHS[kind]
    row = np.dtype(
        [
            ("fields", ">i2"),
            ("id_bytes", ">i4"),
            ("id", ">i8"),
            ("value_bytes", ">i4"),
            ("value", "u1", (width,)),
            ("quality_bytes", ">i4"),
            ("quality", ">i2"),
        ]
    )
    held = bytearray()
    header_bytes, trailer_bytes = 19, 2
    started = False
    with connection.cursor() as cursor, cursor.copy(_COPY_FINGERPRINTS, [int(kind)]) as copy:
        for data in copy:
            held += data
            if not started and len(held) >= header_bytes:
                del held[:header_bytes]
                started = True
            # The trailer is two bytes; holding back that much keeps it out of the rows.
            count = max(0, len(held) - trailer_bytes) // row.itemsize
            if count >= ROWS_AT_ONCE:
                yield _parted(held, row, count)
                del held[: count * row.itemsize]
    if count := len(held) // row.itemsize:
        yield _parted(held, row, count)


def _parted(
    held: bytearray, row: np.dtype[np.void], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    table = np.frombuffer(bytes(held[: count * row.itemsize]), row)
    return (
        table["id"].astype(np.int64),
        np.ascontiguousarray(table["value"]),
        table["quality"].astype(np.int64),
    )


def _near_matchable(
    values: npt.NDArray[np.uint8], quality: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """`rules.near_matchable` for many PDQs at once."""
    good: npt.NDArray[np.bool_] = quality >= LEAST_NEAR_QUALITY
    unknown = np.flatnonzero(quality == _UNKNOWN_QUALITY)
    if len(unknown):
        bits = np.bitwise_count(values[unknown]).sum(axis=1, dtype=np.int64)
        good[unknown] = (bits >= rules.LEAST_BITS) & (bits <= rules.MOST_BITS)
    return good


def _released_runs() -> npt.NDArray[np.bool_]:
    """By run number: is what it brought visible? Number 0 (no run) is."""
    states = dict(ImportRun.objects.values_list("pk", "state"))
    released = np.zeros(max(states, default=0) + 1, np.bool_)
    released[0] = True
    for number, state in states.items():
        released[number] = state == RunState.RELEASED
    return released


def _list_tables() -> npt.NDArray[np.int64]:
    """By list number: purpose, serve bits, flags."""
    rows = list(HashList.objects.values_list("number", "purpose", "serve"))
    tables = np.zeros((max((row[0] for row in rows), default=0) + 1, 3), np.int64)
    for number, purpose, serve in rows:
        kept = Purpose(purpose)
        tables[number] = kept.number, serve, rules.flags(held=False, purpose=kept)
    return tables


def _records(table: npt.NDArray[np.int64], tables: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    records = np.zeros(len(table), POLICY_DTYPE)
    of_list = tables[table[:, 6]]
    records["status"] = table[:, 1]
    records["flags"] = of_list[:, 2] | np.where(table[:, 5] != 0, FLAG_HELD, 0)
    records["purpose"] = of_list[:, 0]
    records["category"] = table[:, 2]
    records["list_no"] = table[:, 6]
    records["sources"] = np.minimum(table[:, 3], rules.MOST)
    records["quorum"] = np.minimum(table[:, 4], rules.MOST)
    records["serve"] = of_list[:, 1] & table[:, 7]
    return records


def _highest_entry_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM hashlists_entry")
        row = cursor.fetchone()
    return int(row[0])
