"""Putting a backup back: everything is looked at first, and only then is anything written.

Files and keys come first and the database last, already paused. From then on nothing is undone:
what follows (newer tables, withdrawals made since, the index) can also be done by hand.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from tocsin.base.audit import queries as audit
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.letters import queries as letters
from tocsin.base.secrets import verify
from tocsin.domain.corrections import actions as corrections
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.matching import actions as matching
from tocsin.domain.receipts import queries as receipts
from tocsin.domain.referrals import actions as referrals
from tocsin.domain.reports import actions as reports
from tocsin.domain.takedown import actions as takedown
from tocsin.engine.index import PublishFailed
from tocsin.site.backup import databases, keys, outside
from tocsin.site.backup.keys import KeyPlan
from tocsin.site.backup.outside import Pushed, Reached
from tocsin.site.backup.tarball import Unpacker, opened
from tocsin.site.backup.types import (
    DATABASES,
    KEY_RING,
    KEYS,
    Manifest,
    RestoreRefused,
    RestoreReport,
    RestoreRequest,
    RestoreUnfinished,
)

STAGING = ".restoring-"

# More than anybody has given out between two backups, and few enough to lose.
ENTRIES_SKIPPED = 1_000_000
CASES_SKIPPED = 10_000

_MOVED = ("archive", "journal", "letters")
_MAY_BE_THERE = {"lost+found"}

Say = Callable[[str], None]


def restore(*, request: RestoreRequest, actor: Actor, at: datetime, say: Say) -> RestoreReport:
    """Put a backup back into an empty place, paused; what came back and what did not.

    Raises RestoreRefused, and then nothing has changed, or RestoreUnfinished.
    """
    _refuse_unless_empty()
    with opened(request.file) as backup, _staging() as staging:
        manifest = backup.manifest
        plan = _plan_keys(backup, request.passphrase)
        pushed = outside.read((settings.TOCSIN_OUTSIDE, request.outside))
        _refuse_what_does_not_fit(manifest)
        with _told_when_full():
            backup.unpack(staging)
            say(f"  backup: {len(manifest.members)} files, every checksum holds")
            _put_back(staging, plan, manifest, at)
        say("  keys, files and database: back, and paused")
        with _told_unfinished():
            since = _catch_up(staging, pushed, actor, at)
            say(f"  withdrawals pushed outside since: {since.lines}; counted here: {since.again}")
            _note(manifest, since, actor, at)
            os.sync()
    index_problem = _build_index(at)
    say(f"  index: {index_problem or 'built'}")
    verdict = audit.verify_chain()
    say(f"  audit: {verdict.rows} rows, {verdict.problem or 'sound'}")
    return RestoreReport(
        manifest=manifest,
        rows=verdict.rows,
        reached=since.reached,
        unreadable=since.unreadable,
        letters_waiting=letters.waiting(),
        problem=verdict.problem,
        index_problem=index_problem,
    )


@dataclass(frozen=True, slots=True)
class _Since:
    """What was pushed outside since the backup: lines of withdrawals, how many of them still
    counted here, the last audit row a head speaks of, and lines nobody can read."""

    lines: int
    again: int
    reached: int
    unreadable: int


def _refuse_unless_empty() -> None:
    data: Path = settings.TOCSIN_DATA
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    ours = {settings.TOCSIN_KEYS.folder, settings.TOCSIN_OUTSIDE, *databases.files()}
    found = sorted(
        path.name
        for path in data.iterdir()
        if path not in ours
        and path.name not in _MAY_BE_THERE
        and not path.name.startswith(STAGING)
        and not (path.is_dir() and not any(path.iterdir()))
    )
    if found:
        raise RestoreRefused(
            f"{data} is not empty: {', '.join(found[:5])}. A backup is put back into an empty "
            "folder only: set TOCSIN_DATA to another, or move the old files away."
        )
    databases.refuse_unless_empty()


def _plan_keys(backup: Unpacker, passphrase: str | None) -> KeyPlan:
    bundle = None
    if KEYS in backup.names and passphrase is not None:
        bundle = keys.unsealed(backup.read(KEYS), passphrase)
    plan = KeyPlan(settings.TOCSIN_KEYS, backup.manifest.keys, bundle)
    ring = plan.ring(KEY_RING)
    key_id, _, signature = backup.signature.partition(".")
    if ring is None or not verify(ring, backup.manifest_bytes, key_id=key_id, signature=signature):
        raise RestoreRefused("its signature does not hold: the backup was changed.")
    return plan


def _refuse_what_does_not_fit(manifest: Manifest) -> None:
    if manifest.database != connection.vendor:
        raise RestoreRefused(
            f"the backup is of {manifest.database}, and TOCSIN_DATABASE_URL names "
            f"{connection.vendor}. Set it to an empty database of the same kind."
        )
    if newer := databases.unknown_migrations(manifest.migrations):
        raise RestoreRefused(
            f"the backup was made by a newer Tocsin ({manifest.version}), whose tables this one "
            f"does not know ({newer[0]}). Install that version first."
        )
    needed = sum(member.size for member in manifest.members)
    free = shutil.disk_usage(settings.TOCSIN_DATA).free
    if free < needed:
        raise RestoreRefused(
            f"there are {free // 1_000_000} MB free for {needed // 1_000_000} MB. Make room."
        )


def _put_back(staging: Path, plan: KeyPlan, manifest: Manifest, at: datetime) -> None:
    """Keys, files, database, in this order; what was put back is taken away when one fails."""
    why = f"restored from a backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    with ExitStack() as undo:
        plan.carry_out(undo)
        for name in _MOVED:
            _move(staging / name, settings.TOCSIN_DATA / name, undo)
        databases.put_back(staging / DATABASES[manifest.database], at=at, why=why)
        undo.pop_all()


def _move(source: Path, target: Path, undo: ExitStack) -> None:
    for path in sorted(source.glob("*")):
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        undo.callback((target / path.name).unlink, missing_ok=True)
        shutil.move(path, target / path.name)


def _catch_up(staging: Path, pushed: Pushed, actor: Actor, at: datetime) -> _Since:
    """Newer tables, and what was pushed outside after the backup."""
    call_command("migrate", verbosity=0, interactive=False)
    copied = staging / "outside"
    then = outside.read((copied,))
    missed = pushed.since(then)
    last_head = audit.last_head()
    outside.settle(
        pushed=then.and_then(pushed),
        copied=copied,
        target=settings.TOCSIN_OUTSIDE,
        reached=Reached(last_head.chain_no if last_head else 0, receipts.log_head().size),
        at=at,
    )
    again = hashlists.replay_withdrawals(lines=missed, actor=actor, at=at)
    return _Since(len(missed), again, pushed.reached, len(pushed.unreadable))


def _note(manifest: Manifest, since: _Since, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        hashlists.skip_numbers(ENTRIES_SKIPPED)
        corrections.skip_numbers(count=CASES_SKIPPED, at=at)
        reports.skip_numbers(count=CASES_SKIPPED, at=at)
        takedown.skip_numbers(count=CASES_SKIPPED, at=at)
        referrals.skip_numbers(count=CASES_SKIPPED, at=at)
        # Somebody who logged out, or was locked out, after the backup must not be in again.
        Session.objects.all().delete()
        record(
            actor=actor,
            action="backup.restore",
            subject=f"backup:{manifest.made_at.isoformat()}",
            at=at,
            facts={
                "version": manifest.version,
                "withdrawals_since": since.lines,
                "withdrawn_again": since.again,
                "heads_reached_row": since.reached,
                "entry_numbers_skipped": ENTRIES_SKIPPED,
                "case_numbers_skipped": CASES_SKIPPED,
            },
        )


def _build_index(at: datetime) -> str | None:
    """None when built, else why not: the rest is sound without it."""
    try:
        matching.build_index(at=at)
    except PublishFailed as error:
        return f"not built ({error}). Make room, then `tocsin index rebuild`."
    return None


@contextmanager
def _staging() -> Iterator[Path]:
    """A folder in the data folder, gone afterwards, as are those of restores that were killed."""
    data: Path = settings.TOCSIN_DATA
    for old in data.glob(f"{STAGING}*"):
        shutil.rmtree(old, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=data))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _told_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RestoreRefused(
            f"the disk refuses ({error.strerror or error}); what was written is gone again. "
            "Make room and restore again."
        ) from error


@contextmanager
def _told_unfinished() -> Iterator[None]:
    try:
        yield
    except (OSError, DatabaseError) as error:
        raise RestoreUnfinished(
            f"everything is back and paused, but not brought up to date ({error}). Mend that, "
            "then empty the folder and the database and restore again."
        ) from error
