"""Writing: make lists, import and release, our own entries, withdraw, hold."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.domain.hashlists import archive, lint, runs
from tocsin.domain.hashlists.alike import FOUND_WRONG, hold_alike
from tocsin.domain.hashlists.archive import ArchiveFailed, ArchiveUnreadable
from tocsin.domain.hashlists.braking import SetWaits
from tocsin.domain.hashlists.braking import confirm as confirm_set
from tocsin.domain.hashlists.changes import log_change, skip_numbers
from tocsin.domain.hashlists.formats.converting import ConvertReport, ConvertRequest, convert
from tocsin.domain.hashlists.importing import DatabaseBusy, Tell, patience, run_import
from tocsin.domain.hashlists.judged import JUDGED
from tocsin.domain.hashlists.known import SetsOutOfOrder
from tocsin.domain.hashlists.lines import UnusableFile
from tocsin.domain.hashlists.lint import LintUnderWay, lint_list, lint_live
from tocsin.domain.hashlists.making import (
    ListExists,
    NoSuchList,
    keep_from_unvetted,
    let_answer_unvetted,
    list_of,
    make_list,
)
from tocsin.domain.hashlists.mapped import WrongMapping
from tocsin.domain.hashlists.models import ImportRun
from tocsin.domain.hashlists.own import (
    NoFingerprint,
    NotOwn,
    SamePerson,
    add_own_entry,
    agree_entry,
)
from tocsin.domain.hashlists.quarantine import decide, decide_all
from tocsin.domain.hashlists.quarantine_types import (
    DecidedAlready,
    NoSuchKnownSet,
    NoSuchQuarantine,
    SetIsWell,
    WordsNeeded,
)
from tocsin.domain.hashlists.room import DiskFull
from tocsin.domain.hashlists.roster import ask_again as ask_set_again
from tocsin.domain.hashlists.roster import go_on_without as go_on_without_set
from tocsin.domain.hashlists.runs import (
    HoldLost,
    ImportInProgress,
    NoSuchRun,
    NotReady,
    discard,
)
from tocsin.domain.hashlists.standing import (
    EXPIRE_AT_ONCE,
    NoSuchEntry,
    NotLive,
    confirm_entry,
    expire,
    hold_entry,
    release_hold,
    replay_withdrawals,
    withdraw_entry,
)
from tocsin.domain.hashlists.trying import try_import
from tocsin.domain.hashlists.types import ChangeKind, ImportReport, ImportRequest, RunState
from tocsin.domain.hashlists.wordpress import NotPulled, Pulled, Puller
from tocsin.engine.knowngood import WrongSet

__all__ = [
    "EXPIRE_AT_ONCE",
    "FOUND_WRONG",
    "JUDGED",
    "ArchiveFailed",
    "ArchiveUnreadable",
    "ConvertReport",
    "ConvertRequest",
    "DatabaseBusy",
    "DecidedAlready",
    "DiskFull",
    "HoldLost",
    "ImportInProgress",
    "LintUnderWay",
    "ListExists",
    "NoFingerprint",
    "NoSuchEntry",
    "NoSuchKnownSet",
    "NoSuchList",
    "NoSuchQuarantine",
    "NoSuchRun",
    "NotImportable",
    "NotLive",
    "NotOwn",
    "NotPulled",
    "NotReady",
    "Pulled",
    "Puller",
    "SamePerson",
    "SetIsWell",
    "SetWaits",
    "SetsOutOfOrder",
    "UnusableFile",
    "WordsNeeded",
    "WrongMapping",
    "WrongSet",
    "add_own_entry",
    "agree_entry",
    "ask_rebuild",
    "ask_set_again",
    "confirm_entry",
    "confirm_set",
    "convert",
    "decide",
    "decide_all",
    "discard",
    "expire",
    "go_on_without_set",
    "hold_alike",
    "hold_entry",
    "import_file",
    "keep_from_unvetted",
    "let_answer_unvetted",
    "lint_list",
    "lint_live",
    "make_list",
    "pull_wordpress",
    "read_archive",
    "release",
    "release_hold",
    "replay_withdrawals",
    "skip_numbers",
    "withdraw_entry",
]


class NotImportable(Exception):
    """This list is not one that files are imported into."""


def import_file(
    *, request: ImportRequest, actor: Actor, at: datetime, progress: Tell | None = None
) -> ImportReport:
    """Take a list in from a file, and release it unless told otherwise.

    Streams, in small transactions, so it must not run inside one. What was killed goes on where
    it stopped when the same file is imported again; a file that came in before changes nothing. A
    document that stops before its end is staged as far as it is whole and not released.
    What is known to be benign is put in quarantine and does not count (see `lint`).
    Raises NoSuchList, UnusableFile, WrongMapping, ImportInProgress, HoldLost, DatabaseBusy,
    DiskFull, ArchiveFailed and WrongSet; refused lines are no exception but part of the report.
    """
    hash_list = list_of(request.list_slug)
    if hash_list.own:
        raise NotImportable("Our own list is written by our own decisions only.")
    if request.dry_run:
        return try_import(request, hash_list, at=at, tell=progress)
    started = time.monotonic()
    report = run_import(request, hash_list, actor=actor, at=at, tell=progress)
    if report.broken and not request.release_broken:
        return report
    if request.release and report.run_id is not None:
        by_now = at + timedelta(seconds=time.monotonic() - started)
        release(run_id=report.run_id, actor=actor, at=by_now)
        report = replace(report, state=RunState.RELEASED)
    return report


def release(*, run_id: int, actor: Actor, at: datetime) -> int | None:
    """Make what an import brought count, all at once; the number of the change (None: nothing new).

    Nothing is released that the lint has not gone over. Raises NoSuchRun, NotReady, WrongSet,
    DatabaseBusy and DiskFull.
    """
    with patience():
        lint.lint_unlinted(run_id=run_id, actor=actor, at=at)
        return runs.release(run_id=run_id, actor=actor, at=at)


def read_archive(*, run_id: int, actor: Actor, at: datetime) -> Iterator[bytes]:
    """The text an import was made from, piece by piece; that it was read is in the audit.

    Raises NoSuchRun, and ArchiveUnreadable when it is not there or our key does not open it.
    """
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NoSuchRun(f"There is no import {run_id}.")
    if not run.archive:
        raise ArchiveUnreadable(f"Import {run_id} has no archive: it has not come to its end.")
    with transaction.atomic():
        record(actor=actor, action="hashlists.read_archive", subject=f"import:{run_id}", at=at)
    return archive.read(run.archive)


def pull_wordpress(
    *,
    puller: Puller,
    releases: Sequence[str] | None,
    plugins: Sequence[str],
    actor: Actor,
    at: datetime,
) -> Pulled:
    """Fetch the checksums that wordpress.org publishes, and make known-good sets of them.

    `releases`: which, those that are offered now where empty, None for none. Call it outside a
    transaction. Raises NotPulled, WrongSet and OSError.
    """
    pulled = puller.pull(releases=releases, plugins=plugins, at=at)
    if pulled.fresh:
        told: list[Json] = list(pulled.fresh)
        with transaction.atomic():
            record(
                actor=actor,
                action="hashlists.pull_wordpress",
                subject="known-good",
                at=at,
                facts={"lists": told, "refused": pulled.refused},
            )
    return pulled


def ask_rebuild(*, actor: Actor, at: datetime) -> int:
    """Ask the builder for a whole new index; the number of the change that says so."""
    with transaction.atomic():
        record(actor=actor, action="hashlists.ask_rebuild", subject="index", at=at)
        return log_change(ChangeKind.REBUILD, at=at)
