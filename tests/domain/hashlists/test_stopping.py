"""Imports that are killed, doubled, or kept out by somebody else."""

from __future__ import annotations

import errno
import io
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from tests.domain.hashlists.formats.samples import put, records, submitted
from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, counts, entry, make, write
from tests.support import child_environment, in_threads
from tocsin.base.audit import queries as audit
from tocsin.base.audit.actions import seal_waiting
from tocsin.domain.hashlists import actions, importing, lines, queries, rows, runs
from tocsin.domain.hashlists.archive import path_of
from tocsin.domain.hashlists.models import Entry, Fingerprint, HashList, ImportRun
from tocsin.domain.hashlists.types import ImportRequest, Purpose, RunState

pytestmark = pytest.mark.django_db(transaction=True)

KILLED_IMPORT = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup(set_prefix=False)
    from datetime import datetime, UTC
    from pathlib import Path
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions, importing
    from tocsin.domain.hashlists.types import ImportRequest

    importing.ROWS_AT_ONCE = {"sqlite": 40, "postgresql": 40}
    seen = []

    def die(progress):
        seen.append(progress)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    request = ImportRequest(
        path=Path(sys.argv[1]), list_slug="test", report_path=Path(sys.argv[2])
    )
    actions.import_file(
        request=request, actor=system("test"), at=datetime.now(UTC), progress=die
    )
    """
)


def test_a_killed_import_goes_on_where_it_stopped(
    tmp_path: Path, data_folder: Path, now: datetime
) -> None:
    make(now)
    records: list[dict[str, object] | str] = [entry(f"e{n}") for n in range(60)]
    records[5] = "rubbish"
    records[50] = "more rubbish"
    path, told = write(tmp_path / "list", *records), tmp_path / "refused"

    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IMPORT, str(path), str(told)],
        env=child_environment(data_folder),
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert Entry.objects.count() == 30
    with queries.index_snapshot() as snapshot:
        assert list(snapshot.policies()) == []

    report = bring(path, now, report_path=told)

    assert report.resumed
    assert counts(report) == (58, 0, 0, 0, 2)
    assert Entry.objects.count() == 58
    assert Fingerprint.objects.count() == 58 * 3
    assert [r.line for r in report.first_refusals] == [6, 51]
    assert [row.partition("\t")[0] for row in told.read_text().splitlines()] == ["line", "6", "51"]
    assert b"".join(actions.read_archive(run_id=report.run_id or 0, actor=ACTOR, at=now)) == (
        path.read_bytes()
    )
    seal_waiting(at=now)
    assert audit.verify_chain().sound


def test_a_whole_but_unreleased_import_is_released_when_it_is_run_again(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    bring(path, now, release=False)

    report = bring(path, now)

    assert (report.resumed, report.state, report.added) == (True, RunState.RELEASED, 1)
    assert queries.last_change_no() == 1


def test_a_second_import_of_another_file_is_told_what_to_do(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now, release=False)

    with pytest.raises(actions.ImportInProgress, match=r"tocsin lists discard \d+"):
        bring(write(tmp_path / "other", entry("b")), now)


def test_two_imports_into_one_list_at_once_one_is_told_so(tmp_path: Path, now: datetime) -> None:
    make(now)
    paths = [write(tmp_path / name, *[entry(f"{name}{n}") for n in range(50)]) for name in "ab"]

    outcomes = in_threads(*[partial(bring, path, now) for path in paths])

    refused = [o for o in outcomes if isinstance(o, actions.ImportInProgress)]
    done = [o for o in outcomes if not isinstance(o, Exception)]
    # One after the other is fine too: then neither was in the other's way.
    assert len(refused) + len(done) == 2, outcomes
    assert done
    assert Entry.objects.count() == 50 * len(done)


def test_the_same_file_in_two_processes_at_once_is_told_so(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    bring(path, now, release=False)
    ImportRun.objects.update(
        state=RunState.RUNNING, holder="another-machine:1:x", held_until=now + timedelta(minutes=1)
    )

    with pytest.raises(actions.ImportInProgress, match="right now"):
        bring(path, now)

    assert bring(path, now + timedelta(minutes=2)).resumed


def test_an_import_that_another_process_took_over_stops(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 5, "postgresql": 5})
    make(now)
    path = write(tmp_path / "list", *[entry(f"e{n}") for n in range(9)])
    taken_over: list[int] = []

    def take_over(_: object) -> None:
        taken_over.append(ImportRun.objects.update(holder="another-machine:1:x"))

    with pytest.raises(actions.HoldLost):
        importing.run_import(
            ImportRequest(path, "test"),
            HashList.objects.get(),
            actor=ACTOR,
            at=now,
            tell=take_over,
        )

    assert len(taken_over) == 1
    assert Entry.objects.count() == 2
    assert ImportRun.objects.get().holder == "another-machine:1:x"


def test_a_process_that_is_gone_does_not_hold_its_import() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    host = socket.gethostname()

    assert runs.holder_may_live(f"{host}:{os.getpid()}:x")
    assert not runs.holder_may_live(f"{host}:{child.pid}:x")
    assert runs.holder_may_live("another-machine:1:x")
    assert not runs.holder_may_live("")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one lock for all")
def test_a_locked_database_is_waited_for_and_then_told(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    waited: list[float] = []
    began, release = threading.Event(), threading.Event()

    def locked() -> None:
        with transaction.atomic():
            began.set()
            release.wait(20)

    def impatient() -> None:
        began.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 300")
        started = time.monotonic()
        try:
            bring(path, now)
        finally:
            waited.append(time.monotonic() - started)
            release.set()

    _, outcome = in_threads(locked, impatient)

    assert isinstance(outcome, actions.DatabaseBusy)
    assert "goes on where it stopped" in str(outcome)
    assert waited[0] >= 0.3
    assert counts(bring(path, now)) == (1, 0, 0, 0, 0)


def test_a_file_that_changes_meanwhile_is_not_released(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    identify = lines.identify

    def then_change(which: Path) -> object:
        found = identify(which)
        write(path, entry("b"))
        return found

    monkeypatch.setattr(lines, "identify", then_change)

    with pytest.raises(actions.ArchiveFailed, match="was changed while"):
        bring(path, now)

    assert ImportRun.objects.get().state == RunState.RUNNING
    assert list(path_of("x").parent.glob("*")) == []


def test_a_full_disk_under_the_archive_stops_the_import_and_leaves_it_open(
    tmp_path: Path, data_folder: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    (data_folder / "archive").write_text("a file where the folder should be")

    with pytest.raises(actions.ArchiveFailed, match="cannot be put into"):
        bring(path, now)
    (data_folder / "archive").unlink()

    assert counts(bring(path, now)) == (1, 0, 0, 0, 0)


# What stands in the way is told as what it is, and kept


class Torn(io.BytesIO):
    """A file whose disk gives up behind its first line."""

    def readline(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "Input/output error")
        return super().readline(size)


def test_a_disk_that_gives_up_is_not_told_as_the_fault_of_the_report(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"), entry("b"))
    whole = path.read_bytes()
    monkeypatch.setattr(
        importing, "_own_lines", lambda _, o, n: rows.single_rows(
            lines.lines(Torn(whole), offset=o, number=n))
    )  # fmt: skip

    with pytest.raises(importing.TroubleWithDisk, match=r"list cannot be read on") as told:
        bring(path, now, report_path=tmp_path / "refused")

    assert "refused" not in str(told.value)
    run = ImportRun.objects.get()
    assert (run.state, run.broken) == (RunState.RUNNING, str(told.value)[:200])
    assert queries.runs("test")[0].broken == run.broken


def test_a_report_that_cannot_be_written_is_told_as_such(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = write(tmp_path / "list", "rubbish")

    with pytest.raises(actions.UnusableFile, match="/nowhere/report cannot be written"):
        bring(path, now, report_path=Path("/nowhere/report"))
    with pytest.raises(actions.UnusableFile, match="/dev/full cannot be written"):
        bring(path, now, report_path=Path("/dev/full"))


def test_an_error_beside_the_report_goes_up_as_it_is(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(runs, "advance", broken)

    with pytest.raises(OSError, match="Input/output") as told:
        bring(write(tmp_path / "list", entry("a")), now, report_path=tmp_path / "refused")

    assert not isinstance(told.value, actions.UnusableFile)
    assert ImportRun.objects.get().broken == "OSError"


class FullOnPostgres(Exception):
    """As psycopg tells it."""

    sqlstate = "53100"


def as_django_tells(cause: Exception) -> Exception:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        as_django_tells(sqlite3.OperationalError("database or disk is full")),
        as_django_tells(FullOnPostgres("could not extend file")),
    ],
    ids=["kernel", "sqlite", "postgresql"],
)
@pytest.mark.parametrize("where", ["advance", "finish", "release"])
def test_a_full_disk_is_told_in_words_and_the_import_goes_on(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))

    def full(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(runs, where, full)
        with pytest.raises(actions.DiskFull, match=r"is full\. Make room"):
            bring(path, now)

    stopped = ImportRun.objects.get().broken
    assert stopped == ("" if where == "release" else str(actions.DiskFull()))
    assert bring(path, now).state is RunState.RELEASED


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a limit of SQLite's own")
def test_sqlite_that_may_not_grow_is_told_as_a_full_disk(tmp_path: Path, now: datetime) -> None:
    make(now)
    many = write(tmp_path / "list", *(entry(f"{n}") for n in range(3_000)))
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        most = cursor.execute("PRAGMA max_page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 20}")
        try:
            with pytest.raises(actions.DiskFull):
                bring(many, now)
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")

    assert counts(bring(many, now))[0] == 3_000


def test_a_document_that_stops_early_stays_marked_until_it_is_decided_about(
    tmp_path: Path, now: datetime
) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    path = put(tmp_path / "1.json", records(submitted("a"), submitted("b"))[:-30])

    report = bring(path, now)

    (view,) = queries.runs("test")
    assert (view.state, view.broken) == (RunState.READY, report.broken)
    assert view.broken
    again = bring(path, now)
    assert (again.resumed, again.broken, again.state) == (True, view.broken, RunState.READY)
    with pytest.raises(actions.ImportInProgress) as told:
        bring(put(tmp_path / "2.json", records(submitted("a"))), now)
    assert view.broken in str(told.value)
    assert actions.discard(run_id=view.id, actor=ANALYST, at=now)
    assert bring(tmp_path / "2.json", now).state is RunState.RELEASED
