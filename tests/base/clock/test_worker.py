"""The worker's loop: jobs at their interval, failures apart, a stop that is heard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError

from tocsin.base.clock import rounds, worker
from tocsin.base.clock.queries import Paused


@pytest.fixture
def job() -> Iterator[Callable[[str, timedelta, rounds.Job], None]]:
    """Register regular jobs in place of the house's own, for this test."""
    own = dict(rounds._jobs)
    rounds._jobs.clear()
    yield rounds.every
    rounds._jobs.clear()
    rounds._jobs.update(own)


Register = Callable[[str, timedelta, rounds.Job], None]


def test_a_job_runs_at_its_interval(now: datetime, job: Register) -> None:
    ran: list[datetime] = []
    job("test.job", timedelta(seconds=10), ran.append)
    next_run: dict[str, datetime] = {}
    for second in range(25):
        worker.run_jobs(now + timedelta(seconds=second), next_run)
    assert [(at - now).total_seconds() for at in ran] == [0, 10, 20]


def test_a_job_that_fails_does_not_stop_the_others(now: datetime, job: Register) -> None:
    ran: list[datetime] = []

    def fail(at: datetime) -> None:
        raise ZeroDivisionError

    job("test.fails", timedelta(seconds=1), fail)
    job("test.works", timedelta(seconds=1), ran.append)
    worker.run_jobs(now, {})
    assert ran == [now]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_is_waited_for(
    job: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    tries: list[datetime] = []

    def away_at_first(at: datetime) -> None:
        tries.append(at)
        if len(tries) == 1:
            raise DatabaseError("gone")
        stop.set()

    job("test.reads", timedelta(0), away_at_first)
    monkeypatch.setattr(worker, "WAIT_FOR_DATABASE_SECONDS", 0.01)
    worker.work(stop, tick_seconds=0.01)
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_while_clocks_stand_still_no_job_runs(
    job: Register, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Paused | None] = [Paused(now, "restored"), Paused(now, "restored"), None]
    left_when_ran: list[int] = []
    stop = threading.Event()

    def run(at: datetime) -> None:
        left_when_ran.append(len(answers))
        stop.set()

    job("test.tells_the_outside", timedelta(0), run)
    monkeypatch.setattr("tocsin.base.clock.queries.paused", lambda: answers.pop(0))
    worker.work(stop, tick_seconds=0.01)
    assert left_when_ran == [0]
