"""Several looks at once: a slow server keeps nobody waiting, and a failure loses no look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from tests.domain.rechecks import scenes
from tests.domain.rechecks.scenes import World, found
from tests.support import in_threads
from tocsin.domain.rechecks import looking, rules
from tocsin.domain.rechecks.looking import Lookers
from tocsin.domain.rechecks.models import Follow, HostTurn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lookers(settings: Settings) -> Iterator[Lookers]:
    settings.TOCSIN_RECHECK_AT_ONCE = 2
    looking.lookers.forget()
    yield looking.lookers()
    looking.lookers.forget()


def test_when_all_are_at_work_an_item_waits_its_turn(
    lookers: Lookers, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(item_id: int, at: datetime) -> bool:
        begun.release()
        return go.wait(timeout=30)

    monkeypatch.setattr(looking, "look", slow)
    assert lookers.hand_over(1, now)
    assert lookers.hand_over(2, now)
    assert begun.acquire(timeout=30)
    assert begun.acquire(timeout=30)
    assert not lookers.hand_over(3, now)
    go.set()
    lookers.close()


def test_a_look_that_fails_comes_due_again(
    world: World, lookers: Lookers, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(item_id: int, at: datetime) -> bool:
        raise RuntimeError

    monkeypatch.setattr(looking, "look", broken)
    item_id = found(now)
    lookers.close()
    assert scenes.next_look(item_id) == now + rules.GUARD
    assert scenes.follow(item_id).looks == 0


def test_two_workers_give_one_host_two_turns(world: World, now: datetime) -> None:
    first = found(now)
    second = found(now, "https://img.bighost.example/other/2.jpg")
    Follow.objects.update(turn_at=None)
    at = now + timedelta(hours=2)
    rows = [scenes.follow(first), scenes.follow(second)]

    def turn(row: Follow) -> datetime:
        with transaction.atomic():
            return looking._turn(row, at)

    turns = in_threads(lambda: turn(rows[0]), lambda: turn(rows[1]))
    assert len(set(turns)) == 2
    assert HostTurn.objects.get().free_at == at + timedelta(seconds=1)
