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
)
from tests.support import run_worker_round
from tocsin.base.audit import queries as audit
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports import actions, queries, rules
from tocsin.domain.reports.types import (
    FindingRefused,
    Ground,
    ItemState,
    Match,
    MatchKind,
    NothingToAgree,
    NotTaken,
    ReasonCode,
    SamePerson,
    TakenByAnother,
    UnknownItem,
    ViewingIsOff,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_second_analyst_is_told_who_has_it(now: datetime) -> None:
    number, anna, ben = report(now), person("anna"), person("ben")
    actions.take(number=number, actor=anna, at=now)
    with pytest.raises(TakenByAnother) as taken:
        actions.take(number=number, actor=ben, at=now + MINUTE)
    assert taken.value.by == "anna"
    assert taken.value.since == now
    assert queries.queue().rows[0].holder == "anna"


def test_taking_again_renews_the_half_hour(now: datetime) -> None:
    number, anna = report(now), person("anna")
    actions.take(number=number, actor=anna, at=now)
    item = actions.take(number=number, actor=anna, at=now + 20 * MINUTE)
    assert item.taken_until == now + 50 * MINUTE
    run_worker_round(now + 31 * MINUTE)
    assert queries.item(number).holder == "anna"


def test_a_lapsed_lease_puts_the_item_back_with_its_first_deadline(now: datetime) -> None:
    number = report(now)
    actions.take(number=number, actor=person("anna"), at=now + MINUTE)
    run_worker_round(now + 32 * MINUTE)
    item = queries.item(number)
    assert item.state is ItemState.NEW
    assert item.holder is None
    assert item.decide_by == now + timedelta(hours=24)


def test_a_lapsed_lease_can_be_taken_over_before_any_worker_noticed(now: datetime) -> None:
    number, anna, ben = report(now), person("anna"), person("ben")
    actions.take(number=number, actor=anna, at=now)
    actions.take(number=number, actor=ben, at=now + 31 * MINUTE)
    with pytest.raises(TakenByAnother):
        actions.assess(number=number, finding=UNLAWFUL, actor=anna, at=now + 32 * MINUTE)
    run_worker_round(now + 33 * MINUTE)
    assert queries.item(number).holder == "ben"


def test_an_item_must_be_taken_before_a_finding(now: datetime) -> None:
    number = report(now)
    with pytest.raises(NotTaken):
        actions.assess(number=number, finding=UNLAWFUL, actor=person("anna"), at=now)


def test_a_finding_that_is_refused_changes_nothing(now: datetime) -> None:
    number, anna = report(now), person("anna")
    actions.take(number=number, actor=anna, at=now)
    with pytest.raises(ViewingIsOff):
        actions.assess(
            number=number, finding=replace(UNLAWFUL, ground=Ground.SEEN), actor=anna, at=now
        )
    with pytest.raises(FindingRefused):
        actions.assess(
            number=number, finding=replace(UNLAWFUL, ground=Ground.MATCHED_LIST), actor=anna, at=now
        )
    item = queries.item(number)
    assert item.state is ItemState.TAKEN
    assert item.findings == ()


def test_an_unlawful_finding_on_an_unlisted_picture_becomes_an_own_entry(now: datetime) -> None:
    number = report(now, fingerprints=picture("new"))
    item = found(number, person("anna"), now)
    (finding,) = item.findings
    assert finding.own_entry_id is not None
    assert finding.ground_detail == "Police, file 12"
    assert finding.by == "anna"
    entry = lists.entry(finding.own_entry_id)
    assert entry.own
    assert (entry.list_slug, entry.quorum, entry.category) == ("own", 1, Category.B1)
    assert entry.media_type == "image"
    (indexed,) = lists.indexable([finding.own_entry_id])
    assert {value.value for value in indexed.fingerprints} == {v.value for v in picture("new")}


def test_a_rehearsal_goes_to_the_rehearsal_list(now: datetime) -> None:
    number = report(now, fingerprints=picture("new"), rehearsal=True)
    (finding,) = found(number, person("anna"), now).findings
    assert finding.own_entry_id is not None
    assert lists.entry(finding.own_entry_id).list_slug == "own-rehearsal"


@pytest.mark.parametrize(("kind", "expected"), [(MatchKind.EXACT, False), (MatchKind.NEAR, True)])
def test_a_listed_picture_is_not_listed_again_but_its_near_variant_is(
    kind: MatchKind, expected: bool, now: datetime
) -> None:
    entry = listed(now, "known")
    number = report(now, fingerprints=picture("seen"), match=Match(kind, (entry,)))
    matched = replace(UNLAWFUL, ground=Ground.MATCHED_LIST, ground_detail="")
    (finding,) = found(number, person("anna"), now, matched).findings
    assert (finding.own_entry_id is not None) == expected


def test_a_finding_without_fingerprints_makes_no_entry_but_news_all_the_same(
    now: datetime,
) -> None:
    (finding,) = found(report(now), person("anna"), now).findings
    assert finding.own_entry_id is None
    news = Message.objects.get(topic=actions.FOUND_UNLAWFUL)
    assert news.payload["finding_id"] == finding.id


@pytest.mark.parametrize("finding", [NOT_UNLAWFUL, CANNOT_TELL])
def test_other_findings_tell_nobody_and_list_nothing(finding, now: datetime) -> None:  # type: ignore[no-untyped-def]
    item = found(report(now, fingerprints=picture("new")), person("anna"), now, finding)
    assert item.findings[0].own_entry_id is None
    assert not Message.objects.exists()


def test_a_second_person_agrees_and_the_first_cannot(now: datetime) -> None:
    number, anna, ben = report(now, fingerprints=picture("new")), person("anna"), person("ben")
    (finding,) = found(number, anna, now).findings
    assert finding.own_entry_id is not None
    with pytest.raises(SamePerson):
        actions.agree(number=number, actor=anna, at=now)
    item = actions.agree(number=number, actor=ben, at=now)
    assert item.findings[0].agreed_by == "ben"
    assert lists.entry(finding.own_entry_id).quorum == 2
    with pytest.raises(NothingToAgree):
        actions.agree(number=number, actor=person("carol"), at=now)


def test_there_is_nothing_to_agree_on_without_an_own_entry(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now)
    with pytest.raises(NothingToAgree):
        actions.agree(number=number, actor=person("ben"), at=now)


def test_what_waits_past_its_time_rises_again_and_again(now: datetime) -> None:
    number = report(now)
    pressing = [queries.item(number).priority]
    for hours in (25, 30, 35):
        run_worker_round(now + timedelta(hours=hours))
        pressing.append(queries.item(number).priority)
    assert pressing == sorted(set(pressing))
    assert queries.item(number).why[0].code is ReasonCode.OVERDUE
    assert queries.overdue(at=now + timedelta(hours=36)) == 1


def test_an_item_given_back_late_is_pressed_at_once(now: datetime) -> None:
    number, anna = report(now), person("anna")
    late = now + timedelta(hours=23, minutes=50)
    actions.take(number=number, actor=anna, at=late)
    run_worker_round(late + 40 * MINUTE)
    item = queries.item(number)
    assert item.state is ItemState.NEW
    assert ReasonCode.OVERDUE in {reason.code for reason in item.why}


def test_after_cannot_tell_somebody_looks_again_in_a_week(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now, CANNOT_TELL)
    run_worker_round(now + timedelta(days=6))
    assert queries.item(number).state is ItemState.CANNOT_TELL
    week = now + rules.SECOND_LOOK_AFTER
    run_worker_round(week)
    item = queries.item(number)
    assert item.state is ItemState.NEW
    assert item.decide_by == week + timedelta(hours=24)


def test_the_queue_pages_and_filters_by_state(now: datetime) -> None:
    numbers = [report(now + n * MINUTE, f"https://a.example/{n}") for n in range(5)]
    found(numbers[0], person("anna"), now)
    page = queries.queue(limit=2, offset=1)
    assert page.total == 4
    assert [row.number for row in page.rows] == numbers[2:4]
    closed = queries.queue(state=ItemState.UNLAWFUL)
    assert [row.number for row in closed.rows] == numbers[:1]
    assert queries.counts() == {
        **dict.fromkeys(ItemState, 0),
        ItemState.NEW: 4,
        ItemState.UNLAWFUL: 1,
    }


def test_an_unknown_number_is_said_to_be_unknown(now: datetime) -> None:
    with pytest.raises(UnknownItem):
        queries.item("T-1999-000001")
    with pytest.raises(UnknownItem):
        actions.take(number="T-1999-000001", actor=person("anna"), at=now)


def test_every_act_at_the_desk_is_audited_with_who_did_it(now: datetime) -> None:
    number, anna, ben = report(now, fingerprints=picture("new")), person("anna"), person("ben")
    actions.take(number=number, actor=anna, at=now)
    actions.give_back(number=number, actor=anna, at=now)
    found(number, anna, now)
    actions.agree(number=number, actor=ben, at=now)
    actions.correct(number=number, why="wrong", actor=ben, at=now)
    item = queries.item(number)
    rows = audit.history(f"item:{item.id}")
    assert [(row.action, row.actor) for row in rows] == [
        ("reports.open", "system:test"),
        ("reports.take", anna.text),
        ("reports.give_back", anna.text),
        ("reports.take", anna.text),
        ("reports.find_unlawful", anna.text),
        ("reports.agree", ben.text),
        ("reports.correct", ben.text),
    ]
    assert [line.by for line in item.history][1] == "anna"
