"""A job's life, and how long things wait. Plain values: no Django, no clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.jobs.types import JobState

WORK: Final = "jobs.work"
FORGET: Final = "jobs.forget"
KEPT: Final = timedelta(days=7)
"""How long results wait to be fetched; then nothing of the job is left but its audit rows."""

SLICE_SECONDS: Final = 1.0
"""About so long a worker is at one job before letters, clocks and other jobs have their turn."""

NEXT_SLICE: Final = timedelta(milliseconds=250)
AGAIN: Final = timedelta(seconds=5)
SPOOL_LOST_AFTER: Final = timedelta(hours=1)
"""Only the machine that took a job in may have its files: so long it has to come back."""

ANSWERS_KEPT: Final = timedelta(days=1)
ANSWERING: Final = timedelta(minutes=2)
"""A request that was broken off may be made again after so long."""

TELL_LEASE: Final = timedelta(seconds=30)
TELL_TRIES: Final = 8

LIFE: Final = Lifecycle(
    states=JobState,
    first=JobState.WAITING,
    moves=(
        move("begin", {JobState.WAITING}, JobState.WORKING),
        move("finish", {JobState.WORKING}, JobState.DONE),
        move("give_up", {JobState.WAITING, JobState.WORKING}, JobState.FAILED),
        move("delete", set(JobState) - {JobState.DELETED}, JobState.DELETED),
    ),
    final=frozenset({JobState.DELETED}),
    waiting={
        JobState.WAITING: Waiting(timedelta(0), WORK),
        JobState.WORKING: Waiting(timedelta(0), WORK),
        JobState.DONE: Waiting(KEPT, FORGET),
        JobState.FAILED: Waiting(KEPT, FORGET),
    },
)
UNFINISHED: Final = LIFE.sources("give_up")
ENDED: Final = frozenset({JobState.DONE, JobState.FAILED})


def wait_before_telling(tries: int) -> timedelta:
    """Before the next try to tell, after so many failed ones: 30 s, a minute, … about an hour."""
    return timedelta(seconds=30 * (1 << min(tries - 1, 7)))
