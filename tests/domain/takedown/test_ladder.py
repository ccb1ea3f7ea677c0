"""The ladder as data: who is due when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.takedown import ladder
from tocsin.domain.takedown.types import Rung, Step, Where

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOURS = st.one_of(st.none(), st.integers(0, 200))


def test_the_default_can_be_kept_and_tells_the_hoster_at_once() -> None:
    assert ladder.problems(ladder.DEFAULT) == {}
    assert ladder.due(ladder.DEFAULT, Where.HOME, timedelta(0)) == [Rung.HOSTER]
    assert ladder.due(ladder.DEFAULT, Where.ABROAD, timedelta(0)) == [Rung.HOSTER]
    assert ladder.due(ladder.DEFAULT, Where.HANDED_OVER, timedelta(0)) == [Rung.HOTLINE]


def test_at_home_it_goes_from_the_hoster_to_the_regulator() -> None:
    assert ladder.due(ladder.DEFAULT, Where.HOME, timedelta(days=9)) == [
        Rung.HOSTER,
        Rung.SITE_OWNER,
        Rung.UPSTREAM,
        Rung.REGISTRAR,
        Rung.REGULATOR,
    ]


def test_abroad_no_regulator_of_ours_is_asked_and_nothing_is_left_out_else() -> None:
    for place in (Where.ABROAD, Where.HANDED_OVER):
        due = ladder.due(ladder.DEFAULT, place, timedelta(days=30))
        assert Rung.REGULATOR not in due
        assert {Rung.HOSTER, Rung.SITE_OWNER, Rung.UPSTREAM, Rung.REGISTRAR} <= set(due)


@pytest.mark.parametrize(
    ("country", "partner", "expected"),
    [
        ("NL", False, Where.HOME),
        ("NL", True, Where.HOME),
        ("", True, Where.HOME),
        ("DE", False, Where.ABROAD),
        ("DE", True, Where.HANDED_OVER),
    ],
)
def test_where_a_server_is(country: str, partner: bool, expected: Where) -> None:
    assert ladder.where(country, "NL", partner=partner) is expected


@given(
    st.lists(st.tuples(HOURS, HOURS, HOURS), min_size=6, max_size=6),
    st.sampled_from(Where),
    st.integers(0, 400),
)
def test_the_next_rung_is_the_first_that_is_not_due_yet(
    hours: list[tuple[int | None, int | None, int | None]], place: Where, waited: int
) -> None:
    steps = [
        Step(step.rung, *told, step.remind_hours)
        for step, told in zip(ladder.DEFAULT, hours, strict=True)
    ]
    at = AT + timedelta(hours=waited)
    due = set(ladder.due(steps, place, at - AT))
    following = ladder.next_rung_at(steps, place, AT, at)
    later = {step.rung for step in steps if step.hours(place) is not None} - due
    assert (following is None) == (not later)
    if following is not None:
        assert following > at
        after = set(ladder.due(steps, place, following - AT))
        assert due < after


def changed(rung: Rung, **changes: int | None) -> list[Step]:
    return [
        replace(step, **changes) if step.rung is rung else step  # type: ignore[arg-type]
        for step in ladder.DEFAULT
    ]


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        (changed(Rung.HOSTER, home_hours=4), Rung.HOSTER),
        (changed(Rung.HOSTER, remind_hours=None), Rung.HOSTER),
        (changed(Rung.HOSTER, handed_over_hours=None), Rung.HOSTER),
        (changed(Rung.UPSTREAM, home_hours=-1), Rung.UPSTREAM),
        (changed(Rung.UPSTREAM, remind_hours=0), Rung.UPSTREAM),
        (changed(Rung.REGISTRAR, abroad_hours=99_999), Rung.REGISTRAR),
        (list(ladder.DEFAULT)[1:], "ladder"),
    ],
)
def test_a_ladder_that_lets_the_hoster_wait_cannot_be_kept(steps: list[Step], wrong: str) -> None:
    assert list(ladder.problems(steps)) == [wrong]
