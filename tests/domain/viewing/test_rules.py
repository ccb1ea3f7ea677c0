"""How long anybody may look, to the minute: over midnight, over the change of clocks, in a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.viewing import rules
from tocsin.domain.viewing.rules import LADDER, Standing
from tocsin.domain.viewing.types import Allowance, Limits, Span, Subject, Veil, WhyNot

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LIMITS = Limits()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FREE = Allowance(4 * HOUR, HOUR, timedelta(0))


def at(text: str) -> datetime:
    """A moment on the wall clock in Amsterdam, as UTC; a second `02:30` of a night ends with +."""
    naive = datetime.fromisoformat(text.rstrip("+"))
    return naive.replace(tzinfo=AMSTERDAM, fold=int(text.endswith("+"))).astimezone(UTC)


def spans(*texts: tuple[str, str]) -> list[Span]:
    return [Span(at(start), at(end)) for start, end in texts]


def allowed(now: str, *looks: tuple[str, str], shift_ends: str = "") -> Allowance:
    return rules.allowance(
        spans(*looks),
        at=at(now),
        zone=AMSTERDAM,
        limits=LIMITS,
        shift_ends_at=at(shift_ends) if shift_ends else None,
    )


TABLE: dict[str, tuple[str, list[tuple[str, str]], WhyNot | None, int, int]] = {
    # name: now, looks, why not, minutes looked today, minutes left in a row
    "nobody looked": ("2026-03-03T10:00", [], None, 0, 60),
    "a short look": (
        "2026-03-03T10:10",
        [("2026-03-03T10:00", "2026-03-03T10:10")],
        None,
        10,
        50,
    ),
    "minutes between looks count": (
        "2026-03-03T10:30",
        [("2026-03-03T10:00", "2026-03-03T10:05"), ("2026-03-03T10:14", "2026-03-03T10:30")],
        None,
        30,
        30,
    ),
    "a break of ten minutes begins anew": (
        "2026-03-03T10:30",
        [("2026-03-03T10:00", "2026-03-03T10:05"), ("2026-03-03T10:15", "2026-03-03T10:30")],
        None,
        20,
        45,
    ),
    "an hour in a row": (
        "2026-03-03T11:00",
        [("2026-03-03T10:00", "2026-03-03T11:00")],
        WhyNot.BREAK,
        60,
        0,
    ),
    "nine minutes are no break": (
        "2026-03-03T11:09",
        [("2026-03-03T10:00", "2026-03-03T11:00")],
        WhyNot.BREAK,
        69,
        0,
    ),
    "ten minutes are one": (
        "2026-03-03T11:10",
        [("2026-03-03T10:00", "2026-03-03T11:00")],
        None,
        60,
        60,
    ),
    "four hours are a day": (
        "2026-03-03T18:00",
        [(f"2026-03-03T{h:02}:00", f"2026-03-03T{h:02}:50") for h in (9, 10, 11, 12)]
        + [("2026-03-03T14:00", "2026-03-03T14:40")],
        WhyNot.DAY_IS_OVER,
        240,
        60,
    ),
    "a minute less is not": (
        "2026-03-03T18:00",
        [(f"2026-03-03T{h:02}:00", f"2026-03-03T{h:02}:50") for h in (9, 10, 11, 12)]
        + [("2026-03-03T14:00", "2026-03-03T14:39")],
        None,
        239,
        60,
    ),
    "two windows at once count once": (
        "2026-03-03T10:40",
        [("2026-03-03T10:00", "2026-03-03T10:30"), ("2026-03-03T10:10", "2026-03-03T10:40")],
        None,
        40,
        20,
    ),
    "one window within another": (
        "2026-03-03T10:40",
        [("2026-03-03T10:00", "2026-03-03T10:40"), ("2026-03-03T10:10", "2026-03-03T10:20")],
        None,
        40,
        20,
    ),
    "yesterday is another day": (
        "2026-03-04T09:00",
        [(f"2026-03-03T{h:02}:00", f"2026-03-03T{h:02}:50") for h in (9, 10, 11, 12, 13)],
        None,
        0,
        60,
    ),
    "over midnight each day has its part": (
        "2026-03-04T00:20",
        [("2026-03-03T23:40", "2026-03-04T00:20")],
        None,
        20,
        20,
    ),
    "midnight is no break": (
        "2026-03-04T00:15",
        [("2026-03-03T23:15", "2026-03-04T00:15")],
        WhyNot.BREAK,
        15,
        0,
    ),
    "the night the clocks go forward has an hour less": (
        # 01:30 to 03:30 on the wall is one hour.
        "2026-03-29T03:30",
        [("2026-03-29T01:30", "2026-03-29T03:30")],
        WhyNot.BREAK,
        60,
        0,
    ),
    "the night the clocks go back has an hour more": (
        "2026-10-25T02:40+",
        [("2026-10-25T02:30", "2026-10-25T02:40+")],
        WhyNot.BREAK,
        70,
        0,
    ),
    "a day of 25 hours is one day": (
        "2026-10-25T23:50",
        [("2026-10-25T00:05", "2026-10-25T00:45"), ("2026-10-25T23:20", "2026-10-25T23:50")],
        None,
        70,
        30,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_cap_to_the_minute(case: str) -> None:
    now, looks, why, looked, left_in_a_row = TABLE[case]
    found = allowed(now, *looks)
    assert found.why_not is why
    assert found.looked_today == looked * MINUTE
    assert found.left_in_a_row == left_in_a_row * MINUTE
    assert found.left_today == max(240 - looked, 0) * MINUTE


def test_it_says_when_one_may_look_again() -> None:
    rest = allowed("2026-03-03T11:03", ("2026-03-03T10:00", "2026-03-03T11:00"))
    assert rest.until == at("2026-03-03T11:10")
    day = [(f"2026-03-03T{h:02}:00", f"2026-03-03T{h:02}:50") for h in (9, 10, 11, 12, 13)]
    assert allowed("2026-03-03T20:00", *day).until == at("2026-03-04T00:00")


@pytest.mark.parametrize(
    ("now", "why"),
    [("16:29", None), ("16:30", WhyNot.SHIFT_ENDS), ("17:00", WhyNot.SHIFT_ENDS)],
)
def test_no_pictures_in_the_last_half_hour_of_a_shift(now: str, why: WhyNot | None) -> None:
    found = allowed(f"2026-03-03T{now}", shift_ends="2026-03-03T17:00")
    assert found.why_not is why


@pytest.mark.parametrize(
    "wrong",
    [
        {"a_day": 4 * HOUR + MINUTE},
        {"in_a_row": HOUR + MINUTE},
        {"in_a_row": timedelta(0)},
        {"a_break": 9 * MINUTE},
    ],
)
def test_limits_may_be_stricter_and_never_laxer(wrong: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Limits(**wrong)
    Limits(a_day=2 * HOUR, in_a_row=20 * MINUTE, a_break=HOUR)


starts = st.integers(0, 2 * 24 * 60)
some_looks = st.lists(st.tuples(starts, st.integers(0, 90)), max_size=30)


@given(some_looks, starts)
def test_more_looks_never_leave_more_time(looks: list[tuple[int, int]], now: int) -> None:
    zero = at("2026-03-28T00:00")
    made = [Span(zero + s * MINUTE, zero + min(s + n, now) * MINUTE) for s, n in looks if s <= now]

    def of(some: list[Span]) -> Allowance:
        return rules.allowance(some, at=zero + now * MINUTE, zone=AMSTERDAM, limits=LIMITS)

    whole = of(made)
    for without in range(len(made)):
        fewer = of(made[:without] + made[without + 1 :])
        assert fewer.left_today >= whole.left_today
        assert fewer.left_in_a_row >= whole.left_in_a_row


@given(some_looks)
def test_stretches_do_not_meet(looks: list[tuple[int, int]]) -> None:
    zero = at("2026-03-28T00:00")
    made = [Span(zero + s * MINUTE, zero + (s + n) * MINUTE) for s, n in looks]
    found = rules.stretches(made, LIMITS.a_break)
    for one, next_one in pairwise(found):
        assert next_one.start - one.end >= LIMITS.a_break


def test_a_look_that_never_gave_a_sign_counts_half_a_minute() -> None:
    opened = at("2026-03-03T10:00")
    later = opened + HOUR
    assert rules.span_of(opened, None, False, later).end == opened + timedelta(seconds=30)
    assert rules.span_of(opened, None, False, opened + timedelta(seconds=3)).end == (
        opened + timedelta(seconds=3)
    )
    assert rules.span_of(opened, opened + MINUTE, True, later).end == opened + MINUTE


def test_a_sign_of_life_adds_what_passed_and_no_more_than_it_can_vouch_for() -> None:
    opened = at("2026-03-03T10:00")
    assert rules.beat_seconds(opened, opened + timedelta(seconds=5)) == 5
    assert rules.beat_seconds(opened, opened + HOUR) == 20
    assert rules.beat_seconds(opened, opened - HOUR) == 0


SUBJECT = Subject(1, "T-2026-000001", "http://host.test/a.jpg", taken=True)
OPEN = Standing(mandate=True, may_fetch=True, opted_out=False, seen_like=False, allowance=FREE)


def test_somebody_may_look_where_nothing_speaks_against_it() -> None:
    assert rules.why_not(SUBJECT, OPEN) == (None, None)


@pytest.mark.parametrize(
    ("subject", "standing", "why"),
    [
        ({}, {"mandate": False}, WhyNot.NO_MANDATE),
        ({}, {"may_fetch": False}, WhyNot.FETCHING_IS_OFF),
        ({}, {"opted_out": True}, WhyNot.OPTED_OUT),
        ({"listed": True}, {}, WhyNot.KNOWN),
        ({"decided": True}, {}, WhyNot.DECIDED),
        ({}, {"seen_like": True}, WhyNot.CLUSTER_SEEN),
        ({"taken": False}, {}, WhyNot.NOT_TAKEN),
        ({}, {"allowance": Allowance(HOUR, HOUR, HOUR, WhyNot.BREAK)}, WhyNot.BREAK),
    ],
)
def test_every_reason_keeps_the_picture_away(
    subject: dict[str, bool], standing: dict[str, object], why: WhyNot
) -> None:
    from dataclasses import replace

    asked = replace(SUBJECT, **subject)  # type: ignore[arg-type]
    assert rules.why_not(asked, replace(OPEN, **standing))[0] is why  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "steps"),
    [
        ((), (Veil.BLUR,)),
        ((Veil.BLUR,), (Veil.BLUR, Veil.CONTOUR)),
        ((Veil.BLUR, Veil.CONTOUR), (Veil.BLUR, Veil.CONTOUR, Veil.GREY)),
        (LADDER, LADDER),
    ],
)
def test_one_step_more_than_was_seen(seen: tuple[Veil, ...], steps: tuple[Veil, ...]) -> None:
    assert rules.steps(seen) == steps
