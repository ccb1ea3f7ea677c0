"""Telling a party that its job has ended, by the webhook that it has proved to be its own."""

from __future__ import annotations

import threading
from datetime import datetime

import msgspec
import structlog
from django.db import DatabaseError, connection
from django.db.models import F

from tocsin.base.egress import Egress
from tocsin.domain.corrections.actions import send_beside_feed
from tocsin.domain.corrections.types import NoEndpoint, NotTaken
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.queries import view
from tocsin.domain.jobs.rules import ENDED, TELL_LEASE, TELL_TRIES, wait_before_telling

log = structlog.get_logger()

AT_ONCE = 20


class Teller:
    """Tells in a thread of its own: nothing else may wait for a stranger's server."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._aside: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin to tell when there is somebody to tell and nobody is being told."""
        if self._aside is not None and self._aside.is_alive():
            return
        if not due(at):
            return
        self._aside = threading.Thread(target=self._tell, args=(at,), name="job-ends", daemon=True)
        self._aside.start()

    def wait(self) -> None:
        """Until all that is being told has been told."""
        if self._aside is not None:
            self._aside.join()

    def _tell(self, at: datetime) -> None:
        try:
            for job in due(at):
                tell(job, at=at, egress=self._egress)
        except DatabaseError as error:
            log.error("job_ends_wait_for_database", error=type(error).__name__)
        finally:
            connection.close()


def due(at: datetime) -> list[Job]:
    """Ended jobs whose party is to be told now."""
    rows = Job.objects.filter(state__in=ENDED, tell_at__lte=at)
    return list(rows.order_by("tell_at", "pk")[:AT_ONCE])


def tell(job: Job, *, at: datetime, egress: Egress) -> None:
    """Tell once, and remember how it went. Not audited: the job's end is, and this is its news."""
    leased = Job.objects.filter(pk=job.pk, tell_at=job.tell_at)
    if not leased.update(tell_at=at + TELL_LEASE):
        return
    body = msgspec.json.encode({"type": "job", "job": view(job)})
    try:
        send_beside_feed(
            party_id=job.party_id, webhook_id=f"job-{job.pk}", body=body, at=at, egress=egress
        )
    except NoEndpoint:
        _set(job, None)
    except NotTaken:
        tries = job.tell_tries + 1
        _set(job, at + wait_before_telling(tries) if tries < TELL_TRIES else None)
        Job.objects.filter(pk=job.pk).update(tell_tries=F("tell_tries") + 1)
        log.warning("job_end_not_told", job_id=str(job.pk), tries=tries)
    else:
        _set(job, None)
        log.info("job_end_told", job_id=str(job.pk))


def _set(job: Job, tell_at: datetime | None) -> None:
    Job.objects.filter(pk=job.pk).update(tell_at=tell_at)
