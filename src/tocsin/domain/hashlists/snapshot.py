"""Everything the index is built from, as of one moment, streamed in large NumPy batches.

Ten million entries must pass through in a few hundred megabytes, so the tables are read straight
through without joins: first the entries, into arrays by id, then the fingerprints of one kind
after the other, kept or dropped by those arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from tocsin.domain.hashlists import rules
from tocsin.domain.hashlists.models import Counter, HashList, ImportRun
from tocsin.domain.hashlists.muted import muted_values
from tocsin.domain.hashlists.types import (
    FLAG_HELD,
    LEAST_NEAR_QUALITY,
    WIDTHS,
    FingerprintBatch,
    FrameBatch,
    Kind,
    PolicyBatch,
    Purpose,
    RunState,
)
from tocsin.engine.index import POLICY_DTYPE

ROWS_AT_ONCE = 50_000
_UNKNOWN_QUALITY = -1

_FIELDS = {  # name: first bit, bits; one number a row instead of eight columns is four times faster
    "status": (0, 4),
    "category": (4, 4),
    "media_type": (8, 4),
    "serve": (12, 4),
    "held": (16, 1),
    "sources": (17, 8),
    "quorum": (25, 8),
    "hash_list_id": (33, 16),
}
_SPELLED = {"serve": "COALESCE(serve, 15)", "held": "CASE WHEN held THEN 1 ELSE 0 END"}
_PACKED = " | ".join(
    f"(CAST({_SPELLED.get(name, name)} AS bigint) << {first})"
    for name, (first, _) in _FIELDS.items()
)
_ENTRIES = (
    f"SELECT id, {_PACKED}, COALESCE(run_id, 0), COALESCE(replaced_by_run_id, 0)"  # noqa: S608 - our own names
    " FROM hashlists_entry"
)
_FINGERPRINTS = (
    "SELECT entry_id, value, CAST(COALESCE(quality, -1) AS bigint) FROM hashlists_fingerprint"
    " WHERE kind = {kind}"
)
NUMBER = np.dtype(np.int64)

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.uint8]

_VISIBLE, _NEAR, _FILM = 1, 2, 4
# No column of fractions here: a frame is told to the millisecond, without a time by its number.
_FRAMES = (
    "SELECT entry_id, value, CAST(COALESCE(quality, -1) AS bigint),"
    " CAST(COALESCE(offset_seconds, n) * 1000 AS bigint) FROM hashlists_fingerprint"
    " WHERE kind = {kind}"
)
_MATCHABLE = [status.number for status in rules.MATCHABLE]


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
        for ids, packed, run, replaced in columns(_ENTRIES, (NUMBER,) * 4):
            keep = released[run] & ~(released[replaced] & (replaced > 0))
            keep &= np.isin(_field(packed, "status"), _MATCHABLE)
            kept, fields = ids[keep], packed[keep]
            near = _field(fields, "media_type") != rules.VIDEO
            self._marks[kept] = _VISIBLE + np.where(near, _NEAR, _FILM).astype(np.uint8)
            if len(kept):
                yield PolicyBatch(kept.astype(np.uint64), _records(fields, tables))

    def fingerprints(self, kind: Kind) -> Iterator[FingerprintBatch]:
        """Fingerprints of one kind of `WIDTHS`, of entries that count, in no order.

        A PDQ that must never match by nearness is not among them, nor a digest that is muted.
        """
        muted = muted_values(kind)
        muted_ids = np.array(sorted({entry_id for entry_id, _ in muted}), np.int64)
        wanted = _VISIBLE | _NEAR if kind is Kind.PDQ else _VISIBLE
        value = np.dtype((np.uint8, (WIDTHS[kind],)))
        query = _FINGERPRINTS.format(kind=int(kind))
        for ids, values, quality in columns(query, (NUMBER, value, NUMBER)):
            keep = (self._marks[ids] & wanted) == wanted
            if kind is Kind.PDQ:
                keep &= near_matchable(values, quality)
            for place in np.flatnonzero(np.isin(ids, muted_ids)) if muted else ():
                keep[place] &= (int(ids[place]), values[place].tobytes()) not in muted
            if keep.all():
                yield FingerprintBatch(ids.astype(np.uint64), values)
            elif keep.any():
                yield FingerprintBatch(ids[keep].astype(np.uint64), values[keep])

    def frames(self) -> Iterator[FrameBatch]:
        """The frames of films that count and say enough, in no order. After `policies`."""
        if not (self._marks & _FILM).any():
            return
        value = np.dtype((np.uint8, (WIDTHS[Kind.PDQ],)))
        query = _FRAMES.format(kind=int(Kind.PDQ))
        for ids, values, quality, milliseconds in columns(query, (NUMBER, value, NUMBER, NUMBER)):
            keep = (self._marks[ids] & _FILM != 0) & near_matchable(values, quality)
            if keep.any():
                seconds = milliseconds[keep] / 1_000
                yield FrameBatch(ids[keep].astype(np.uint64), values[keep], seconds)


@contextmanager
def index_snapshot() -> Iterator[Snapshot]:
    """All entries that count, read in one consistent transaction that blocks no writer.

    `with index_snapshot() as snapshot:` first `snapshot.policies()`, then
    `snapshot.fingerprints(kind)` for each kind, and `snapshot.frames()`.
    """
    with one_moment():
        value = Counter.objects.filter(pk="change").values_list("value", flat=True).first()
        yield Snapshot(value or 0)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is as of one moment, and blocks no writer."""
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


def columns(query: str, types: tuple[np.dtype[Any], ...]) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """The columns of a query as arrays, some rows at a time: numbers, and bytes of one width."""
    if connection.vendor == "postgresql":
        yield from _copied_columns(query, types)
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            columns = zip(*rows, strict=True)
            yield tuple(_array(c, t) for c, t in zip(columns, types, strict=True))


def _array(column: tuple[Any, ...], kind: np.dtype[Any]) -> npt.NDArray[Any]:
    if kind == NUMBER:
        return np.array(column, np.int64)
    return np.frombuffer(b"".join(column), np.uint8).reshape(-1, *kind.shape)


def _copied_columns(
    query: str, types: tuple[np.dtype[Any], ...]
) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """The same by PostgreSQL's binary COPY, whose rows are all equally long here."""
    row = _copied_row(types)
    held = bytearray()
    header_bytes, trailer_bytes = 19, 2
    started = False
    command = f"COPY ({query}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for data in copy:
            held += data
            if not started and len(held) >= header_bytes:
                del held[:header_bytes]
                started = True
            # The trailer is two bytes; holding back that much keeps it out of the rows.
            count = max(0, len(held) - trailer_bytes) // row.itemsize
            if count >= ROWS_AT_ONCE:
                yield _parted(held, row, count, types)
                del held[: count * row.itemsize]
    if count := len(held) // row.itemsize:
        yield _parted(held, row, count, types)


def _copied_row(types: tuple[np.dtype[Any], ...]) -> np.dtype[np.void]:
    fields: list[tuple[str, Any]] = [("count", ">i2")]
    for place, kind in enumerate(types):
        fields += [(f"bytes{place}", ">i4"), (f"c{place}", ">i8" if kind == NUMBER else kind)]
    return np.dtype(fields)


def _parted(
    held: bytearray, row: np.dtype[np.void], count: int, types: tuple[np.dtype[Any], ...]
) -> tuple[npt.NDArray[Any], ...]:
    table = np.frombuffer(bytes(held[: count * row.itemsize]), row)
    return tuple(
        table[f"c{place}"].astype(np.int64)
        if kind == NUMBER
        else np.ascontiguousarray(table[f"c{place}"])
        for place, kind in enumerate(types)
    )


def near_matchable(values: Values, quality: Numbers) -> npt.NDArray[np.bool_]:
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


def _list_tables() -> Numbers:
    """By list number: purpose, serve bits, flags."""
    rows = list(HashList.objects.values_list("number", "purpose", "serve"))
    tables = np.zeros((max((row[0] for row in rows), default=0) + 1, 3), np.int64)
    for number, purpose, serve in rows:
        kept = Purpose(purpose)
        tables[number] = kept.number, serve, rules.flags(held=False, purpose=kept)
    return tables


def _field(packed: Numbers, name: str) -> Numbers:
    first, bits = _FIELDS[name]
    return (packed >> first) & ((1 << bits) - 1)


def _records(packed: Numbers, tables: Numbers) -> npt.NDArray[np.void]:
    records = np.zeros(len(packed), POLICY_DTYPE)
    list_no = _field(packed, "hash_list_id")
    of_list = tables[list_no]
    records["status"] = _field(packed, "status")
    records["flags"] = of_list[:, 2] | (_field(packed, "held") * FLAG_HELD)
    records["purpose"] = of_list[:, 0]
    records["category"] = _field(packed, "category")
    records["list_no"] = list_no
    records["sources"] = _field(packed, "sources")
    records["quorum"] = _field(packed, "quorum")
    records["serve"] = of_list[:, 1] & _field(packed, "serve")
    return records


def _highest_entry_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM hashlists_entry")
        row = cursor.fetchone()
    return int(row[0])
