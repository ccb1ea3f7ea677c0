"""Any sequence of acts, as Hypothesis dreams them up, keeps appeals and holds in order."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.rules import FloodTerms, Habit, LastHour, Limit
from tocsin.domain.corrections.types import AppealState, EndpointState, FloodState, Now
from tocsin.domain.hashlists.types import Standing


class AnAppealsLife(RuleBasedStateMachine):
    """The table by itself: who reviews, what is decided, and whether the entry still counts."""

    def __init__(self) -> None:
        super().__init__()
        self.state = rules.APPEAL.first
        self.reviewed = False
        self.decisions = 0
        self.entry_gone = False

    @rule(name=st.sampled_from(sorted(rules.APPEAL.names())))
    def move(self, name: str) -> None:
        before = self.state
        try:
            self.state = rules.APPEAL.target(name, before)
        except MoveRefused:
            assert before not in rules.APPEAL.sources(name)
            return
        assert before in rules.APPEAL.sources(name)
        self.reviewed = name == "take"
        self.decisions += name in {"uphold", "dismiss", "moot"}
        self.entry_gone |= name in {"uphold", "moot"}

    @invariant()
    def a_state_that_is_not_final_has_a_clock(self) -> None:
        assert (self.state in rules.APPEAL.final) != (self.state in rules.APPEAL.waiting)

    @invariant()
    def it_is_decided_once(self) -> None:
        assert self.decisions == (self.state in rules.APPEAL.final)
        assert (self.state in rules.OPEN) == (self.decisions == 0)

    @invariant()
    def somebody_has_it_exactly_while_it_is_reviewed(self) -> None:
        assert self.reviewed == (self.state is AppealState.BEING_REVIEWED)

    @invariant()
    def the_entry_goes_with_the_appeal_that_is_upheld_and_with_no_other(self) -> None:
        assert self.entry_gone == (self.state in {AppealState.UPHELD, AppealState.MOOT})


AnAppealsLife.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestAnAppealsLife = AnAppealsLife.TestCase


@pytest.mark.parametrize("life", [rules.APPEAL, rules.FLOOD, rules.ENDPOINT])
def test_whoever_decides_comes_from_a_state_in_which_they_had_it(life: object) -> None:
    assert rules.APPEAL.sources("uphold") == {AppealState.BEING_REVIEWED}
    assert rules.FLOOD.sources("lift") == {FloodState.HELD}
    assert rules.ENDPOINT.sources("prove") == {EndpointState.WAITING}


TERMS = FloodTerms(parties=5, hits=50, times_usual=10)
HABITS = st.builds(
    Habit,
    hits_an_hour=st.floats(0, 1e5),
    parties_a_day=st.floats(0, 1e4),
    confirmations=st.integers(0, 300),
    age=st.integers(0, 5_000).map(lambda days: timedelta(days=days)),
    lifted_parties=st.integers(0, 10_000),
    lifted_hits=st.integers(0, 10**7),
)


@given(habit=HABITS, hits=st.integers(1, 10**7))
def test_one_busy_party_never_trips_it(habit: Habit, hits: int) -> None:
    assert not rules.is_flood(LastHour({1: hits}), rules.flood_limit(habit, TERMS))


@given(habit=HABITS, hits=st.integers(1, 10**7), others=st.integers(0, 20))
def test_nor_a_busy_one_with_a_few_who_met_it_once(habit: Habit, hits: int, others: int) -> None:
    hour = LastHour({0: hits, **dict.fromkeys(range(1, others + 1), 1)})
    assert not rules.is_flood(hour, rules.flood_limit(habit, TERMS))


@given(habit=HABITS, hour=st.dictionaries(st.integers(0, 50), st.integers(1, 10_000), max_size=50))
def test_what_a_person_called_no_flood_is_none_a_moment_later(
    habit: Habit, hour: dict[int, int]
) -> None:
    limit = rules.flood_limit(habit, TERMS)
    seen = LastHour(hour)
    lifted = rules.raised(parties=seen.parties, hits=seen.hits, limit=limit)
    from dataclasses import replace

    after = rules.flood_limit(
        replace(habit, lifted_parties=lifted.parties, lifted_hits=lifted.hits), TERMS
    )
    assert not rules.is_flood(seen, after)
    busier = LastHour({party: math.ceil(n * 1.5) for party, n in hour.items()})
    assert not rules.is_flood(busier, after)


@given(habit=HABITS)
def test_no_entry_has_a_lower_limit_than_the_least_one(habit: Habit) -> None:
    limit = rules.flood_limit(habit, TERMS)
    assert limit.parties >= TERMS.parties
    assert limit.hits >= TERMS.hits


def test_a_new_wrong_entry_is_a_flood_and_an_old_well_confirmed_one_needs_more() -> None:
    hour = LastHour(dict.fromkeys(range(6), 12))
    new = Habit(confirmations=8)
    old = Habit(confirmations=8, age=timedelta(days=400))
    assert rules.is_flood(hour, rules.flood_limit(new, TERMS))
    assert not rules.is_flood(hour, rules.flood_limit(old, TERMS))
    assert rules.flood_limit(old, TERMS) == Limit(parties=13, hits=200)


def test_what_is_usual_for_an_entry_is_no_flood() -> None:
    hour = LastHour(dict.fromkeys(range(8), 20))
    usual = Habit(hits_an_hour=100, parties_a_day=8)
    assert not rules.is_flood(hour, rules.flood_limit(usual, TERMS))


@given(st.sets(st.sampled_from(Standing), min_size=1))
def test_a_hit_amounts_to_the_strongest_of_its_entries(standings: set[Standing]) -> None:
    now = rules.amounts_to(standings)
    assert (now is Now.LISTED) == (Standing.LISTED in standings)
    assert (now is Now.NOT_LISTED) == (standings <= {Standing.WITHDRAWN, Standing.EXPIRED})


@given(st.sets(st.sampled_from(Standing)), st.sets(st.sampled_from(Standing)))
def test_what_lies_near_an_exact_match_is_never_what_it_amounts_to(
    standings: set[Standing], beside: set[Standing]
) -> None:
    alone, now = rules.amounts_to(standings), rules.amounts_to(standings, beside)
    if alone is not Now.NOT_LISTED:
        assert now is alone
    else:
        gone = beside <= {Standing.WITHDRAWN, Standing.EXPIRED}
        assert now is (Now.NOT_LISTED if gone else Now.CHECK_AGAIN)


@given(st.integers(0, 50), st.integers(0, 50))
def test_votes_hold_only_with_enough_and_more_against_than_for(downs: int, ups: int) -> None:
    holds = rules.votes_hold(downs=downs, ups=ups, needed=3)
    assert holds == (downs >= 3 and downs > ups)
    assert not rules.votes_hold(downs=downs, ups=ups, needed=0)


def test_a_webhook_is_tried_for_hours_ever_more_rarely() -> None:
    waits = [rules.wait_before(n) for n in range(1, rules.DEAD_AFTER_ATTEMPTS)]
    assert waits == sorted(waits)
    assert timedelta(hours=3) < sum(waits, timedelta()) < timedelta(hours=6)
