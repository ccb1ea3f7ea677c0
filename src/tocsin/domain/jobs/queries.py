"""Reading: how a job stands, and its results."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import F, Sum

from tocsin.domain.jobs import spool
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.rules import UNFINISHED
from tocsin.domain.jobs.types import (
    PIECE_ITEMS,
    Given,
    JobState,
    JobView,
    NoSuchJob,
    Problem,
    ResultsLost,
)


def job(*, party_id: int, job_id: UUID) -> JobView:
    """A party's job; raises NoSuchJob."""
    row = Job.objects.filter(pk=job_id, party_id=party_id).first()
    if row is None:
        raise NoSuchJob(f"There is no job {job_id}.")
    return view(row)


def view(row: Job) -> JobView:
    """A row in words."""
    return JobView(
        id=row.pk,
        state=JobState(row.state),
        items=row.items,
        done=row.done,
        counts=row.counts,
        ahead=_ahead(row),
        list_version=row.list_version,
        problem=Problem(row.problem) if row.problem else None,
        made_at=row.made_at,
        ended_at=row.ended_at,
        forget_at=row.forget_at,
    )


def results(found: JobView, *, offset: int, limit: int) -> list[Given]:
    """What was answered from item `offset` on, up to `limit`, as far as the job is by now.

    Raises ResultsLost.
    """
    last = min(offset + limit, found.done)
    try:
        return list(_between(found.id, offset, last))
    except spool.PieceLost as error:
        raise ResultsLost(str(error)) from error


def _between(job_id: UUID, first: int, last: int) -> Iterator[Given]:
    while first < last:
        number, within = divmod(first, PIECE_ITEMS)
        some = spool.given(job_id, number)[within : within + last - first]
        if not some:
            raise spool.PieceLost(f"Piece {number} is too short.")
        yield from some
        first += len(some)


def _ahead(row: Job) -> int:
    """Jobs take turns, so that of the others what is as long as the rest of this one counts."""
    if row.state not in UNFINISHED:
        return 0
    others = Job.objects.filter(state__in=UNFINISHED).exclude(pk=row.pk)
    waiting = others.aggregate(items=Sum(F("items") - F("done")))["items"] or 0
    return int(row.items - row.done + waiting)
