"""How well decisions agree: kappa, golden items, second looks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.desk import NOT_UNLAWFUL, UNLAWFUL, found, person, picture, report, two_must_agree
from tests.support import run_worker_round
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.outbox.models import Message
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.agreement import agreement
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import ItemState, UnknownItem

DAY = timedelta(days=1)
verdicts = st.sampled_from(["unlawful", "not_unlawful", "cannot_tell"])


def test_kappa_of_the_textbook() -> None:
    # Cohen (1960)-style table: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: kappa 0.40.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found_ = agreement(pairs)
    assert found_.kappa == pytest.approx(0.4)
    assert found_.low == pytest.approx(0.1511, abs=2e-3)
    assert found_.high == pytest.approx(0.6489, abs=2e-3)


def test_few_pairs_and_one_verdict_say_nothing() -> None:
    assert agreement([("u", "u")] * 9).kappa is None
    assert agreement([("u", "u")] * 30).kappa is None
    assert agreement([]).pairs == 0


@given(st.lists(st.tuples(verdicts, verdicts), max_size=60))
def test_kappa_is_bounded_symmetric_and_one_for_twins(pairs: list[tuple[str, str]]) -> None:
    one = agreement(pairs)
    other = agreement((b, a) for a, b in pairs)
    assert (one.kappa is None) == (other.kappa is None)
    if one.kappa is not None and one.low is not None and one.high is not None:
        assert one.kappa == pytest.approx(other.kappa)
        assert -1 <= one.low <= one.kappa + 1e-9
        assert one.kappa <= one.high + 1e-9 <= 1 + 1e-8
        if one.same == one.pairs:
            assert one.kappa == pytest.approx(1.0)


@pytest.mark.django_db
def test_a_golden_item_looks_like_any_other_and_leads_to_nothing(now: datetime) -> None:
    number = report(now, fingerprints=picture("a"), words="please look")
    found(number, person("anna"), now)
    run_worker_round(now)
    before = Message.objects.count()
    actions.make_golden(number=number, actor=person("quin"), at=now)
    actions.plant(number=number, actor=person("quirin"), at=now)
    [planted] = [row.number for row in queries.queue().rows]
    view = queries.item(planted)
    assert view.url == queries.item(number).url
    assert view.reports[0].words == "please look"
    assert "golden" not in repr(view.history)
    found(planted, person("ben"), now)
    assert queries.item(planted).state is ItemState.UNLAWFUL
    assert queries.item(planted).findings[0].own_entry_id is None
    assert Message.objects.count() == before
    [golden] = queries.golden()
    assert (golden.planted, golden.answered, golden.right) == (1, 1, 1)
    page = queries.quality(since=now - DAY, until=now + DAY)
    assert [(p.name, p.golden, p.golden_right) for p in page.people if p.golden] == [("ben", 1, 1)]


@pytest.mark.django_db
def test_a_golden_item_is_never_corrected_and_takes_no_reports(now: datetime) -> None:
    number = report(now, fingerprints=picture("a"))
    anna = person("anna")
    found(number, anna, now)
    actions.make_golden(number=number, actor=anna, at=now)
    actions.plant(number=number, actor=anna, at=now)
    planted = Item.objects.get(golden__isnull=False).number
    found(planted, anna, now, NOT_UNLAWFUL)
    with pytest.raises(MoveRefused):
        actions.correct(number=planted, why="no", actor=anna, at=now)
    report(now)
    assert queries.item(number).report_count == 2
    assert queries.item(planted).report_count == 1
    actions.retire(number=number, actor=anna, at=now)
    with pytest.raises(UnknownItem):
        actions.plant(number=number, actor=anna, at=now)


@pytest.mark.django_db
def test_only_what_is_decided_can_be_golden(now: datetime) -> None:
    with pytest.raises(MoveRefused):
        actions.make_golden(number=report(now), actor=person("quin"), at=now)


@pytest.mark.django_db
def test_second_looks_are_counted_pair_by_pair(now: datetime) -> None:
    two_must_agree(now)
    anna, ben, cleo = person("anna"), person("ben"), person("cleo")
    for n in range(12):
        number = report(now, f"https://a.example/{n}")
        found(number, anna, now)
        second = UNLAWFUL if n else NOT_UNLAWFUL
        actions.review(number=number, finding=second, actor=ben, at=now)
        if not n:
            actions.review(number=number, finding=NOT_UNLAWFUL, actor=cleo, at=now)
    page = queries.quality(since=now - DAY, until=now + DAY)
    assert (page.second.pairs, page.second.same) == (12, 11)
    assert (page.settled_for_first, page.settled_for_second) == (0, 1)
    [row] = [p for p in page.people if p.name == "anna"]
    assert (row.reviewed, row.upheld) == (12, 11)
    assert queries.quality(since=now + DAY, until=now + 2 * DAY).second.pairs == 0
