"""The life of an import: begun, held by one process, finished, released, discarded."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import remembered
from tocsin.domain.hashlists.changes import log_change
from tocsin.domain.hashlists.lines import FileIdentity
from tocsin.domain.hashlists.models import HashList, ImportRun, RefusedLine
from tocsin.domain.hashlists.quarantine import carry, discarded
from tocsin.domain.hashlists.staging import Staged
from tocsin.domain.hashlists.types import ChangeKind, Refusal, RunState

HOLD = timedelta(minutes=2)
"""Longer than any one batch takes, a wait of 30 s for the database included."""
MOST_REFUSALS_KEPT = 1_000
LONGEST_REASON = 200


class ImportInProgress(Exception):
    """Another import of this list has begun and not ended; the text says which and what to do."""


class HoldLost(Exception):
    """Another process took this import over; this one must stop."""


class NotReady(Exception):
    """This import cannot be released: it has not come to its end, or was discarded."""


class NoSuchRun(Exception):
    """There is no import of that number."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is imported: the file, and the mapping it is read with (`""`: our own format)."""

    name: str
    file: FileIdentity
    mapping_sha256: str


def begin(
    hash_list: HashList, source: Source, *, actor: Actor, at: datetime
) -> tuple[ImportRun, bool]:
    """A run for this file, held by us, and whether it goes on from an earlier one.

    Raises ImportInProgress when the list has another import open, or another process has this one.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    try:
        with transaction.atomic():
            open_run = _open_run(hash_list)
            if open_run is not None:
                return _go_on(open_run, source, holder, at), True
            run = ImportRun.objects.create(
                hash_list=hash_list,
                state=RunState.RUNNING,
                file_name=source.name[:255],
                file_sha256=source.file.sha256,
                mapping_sha256=source.mapping_sha256,
                started_at=at,
                holder=holder,
                held_until=at + HOLD,
                bytes_done=source.file.first_byte,
            )
            record(
                actor=actor,
                action="hashlists.import",
                subject=f"import:{run.pk}",
                at=at,
                facts={"list": hash_list.slug, "bytes": source.file.size_bytes},
            )
    except IntegrityError:
        raise ImportInProgress(
            f"Another import into {hash_list.slug} has just begun; wait until it is through."
        ) from None
    return run, False


def advance(
    run: ImportRun,
    staged: Staged,
    refusals: list[Refusal],
    *,
    end: int,
    line: int,
    actor: Actor,
    at: datetime,
) -> None:
    """Note in the batch's own transaction how far the run has come; raises HoldLost."""
    held = ImportRun.objects.filter(pk=run.pk, state=RunState.RUNNING, holder=run.holder)
    first = staged.first_entry_id if run.first_entry_id is None else run.first_entry_id
    last = run.last_entry_id if staged.last_entry_id is None else staged.last_entry_id
    if not held.update(
        held_until=at + HOLD,
        bytes_done=end,
        lines_done=line,
        batches=F("batches") + 1,
        added=F("added") + staged.added,
        changed=F("changed") + staged.changed,
        unchanged=F("unchanged") + staged.unchanged,
        duplicates=F("duplicates") + staged.duplicates,
        refused=F("refused") + len(refusals),
        left_out=F("left_out") + staged.left_out,
        older=F("older") + staged.older,
        unmatched=F("unmatched") + staged.unmatched,
        unlinted=F("unlinted") + staged.unlinted,
        first_entry_id=first,
        last_entry_id=last,
    ):
        raise HoldLost("Another process has taken this import over.")
    run.first_entry_id, run.last_entry_id = first, last
    _keep_refusals(run, refusals)
    if staged.digests:
        record(
            actor=actor,
            action="hashlists.import_batch",
            subject=f"import:{run.pk}",
            at=at,
            facts={
                "lines_done": line,
                "added": staged.added,
                "changed": staged.changed,
                "merkle_root": merkle_root(staged.digests),
            },
        )


def linted(run: ImportRun, *, to: int, version: str, quarantined: int, at: datetime) -> None:
    """Note in the lint's own transaction how far it has gone over the run; raises HoldLost."""
    held = ImportRun.objects.filter(pk=run.pk)
    # A whole run that no lint has seen was staged by a version of Tocsin that had none.
    ours = held.filter(state=RunState.RUNNING, holder=run.holder) | held.filter(
        state=RunState.READY, linted_at=None
    )
    if not ours.update(
        linted_to=to,
        lint_version=version,
        quarantined=F("quarantined") + quarantined,
        held_until=at + HOLD,
    ):
        raise HoldLost("Another process has taken this import over.")
    run.linted_to = to


def lint_done(run: ImportRun, *, at: datetime) -> None:
    """A whole run has been gone over by the lint: it may be released."""
    ImportRun.objects.filter(pk=run.pk, state=RunState.READY, linted_at=None).update(
        linted_at=at, held_until=None
    )


def finish(run: ImportRun, *, archive: str, broken: str, actor: Actor, at: datetime) -> None:
    """All lines are through, gone over by the lint, and the text is archived: the run may be
    released. `broken`: why its document stops before its end. Raises HoldLost."""
    with transaction.atomic():
        held = ImportRun.objects.filter(pk=run.pk, holder=run.holder)
        won = held.filter(state=RunState.RUNNING).update(
            state=RunState.READY,
            finished_at=at,
            linted_at=at,
            archive=archive,
            held_until=None,
            broken=broken[:LONGEST_REASON],
        )
        if not won and not held.filter(state=RunState.READY).exists():
            raise HoldLost("Another process has taken this import over.")
        if won:
            run.refresh_from_db()
            record(
                actor=actor,
                action="hashlists.import_done",
                subject=f"import:{run.pk}",
                at=at,
                facts={
                    "added": run.added,
                    "changed": run.changed,
                    "refused": run.refused,
                    "quarantined": run.quarantined,
                    "older": run.older,
                    "broken": bool(run.broken),
                },
            )


def let_go(run: ImportRun, *, why: str) -> None:
    """Stop holding a run that is not through, so that it can be gone on with at once, and keep why
    it stopped."""
    held = ImportRun.objects.filter(pk=run.pk, holder=run.holder)
    held.filter(state=RunState.RUNNING).update(broken=why[:LONGEST_REASON])
    held.update(holder="", held_until=None)


def release(*, run_id: int, actor: Actor, at: datetime) -> int | None:
    """Make what a run brought visible, all at once; the number of the change (None: nothing new).

    What we hold or withdrew ourselves comes back held when its source changes it, and so does what
    has a fingerprint of it; what waits in quarantine stays there. Releasing again changes nothing.
    Raises NoSuchRun, NotReady.
    """
    found = remembered.Found()
    # The long look comes first, where it keeps nobody waiting.
    remembered.look(_run(run_id), found)
    with transaction.atomic():
        run = _run(run_id)
        # Nothing counts that the lint has not gone over.
        ready = ImportRun.objects.filter(pk=run_id, state=RunState.READY, linted_at__isnull=False)
        won = ready.update(state=RunState.RELEASED, released_at=at)
        if not won:
            if run.state == RunState.RELEASED:
                return None
            if run.state == RunState.READY:
                raise NotReady(f"Import {run_id} has not been gone over by the lint yet.")
            raise NotReady(f"Import {run_id} is {run.state}; only a whole one can be released.")
        held = _carry_holds(run) if run.changed else 0
        set_aside = carry(run, at=at) if run.changed else 0
        record(
            actor=actor,
            action="hashlists.release",
            subject=f"import:{run_id}",
            at=at,
            facts={
                "added": run.added,
                "changed": run.changed,
                "held": held,
                "kept_in_quarantine": set_aside,
            },
        )
        if not run.added and not run.changed:
            return None
        number = log_change(ChangeKind.RELEASE, at=at, run_id=run_id)
        # Whoever finds an entry wrong has written its change before ours, or waits for us.
        remembered.look(run, found)
        remembered.hold(run, found, actor=actor, at=at)
        return number


def discard(*, run_id: int, actor: Actor, at: datetime) -> bool:
    """Give up an import that is not released; what it staged is never seen. Raises NoSuchRun."""
    with transaction.atomic():
        _run(run_id)
        won = ImportRun.objects.filter(
            pk=run_id, state__in=[RunState.RUNNING, RunState.READY]
        ).update(state=RunState.DISCARDED, finished_at=at, holder="", held_until=None)
        if won:
            discarded(run_id, at=at)
            record(actor=actor, action="hashlists.discard", subject=f"import:{run_id}", at=at)
    return bool(won)


def archived_as(sha256: str) -> str:
    """The archive that already holds a file with these bytes, or nothing."""
    found = ImportRun.objects.filter(file_sha256=sha256).exclude(archive="")
    return found.values_list("archive", flat=True).first() or ""


def _open_run(hash_list: HashList) -> ImportRun | None:
    return (
        ImportRun.objects.select_for_update()
        .filter(hash_list=hash_list, state__in=[RunState.RUNNING, RunState.READY])
        .first()
    )


def _go_on(run: ImportRun, source: Source, holder: str, at: datetime) -> ImportRun:
    same = (run.file_sha256, run.mapping_sha256) == (source.file.sha256, source.mapping_sha256)
    if not same:
        why = f" ({run.broken})" if run.broken else ""
        raise ImportInProgress(
            f"Import {run.pk} of {run.file_name} into this list is {run.state}{why}. Finish it "
            "with the same file and mapping, release it, or give it up: "
            f"tocsin lists discard {run.pk}"
        )
    if run.held_until is not None and run.held_until > at and holder_may_live(run.holder):
        raise ImportInProgress(
            f"Another process is importing this file right now (import {run.pk})."
        )
    run.holder, run.held_until = holder, at + HOLD
    changed = ["holder", "held_until"]
    if run.state == RunState.RUNNING:
        # Why it stopped is over: it goes on.
        run.broken = ""
        changed.append("broken")
    run.save(update_fields=changed)
    return run


def holder_may_live(holder: str) -> bool:
    """False where we know better: nobody, or a process of this machine that is gone."""
    host, _, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if host != socket.gethostname() or not number.isdigit():
        return bool(holder)
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _keep_refusals(run: ImportRun, refusals: list[Refusal]) -> None:
    if not refusals:
        return
    room = MOST_REFUSALS_KEPT - RefusedLine.objects.filter(run=run).count()
    RefusedLine.objects.bulk_create(
        RefusedLine(run=run, line=r.line, reason=r.reason[:200]) for r in refusals[: max(room, 0)]
    )


def _carry_holds(run: ImportRun) -> int:
    """Hold the new versions of entries that we hold or withdrew ourselves; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hashlists_entry SET held = TRUE WHERE id IN (SELECT n.id"
            " FROM hashlists_entry o JOIN hashlists_entry n ON n.hash_list_id = o.hash_list_id"
            " AND n.member = o.member AND n.source_entry_id = o.source_entry_id"
            " AND n.run_id = o.replaced_by_run_id"
            " WHERE o.replaced_by_run_id = %s AND (o.held OR o.withdrawn_here))",
            [run.pk],
        )
        held: int = cursor.rowcount
    return held


def _run(run_id: int) -> ImportRun:
    run = ImportRun.objects.select_related("hash_list").filter(pk=run_id).first()
    if run is None:
        raise NoSuchRun(f"There is no import {run_id}.")
    return run
