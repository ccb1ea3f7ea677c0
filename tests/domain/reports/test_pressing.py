"""Why an item is pressing, in weights that managers change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.desk import NOT_UNLAWFUL, UNLAWFUL, found, party, person, picture, report
from tests.support import run_worker_round
from tocsin.domain.reports import actions, pressing, queries
from tocsin.domain.reports.desk_types import (
    DeskRules,
    ReasonNeeded,
    SetupMovedOn,
    SkipReason,
    UnusableSetup,
)
from tocsin.domain.reports.types import ItemState, ReasonCode

HOUR = timedelta(hours=1)
DEFAULTS = {code.value: points for code, points in pressing.DEFAULT_WEIGHTS.items()}


def codes(number: str) -> set[ReasonCode]:
    return {reason.code for reason in queries.item(number).why}


def order() -> list[str]:
    return [row.number for row in queries.queue().rows]


moments = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(st.integers(-500, 2_000), st.integers(-500, 2_000), moments, moments)
def test_the_stored_rank_orders_as_points_and_waiting_would(
    one: int, two: int, since: datetime, since_too: datetime
) -> None:
    at = datetime(2027, 2, 1, tzinfo=UTC)

    def exact(points: int, begun: datetime) -> float:
        return points + 3 * ((at - begun) / HOUR)

    if abs(exact(one, since) - exact(two, since_too)) > 1:
        stored = pressing.rank(one, since) > pressing.rank(two, since_too)
        assert stored == (exact(one, since) > exact(two, since_too))


def test_every_reason_has_a_weight() -> None:
    assert set(pressing.DEFAULT_WEIGHTS) == set(ReasonCode)
    assert pressing.usable(DEFAULTS) == pressing.DEFAULT_WEIGHTS


@pytest.mark.parametrize(("code", "points"), [("live", 10_001), ("live", -5_001), ("waiting", -1)])
def test_a_weight_out_of_bounds_is_named(code: str, points: int) -> None:
    with pytest.raises(UnusableSetup) as refused:
        pressing.usable({**DEFAULTS, code: points})
    assert refused.value.field == code


@pytest.mark.django_db
def test_a_flood_does_not_starve_what_came_before(now: datetime) -> None:
    old = report(now, "https://a.example/old")
    later = now + timedelta(days=4)
    for n in range(5):
        report(later, f"https://b.example/{n}", fingerprints=picture(str(n)))
    assert order()[0] == old


@pytest.mark.django_db
def test_what_happens_now_is_first_and_has_an_hour(now: datetime) -> None:
    report(now, "https://a.example/1")
    live = report(now, "https://a.example/2", live=True)
    assert order()[0] == live
    assert queries.item(live).decide_by == now + HOUR
    run_worker_round(now + 61 * timedelta(minutes=1))
    assert ReasonCode.OVERDUE in codes(live)


@pytest.mark.django_db
def test_an_analyst_can_say_that_it_happens_now(now: datetime) -> None:
    number = report(now)
    actions.set_live(number=number, actor=person("anna"), at=now + HOUR)
    actions.set_live(number=number, actor=person("ben"), at=now + 2 * HOUR)
    assert queries.item(number).decide_by == now + 2 * HOUR
    assert ReasonCode.LIVE in codes(number)


@pytest.mark.django_db
def test_the_form_without_script_waits_in_the_slow_lane_until_another_reports(
    now: datetime,
) -> None:
    number = report(now, slow=True)
    assert ReasonCode.SLOW_LANE in codes(number)
    report(now, slow=False)
    assert ReasonCode.SLOW_LANE not in codes(number)


@pytest.mark.django_db
def test_a_site_with_findings_is_more_pressing(now: datetime) -> None:
    found(report(now, "https://img.bad.example/1"), person("anna"), now)
    assert ReasonCode.SITE_KNOWN in codes(report(now, "https://img.bad.example/2"))
    assert ReasonCode.SITE_KNOWN not in codes(report(now, "https://img.good.example/2"))


@pytest.mark.django_db
def test_a_source_earns_its_standing_and_loses_it(now: datetime) -> None:
    source, anna = party(now), person("anna")
    numbers = [report(now, f"https://a.example/{n}", party_id=source) for n in range(5)]
    for number in numbers:
        found(number, anna, now)
    good = report(now, "https://a.example/next", party_id=source)
    assert ReasonCode.GOOD_SOURCE in codes(good)
    for number in numbers:
        actions.correct(number=number, why="wrong", actor=anna, at=now)
    for n in range(15):
        found(report(now, f"https://b.example/{n}", party_id=source), anna, now, NOT_UNLAWFUL)
    poor = report(now, "https://a.example/last", party_id=source)
    assert ReasonCode.POOR_SOURCE in codes(poor)


@pytest.mark.django_db
def test_reports_of_bad_faith_count_no_more_and_nothing_is_lost(now: datetime) -> None:
    first = report(now, "https://a.example/1", batch="visit-1")
    report(now, "https://a.example/2", batch="visit-1")
    both = report(now, "https://a.example/2")
    with pytest.raises(ReasonNeeded):
        actions.set_batch_aside(batch="visit-1", why="", actor=person("mia"), at=now)
    n = actions.set_batch_aside(batch="visit-1", why="spam", actor=person("mo"), at=now)
    assert n == 2
    assert actions.set_batch_aside(batch="visit-1", why="spam", actor=person("mi"), at=now) == 0
    assert order() == [both, first]
    assert queries.item(first).state is ItemState.NEW
    assert queries.item(both).report_count == 1


@pytest.mark.django_db
def test_new_weights_put_the_queue_in_their_order(now: datetime) -> None:
    plain = report(now, "https://a.example/1")
    pictured = report(now, "https://a.example/2", fingerprints=picture("a"))
    assert order() == [pictured, plain]
    asked = {**DEFAULTS, "new_to_lists": -100}
    mia = person("mia")
    [first, _second] = queries.dry_view(pressing.usable(asked))
    assert (first.number, first.place_now, first.place_then) == (plain, 2, 1)
    assert order() == [pictured, plain]
    assert actions.set_weights(asked=asked, after=0, why="try", actor=mia, at=now) == 1
    run_worker_round(now)
    assert order() == [plain, pictured]


@pytest.mark.django_db
def test_two_managers_at_once_are_told(now: datetime) -> None:
    mia = person("mia")
    actions.set_weights(asked=DEFAULTS, after=0, why="one", actor=mia, at=now)
    with pytest.raises(SetupMovedOn):
        actions.set_weights(asked=DEFAULTS, after=0, why="two", actor=mia, at=now)
    with pytest.raises(ReasonNeeded):
        actions.set_weights(asked=DEFAULTS, after=1, why="", actor=mia, at=now)
    assert [one.why for one in queries.setup_versions("weights")] == ["one"]


@pytest.mark.django_db
def test_the_rules_of_the_desk_come_back_as_they_were_set(now: datetime) -> None:
    desk = DeskRules(second_for_new=True, police_hold=6 * HOUR, question_sets=("inhope",))
    actions.set_rules(desk=desk, after=0, why="as agreed", actor=person("mia"), at=now)
    assert queries.desk_rules() == desk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "desk"),
    [
        ("police_hold", DeskRules(police_hold=80 * HOUR)),
        ("longest_hold", DeskRules(longest_hold=timedelta(days=15))),
        ("question_sets", DeskRules(question_sets=("nonsense",))),
    ],
)
def test_rules_that_cannot_be_are_refused(now: datetime, field: str, desk: DeskRules) -> None:
    with pytest.raises(UnusableSetup) as refused:
        actions.set_rules(desk=desk, after=0, why="why", actor=person("mia"), at=now)
    assert refused.value.field == field


@pytest.mark.django_db
def test_what_somebody_put_back_today_is_offered_to_others_only(now: datetime) -> None:
    number, anna, ben = report(now), person("anna"), person("ben")
    first = actions.take_next(actor=anna, at=now)
    assert first is not None
    actions.skip(number=number, reason=SkipReason.TOO_HARD, actor=anna, at=now)
    assert actions.take_next(actor=anna, at=now + HOUR) is None
    assert queries.my_day(actor=anna, at=now).skips == 1
    taken = actions.take_next(actor=ben, at=now + HOUR)
    assert taken is not None
    assert queries.my_day(actor=ben, at=now + HOUR).held == (number,)
    actions.give_back(number=number, actor=ben, at=now + HOUR)
    assert actions.take_next(actor=anna, at=now + timedelta(days=1)) is not None


@pytest.mark.django_db
def test_a_day_is_counted_for_whoever_worked(now: datetime) -> None:
    anna = person("anna")
    found(report(now), anna, now, UNLAWFUL)
    assert queries.my_day(actor=anna, at=now).findings["unlawful"] == 1
    assert queries.my_day(actor=person("ben"), at=now).findings["unlawful"] == 0
