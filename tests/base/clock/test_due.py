"""Due things: taken once, leased, tried again, replaced, and paused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.support import in_threads
from tocsin.base.clock import actions, queries, rounds
from tocsin.base.clock.models import Due
from tocsin.base.clock.rules import FIRST_BACKOFF, LEASE, LONGEST_BACKOFF, backoff

pytestmark = pytest.mark.django_db

KIND = "test.bell"


class Boom(Exception):
    pass


@pytest.fixture
def rung() -> Iterator[list[tuple[str, datetime]]]:
    """What the handler of KIND was called with."""
    calls: list[tuple[str, datetime]] = []
    rounds.handle(KIND, lambda subject, at: calls.append((subject, at)))
    yield calls
    rounds._handlers.pop(KIND)


def test_a_thing_is_not_done_before_it_is_due(
    now: datetime, rung: list[tuple[str, datetime]]
) -> None:
    actions.set_due(kind=KIND, subject="a", due_at=now)
    assert actions.run_round(at=now - timedelta(seconds=1), worker="w") == 0
    assert actions.run_round(at=now, worker="w") == 1
    assert rung == [("a", now)]
    assert queries.due_at(kind=KIND, subject="a") is None
    assert actions.run_round(at=now, worker="w") == 0


def test_setting_a_thing_again_replaces_the_time(
    now: datetime, rung: list[tuple[str, datetime]]
) -> None:
    actions.set_due(kind=KIND, subject="a", due_at=now)
    later = now + timedelta(hours=1)
    actions.set_due(kind=KIND, subject="a", due_at=later)
    assert actions.run_round(at=now, worker="w") == 0
    assert queries.due_at(kind=KIND, subject="a") == later
    assert actions.run_round(at=later, worker="w") == 1


def test_a_cancelled_thing_is_not_done(now: datetime, rung: list[tuple[str, datetime]]) -> None:
    actions.set_due(kind=KIND, subject="a", due_at=now)
    actions.cancel(kind=KIND, subject="a")
    actions.cancel(kind=KIND, subject="never set")
    assert actions.run_round(at=now, worker="w") == 0


def test_what_one_worker_holds_no_other_takes_until_the_lease_ends(now: datetime) -> None:
    actions.set_due(kind=KIND, subject="a", due_at=now)
    assert len(actions.take(at=now, worker="one")) == 1
    assert actions.take(at=now + LEASE, worker="two") == []
    [again] = actions.take(at=now + LEASE + timedelta(seconds=1), worker="two")
    assert (again.subject, again.attempts) == ("a", 2)


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_take_every_thing_exactly_once(now: datetime) -> None:
    for number in range(40):
        actions.set_due(kind=KIND, subject=str(number), due_at=now)

    def work(name: str) -> list[str]:
        taken = []
        while batch := actions.take(at=now, worker=name, limit=7):
            taken += [one.subject for one in batch]
        return taken

    found = in_threads(*[lambda name=name: work(name) for name in "abcd"])
    taken = [subject for part in found if isinstance(part, list) for subject in part]
    # A worker that lost every race of its batch stops early; what it left is still there.
    taken += work("last")
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


@pytest.mark.django_db(transaction=True)
def test_one_thing_set_by_many_at_once_is_one_thing(now: datetime) -> None:
    def set_it() -> None:
        actions.set_due(kind=KIND, subject="a", due_at=now)

    assert in_threads(*[set_it] * 4) == [None] * 4
    assert Due.objects.count() == 1


def test_a_handler_that_fails_is_called_again_ever_more_rarely(now: datetime) -> None:
    tries: list[datetime] = []

    def fail(subject: str, at: datetime) -> None:
        tries.append(at)
        raise Boom

    rounds.handle(KIND, fail)
    actions.set_due(kind=KIND, subject="a", due_at=now)
    at = now
    for _ in range(5):
        assert actions.run_round(at=at, worker="w") == 1
        due = Due.objects.get()
        assert due.last_error == "Boom"
        assert actions.run_round(at=due.due_at - timedelta(seconds=1), worker="w") == 0
        at = due.due_at
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert [wait.total_seconds() for wait in waits] == [2, 4, 8, 16]


def test_one_failure_does_not_stop_the_others(
    now: datetime, rung: list[tuple[str, datetime]]
) -> None:
    actions.set_due(kind="test.nobody_listens", subject="x", due_at=now - timedelta(hours=1))
    actions.set_due(kind=KIND, subject="a", due_at=now)
    assert actions.run_round(at=now, worker="w") == 2
    assert rung == [("a", now)]
    assert Due.objects.get().last_error == "NoHandler"


def test_a_handler_may_set_its_own_thing_again(now: datetime) -> None:
    tomorrow = now + timedelta(days=1)
    rounds.handle(
        KIND, lambda subject, at: actions.set_due(kind=KIND, subject=subject, due_at=tomorrow)
    )
    actions.set_due(kind=KIND, subject="a", due_at=now)
    actions.run_round(at=now, worker="w")
    assert queries.due_at(kind=KIND, subject="a") == tomorrow


def test_a_thing_set_again_while_its_handler_fails_keeps_the_new_time(now: datetime) -> None:
    tomorrow = now + timedelta(days=1)

    def set_and_fail(subject: str, at: datetime) -> None:
        actions.set_due(kind=KIND, subject=subject, due_at=tomorrow)
        raise Boom

    rounds.handle(KIND, set_and_fail)
    actions.set_due(kind=KIND, subject="a", due_at=now)
    actions.run_round(at=now, worker="w")
    assert queries.due_at(kind=KIND, subject="a") == tomorrow


def test_a_paused_clock_stands_still_and_loses_nothing(
    now: datetime, rung: list[tuple[str, datetime]]
) -> None:
    actions.set_due(kind=KIND, subject="a", due_at=now)
    actions.pause(why="restored", at=now)
    actions.pause(why="again", at=now)
    assert actions.run_round(at=now, worker="w") == 0
    assert queries.paused() == queries.Paused(now, "restored")
    assert queries.late(at=now + timedelta(minutes=1)) == 1
    assert actions.resume()
    assert not actions.resume()
    assert actions.run_round(at=now, worker="w") == 1
    assert rung == [("a", now)]


def test_the_wait_doubles_and_ends_at_half_an_hour() -> None:
    assert backoff(1) == FIRST_BACKOFF
    assert [backoff(n).total_seconds() for n in (2, 3, 4)] == [4, 8, 16]
    assert backoff(11) == LONGEST_BACKOFF
    assert backoff(10**6) == LONGEST_BACKOFF
    assert backoff(0) == FIRST_BACKOFF
