"""One import from its file to its release: read, check, stage, archive, go on after a stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from django.db import DatabaseError, OperationalError, connection, transaction

from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import archive, lines, lint, rows, runs
from tocsin.domain.hashlists.formats import opening
from tocsin.domain.hashlists.formats.carrying import EntryReader
from tocsin.domain.hashlists.formats.types import Context
from tocsin.domain.hashlists.formats.vics import VICS, version_of
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.mapped import WrongMapping
from tocsin.domain.hashlists.models import HashList, ImportRun
from tocsin.domain.hashlists.native import NativeReader
from tocsin.domain.hashlists.quarantine_types import Counts
from tocsin.domain.hashlists.records import Refused, SourceRecord
from tocsin.domain.hashlists.reporting import refusal_file, write_refusals
from tocsin.domain.hashlists.room import DiskFull, is_full
from tocsin.domain.hashlists.sequence import Delivery, delivery
from tocsin.domain.hashlists.staging import Numbered, Staged, Stager
from tocsin.domain.hashlists.types import (
    ImportReport,
    ImportRequest,
    Progress,
    Purpose,
    Refusal,
    RunState,
)
from tocsin.engine.documents.types import BrokenOff
from tocsin.engine.knowngood import WrongSet

ROWS_AT_ONCE = {"sqlite": 2_000, "postgresql": 20_000}
"""Rows of one transaction. More on SQLite would keep every other writer waiting for seconds."""
LINES_AT_ONCE = 20_000
PAUSE_SECONDS = {"sqlite": 0.002, "postgresql": 0.0}
"""Without it an import would take the lock back before anybody who waits has woken up."""
FIRST_REFUSALS = 20

Tell = Callable[[Progress], None]


class DatabaseBusy(Exception):
    """Somebody else kept the database to themselves for too long; run the import again."""


class TroubleWithDisk(UnusableFile):
    """The disk does not give the rest of the file; the text says what to do."""


class Reader(Protocol):
    """Reads one line; raises Refused and nothing else."""

    def read(self, raw: bytes) -> SourceRecord: ...


@dataclass(slots=True)
class Batch:
    """Lines read since the last transaction, and where the next begins.

    `broken`: why the document stops before its end, in the last batch of one that does.
    """

    records: list[Numbered] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    end: int = 0
    line: int = 0
    broken: str = ""


@dataclass(slots=True)
class Opened:
    """A file and the way to read it, both found usable.

    `rows`: what stands behind a byte and a line (in a document: a record) of the file.
    """

    path: Path
    identity: lines.FileIdentity
    reader: Reader
    rows: Callable[[BinaryIO, int, int], Iterator[rows.Row]]
    mapping_sha256: str
    header_end: int
    header_lines: int = 0
    unit: str = "line"

    def broken(self) -> str:
        """Why the document stops before its end; nothing for one that is whole, or no document."""
        if self.unit == "line":
            return ""
        try:
            with self.path.open("rb") as file:
                for _ in self.rows(file, 0, 0):
                    continue
        except BrokenOff as why:
            return str(why)
        return ""


def open_file(request: ImportRequest, hash_list: HashList) -> Opened:
    """Look at the file and its mapping before anything is written.

    Raises UnusableFile and WrongMapping.
    """
    path, identity = request.path, lines.identify(request.path)
    taker = NativeReader(Purpose(hash_list.purpose), hash_list.environment)
    found = opening.open_records(
        path,
        first_byte=identity.first_byte,
        named=request.format,
        mapping_path=request.mapping_path,
    )
    told = opening.mapping_digest(found)
    if found is None:
        return Opened(path, identity, taker, _own_lines, told, identity.first_byte)
    reader = EntryReader(found.form, _context(found, hash_list), taker)
    if isinstance(found, opening.Document):
        cut = partial(opening.rows_of_document, found.pieces)
        return Opened(path, identity, reader, cut, told, identity.first_byte, 0, "record")
    by_columns = found.columns if found.form.name == "csv" else reader
    cut = partial(opening.rows_of_table, found.columns)
    return Opened(path, identity, by_columns, cut, told, found.header.end, 1)


def read_batches(opened: Opened, file: BinaryIO, *, offset: int, number: int) -> Iterator[Batch]:
    """The file's records in batches of at most ROWS_AT_ONCE rows, from byte `offset` on."""
    most_rows = ROWS_AT_ONCE[connection.vendor]
    if number == 0:
        offset, number = opened.header_end, opened.header_lines
    batch, staged, seen = Batch(end=offset, line=number), 0, 0
    read = opened.reader.read
    try:
        for row in _rows_of(opened, file, offset, number):
            batch.end, batch.line = row.end, row.last
            seen += 1
            try:
                if row.refused:
                    raise Refused(row.refused)
                if row.raw.isspace():
                    continue
                record = read(row.raw)
            except Refused as why:
                batch.refusals.append(Refusal(row.number, str(why)))
            else:
                batch.records.append(Numbered(row.number, record))
                staged += 1 + len(record.prints)
            if staged >= most_rows or seen >= LINES_AT_ONCE:
                yield batch
                batch, staged, seen = Batch(end=row.end, line=row.last), 0, 0
    except BrokenOff as why:
        batch.broken = str(why)
        batch.refusals.append(Refusal(batch.line + 1, f"the document stops here: {why}"))
    if seen or batch.broken:
        yield batch


def _rows_of(opened: Opened, file: BinaryIO, offset: int, number: int) -> Iterator[rows.Row]:
    try:
        yield from opened.rows(file, offset, number)
    except OSError as error:
        raise TroubleWithDisk(
            f"{opened.path} cannot be read on: {error.strerror or error}. Run the import again; it "
            "goes on where it stopped."
        ) from error


def _own_lines(file: BinaryIO, offset: int, number: int) -> Iterator[rows.Row]:
    return rows.single_rows(lines.lines(file, offset=offset, number=number))


def _context(found: opening.Document | opening.Table, hash_list: HashList) -> Context:
    """The document's context with the list's own; raises UnusableFile and WrongMapping."""
    form, purpose = found.form, Purpose(hash_list.purpose)
    if form.purposes is not None and purpose not in form.purposes:
        allowed = " or ".join(sorted(form.purposes))
        raise UnusableFile(
            f"{form.name} only goes into a list of purpose {allowed}; {hash_list.slug} is "
            f"{purpose}."
        )
    if form is VICS and found.context.meaning is None:
        raise WrongMapping(
            f"The file is VICS {version_of(found.context)}, whose category numbers mean nothing by "
            "themselves. Say with --mapping what they mean; see docs/lists/formats.md."
        )
    return replace(
        found.context,
        list_id=hash_list.slug,
        purpose=purpose.value,
        environment=hash_list.environment or None,
    )


def run_import(
    request: ImportRequest, hash_list: HashList, *, actor: Actor, at: datetime, tell: Tell | None
) -> ImportReport:
    """Stage a whole file; the report. What is raised leaves a run that can be gone on with."""
    opened = open_file(request, hash_list)
    name = request.name or request.path.name
    source = runs.Source(name, opened.identity, opened.mapping_sha256)
    started = time.monotonic()

    def clock() -> datetime:
        return at + timedelta(seconds=time.monotonic() - started)

    with patience():
        run, resumed = runs.begin(hash_list, source, actor=actor, at=at)
    try:
        if run.state == RunState.RUNNING:
            broken = _go_through(opened, request, run, tell, actor=actor, clock=clock)
        else:
            broken = run.broken or opened.broken()
    except BaseException as error:
        why = _told(error)
        if not isinstance(why, DatabaseBusy | runs.HoldLost):
            with suppress(DatabaseError):
                runs.let_go(run, why=_reason(why))
        if why is not error:
            raise why from error
        raise
    run.refresh_from_db()
    report = report_of(run, hash_list.slug, resumed=resumed)
    return replace(report, unit=opened.unit, broken=broken)


_IN_WORDS = (UnusableFile, WrongMapping, WrongSet, archive.ArchiveFailed, DiskFull)


def _reason(error: BaseException) -> str:
    """Why an import stopped, in words that are meant for people; of the rest only the kind, as its
    text might quote a line."""
    return str(error) if isinstance(error, _IN_WORDS) else type(error).__name__


def _told(error: BaseException) -> BaseException:
    """The same, or a full disk where that is behind it and not in its words yet."""
    return DiskFull() if is_full(error) and not isinstance(error, _IN_WORDS) else error


def report_of(run: ImportRun, slug: str, *, resumed: bool) -> ImportReport:
    """What a run did, from its own row."""
    refused = run.refusals.order_by("line").values_list("line", "reason")[:FIRST_REFUSALS]
    return ImportReport(
        run_id=run.pk,
        list_slug=slug,
        state=RunState(run.state),
        resumed=resumed,
        lines=run.lines_done,
        added=run.added,
        changed=run.changed,
        unchanged=run.unchanged,
        duplicates=run.duplicates,
        refused=run.refused,
        left_out=run.left_out,
        older=run.older,
        unmatched=run.unmatched,
        unlinted=run.unlinted,
        quarantined=run.quarantined,
        first_refusals=tuple(Refusal(line, reason) for line, reason in refused),
    )


def _go_through(
    opened: Opened,
    request: ImportRequest,
    run: ImportRun,
    tell: Tell | None,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
) -> str:
    """Stage the rest of the file; why it stops before its end, if it does."""
    broken = ""
    stager = Stager(run.hash_list_id, run.pk, _delivery(opened, run))
    pause_seconds = PAUSE_SECONDS[connection.vendor]
    with ExitStack() as stack:
        archived = _archive(opened, run, stack)
        refusals_file = stack.enter_context(refusal_file(request.report_path, run.lines_done))
        file = stack.enter_context(opened.path.open("rb"))
        counts = [run.added + run.changed, run.refused]
        for batch in read_batches(opened, file, offset=run.bytes_done, number=run.lines_done):
            staged = _put(run, stager, batch, actor=actor, at=clock())
            broken = batch.broken
            refused = sorted(batch.refusals + staged.refusals, key=lambda r: r.line)
            write_refusals(refusals_file, refused)
            counts[0] += staged.added + staged.changed
            counts[1] += len(refused)
            if tell is not None:
                tell(Progress(batch.end, opened.identity.size_bytes, batch.line, *counts))
            time.sleep(pause_seconds)
        size = opened.identity.size_bytes
        _lint(run, Progress(size, size, run.lines_done, *counts), tell, actor=actor, clock=clock)
        name = archived()
    with patience():
        runs.finish(run, archive=name, broken=broken, actor=actor, at=clock())
    return broken


def _delivery(opened: Opened, run: ImportRun) -> Delivery:
    return delivery(
        run.hash_list,
        file_sha256=opened.identity.sha256,
        mapping_sha256=opened.mapping_sha256,
        # When it was begun, so that one that is gone on with says the same.
        at=run.started_at,
    )


def _lint(
    run: ImportRun,
    read: Progress,
    tell: Tell | None,
    *,
    actor: Actor,
    clock: Callable[[], datetime],
) -> None:
    """Go over what was staged, before the run is whole: one that was not is never released."""

    def told(done: Counts) -> None:
        if tell is not None:
            tell(replace(read, linted=done.looked))

    with patience():
        lint.lint_run(run, actor=actor, clock=clock, tell=told)


def _put(run: ImportRun, stager: Stager, batch: Batch, *, actor: Actor, at: datetime) -> Staged:
    """One batch, one transaction: entries, fingerprints, how far we are, audit."""
    with patience(), transaction.atomic():
        staged = stager.stage(batch.records)
        refused = batch.refusals + staged.refusals
        runs.advance(run, staged, refused, end=batch.end, line=batch.line, actor=actor, at=at)
    return staged


def _archive(opened: Opened, run: ImportRun, stack: ExitStack) -> Callable[[], str]:
    """Begin to archive the text beside the import; call the result to wait for its name."""
    for name in (runs.archived_as(opened.identity.sha256), archive.name_for(run.pk)):
        if name and archive.path_of(name).exists():
            return lambda: name
    name = archive.name_for(run.pk)
    archiver = archive.Archiver(
        opened.path, archive.path_of(name), run.pk, sha256=opened.identity.sha256
    )
    archiver.start()
    stack.callback(archiver.give_up)

    def finished() -> str:
        archiver.finish()
        return name

    return finished


@contextmanager
def patience() -> Iterator[None]:
    """Say in words what a locked database means, after the wait that settings give, and what a
    full disk does."""
    try:
        yield
    except (OperationalError, OSError) as error:
        if is_full(error):
            raise DiskFull from error
        if "locked" not in str(error):
            raise
        raise DatabaseBusy(
            "Another process has kept the database to itself for more than half a minute. "
            "Run the same import again; it goes on where it stopped."
        ) from error
