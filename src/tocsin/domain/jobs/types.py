"""The words of jobs: what is asked and given for each item, how a job stands, what was repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tocsin.domain.matching.types import Outcome, Query

MOST_ITEMS = 1_000_000
MOST_UNFINISHED = 5
PIECE_ITEMS = 1_000
"""Items in one sealed file: what is checked, kept and handed out together."""


class JobState(StrEnum):
    """Where a job stands. `failed`: it was given up, and `problem` says why."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    DELETED = "deleted"


class Problem(StrEnum):
    """Why a job was given up."""

    KEY_GONE = "key_gone"
    SPOOL_LOST = "spool_lost"


class NoSuchJob(Exception):
    """The party has no job of that id, or not any more."""


class TooManyJobs(Exception):
    """The party has as many unfinished jobs as it may have."""


class TooManyItems(Exception):
    """A job takes no more items than `MOST_ITEMS`."""


class ResultsLost(Exception):
    """Results of a job are not where they were put, or do not open."""


class OtherRequest(Exception):
    """The idempotency key was used for another request."""


class StillAnswering(Exception):
    """The same request is being answered at this moment, or was broken off a moment ago."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item was not asked about: its own id, the field, and a sentence."""

    client_id: str | None
    field: str | None
    message: str


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One item of a job: a question, or why there is none."""

    query: Query | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What became of one item: an outcome, or why it was not asked about."""

    outcome: Outcome | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """How a job stands. `counts` is how many items ended how; `ahead` how many items of all
    unfinished jobs are to be done before it is finished, its own among them."""

    id: UUID
    state: JobState
    items: int
    done: int
    counts: Mapping[str, int]
    ahead: int
    list_version: int | None
    problem: Problem | None
    made_at: datetime
    ended_at: datetime | None
    forget_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given before."""

    status: int
    body: bytes = field(repr=False)
