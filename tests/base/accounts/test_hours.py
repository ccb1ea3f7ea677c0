"""Working hours: by weekday, over midnight, and who lets somebody in otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.base.accounts import actions, queries
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.rules import Hours, hours_allow, hours_end
from tocsin.base.accounts.types import Role
from tocsin.base.audit.types import Actor

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MANAGER = Actor("user", "1")
DAY = {0: (time(9), time(17))}
NIGHT = {0: (time(22), time(6))}


@pytest.mark.parametrize(
    ("hours", "hour", "allowed"),
    [
        (DAY, 8.99, False),
        (DAY, 9, True),
        (DAY, 16.99, True),
        (DAY, 17, False),
        (DAY, 24 + 10, False),
        (NIGHT, 5, False),
        (NIGHT, 22, True),
        (NIGHT, 24 + 5.99, True),
        (NIGHT, 24 + 6, False),
        (NIGHT, 24 + 22, False),
    ],
)
def test_hours_hold_to_the_minute(
    hours: dict[int, tuple[time, time]], hour: float, allowed: bool
) -> None:
    kept = {day: Hours(*told) for day, told in hours.items()}
    assert hours_allow(kept, MONDAY + timedelta(hours=hour)) is allowed


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.integers(0, 6), st.tuples(st.integers(0, 23), st.integers(0, 23))),
    st.integers(0, 7 * 24 * 60 - 1),
)
def test_a_moment_is_allowed_exactly_when_some_shift_covers_it(
    told: dict[int, tuple[int, int]], minute: int
) -> None:
    kept = {day: Hours(time(b), time(e)) for day, (b, e) in told.items() if b != e}
    covered = set()
    for day, hours in kept.items():
        begins = (day * 24 + hours.begins.hour) * 60
        length = (hours.ends.hour - hours.begins.hour) % 24 * 60
        covered |= {(begins + n) % (7 * 24 * 60) for n in range(length)}
    assert hours_allow(kept, MONDAY + timedelta(minutes=minute)) == (minute in covered)


@pytest.fixture
def ada(db: None) -> Person:
    return Person.objects.create(username="ada", role=Role.ANALYST)


def test_whoever_has_no_hours_may_always_come(ada: Person) -> None:
    assert queries.may_work(person_id=ada.pk, at=MONDAY, zone=UTC)


def test_the_clock_is_that_of_the_organisation(ada: Person) -> None:
    actions.set_hours(person_id=ada.pk, hours=DAY, actor=MANAGER, at=MONDAY)
    early = MONDAY + timedelta(hours=8, minutes=30)
    assert not queries.may_work(person_id=ada.pk, at=early, zone=UTC)
    assert queries.may_work(person_id=ada.pk, at=early, zone=ZoneInfo("Europe/Amsterdam"))


def test_a_manager_lets_somebody_in_for_a_while_and_says_why(ada: Person) -> None:
    actions.set_hours(person_id=ada.pk, hours=DAY, actor=MANAGER, at=MONDAY)
    with pytest.raises(actions.WhyNeeded):
        actions.admit(person_id=ada.pk, hours=4, why=" ", actor=MANAGER, at=MONDAY)
    until = actions.admit(person_id=ada.pk, hours=99, why="a live one", actor=MANAGER, at=MONDAY)
    assert until == MONDAY + timedelta(hours=24)
    sunday = MONDAY + timedelta(hours=3)
    assert queries.may_work(person_id=ada.pk, at=sunday, zone=UTC)
    assert not queries.may_work(person_id=ada.pk, at=MONDAY + timedelta(days=2), zone=UTC)
    [row] = queries.everybodys_hours(at=MONDAY)
    assert row.admitted_until == until


def test_hours_can_be_taken_away_again(ada: Person) -> None:
    actions.set_hours(person_id=ada.pk, hours=DAY, actor=MANAGER, at=MONDAY)
    actions.set_hours(person_id=ada.pk, hours={}, actor=MANAGER, at=MONDAY)
    assert queries.may_work(person_id=ada.pk, at=MONDAY, zone=UTC)


def test_what_cannot_be_is_refused(ada: Person) -> None:
    with pytest.raises(actions.UnusableHours):
        actions.set_hours(person_id=ada.pk, hours={0: (time(9), time(9))}, actor=MANAGER, at=MONDAY)
    with pytest.raises(actions.NobodyThere):
        actions.set_hours(person_id=9_999, hours=DAY, actor=MANAGER, at=MONDAY)
    with pytest.raises(actions.NobodyThere):
        actions.admit(person_id=9_999, hours=1, why="x", actor=MANAGER, at=MONDAY)


@pytest.mark.parametrize(
    ("now_local", "ends"),
    [
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), datetime(2026, 3, 2, 17, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 3, 23, 0, tzinfo=UTC), datetime(2026, 3, 4, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 4, 5, 59, tzinfo=UTC), datetime(2026, 3, 4, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 4, 6, 0, tzinfo=UTC), None),
    ],
)
def test_the_end_of_a_shift_is_told_over_midnight_too(
    now_local: datetime, ends: datetime | None
) -> None:
    hours = {0: Hours(time(9), time(17)), 1: Hours(time(22), time(6))}
    assert hours_end(hours, now_local) == ends
    assert hours_allow(hours, now_local) is (ends is not None)
