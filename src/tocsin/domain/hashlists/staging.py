"""Puts read records into the tables, invisible until their run is released."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection

from tocsin.domain.hashlists.changes import hasher_number, take_numbers
from tocsin.domain.hashlists.models import Entry, ImportRun
from tocsin.domain.hashlists.records import SourceRecord
from tocsin.domain.hashlists.sequence import NO_WORD, Delivery, Word
from tocsin.domain.hashlists.types import Refusal, RunState

CONTRADICTS = "it contradicts an earlier line about the same entry"
TOO_MANY_HASHERS = "it names a program (tool) beyond those that can be told apart"
MOST_NEW_HASHERS = 1_000
"""Programs that one import may name for the first time: more are a mistake, and would leave no
number for the programs that other sources use."""
LARGEST_ID_BLOCK = 10_000
_ROWS_PER_STATEMENT = 50

Row = tuple[int | str | bytes | float | None, ...]

_ENTRY_COLUMNS = {
    "id": "int8",
    "hash_list_id": "int2",
    "member": "text",
    "source_entry_id": "text",
    "version": "int2",
    "run_id": "int8",
    "media_type": "int2",
    "status": "int2",
    "category": "int2",
    "sources": "int2",
    "quorum": "int2",
    "held": "bool",
    "serve": "int2",
    "content_digest": "int8",
    "observed": "int8",
    "small": "int2",
    "withdrawn_here": "bool",
    "source_created": "int8",
    "source_updated": "int8",
    "valid_until": "int8",
}
_PRINT_COLUMNS = {
    "entry_id": "int8",
    "kind": "int2",
    "n": "int2",
    "value": "bytea",
    "quality": "int2",
    "hasher": "int2",
    "dialect": "int2",
    "offset_seconds": "float8",
}
_CODE_COLUMNS = {"entry_id": "int8", "scheme": "text", "version": "text", "code": "text"}


class Numbered(NamedTuple):
    """A record and the line it stood on."""

    line: int
    record: SourceRecord


class Known(NamedTuple):
    """What is there of an identity: the newest version that counts, and the next free version.
    `word`: when and by what its source spoke of it last."""

    entry_id: int | None
    digest: int | None
    met_in_runs: tuple[int | None, int | None]
    next_version: int
    word: Word = NO_WORD


NOTHING = Known(None, None, (None, None), 1)


@dataclass(slots=True)
class Staged:
    """What became of one batch."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    left_out: int = 0
    older: int = 0
    unmatched: int = 0
    unlinted: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    first_entry_id: int | None = None
    last_entry_id: int | None = None


class Stager:
    """Stages the batches of one run. A Stager whose transaction failed must not be used again:
    the numbers it took ahead went back with it."""

    def __init__(self, list_number: int, run_id: int, delivery: Delivery) -> None:
        """`delivery`: what is known of the file itself, to tell an older one from a newer."""
        self._run_id = run_id
        self._list = list_number
        self._delivery = delivery
        discarded = ImportRun.objects.filter(hash_list=list_number, state=RunState.DISCARDED)
        self._discarded = frozenset(discarded.values_list("pk", flat=True))
        self._hashers: dict[str, int] = {"": 0}
        self._new_hashers = 0
        self._next_id, self._last_id, self._block = 1, 0, 0
        self._written, self._count_again_at = 0, 1

    def stage(self, batch: Sequence[Numbered]) -> Staged:
        """Write what is new or changed, in the caller's transaction."""
        staged = Staged()
        fresh, unchanged = self._sort_out(batch, staged)
        if unchanged:
            # Else a contradicting line further down would look like a change by the source.
            Entry.objects.filter(pk__in=unchanged).update(seen_in_run=self._run_id)
        if fresh:
            self._write(fresh, staged)
        return staged

    def _sort_out(
        self, batch: Sequence[Numbered], staged: Staged
    ) -> tuple[list[tuple[SourceRecord, Known]], list[int]]:
        """Count what repeats or contradicts itself; what is to be written, and what is there.

        A later line that takes an entry away counts whatever stood before it: of two lines that
        disagree, the one that makes nobody suspect is right until the source says more.
        """
        known = self.known(numbered.record for numbered in batch)
        in_batch: dict[tuple[str, str], int] = {}
        fresh: dict[tuple[str, str], tuple[SourceRecord, Known]] = {}
        unchanged = []
        for line, record in batch:
            identity = (record.member, record.source_entry_id)
            there = known.get(identity, NOTHING)
            earlier = in_batch.get(identity)
            if earlier is None and self._run_id in there.met_in_runs:
                earlier = there.digest
            if earlier is not None and (earlier == record.digest or not record.takes_away):
                _count_repeat(line, record, earlier, staged)
                continue
            if earlier is None and self.is_older(record, there):
                staged.older += 1
                continue
            if not self._can_name_hashers(record):
                staged.refusals.append(Refusal(line, TOO_MANY_HASHERS))
                continue
            in_batch[identity] = record.digest
            staged.left_out += record.left_out
            if earlier is not None:
                staged.changed += 1
                fresh[identity] = (record, there)
                continue
            if there.entry_id is not None and there.digest == record.digest:
                unchanged.append(there.entry_id)
                continue
            staged.added += there.entry_id is None
            staged.changed += there.entry_id is not None
            staged.unmatched += record.only_kept
            staged.unlinted += record.by_photodna_alone
            fresh[identity] = (record, there)
        staged.unchanged = len(unchanged)
        return list(fresh.values()), unchanged

    def is_older(self, record: SourceRecord, there: Known) -> bool:
        """Whether a record says less than what is known from a later word of its source."""
        if there.entry_id is None or there.digest == record.digest:
            return False
        return self._delivery.is_older(
            updated=record.source_updated, takes_away=record.takes_away, than=there.word
        )

    def known(self, records: Iterable[SourceRecord]) -> dict[tuple[str, str], Known]:
        """What is there already, by (member, source entry id)."""
        by_member: dict[str, list[str]] = {}
        for record in records:
            by_member.setdefault(record.member, []).append(record.source_entry_id)
        known: dict[tuple[str, str], Known] = {}
        for member, ids in by_member.items():
            for source_entry_id, version, pk, digest, run_id, seen, *said in self._rows(
                member, ids
            ):
                identity = (member, source_entry_id)
                if run_id in self._discarded:
                    before = known.get(identity, NOTHING)
                    known[identity] = before._replace(next_version=version + 1)
                else:
                    word = self._delivery.word(run_id, seen, *said)
                    known[identity] = Known(pk, digest, (run_id, seen), version + 1, word)
        return known

    def _rows(self, member: str, ids: list[str]) -> list[tuple[Any, ...]]:
        """All versions, oldest first. Not through the ORM: it would take longer than the query."""
        marks = ", ".join(["%s"] * len(ids))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT source_entry_id, version, id, content_digest, run_id, seen_in_run,"  # noqa: S608 - our own marks
                " source_updated, status, withdrawn_here"
                " FROM hashlists_entry WHERE hash_list_id = %s AND member = %s"
                f" AND source_entry_id IN ({marks}) ORDER BY version",
                [self._list, member, *ids],
            )
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _write(self, fresh: list[tuple[SourceRecord, Known]], staged: Staged) -> None:
        first = self._take_ids(len(fresh))
        staged.first_entry_id, staged.last_entry_id = first, first + len(fresh) - 1
        entries: list[Row] = []
        prints: list[Row] = []
        codes: list[Row] = []
        for entry_id, (record, there) in enumerate(fresh, first):
            entries.append(self._entry_row(entry_id, record, there.next_version))
            for kind, n, value, quality, hasher, offset in record.prints:
                number = self._hashers.get(hasher, 0)
                prints.append((entry_id, kind, n, value, quality, number, 0, offset))
            codes += [(entry_id, c.scheme, c.version, c.code) for c in record.codes]
            staged.digests.append(struct.pack(">q", record.digest))
        _insert("hashlists_entry", _ENTRY_COLUMNS, entries)
        _insert("hashlists_fingerprint", _PRINT_COLUMNS, prints)
        _insert("hashlists_entrycode", _CODE_COLUMNS, codes)
        self._let_planner_count(len(entries))
        older = [there.entry_id for _, there in fresh if there.entry_id is not None]
        if older:
            Entry.objects.filter(pk__in=older).update(replaced_by_run_id=self._run_id)

    def _let_planner_count(self, more: int) -> None:
        """PostgreSQL, without counts, takes every look-up of ids for one of the whole list and
        walks it, so that an import grows slower with each batch; autovacuum comes too late."""
        self._written += more
        if connection.vendor == "postgresql" and self._written >= self._count_again_at:
            self._count_again_at = self._written * 10
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE hashlists_entry")

    def _entry_row(self, entry_id: int, record: SourceRecord, version: int) -> Row:
        return (
            entry_id,
            self._list,
            record.member,
            record.source_entry_id,
            version,
            self._run_id,
            record.media_type,
            record.status,
            record.category,
            1,
            record.quorum,
            False,
            record.serve,
            record.digest,
            record.observed,
            record.small,
            False,
            record.source_created,
            self._delivery.clamped(record.source_updated, takes_away=record.takes_away),
            record.valid_until,
        )

    def _can_name_hashers(self, record: SourceRecord) -> bool:
        """Whether each program that it names has a number, or gets one; a removal needs none."""
        if record.takes_away:
            return True
        for name in {print_[4] for print_ in record.prints} - self._hashers.keys():
            number = None if self._new_hashers >= MOST_NEW_HASHERS else hasher_number(name)
            if number is None:
                return False
            self._hashers[name] = number
            self._new_hashers += 1
        return True

    def _take_ids(self, count: int) -> int:
        """The first of `count` ids in a row.

        Taken in growing blocks: the counter is one busy row, and an id nobody uses costs the
        index 16 bytes.
        """
        if self._last_id - self._next_id + 1 < count:
            self._block = max(count, min(2 * self._block, LARGEST_ID_BLOCK))
            self._next_id = take_numbers("entry", self._block)
            self._last_id = self._next_id + self._block - 1
        first = self._next_id
        self._next_id += count
        return first


def _count_repeat(line: int, record: SourceRecord, earlier: int, staged: Staged) -> None:
    if earlier == record.digest:
        staged.duplicates += 1
    else:
        staged.refusals.append(Refusal(line, CONTRADICTS))


def _insert(table: str, columns: Mapping[str, str], rows: list[Row]) -> None:
    """Insert many rows past the ORM: that alone would cost more than all the rest of an import."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        _copy_in(table, columns, rows)
        return
    names = tuple(columns)
    connection.ensure_connection()
    # Past Django's cursor too: it would rewrite the marks of every long statement again.
    with connection.wrap_database_errors:
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            some = rows[start : start + _ROWS_PER_STATEMENT]
            statement = _insert_statement(table, names, len(some))
            connection.connection.execute(statement, list(chain.from_iterable(some)))


@cache
def _insert_statement(table: str, names: tuple[str, ...], count: int) -> str:
    """For some rows at a time: a statement for each costs half as much again."""
    marks = ", ".join([f"({', '.join('?' * len(names))})"] * count)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}"  # noqa: S608 - our own names


def _copy_in(table: str, columns: Mapping[str, str], rows: list[Row]) -> None:
    command = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)
