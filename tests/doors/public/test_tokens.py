"""Tokens, passes, proof of work and counts: what strangers may send is never more than refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tocsin.doors.public import limits, tokens, work
from tocsin.doors.public.tokens import Purpose, TooOld, WrongToken

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
# The keys of a test are the same for all its examples.
ONE_FOLDER = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(st.text(max_size=300))
@ONE_FOLDER
def test_no_text_of_a_stranger_is_a_token(text: str) -> None:
    with pytest.raises(WrongToken):
        tokens.read(text, Purpose.REPORT, lasts=HOUR, at=NOW)
    with pytest.raises(WrongToken):
        tokens.read_pass(text, at=NOW)


@given(st.integers(0, 120), st.characters(codec="ascii"))
@ONE_FOLDER
def test_a_token_changed_in_one_place_is_none(place: int, letter: str) -> None:
    made = tokens.make(Purpose.REPORT, bits=15, at=NOW).text
    place %= len(made)
    changed = made[:place] + letter + made[place + 1 :]
    if changed != made:
        with pytest.raises(WrongToken):
            tokens.read(changed, Purpose.REPORT, lasts=HOUR, at=NOW)


@given(st.integers(-7_200, 7_200))
@ONE_FOLDER
def test_a_token_holds_for_its_time(seconds: int) -> None:
    made = tokens.make(Purpose.LOOK, bits=15, at=NOW)
    at = NOW + timedelta(seconds=seconds)
    if -60 <= seconds <= 3_600:
        assert tokens.read(made.text, Purpose.LOOK, lasts=HOUR, at=at) == made
    else:
        with pytest.raises(TooOld):
            tokens.read(made.text, Purpose.LOOK, lasts=HOUR, at=at)


def test_no_two_tokens_have_a_number() -> None:
    assert len({tokens.make(Purpose.REPORT, bits=15, at=NOW).number for _ in range(500)}) == 500


def test_a_token_tells_nothing_when_it_is_printed() -> None:
    made = tokens.make(Purpose.REPORT, bits=15, at=NOW)
    assert made.number not in repr(made)
    assert made.text not in repr(made)


def test_a_pass_holds_for_half_an_hour() -> None:
    made = tokens.make_pass(7, at=NOW)
    assert tokens.read_pass(made, at=NOW + timedelta(minutes=30)) == 7
    with pytest.raises(TooOld):
        tokens.read_pass(made, at=NOW + timedelta(minutes=31))


def test_work_that_is_done_holds_for_its_token_only() -> None:
    made, other = (tokens.make(Purpose.REPORT, bits=8, at=NOW) for _ in range(2))
    done = work.solve(made)
    assert work.is_done(made, done)
    assert not work.is_done(other, done)
    first, *others = done.split(",")
    assert not work.is_done(made, ",".join(others))
    assert not work.is_done(made, ",".join([*others, first]))
    assert not work.is_done(made, done + ",1")


@given(st.text(max_size=60))
@ONE_FOLDER
def test_nothing_that_strangers_make_up_is_work(text: str) -> None:
    made = tokens.make(Purpose.REPORT, bits=30, at=NOW)
    assert not work.is_done(made, text)


@given(st.integers(-5, 10**7))
def test_the_load_makes_it_harder_within_bounds(load: int) -> None:
    assert work.LEAST_BITS <= work.bits_for(load) <= work.MOST_BITS
    assert work.bits_for(load) <= work.bits_for(2 * abs(load) + 1)


def test_when_it_is_calm_it_is_easy() -> None:
    assert [work.bits_for(n) for n in (0, 99, 100, 200, 400, 10**6)] == [15, 15, 16, 17, 18, 19]


class Turned:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_is_counted_for_an_hour_and_by_nothing_that_names_them() -> None:
    clock = Turned()
    counts = limits.HourlyCount(clock)
    assert [counts.add("form", "192.0.2.7") for _ in range(3)] == [1, 2, 3]
    assert counts.add("form", "192.0.2.8") == 1
    assert counts.add("draft", "192.0.2.7") == 1
    assert "192.0.2.7" not in repr(vars(counts))
    salt = vars(counts)["_salt"]
    clock.now = 3_600.0
    assert counts.add("form", "192.0.2.7") == 1
    assert vars(counts)["_salt"] != salt


def test_all_together_are_counted_by_the_minute() -> None:
    clock = Turned()
    count = limits.MinuteCount(10, clock)
    assert [count.take() for _ in range(12)] == [True] * 10 + [False] * 2
    clock.now = 6.1
    assert [count.take() for _ in range(2)] == [True, False]
    clock.now = 600.0
    assert [count.take() for _ in range(11)] == [True] * 10 + [False]
