"""When something counts as gone or back, and when it is looked at next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.rechecks import rules
from tocsin.domain.rechecks.likeness import Likeness
from tocsin.domain.rechecks.rules import Before, View
from tocsin.domain.rechecks.types import FollowState, HopKind, Seen, Spot
from tocsin.domain.visits.types import Outcome, Standing

S = FollowState
START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
HOME, AWAY = View("home", "tocsin"), View("away", "tocsin")
NOT_FOUND, SOFT = Outcome.GONE_404, Outcome.SOFT_404


def seen(
    minutes: float, standing: Standing, view: View = HOME, outcome: Outcome = NOT_FOUND
) -> Seen:
    at = START + timedelta(minutes=minutes)
    return Seen(at, at, 1, view.vantage, view.agent, outcome, standing)


def gone(minutes: float, view: View = HOME, outcome: Outcome = NOT_FOUND) -> Seen:
    return seen(minutes, Standing.GONE, view, outcome)


def there(minutes: float, view: View = HOME) -> Seen:
    return seen(minutes, Standing.PRESENT, view, Outcome.PRESENT)


def unclear(minutes: float, view: View = HOME) -> Seen:
    return seen(minutes, Standing.CANNOT_TELL, view, Outcome.GEO_BLOCKED)


def after_miss(*earlier: Seen) -> Before:
    return Before(S.MAYBE_GONE, START, earlier)


@pytest.mark.parametrize(
    ("earlier", "now", "views", "move"),
    [
        # One view: twice, a quarter of an hour apart.
        ([gone(0)], gone(14), [HOME], None),
        ([gone(0)], gone(15), [HOME], "removed"),
        # Two views: both must have said so; a minute apart is enough for what the server says.
        ([gone(0)], gone(15), [HOME, AWAY], None),
        ([gone(0)], gone(0.5, AWAY), [HOME, AWAY], None),
        ([gone(0)], gone(1, AWAY), [HOME, AWAY], "removed"),
        # What stands in its place is believed more slowly than the word of the server.
        ([gone(0, outcome=SOFT)], gone(1, AWAY, SOFT), [HOME, AWAY], None),
        ([gone(0, outcome=SOFT)], gone(15, AWAY, SOFT), [HOME, AWAY], "removed"),
        # Seen by one, it is there.
        ([gone(0)], there(1, AWAY), [HOME, AWAY], "seen_there"),
        # A closed border is no word for either; a day of it is a doubt.
        ([gone(0)], unclear(1, AWAY), [HOME, AWAY], None),
        ([gone(0)], unclear(24 * 60, AWAY), [HOME, AWAY], "doubt"),
    ],
)
def test_gone_is_what_every_view_says_and_one_view_twice(
    earlier: list[Seen], now: Seen, views: list[View], move: str | None
) -> None:
    assert rules.decide(after_miss(*earlier), now, views) == move


@pytest.mark.parametrize(
    ("state", "now", "move"),
    [
        (S.CHECKING, there(0), None),
        (S.CHECKING, gone(0), "missed"),
        (S.CHECKING, unclear(0), None),
        (S.MOVED, gone(0), "missed"),
        (S.UNCERTAIN, there(0), "seen_there"),
        (S.UNCERTAIN, gone(0), "missed"),
        (S.UNCERTAIN, unclear(0), None),
        (S.WATCHING, gone(0), None),
        (S.WATCHING, unclear(0), None),
        (S.WATCHING, there(0), "seen_again"),
        (S.MAYBE_BACK, gone(1), "gone_again"),
        (S.MAYBE_BACK, unclear(1), None),
        (S.MAYBE_BACK, unclear(24 * 60), "gone_again"),
        (S.MAYBE_BACK, there(1), None),
        (S.PAUSED, gone(1), None),
        (S.ENDED, there(1), None),
    ],
)
def test_one_look_alone(state: FollowState, now: Seen, move: str | None) -> None:
    assert rules.decide(Before(state, START), now, [HOME]) == move


def test_back_is_what_two_looks_say() -> None:
    before = Before(S.MAYBE_BACK, START, [there(0)])
    assert rules.decide(before, there(1, AWAY), [HOME, AWAY]) == "back"
    assert rules.decide(before, there(5), [HOME, AWAY]) is None
    assert rules.decide(before, there(15), [HOME, AWAY]) == "back"


def test_three_looks_in_two_hours_that_cannot_tell_are_a_doubt() -> None:
    before = Before(S.CHECKING, START, (), 2, START)
    assert rules.decide(before, unclear(119), [HOME]) is None
    assert rules.decide(before, unclear(120), [HOME]) == "doubt"
    assert rules.decide(replace(before, doubts=1), unclear(120), [HOME]) is None


@pytest.mark.parametrize(
    ("outcome", "likeness", "standing"),
    [
        (Outcome.PRESENT, Likeness.SAME, Standing.PRESENT),
        (Outcome.PRESENT, Likeness.NOT_COMPARED, Standing.PRESENT),
        (Outcome.PRESENT, Likeness.UNSURE, Standing.CANNOT_TELL),
        (Outcome.PRESENT, Likeness.OTHER, Standing.GONE),
        (Outcome.PLACEHOLDER, Likeness.OTHER, Standing.GONE),
        (Outcome.PLACEHOLDER, Likeness.SAME, Standing.PRESENT),
        (Outcome.GONE_404, Likeness.NOT_COMPARED, Standing.GONE),
        (Outcome.GEO_BLOCKED, Likeness.OTHER, Standing.CANNOT_TELL),
        (Outcome.LEGAL_451, Likeness.NOT_COMPARED, Standing.CANNOT_TELL),
        (Outcome.TIMEOUT, Likeness.NOT_COMPARED, Standing.CANNOT_TELL),
    ],
)
def test_what_stands_there_is_compared_before_it_is_believed(
    outcome: Outcome, likeness: Likeness, standing: Standing
) -> None:
    assert rules.standing(outcome, likeness) is standing


VIEWS = st.sampled_from([HOME, AWAY, View("home", "other")])
LOOKS = st.lists(st.tuples(st.floats(0, 3000), VIEWS, st.sampled_from(Standing)), max_size=12).map(
    lambda told: sorted(
        (seen(minutes, standing, view) for minutes, view, standing in told),
        key=lambda one: one.last_at,
        reverse=True,
    )
)


@given(
    earlier=LOOKS,
    view=VIEWS,
    standing=st.sampled_from(Standing),
    state=st.sampled_from(sorted(rules.ACTIVE)),
    views=st.lists(VIEWS, min_size=1, max_size=3, unique=True),
)
def test_nothing_is_gone_by_one_look_and_every_move_is_in_the_table(
    earlier: list[Seen], view: View, standing: Standing, state: FollowState, views: list[View]
) -> None:
    now = seen(3001, standing, view)
    name = rules.decide(Before(state, START, earlier), now, views)
    if name is None:
        return
    target = rules.LIFE.target(name, state)
    if target is S.WATCHING and name == "removed":
        said = [one for one in earlier if one.standing is Standing.GONE]
        assert standing is Standing.GONE
        assert said
        assert set(views) <= {View(o.vantage, o.agent) for o in [now, *said]}
    if name == "back":
        assert any(one.standing is Standing.PRESENT for one in earlier)


@pytest.mark.parametrize(
    ("state", "hours", "low", "high"),
    [
        (S.CHECKING, 0, 8, 12),
        (S.CHECKING, 2, 24, 36),
        (S.CHECKING, 12, 48, 72),
        (S.CHECKING, 48, 144, 216),
        (S.CHECKING, 24 * 10, 288, 432),
        (S.CHECKING, 24 * 30, 576, 864),
        (S.WATCHING, 2, 144, 216),
        (S.WATCHING, 24 * 30, 1152, 1728),
        (S.MAYBE_GONE, 24 * 30, 15, 18),
        (S.UNCERTAIN, 24 * 30, 96, 144),
    ],
)
def test_looks_come_every_few_minutes_first_and_every_few_hours_later(
    state: FollowState, hours: int, low: int, high: int
) -> None:
    for chance in (0.0, 0.5, 1.0):
        wait = rules.next_in(
            state,
            hot_for=timedelta(hours=hours),
            doubts=0,
            all_views_spoke=True,
            chance=chance,
        )
        assert timedelta(minutes=low) <= wait <= timedelta(minutes=high)


def test_who_has_not_spoken_is_asked_next_and_soon() -> None:
    views = [HOME, AWAY]
    assert rules.next_view(views, 4, S.MAYBE_GONE, START, [gone(0)]) == AWAY
    assert rules.next_view(views, 4, S.CHECKING, START, [gone(0)]) == HOME
    assert rules.next_view(views, 5, S.CHECKING, START, [gone(0)]) == AWAY
    wait = rules.next_in(
        S.MAYBE_GONE, hot_for=timedelta(), doubts=0, all_views_spoke=False, chance=0.0
    )
    assert wait == timedelta(minutes=1)


A, B = Spot(1, "A", 64500, "192.0.2.0/24", "NL"), Spot(2, "B", 64501, "198.51.100.0/24", "MD")
HIDDEN = Spot(None, "Cloudflare", 13335, "", "US", "Cloudflare")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (A, A, None),
        (A, B, HopKind.MOVED),
        (A, replace(A, network="203.0.113.0/24"), None),
        (replace(A, hoster_id=None), replace(B, hoster_id=None), HopKind.MOVED),
        (replace(A, hoster_id=None), replace(A, name="A again"), None),
        (A, Spot(), None),
        (Spot(), A, None),
        (A, HIDDEN, HopKind.FRONTED),
        (HIDDEN, HIDDEN, None),
        (HIDDEN, A, None),
        (Spot(), HIDDEN, None),
    ],
)
def test_a_hop_is_a_change_of_hoster_and_a_gap_is_none(
    before: Spot, after: Spot, kind: HopKind | None
) -> None:
    assert rules.hop(before, after) is kind
