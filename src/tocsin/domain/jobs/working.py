"""Working a job off, a piece at a time, through the same checker as every other check.

A piece is answered, its answers are put on the disk, and then it counts: a worker that is killed in
between leaves a piece that the next one answers again. Hits carry ids that follow from the job and
the place, so that those of a piece answered twice are written down once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from tocsin.base.clock.actions import set_due
from tocsin.domain.jobs import spool
from tocsin.domain.jobs.actions import move
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.rules import (
    AGAIN,
    NEXT_SLICE,
    SLICE_SECONDS,
    SPOOL_LOST_AFTER,
    UNFINISHED,
    WORK,
)
from tocsin.domain.jobs.types import PIECE_ITEMS, Asked, Given, JobState, Problem
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, Door, Outcome, Query, Step

log = structlog.get_logger()

REFUSED: Final = "refused"


def work(job_id: UUID, *, checker: Checker, at: datetime) -> None:
    """Do some pieces of a job, and set the clock for the rest."""
    job = Job.objects.filter(pk=job_id, state__in=UNFINISHED).first()
    if job is None:
        return
    key = checker.keys.get(job.key_id)
    if key is None:
        _give_up(job, Problem.KEY_GONE, at)
    elif not spool.is_here(job.pk):
        _look_elsewhere(job, at)
    elif (wait := _wait_for(key, checker, at)) is not None:
        _again(job, at + wait)
    else:
        _some_pieces(job, key, checker, at)


def _some_pieces(job: Job, key: CheckKey, checker: Checker, at: datetime) -> None:
    if job.state == JobState.WAITING and not _begin(job, at):
        # Somebody else began it this moment; should that one die, we look again.
        _again(job, at + AGAIN)
        return
    started = monotonic()
    while job.done < job.items:
        try:
            taken = _one_piece(job, key, checker, at)
        except spool.PieceLost:
            _give_up(job, Problem.SPOOL_LOST, at)
            return
        if not taken:
            _again(job, at + AGAIN)
            return
        if monotonic() - started >= SLICE_SECONDS:
            break
    if job.done < job.items:
        _again(job, at + NEXT_SLICE)
    else:
        spool.clear_asked(job.pk)


def _one_piece(job: Job, key: CheckKey, checker: Checker, at: datetime) -> bool:
    """Whether the next piece was done; not so when nothing can be looked up, or another did it."""
    number = job.done // PIECE_ITEMS
    items = spool.asked(job.pk, number)
    queries = _named(job, items)
    answer = checker.check(key, queries, door=Door.JOBS, at=at)
    if answer.problem is not None:
        return False
    given = _given(items, answer.outcomes)
    spool.put_given(job.pk, number, given)
    return _count(job, given, answer.list_version, at)


def _named(job: Job, items: Sequence[Asked]) -> list[Query]:
    return [
        replace(item.query, hit_id=_hit_id(job.pk, place))
        for place, item in enumerate(items, job.done)
        if item.query is not None
    ]


def _hit_id(job_id: UUID, place: int) -> UUID:
    digest = hashlib.sha256(job_id.bytes + place.to_bytes(8, "big")).digest()
    return UUID(bytes=digest[:16], version=4)


def _given(items: Sequence[Asked], outcomes: Sequence[Outcome]) -> list[Given]:
    rest = iter(outcomes)
    return [
        Given(refusal=item.refusal) if item.query is None else Given(outcome=_outside(next(rest)))
        for item in items
    ]


def _outside(outcome: Outcome) -> Outcome:
    """Without the numbers of entries, which nobody who reads results may see."""
    if outcome.match is None:
        return outcome
    return replace(outcome, match=replace(outcome.match, entry_ids=()))


def _count(job: Job, given: Sequence[Given], list_version: int | None, at: datetime) -> bool:
    """The piece counts, and the job is finished with the last one; False: another was faster.

    Not audited piece by piece, like the counts of checks; the end is.
    """
    ended = Counter(REFUSED if one.outcome is None else one.outcome.status.value for one in given)
    with transaction.atomic():
        mine = Job.objects.select_for_update().filter(
            pk=job.pk, state=JobState.WORKING, done=job.done
        )
        row = mine.first()
        if row is None:
            return False
        row.counts = dict(Counter(row.counts) + ended)
        row.done, row.list_version = row.done + len(given), list_version
        row.save()
        if row.done == row.items:
            move(row, "finish", at=at)
    job.done = row.done
    return True


def _begin(job: Job, at: datetime) -> bool:
    with transaction.atomic():
        row = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.WAITING).first()
        if row is None:
            return False
        move(row, "begin", at=at)
    return True


def _wait_for(key: CheckKey, checker: Checker, at: datetime) -> timedelta | None:
    """How long nothing can be asked in the name of the key; None: go on."""
    if checker.problem(at) is not None or key.standing.step is Step.PAUSED:
        return AGAIN
    until = key.standing.spent_until
    return until - at if until is not None and until > at else None


def _look_elsewhere(job: Job, at: datetime) -> None:
    if at - job.made_at > SPOOL_LOST_AFTER:
        _give_up(job, Problem.SPOOL_LOST, at)
    else:
        _again(job, at + AGAIN)


def _give_up(job: Job, problem: Problem, at: datetime) -> None:
    with transaction.atomic():
        row = Job.objects.select_for_update().filter(pk=job.pk, state__in=UNFINISHED).first()
        if row is None:
            return
        move(row, "give_up", at=at, problem=problem)
    log.warning("job_given_up", job_id=str(job.pk), problem=problem.value)


def _again(job: Job, due_at: datetime) -> None:
    if Job.objects.filter(pk=job.pk, state__in=UNFINISHED).exists():
        set_due(kind=WORK, subject=str(job.pk), due_at=due_at)
    elif not Job.objects.filter(pk=job.pk).exists():
        # Deleted while we were at it.
        spool.clear(job.pk)
