"""Visits that a worker makes by itself: asked for in a transaction, made outside of one, told of.

Each is made in a thread of its own: a site that answers slowly holds up no notice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q

from tocsin.base.outbox.actions import put
from tocsin.domain.visits import sealed
from tocsin.domain.visits.models import Errand

log = structlog.get_logger()

LOOKED: Final = "visits.looked"
"""News: {reference, visit_id}; visit_id is None where it was given up."""
LEASE: Final = timedelta(minutes=10)
AGAIN_AFTER: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 5
VISITED_AT_ONCE: Final = 4

Visited = Callable[[str, datetime], int | None]
"""Visits an address (`visit`) and gives the visit's number; None while fetching is off."""


def ask(*, reference: str, url: str, at: datetime) -> None:
    """Have an address visited, in the caller's transaction; `visits.looked` then tells of it.

    Asked again under the same reference before it was made, it is made once. While fetching is off
    it waits, for at most 30 days.
    """
    Errand.objects.get_or_create(
        reference=reference,
        defaults={
            "sealed_url": sealed.close(url, context=_context(reference)),
            "asked_at": at,
            "due_at": at,
        },
    )


def due(*, at: datetime, limit: int) -> list[int]:
    """Errands that nobody is on, oldest first."""
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    rows = Errand.objects.filter(free, due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def run(pk: int, visited: Visited, *, at: datetime) -> None:
    """Make one visit, if nobody else is on it, and tell of it."""
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    won = Errand.objects.filter(free, pk=pk).update(
        leased_until=at + LEASE, attempts=F("attempts") + 1
    )
    row = Errand.objects.filter(pk=pk).first() if won else None
    if row is None:
        return
    url = sealed.open_text(row.sealed_url, context=_context(row.reference))
    try:
        visit_id = visited(url, at)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it comes back, and is given up in the end
        log.warning("errand_failed", errand_id=pk, error=type(error).__name__)
        _fail(row, at)
        return
    if visit_id is None:
        Errand.objects.filter(pk=pk).update(
            leased_until=None, due_at=at + AGAIN_AFTER, attempts=F("attempts") - 1
        )
    else:
        _finish(row, visit_id, at)


def _fail(row: Errand, at: datetime) -> None:
    if row.attempts >= MOST_ATTEMPTS:
        _finish(row, None, at)
    else:
        Errand.objects.filter(pk=row.pk).update(leased_until=None, due_at=at + AGAIN_AFTER)


def _finish(row: Errand, visit_id: int | None, at: datetime) -> None:
    with transaction.atomic():
        Errand.objects.filter(pk=row.pk).delete()
        put(
            topic=LOOKED,
            payload={"reference": row.reference, "visit_id": visit_id},
            at=at,
            dedupe_key=f"{LOOKED}:{row.pk}",
        )


def _context(reference: str) -> str:
    return f"errand:{reference}"


def _now() -> datetime:
    return datetime.now(UTC)


class Runner:
    """Runs what is due, each in a thread, so many at once."""

    def __init__(self, visited: Visited, now: Callable[[], datetime] = _now) -> None:
        self._visited = visited
        self._now = now
        self._aside: dict[int, threading.Thread] = {}

    def look(self, at: datetime) -> None:
        """Begin with those that are due, as far as there are threads left."""
        self._aside = {pk: each for pk, each in self._aside.items() if each.is_alive()}
        free = VISITED_AT_ONCE - len(self._aside)
        waiting = [pk for pk in due(at=at, limit=VISITED_AT_ONCE * 2) if pk not in self._aside]
        for pk in waiting[:free]:
            thread = threading.Thread(target=self._run, args=(pk,), name="visit", daemon=True)
            self._aside[pk] = thread
            thread.start()

    def wait(self) -> None:
        """Until all that was begun has ended."""
        for thread in list(self._aside.values()):
            thread.join()

    def _run(self, pk: int) -> None:
        try:
            run(pk, self._visited, at=self._now())
        except DatabaseError as error:
            log.error("visits_wait_for_database", error=type(error).__name__)
        finally:
            connection.close()
