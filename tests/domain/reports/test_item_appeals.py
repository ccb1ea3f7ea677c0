"""Appeals on items: reviewed by somebody who had no part in the finding."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.desk import SYSTEM, UNLAWFUL, found, person, picture, report
from tests.support import expect_cell, run_worker_round
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.types import EntryStatus
from tocsin.domain.reports import actions, appealing, queries
from tocsin.domain.reports.actions import Opening
from tocsin.domain.reports.desk_types import (
    AppealOrigin,
    ItemAppealState,
    NothingToAppealHere,
    NotIndependent,
    ReasonNeeded,
    UnknownItemAppeal,
)
from tocsin.domain.reports.types import ItemState

HOUR = timedelta(hours=1)
HOSTER = Opening(AppealOrigin.HOSTER, "this is a catalogue of toys", "abuse@bighost.example")
OPENED, REVIEWED = ItemAppealState.OPENED, ItemAppealState.BEING_REVIEWED
TABLE = {
    ("take", OPENED): REVIEWED,
    ("give_back", REVIEWED): OPENED,
    ("lapse", REVIEWED): OPENED,
    ("uphold", REVIEWED): ItemAppealState.UPHELD,
    ("dismiss", REVIEWED): ItemAppealState.DISMISSED,
    ("moot", OPENED): ItemAppealState.MOOT,
    ("moot", REVIEWED): ItemAppealState.MOOT,
}


@pytest.mark.parametrize("state", ItemAppealState)
@pytest.mark.parametrize("name", sorted(appealing.LIFE.names()))
def test_each_cell_of_the_life(name: str, state: ItemAppealState) -> None:
    expect_cell(appealing.LIFE, TABLE, name, state)


@pytest.fixture
def anna(db: None) -> Actor:
    return person("anna")


@pytest.fixture
def item(anna: Actor, now: datetime) -> str:
    number = report(now, fingerprints=picture("a"))
    found(number, anna, now)
    return number


@pytest.fixture
def appeal(item: str, now: datetime) -> str:
    return actions.open_appeal(number=item, opening=HOSTER, actor=SYSTEM, at=now)


def test_an_upheld_appeal_corrects_the_finding_and_the_list(
    appeal: str, item: str, now: datetime
) -> None:
    entry = queries.item(item).findings[0].own_entry_id
    mia = person("mia")
    actions.take_appeal(number=appeal, actor=mia, at=now)
    actions.uphold_appeal(number=appeal, words="toys, indeed", actor=mia, at=now)
    assert queries.item(item).state is ItemState.NOT_UNLAWFUL
    assert entry is not None
    assert lists.entry(entry).status is EntryStatus.WITHDRAWN
    assert queries.appeal(appeal).state is ItemAppealState.UPHELD
    news = Message.objects.get(topic=appealing.DECIDED)
    assert news.payload["outcome"] == "upheld"
    assert Message.objects.filter(topic=actions.CORRECTED).count() == 1


def test_a_dismissed_appeal_leaves_everything_standing(
    appeal: str, item: str, now: datetime
) -> None:
    mia = person("mia")
    actions.take_appeal(number=appeal, actor=mia, at=now)
    actions.dismiss_appeal(number=appeal, words="it is not", actor=mia, at=now)
    assert queries.item(item).state is ItemState.UNLAWFUL
    assert queries.appeal(appeal).outcome == "it is not"


def test_whoever_judged_or_agreed_may_not_review(
    appeal: str, item: str, anna: Actor, now: datetime
) -> None:
    ben = person("ben")
    actions.agree(number=item, actor=ben, at=now)
    for one in (anna, ben):
        with pytest.raises(NotIndependent):
            actions.take_appeal(number=appeal, actor=one, at=now)


def test_one_reviewer_at_a_time(appeal: str, now: datetime) -> None:
    mia, mo = person("mia"), person("mo")
    actions.take_appeal(number=appeal, actor=mia, at=now)
    with pytest.raises(MoveRefused):
        actions.take_appeal(number=appeal, actor=mo, at=now)
    with pytest.raises(MoveRefused):
        actions.uphold_appeal(number=appeal, words="yes", actor=mo, at=now)
    actions.give_appeal_back(number=appeal, actor=mia, at=now)
    actions.take_appeal(number=appeal, actor=mo, at=now)


def test_a_second_appeal_meanwhile_is_the_same_one(appeal: str, item: str, now: datetime) -> None:
    again = actions.open_appeal(number=item, opening=HOSTER, actor=SYSTEM, at=now)
    assert again == appeal


def test_only_an_unlawful_finding_can_be_appealed(db: None, now: datetime) -> None:
    with pytest.raises(NothingToAppealHere):
        actions.open_appeal(number=report(now), opening=HOSTER, actor=SYSTEM, at=now)


def test_an_appeal_says_why(item: str, now: datetime) -> None:
    silent = Opening(AppealOrigin.UPLOADER, "  ")
    with pytest.raises(ReasonNeeded):
        actions.open_appeal(number=item, opening=silent, actor=SYSTEM, at=now)
    with pytest.raises(UnknownItemAppeal):
        queries.appeal("R-2026-000099")


def test_a_correction_by_another_way_leaves_nothing_to_appeal(
    appeal: str, item: str, now: datetime
) -> None:
    actions.correct(number=item, why="wrong", actor=person("mia"), at=now)
    assert queries.appeal(appeal).state is ItemAppealState.MOOT


def test_clocks_press_and_let_go(appeal: str, now: datetime) -> None:
    run_worker_round(now + 25 * HOUR)
    mia = person("mia")
    actions.take_appeal(number=appeal, actor=mia, at=now + 26 * HOUR)
    assert queries.appeal(appeal).reviewer == "mia"
    run_worker_round(now + 31 * HOUR)
    assert queries.appeal(appeal).state is OPENED
    assert queries.appeals()[0].number == appeal


def test_words_and_contact_are_sealed(appeal: str) -> None:
    from tocsin.domain.reports.models import ItemAppeal

    row = ItemAppeal.objects.get(number=appeal)
    assert "toys" not in row.sealed_words
    assert "bighost" not in row.sealed_contact
    assert queries.appeal(appeal).contact == "abuse@bighost.example"
    assert "toys" not in repr(queries.appeal(appeal))
    assert UNLAWFUL.category
