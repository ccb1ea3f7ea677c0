"""Looking up who keeps an item's server, beside everything else: nobody waits for a registry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from tocsin.base.egress import EgressError
from tocsin.domain.hosting.types import Hosting, NotFound
from tocsin.domain.reports import queries as reports
from tocsin.domain.takedown import climbing, contacts, moving
from tocsin.domain.takedown.models import Notice, Takedown
from tocsin.domain.takedown.types import NoticeState, TakedownState

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
AT_ONCE = 4
MOST_LOOKS = 8

Resolve = Callable[[str, datetime], Hosting]


def _now() -> datetime:
    return datetime.now(UTC)


def due(*, at: datetime) -> list[int]:
    """Takedowns whose host should be looked up now and that nobody looks up."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Takedown.objects.filter(free, look_at__lte=at).order_by("look_at", "pk")
    return list(rows.values_list("pk", flat=True)[: AT_ONCE * 4])


def look(takedown_id: int, resolve: Resolve, now: Callable[[], datetime]) -> bool:
    """Look one host up, once; whether something was learned. Then notices that waited leave."""
    at = now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Takedown.objects.filter(free, pk=takedown_id, look_at__lte=at)
    if not rows.update(leased_until=at + LEASE):
        return False
    case = reports.case(Takedown.objects.values_list("finding_id", flat=True).get(pk=takedown_id))
    try:
        resolve(contacts.host_of(case), at)
        learned = True
    except (NotFound, EgressError) as error:
        log.info("host_not_found", takedown=takedown_id, error=type(error).__name__)
        learned = False
    _note_look(takedown_id, now())
    return learned


def _note_look(takedown_id: int, at: datetime) -> None:
    with transaction.atomic():
        takedown = moving.hold(takedown_id)
        takedown.looks += 1
        takedown.leased_until, takedown.look_at = None, None
        takedown.save(update_fields=["looks", "leased_until", "look_at"])
        if takedown.state == TakedownState.CLIMBING:
            climbing.climb_now(takedown, reports.case(takedown.finding_id), at)
        if takedown.looks < MOST_LOOKS and _somebody_waits(takedown):
            again = timedelta(minutes=1) * (1 << takedown.looks)
            Takedown.objects.filter(pk=takedown_id).update(look_at=at + again)


def _somebody_waits(takedown: Takedown) -> bool:
    waiting = (NoticeState.WAITING_FOR_CONTACT, NoticeState.DEAD)
    return Notice.objects.filter(takedown=takedown, state__in=waiting).exists()


class Looker:
    """Looks hosts up in threads of their own: letters and clocks must not wait for a registry."""

    def __init__(self, resolve: Resolve, now: Callable[[], datetime] = _now) -> None:
        self._resolve = resolve
        self._now = now
        self._aside: dict[int, threading.Thread] = {}

    def round(self, at: datetime) -> None:
        """Begin with those that are due, as far as there are threads left."""
        self._aside = {pk: each for pk, each in self._aside.items() if each.is_alive()}
        if len(self._aside) >= AT_ONCE:
            return
        waiting = [pk for pk in due(at=at) if pk not in self._aside]
        for pk in waiting[: AT_ONCE - len(self._aside)]:
            thread = threading.Thread(target=self._look, args=(pk,), name="look-up", daemon=True)
            self._aside[pk] = thread
            thread.start()

    def wait(self) -> None:
        """Until all that is being looked up has been."""
        for thread in list(self._aside.values()):
            thread.join()

    def _look(self, pk: int) -> None:
        try:
            look(pk, self._resolve, self._now)
        except DatabaseError as error:
            log.error("look_up_waits_for_database", error=type(error).__name__)
        finally:
            connection.close()
