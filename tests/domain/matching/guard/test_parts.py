"""Sketches, recent hashes and the rules of the guard, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.sketch import Sketch
from tocsin.domain.matching.guard.types import (
    GOOD_STANDING,
    LIMITS,
    Sign,
    Standing,
    Step,
    Totals,
)
from tocsin.engine.index import Recent

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
ACTION = LIMITS[Tier.ACTION]
digests = st.lists(st.integers(0, 2**64 - 1), max_size=200)


def sketch_of(numbers: list[int]) -> Sketch:
    made = Sketch()
    made.add(np.array(numbers, np.uint64))
    return made


@pytest.mark.parametrize("count", [0, 1, 40, 1_000, 30_000, 1_000_000])
def test_a_sketch_counts_different_numbers_within_ten_percent(count: int) -> None:
    numbers = np.random.default_rng(count).integers(0, 2**64, count, np.uint64)
    made = Sketch()
    made.add(numbers)
    made.add(numbers)
    assert made.estimate() == pytest.approx(count, rel=0.1, abs=1)


@given(digests, digests)
def test_merging_is_counting_both_in_any_order(left: list[int], right: list[int]) -> None:
    merged = sketch_of(left)
    merged.merge(sketch_of(right))
    assert merged.as_text() == sketch_of(right + left).as_text()
    assert Sketch(merged.as_text()).estimate() == merged.estimate()


@given(digests)
def test_few_at_once_and_many_are_counted_alike(numbers: list[int]) -> None:
    numbers += [0, 1, 2**54 - 1, 2**53, 2**53 + 1, 2**64 - 1]
    one_by_one = Sketch()
    for number in numbers:
        one_by_one.add(np.array([number], np.uint64))
    assert one_by_one.as_text() == sketch_of(numbers * 4).as_text()


@pytest.mark.parametrize("text", ["AAAA", "no base64 at all"])
def test_a_text_that_is_no_sketch_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"registers|base64|padding|character"):
        Sketch(text)


def test_recent_hashes_know_their_near_identical_ones_and_no_others() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(0, 2**64, (4_000, 4), np.uint64)
    recent = Recent()
    recent.add(words)
    other = words.copy()
    other[:, 0] ^= np.uint64(0b1111_0000_1111)
    assert recent.seen(other).mean() > 0.99
    assert not recent.seen(rng.integers(0, 2**64, (4_000, 4), np.uint64)).any()
    assert len(recent.near(other[7], 8)) == 1


def test_hashes_that_crawl_are_a_run_and_a_thousand_pictures_are_none() -> None:
    rng = np.random.default_rng(2)
    honest, crawling = Recent(), Recent()
    honest.add(rng.integers(0, 2**64, (8_192, 4), np.uint64))
    word = rng.integers(0, 2**64, (1, 4), np.uint64)
    walk = np.repeat(word, 8_192, axis=0)
    walk[:, 1] ^= np.arange(8_192, dtype=np.uint64)
    crawling.add(walk)
    assert honest.run_share() == 0
    assert crawling.run_share() > rules.RUN_SHARE


def test_an_honest_host_of_ten_million_uploads_a_day_stands_open() -> None:
    day = Totals(10_000_000, 60_000_000, 4_000, asked=280_000_000, matched=100_000)
    assert rules.judge(day, ACTION) == (Step.OPEN, None)
    assert rules.judge(replace(day, closed_balls=40), ACTION) == (Step.NOTICED, Sign.EDGES)


@pytest.mark.parametrize(
    ("totals", "step", "sign"),
    [
        (Totals(), Step.OPEN, None),
        (Totals(closed_balls=1), Step.NOTICED, Sign.EDGES),
        (Totals(closed_balls=5), Step.SLOWED, Sign.EDGES),
        (Totals(closed_balls=13), Step.PAUSED, Sign.EDGES),
        (Totals(asked_today=100, matched_today=60, asked=100, matched=60), "noticed", "matches"),
        # However many: who wants to stop a host would only have to upload listed files to it.
        (Totals(asked_today=300, matched_today=220, asked=300, matched=220), "noticed", "matches"),
        (Totals(asked=50_000, matched=40_000), Step.NOTICED, Sign.MATCHES),
        (Totals(asked=5_000, matched=850, closed_balls=5), Step.SLOWED, Sign.EDGES),
        (Totals(hashes_today=85_000_000), Step.NOTICED, Sign.HASHES),
        (Totals(asked_today=10_000, run_share=0.8), Step.NOTICED, Sign.RUN),
    ],
)
def test_what_shows_too_much_has_a_consequence(
    totals: Totals, step: Step, sign: Sign | None
) -> None:
    assert rules.judge(totals, ACTION) == (step, sign)


def test_a_hotline_that_checks_what_was_reported_is_not_stopped() -> None:
    reported = Totals(asked_today=2_000, matched_today=1_400, asked=20_000, matched=14_000)
    assert rules.judge(reported, LIMITS[Tier.DETAIL])[0] is Step.OPEN
    own = rules.limits_of(ACTION, daily_matches=5_000)
    assert rules.judge(reported, own)[0] is Step.OPEN


def test_a_day_is_spent_until_midnight_and_no_longer() -> None:
    limits = rules.limits_of(ACTION, daily_hashes=1_000)
    assert rules.spent_until(Totals(hashes_today=1_000), limits, AT) is None
    until = rules.spent_until(Totals(hashes_today=1_001), limits, AT)
    assert until == datetime(2026, 3, 4, tzinfo=UTC)
    assert Standing(spent_until=until).at(until) == Standing()


steps = st.sampled_from(Step)


@given(steps, steps)
def test_a_guard_makes_a_standing_worse_and_never_better(was: Step, asked_for: Step) -> None:
    standing = Standing(was, Sign.EDGES, AT, None)
    worse = rules.raised(standing, asked_for, Sign.RUN, AT)
    if asked_for.weight <= was.weight:
        assert worse is None
    else:
        assert worse is not None
        assert worse.step is asked_for


def test_that_no_more_matches_are_told_is_said_once_a_window() -> None:
    noticed = Standing(Step.NOTICED, Sign.EDGES, AT)
    told = rules.raised(noticed, Step.NOTICED, Sign.MATCHES, AT)
    assert told == Standing(Step.NOTICED, Sign.MATCHES, AT)
    assert rules.raised(told, Step.NOTICED, Sign.MATCHES, AT + timedelta(days=27)) is None
    assert rules.raised(told, Step.NOTICED, Sign.EDGES, AT + timedelta(days=40)) is None
    again = rules.raised(told, Step.NOTICED, Sign.MATCHES, AT + timedelta(days=28))
    assert again is not None
    assert rules.raised(Standing(Step.SLOWED), Step.NOTICED, Sign.MATCHES, AT) is None


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 1_000_000))
def test_a_key_is_noticed_for_matches_once_none_are_left_to_tell(
    today: int, before: int, asked: int
) -> None:
    found = Totals(asked_today=asked, matched_today=today, asked=2 * asked, matched=today + before)
    if rules.judge(found, ACTION)[1] is Sign.MATCHES:
        assert rules.left_to_tell(found, ACTION) == 0


def test_a_slowed_key_is_let_go_after_a_day_and_a_paused_one_never() -> None:
    slowed = rules.raised(GOOD_STANDING, Step.SLOWED, Sign.EDGES, AT)
    paused = rules.raised(GOOD_STANDING, Step.PAUSED, Sign.EDGES, AT)
    assert slowed is not None
    assert paused is not None
    assert slowed.at(AT + timedelta(hours=23)).step is Step.SLOWED
    assert slowed.at(AT + timedelta(hours=24)).step is Step.NOTICED
    assert paused.at(AT + timedelta(days=400)).step is Step.PAUSED


@given(st.integers(0, 60))
def test_a_ball_is_wider_than_the_radius_and_keeps_clear_of_unrelated_pictures(radius: int) -> None:
    assert min(radius + 1, 60) <= rules.ball_bits(radius) <= 60
