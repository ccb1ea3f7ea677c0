"""Half-years, their change, indicators and bands: from facts made by hand, and as published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.figures import rules
from tocsin.domain.figures.types import ItemFact, Origin, Period, Section, Verdict, WrongPeriod

NOW = datetime(2022, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def fact(item: int = 1, **more: object) -> ItemFact:
    plain = ItemFact(item, NOW, Origin.PUBLIC, 1, Verdict.UNLAWFUL, decided_at=NOW + HOUR)
    return replace(plain, **more)  # type: ignore[arg-type]


def value(section: Section, label: str) -> float | None:
    [line] = [line for line in section.lines if line.label == label]
    return line.value


def change(section: Section, label: str) -> float | None:
    [line] = [line for line in section.lines if line.label == label]
    return line.change_percent


def test_the_published_fall_of_the_first_half_of_2022_comes_out() -> None:
    # As told by the Dutch hotline: anonymous reports and those of foreign hotlines.
    before = [fact(1, reports=129_000), fact(2, origin=Origin.HOTLINE, reports=126_000)]
    now = [fact(3, reports=8_100), fact(4, origin=Origin.HOTLINE, reports=29_000)]
    [_, origin, *_] = rules.half_year_sections(now, before, "NL")
    assert origin.code == "origin"
    assert change(origin, "public") == -93.7
    assert change(origin, "hotline") == -77.0
    assert value(origin, "public") == 8_100


def test_a_half_year_is_that_of_the_organisations_zone() -> None:
    period = rules.half_year(2022, 1)
    assert period == Period(date(2022, 1, 1), date(2022, 6, 30))
    zone = ZoneInfo("Europe/Amsterdam")
    last = fact(1, reported_at=datetime(2022, 6, 30, 21, 59, tzinfo=UTC))
    first_of_next = fact(2, reported_at=datetime(2022, 6, 30, 22, 0, tzinfo=UTC))
    first = fact(3, reported_at=datetime(2021, 12, 31, 23, 0, tzinfo=UTC))
    found = rules.reported_in([last, first_of_next, first], period, zone)
    assert [one.item for one in found] == [1, 3]
    assert rules.half_year(2022, 2).last == date(2022, 12, 31)


def test_the_same_period_of_the_year_before_knows_leap_years() -> None:
    period = Period(date(2024, 2, 1), date(2024, 2, 29))
    assert rules.same_period_before(period) == Period(date(2023, 2, 1), date(2023, 2, 28))
    with pytest.raises(WrongPeriod, match="before the first"):
        Period(date(2024, 2, 2), date(2024, 2, 1))
    with pytest.raises(WrongPeriod, match="second half"):
        rules.half_year(2024, 3)


def test_what_was_found_wrong_later_is_unlawful_in_no_figure() -> None:
    facts = [fact(1), fact(2, corrected=True), fact(3, verdict=Verdict.NOT_UNLAWFUL)]
    decisions = rules.half_year_sections(facts, [], "NL")[2]
    assert value(decisions, "unlawful") == 1
    assert value(decisions, "decided") == 3
    assert value(decisions, "unlawful_percent") == 33.3


def test_the_three_legs_of_a_notice_and_who_came_to_the_police_in_time() -> None:
    facts = [
        fact(1, police_at=NOW + 2 * HOUR, notice_at=NOW + HOUR, first_gone_at=NOW + 11 * HOUR),
        fact(2, police_at=NOW + 5 * DAY, notice_at=NOW + 3 * HOUR, first_gone_at=NOW + 9 * HOUR),
        fact(3, notice_at=NOW + 2 * HOUR, last_present_at=NOW + 30 * HOUR),
    ]
    section = rules.inhope_section(facts, [])
    assert value(section, "to_police_within_3_days_percent") == 33.3
    assert value(section, "received_to_host_median_hours") == 2
    # One is still there: half are gone at the second removal.
    assert value(section, "host_to_removed_median_hours") == 10


def test_a_band_counts_what_is_still_online_and_not_what_is_too_new() -> None:
    until = NOW + 10 * DAY
    facts = [
        fact(1, country="NL", notice_at=NOW, first_gone_at=NOW + DAY),
        fact(2, country="NL", notice_at=NOW, last_present_at=NOW + 9 * DAY),
        fact(3, country="NL", notice_at=NOW + 9 * DAY, last_present_at=until),
        fact(4, country="US", notice_at=NOW, first_gone_at=NOW + 6 * DAY),
    ]
    section = rules.band_section(facts, [], "NL", until)
    assert value(section, "home_within_2_days_percent") == 50.0
    assert value(section, "abroad_within_7_days_percent") == 100.0
    assert value(section, "abroad_within_28_days_percent") is None
    assert value(section, "handling_mean_days") == 3.5


def test_the_monitor_tells_late_from_never_and_who_is_too_small() -> None:
    until = NOW + 40 * DAY
    quick = [
        fact(
            n,
            hoster="hoster:1",
            notice_at=NOW,
            last_present_at=NOW + HOUR,
            first_gone_at=NOW + 2 * HOUR,
        )
        for n in range(30)
    ]
    never = [
        fact(n, hoster="hoster:2", notice_at=NOW, last_present_at=until - HOUR, notices=5)
        for n in range(30, 55)
    ]
    small = [fact(60, hoster="hoster:3", notice_at=NOW, first_gone_at=NOW + HOUR)]
    back = [
        fact(
            61,
            hoster="hoster:1",
            notice_at=NOW,
            first_gone_at=NOW + HOUR,
            back_at=NOW + 20 * DAY,
            networks=3,
        )
    ]
    first, second, third = rules.monitor([*quick, *never, *small, *back], until)
    assert (first.hoster, first.notices, first.enough) == ("hoster:1", 31, True)
    assert first.median.value == 2
    assert first.median.earliest == 1
    assert first.recidivism.count == 1
    assert first.hops == 2
    assert (second.hoster, second.still_online, second.median.value) == ("hoster:2", 25, None)
    assert second.ignored.count == 25
    assert second.within[2].share == 0
    assert (third.hoster, third.enough) == ("hoster:3", False)


def test_a_notice_after_the_end_of_the_time_looked_at_does_not_count() -> None:
    latest, _, gone = rules.removal_times(
        [fact(1, notice_at=NOW + DAY), fact(2, notice_at=NOW, first_gone_at=NOW + 2 * DAY)],
        NOW + DAY,
    )
    assert gone.tolist() == [False]
    assert latest.tolist() == [0.0]


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_change_takes_one_number_to_the_other(now: int, before: int) -> None:
    percent = rules.change_percent(now, before)
    if not before:
        assert percent is None
    else:
        assert percent is not None
        assert before * (1 + percent / 100) == pytest.approx(now, abs=before / 1_999 + 1e-9)


@given(st.lists(st.sampled_from(list(Origin)), max_size=30))
def test_origins_add_up_to_all_reports(origins: list[Origin]) -> None:
    facts = [fact(n, origin=origin, reports=n + 1) for n, origin in enumerate(origins)]
    reports, origin, *_ = rules.half_year_sections(facts, [], "NL")
    assert sum(line.value or 0 for line in origin.lines) == value(reports, "reports")
