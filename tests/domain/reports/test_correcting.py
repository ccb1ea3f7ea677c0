from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.desk import NOT_UNLAWFUL, found, hit, party, person, picture, report
from tocsin.base.audit import queries as audit
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.types import EntryStatus
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import FindingKind, FindingRefused, ItemState

pytestmark = pytest.mark.django_db


def test_a_correction_withdraws_the_own_entry_and_lists_who_had_got_it(now: datetime) -> None:
    number, anna, boss = report(now, fingerprints=picture("new")), person("anna"), person("boss")
    entry = found(number, anna, now).findings[0].own_entry_id
    assert entry is not None
    cloud, other = party(now, "Big Cloud"), party(now, "Small Cloud")
    hit(now, cloud, entry, "new", url=None)
    hit(now + timedelta(hours=1), cloud, entry, "new", url=None)
    hit(now, other, entry, "new", url=None, key_id="tk_other")
    item = actions.correct(number=number, why="an adult", actor=boss, at=now)
    assert item.state is ItemState.NOT_UNLAWFUL
    assert lists.entry(entry).status is EntryStatus.WITHDRAWN
    assert [(t.party_name, t.key_id, t.hits) for t in item.told] == [
        ("Big Cloud", "tk_test", 2),
        ("Small Cloud", "tk_other", 1),
    ]
    wrong, correction = item.findings
    assert wrong.corrected
    assert correction.kind is FindingKind.CORRECTION
    assert correction.note == "an adult"
    facts = audit.history(f"item:{item.id}")[-1].facts
    assert facts["parties_that_got_it"] == [cloud, other]
    assert facts["own_entry"] == entry
    assert Message.objects.get(topic=actions.CORRECTED).payload == {"item_id": item.id}


def test_a_correction_of_not_unlawful_puts_the_item_back_on_the_desk(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now, NOT_UNLAWFUL)
    later = now + timedelta(days=3)
    item = actions.correct(number=number, why="look again", actor=person("boss"), at=later)
    assert item.state is ItemState.NEW
    assert item.decide_by == later + timedelta(hours=24)
    assert item.findings[0].corrected
    assert not Message.objects.filter(topic=actions.CORRECTED).exists()


def test_a_corrected_item_can_be_found_unlawful_again_with_a_new_entry(now: datetime) -> None:
    number, anna, boss = report(now, fingerprints=picture("new")), person("anna"), person("boss")
    first = found(number, anna, now).findings[0].own_entry_id
    actions.correct(number=number, why="wrong", actor=boss, at=now)
    actions.correct(number=number, why="was right after all", actor=boss, at=now)
    second = found(number, anna, now).findings[-1].own_entry_id
    assert second is not None
    assert second != first
    assert lists.entry(second).status is EntryStatus.ACTIVE


def test_a_correction_of_another_state_than_was_seen_is_refused(now: datetime) -> None:
    number, boss = report(now), person("boss")
    found(number, person("anna"), now)
    seen = queries.item(number).state
    actions.correct(number=number, why="wrong", was=seen, actor=boss, at=now)
    with pytest.raises(MoveRefused):
        actions.correct(number=number, why="wrong", was=seen, actor=boss, at=now)
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL


def test_a_correction_says_why(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now)
    with pytest.raises(FindingRefused):
        actions.correct(number=number, why=" ", actor=person("boss"), at=now)
    assert queries.item(number).state is ItemState.UNLAWFUL


def test_what_is_not_decided_cannot_be_corrected(now: datetime) -> None:
    number = report(now)
    with pytest.raises(MoveRefused):
        actions.correct(number=number, why="wrong", actor=person("boss"), at=now)
    assert queries.item(number).findings == ()
