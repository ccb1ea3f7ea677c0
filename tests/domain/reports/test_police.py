"""The police come first: a hold with a clock, which ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.desk import UNLAWFUL, found, person, picture, report
from tests.support import run_worker_round
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.models import Message
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import PoliceReason, ReasonNeeded
from tocsin.domain.reports.types import FindingRefused, ItemState

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
HOLD = replace(UNLAWFUL, police=PoliceReason.NEW_VICTIM)


@pytest.fixture
def held(now: datetime) -> str:
    number = report(now, fingerprints=picture("a"))
    found(number, person("anna"), now, HOLD)
    return number


def told(topic: str) -> int:
    return Message.objects.filter(topic=topic, listener="").count()


def test_a_hold_tells_the_police_and_nobody_else(held: str, now: datetime) -> None:
    item = queries.item(held)
    assert item.state is ItemState.FIRST_POLICE
    assert item.police_until == now + 24 * HOUR
    assert item.findings[0].own_entry_id is None
    assert (told(actions.POLICE_FIRST), told(actions.FOUND_UNLAWFUL)) == (1, 0)


def test_when_the_hold_is_over_the_takedown_begins_by_itself(held: str, now: datetime) -> None:
    run_worker_round(now + 23 * HOUR)
    assert told(actions.FOUND_UNLAWFUL) == 0
    run_worker_round(now + 24 * HOUR)
    item = queries.item(held)
    assert item.state is ItemState.UNLAWFUL
    assert item.findings[0].own_entry_id is not None
    assert told(actions.FOUND_UNLAWFUL) == 1


def test_a_hold_is_not_extended_without_a_reason(held: str, now: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        actions.extend_police(number=held, hours=48, why="  ", actor=person("pol"), at=now)


def test_an_extended_hold_ends_later(held: str, now: datetime) -> None:
    pol = person("pol")
    until = actions.extend_police(
        number=held, hours=40, why="arrest tomorrow", actor=pol, at=now + 20 * HOUR
    )
    assert until == now + 60 * HOUR
    run_worker_round(now + 25 * HOUR)
    assert queries.item(held).state is ItemState.FIRST_POLICE
    run_worker_round(now + 60 * HOUR)
    assert queries.item(held).state is ItemState.UNLAWFUL


def test_no_hold_is_longer_than_the_longest(held: str, now: datetime) -> None:
    pol = person("pol")
    until = actions.extend_police(number=held, hours=500, why="more", actor=pol, at=now + HOUR)
    assert until == now + 72 * HOUR
    with pytest.raises(MoveRefused):
        actions.extend_police(number=held, hours=500, why="more", actor=pol, at=now + 2 * HOUR)


def test_the_police_can_let_go_early(held: str, now: datetime) -> None:
    actions.release_police(number=held, actor=person("pol"), at=now + HOUR)
    assert queries.item(held).state is ItemState.UNLAWFUL
    run_worker_round(now + 25 * HOUR)
    assert told(actions.FOUND_UNLAWFUL) == 1


def test_a_wrong_hold_is_undone(held: str, now: datetime) -> None:
    item = actions.correct(number=held, why="adults", actor=person("mia"), at=now)
    assert item.state is ItemState.NOT_UNLAWFUL
    run_worker_round(now + 25 * HOUR)
    assert told(actions.FOUND_UNLAWFUL) == 0


def test_the_police_do_not_come_first_for_what_is_lawful(now: datetime) -> None:
    from tests.domain.desk import NOT_UNLAWFUL

    wrong = replace(NOT_UNLAWFUL, police=PoliceReason.ASKED)
    with pytest.raises(FindingRefused) as refused:
        found(report(now), person("anna"), now, wrong)
    assert refused.value.field == "police"
