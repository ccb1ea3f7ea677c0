"""What jobs do by themselves: be worked off, be told of, be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from tocsin.base.clock import rounds
from tocsin.base.egress import Egress
from tocsin.domain.jobs import spool, working
from tocsin.domain.jobs.actions import move
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.rules import ENDED, FORGET, WORK
from tocsin.domain.jobs.telling import Teller
from tocsin.domain.matching import queries as matching

TELL_EACH = timedelta(seconds=1)
FORGET_EACH = timedelta(hours=1)
BROKEN_OFF_AFTER = timedelta(days=1)
"""Files of that age without a job are of one that was never taken in, or was deleted elsewhere."""


def register() -> None:
    """Handle both clocks of a job; tell of ends; let go of what is too old."""
    rounds.handle(WORK, _work)
    rounds.handle(FORGET, _forget)
    rounds.every("jobs.tell", TELL_EACH, Teller(Egress()).look)
    rounds.every("jobs.forget", FORGET_EACH, tidy)


def _work(subject: str, at: datetime) -> None:
    working.work(UUID(subject), checker=matching.checker(), at=at)


def _forget(subject: str, at: datetime) -> None:
    with transaction.atomic():
        rows = Job.objects.select_for_update().filter(pk=UUID(subject), state__in=ENDED)
        job = rows.filter(forget_at__lte=at).first()
        if job is None:
            return
        move(job, "delete", at=at)
    spool.clear(UUID(subject))


def tidy(at: datetime) -> None:
    """Let go of files that belong to no job."""
    for job_id in spool.older_than(at - BROKEN_OFF_AFTER):
        if not Job.objects.filter(pk=job_id).exists():
            spool.clear(job_id)
