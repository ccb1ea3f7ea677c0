"""Two people before anything is done: blind, and a third where they differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.desk import (
    CANNOT_TELL,
    NOT_UNLAWFUL,
    UNLAWFUL,
    found,
    listed,
    person,
    picture,
    report,
    two_must_agree,
)
from tests.support import run_worker_round
from tocsin.base.audit.types import Actor
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.desk_types import Look, PoliceReason
from tocsin.domain.reports.models import Finding
from tocsin.domain.reports.types import ItemState, Match, MatchKind, ReasonCode, SamePerson

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def anna(db: None) -> Actor:
    return person("anna")


@pytest.fixture
def ben(db: None) -> Actor:
    return person("ben")


@pytest.fixture
def number(now: datetime, anna: Actor) -> str:
    """An item that anna found unlawful, which waits for somebody else."""
    two_must_agree(now)
    number = report(now, fingerprints=picture("a"))
    found(number, anna, now)
    return number


def acted() -> int:
    return Message.objects.filter(topic=actions.FOUND_UNLAWFUL).count()


def test_nothing_is_done_before_a_second_person_agrees(number: str) -> None:
    item = queries.item(number)
    assert item.state is ItemState.SECOND_REVIEW
    assert item.findings[0].own_entry_id is None
    assert acted() == 0


def test_the_second_person_does_not_see_the_first_finding(
    number: str, anna: Actor, ben: Actor
) -> None:
    assert queries.item(number, reader=ben).findings == ()
    assert queries.item(number, reader=ben).blind
    assert len(queries.item(number, reader=anna).findings) == 1


def test_two_who_agree_start_the_takedown_at_quorum_two(
    number: str, ben: Actor, now: datetime
) -> None:
    item = actions.review(number=number, finding=UNLAWFUL, actor=ben, at=now)
    assert item.state is ItemState.UNLAWFUL
    first = item.findings[0]
    assert first.agreed_by == "ben"
    assert first.own_entry_id is not None
    assert lists.entry(first.own_entry_id).quorum == 2
    assert acted() == 1


def test_nobody_judges_the_same_item_twice(number: str, anna: Actor, now: datetime) -> None:
    with pytest.raises(SamePerson):
        actions.review(number=number, finding=UNLAWFUL, actor=anna, at=now)


@pytest.mark.parametrize(
    ("third", "state", "notices"),
    [
        (UNLAWFUL, ItemState.UNLAWFUL, 1),
        (NOT_UNLAWFUL, ItemState.NOT_UNLAWFUL, 0),
        (CANNOT_TELL, ItemState.CANNOT_TELL, 0),
        (replace(UNLAWFUL, police=PoliceReason.NEW_VICTIM), ItemState.FIRST_POLICE, 0),
    ],
)
def test_a_third_person_settles_what_two_differ_on(
    number: str, ben: Actor, now: datetime, third: object, state: ItemState, notices: int
) -> None:
    item = actions.review(number=number, finding=NOT_UNLAWFUL, actor=ben, at=now)
    assert item.state is ItemState.DISAGREED
    cleo = person("cleo")
    assert queries.item(number, reader=cleo).findings == ()
    with pytest.raises(SamePerson):
        actions.review(number=number, finding=NOT_UNLAWFUL, actor=ben, at=now)
    item = actions.review(number=number, finding=third, actor=cleo, at=now)  # type: ignore[arg-type]
    assert item.state is state
    assert acted() == notices
    assert [row.look for row in Finding.objects.order_by("pk")] == [*Look][:3]


def test_a_listed_picture_needs_no_second_person(now: datetime, anna: Actor) -> None:
    two_must_agree(now)
    entry = listed(now, "a")
    known = Match(MatchKind.EXACT, (entry,), 0)
    number = report(now, fingerprints=picture("a"), match=known)
    assert found(number, anna, now).state is ItemState.UNLAWFUL


def test_what_is_not_unlawful_needs_no_second_person(now: datetime, anna: Actor) -> None:
    two_must_agree(now)
    assert found(report(now), anna, now, NOT_UNLAWFUL).state is ItemState.NOT_UNLAWFUL


def test_a_second_look_that_nobody_gives_rises_and_stays(number: str, now: datetime) -> None:
    before = queries.item(number).priority
    run_worker_round(now + 13 * HOUR)
    run_worker_round(now + 18 * HOUR)
    item = queries.item(number)
    assert item.state is ItemState.SECOND_REVIEW
    assert item.priority > before
    assert ReasonCode.OVERDUE in {reason.code for reason in item.why}
    assert acted() == 0


def test_a_police_hold_may_need_two_and_then_waits_for_the_police(
    now: datetime, anna: Actor, ben: Actor
) -> None:
    two_must_agree(now)
    number = report(now, fingerprints=picture("a"))
    found(number, anna, now, replace(UNLAWFUL, police=PoliceReason.NEW_VICTIM))
    item = actions.review(number=number, finding=UNLAWFUL, actor=ben, at=now)
    assert item.state is ItemState.FIRST_POLICE
    assert acted() == 0


def test_a_manager_can_take_a_pending_finding_back(number: str, ben: Actor, now: datetime) -> None:
    item = actions.correct(number=number, why="wrong item", actor=person("mia"), at=now)
    assert item.state is ItemState.NEW
    assert all(row.corrected for row in item.findings if row.kind != "correction")
    assert found(number, ben, now).state is ItemState.SECOND_REVIEW


def test_what_the_first_found_stands_in_no_audit_row_while_it_is_secret(number: str) -> None:
    [row] = [line for line in queries.item(number).history if line.action == "reports.ask_second"]
    assert set(row.facts) == {"finding"}
