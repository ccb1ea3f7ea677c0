"""Writing: take a job in, delete it; answer a repeated request once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.jobs import spool
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.repeats import Request, begin, broken_off, finish
from tocsin.domain.jobs.rules import KEPT, LIFE, UNFINISHED
from tocsin.domain.jobs.types import (
    MOST_ITEMS,
    MOST_UNFINISHED,
    PIECE_ITEMS,
    Asked,
    JobState,
    NoSuchJob,
    Problem,
    TooManyItems,
    TooManyJobs,
)

__all__ = ["Intake", "Request", "begin", "broken_off", "delete", "finish", "move"]


class Intake:
    """Takes the items of a new job in, a piece at a time, before there is a job at all."""

    def __init__(self, *, party_id: int, key_id: str) -> None:
        """Raises TooManyJobs."""
        self.id: UUID = uuid4()
        self.items = 0
        self._party_id, self._key_id = party_id, key_id
        self._piece: list[Asked] = []
        if Job.objects.filter(party_id=party_id, state__in=UNFINISHED).count() >= MOST_UNFINISHED:
            raise TooManyJobs(f"Up to {MOST_UNFINISHED} unfinished jobs are taken.")

    def add(self, item: Asked) -> None:
        """One more item; raises TooManyItems, and OSError when the disk takes no more."""
        if self.items == MOST_ITEMS:
            raise TooManyItems(f"A job takes up to {MOST_ITEMS:,} items.")
        self.items += 1
        self._piece.append(item)
        if len(self._piece) == PIECE_ITEMS:
            self._keep()

    def close(self, *, actor: Actor, at: datetime) -> UUID:
        """All items are in: from now on there is a job; its id."""
        if self._piece:
            self._keep()
        spool.settle(self.id)
        with transaction.atomic():
            job = Job.objects.create(
                id=self.id,
                party_id=self._party_id,
                key_id=self._key_id,
                state=LIFE.first,
                items=self.items,
                made_at=at,
                forget_at=at + KEPT,
            )
            _wind(job, at)
            _note(job, "make", actor, at, items=self.items)
        return self.id

    def give_up(self) -> None:
        """There will be no such job: nothing of it stays."""
        spool.clear(self.id)

    def _keep(self) -> None:
        spool.put_asked(self.id, (self.items - 1) // PIECE_ITEMS, self._piece)
        self._piece = []


def delete(*, party_id: int, job_id: UUID, actor: Actor, at: datetime) -> None:
    """Nothing of a party's job stays but its audit rows; raises NoSuchJob."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id, party_id=party_id).first()
        if job is None:
            raise NoSuchJob(f"There is no job {job_id}.")
        move(job, "delete", actor=actor, at=at)
    spool.clear(job_id)


def move(
    job: Job, name: str, *, at: datetime, actor: Actor | None = None, problem: Problem | None = None
) -> None:
    """Make a move of a job's life, in the caller's transaction."""
    before = JobState(job.state)
    job.state = LIFE.target(name, before)
    facts: dict[str, Json] = {"was": before.value, "done": job.done}
    if job.state == JobState.DELETED:
        _stop_clocks(job)
        _note(job, name, actor or system("jobs"), at, **facts)
        job.delete()
        return
    if job.state in {JobState.DONE, JobState.FAILED}:
        job.ended_at, job.forget_at, job.tell_at = at, at + KEPT, at
    if problem is not None:
        job.problem = facts["problem"] = problem.value
    job.save()
    if LIFE.waiting[before].then != LIFE.waiting[JobState(job.state)].then:
        # A clock that runs on is left alone: setting it would end the lease of who works here.
        _wind(job, at)
    _note(job, name, actor or system("jobs"), at, **facts)


def _wind(job: Job, at: datetime) -> None:
    _stop_clocks(job)
    waiting = LIFE.waiting[JobState(job.state)]
    set_due(kind=waiting.then, subject=str(job.pk), due_at=at + waiting.within)


def _stop_clocks(job: Job) -> None:
    for kind in {waiting.then for waiting in LIFE.waiting.values()}:
        cancel(kind=kind, subject=str(job.pk))


def _note(job: Job, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    record(actor=actor, action=f"jobs.{action}", subject=f"job:{job.pk}", at=at, facts=facts)
