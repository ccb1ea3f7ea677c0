"""Writing: set and cancel due things, take and run them, pause and resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from tocsin.base.clock import rounds
from tocsin.base.clock.models import Due, Pause
from tocsin.base.clock.rules import LEASE, backoff

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """A due thing this worker has leased."""

    pk: int
    kind: str
    subject: str
    version: int
    attempts: int


def set_due(*, kind: str, subject: str, due_at: datetime) -> None:
    """(kind, subject) falls due at `due_at`; an earlier setting of it is replaced."""
    with transaction.atomic():
        changed = Due.objects.filter(kind=kind, subject=subject).update(
            due_at=due_at, version=F("version") + 1, attempts=0, leased_by="", leased_until=None
        )
        if not changed:
            Due.objects.get_or_create(kind=kind, subject=subject, defaults={"due_at": due_at})


def cancel(*, kind: str, subject: str) -> None:
    """(kind, subject) is no longer due; fine if it never was."""
    Due.objects.filter(kind=kind, subject=subject).delete()


def take(*, at: datetime, worker: str, limit: int = 20) -> list[Taken]:
    """Lease up to `limit` due things nobody else holds. Compare-and-swap, no row locks."""
    if Pause.objects.exists():
        return []
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    taken = []
    for due in Due.objects.filter(free, due_at__lte=at).order_by("due_at")[:limit]:
        won = Due.objects.filter(free, pk=due.pk, version=due.version).update(
            leased_by=worker, leased_until=at + LEASE, attempts=F("attempts") + 1
        )
        if won:
            taken.append(Taken(due.pk, due.kind, due.subject, due.version, due.attempts + 1))
    return taken


def run(taken: Taken, *, at: datetime) -> bool:
    """Run the handler of a leased thing; True when done, False when it comes back later."""
    try:
        rounds.handler_for(taken.kind)(taken.subject, at)
    except Exception as error:  # noqa: BLE001 - a failing handler must not stop the others
        wait = backoff(taken.attempts)
        _mine(taken).update(
            leased_by="", leased_until=None, due_at=at + wait, last_error=type(error).__name__
        )
        log.error(
            "due_failed",
            kind=taken.kind,
            subject=taken.subject,
            error=type(error).__name__,
            attempts=taken.attempts,
            again_in_seconds=wait.total_seconds(),
        )
        return False
    # A handler may have set itself again: then the version moved and the row must stay.
    _mine(taken).delete()
    return True


def pause(*, why: str, at: datetime) -> None:
    """Stop clocks and mail on every worker until `resume`."""
    with transaction.atomic():
        if not Pause.objects.exists():
            Pause.objects.create(since=at, why=why)


def resume() -> bool:
    """Let clocks and mail run again; False when they were not paused."""
    return bool(Pause.objects.all().delete()[0])


def _mine(taken: Taken) -> QuerySet[Due]:
    return Due.objects.filter(pk=taken.pk, version=taken.version)


def run_round(*, at: datetime, worker: str) -> int:
    """Take and run everything due now; how many were tried."""
    tried = 0
    while batch := take(at=at, worker=worker):
        for taken in batch:
            run(taken, at=at)
            tried += 1
    return tried
