"""Any sequence of moves, as Hypothesis dreams them up, keeps an item's life in order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.domain.desk import picture
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.reports import pressing, rules
from tocsin.domain.reports.types import ItemState, MatchKind


class AnItemsLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.state = rules.LIFE.first
        self.unlawful_findings = 0
        self.corrections = 0
        self.first_file: str | None = None
        self.fingerprints: tuple[FingerprintValue, ...] = ()
        self.reports = 1
        self.overdue = 0
        self.match = MatchKind.NONE
        self.priority = 0

    @rule(name=st.sampled_from(sorted(rules.LIFE.names())))
    def move(self, name: str) -> None:
        before = self.state
        try:
            self.state = rules.LIFE.target(name, before)
        except MoveRefused:
            assert before not in rules.LIFE.sources(name)
            return
        assert before in rules.LIFE.sources(name)
        acts = {ItemState.UNLAWFUL, ItemState.FIRST_POLICE}
        self.unlawful_findings += self.state in acts and before not in acts
        self.corrections += name == "correct" and before in acts

    @rule(name=st.sampled_from(["a", "b"]), match=st.sampled_from(MatchKind))
    def report(self, name: str, match: MatchKind) -> None:
        self.first_file = self.first_file or name
        self.fingerprints = rules.merge(self.fingerprints, picture(name)).fingerprints
        self.reports += 1
        self.match = rules.stronger(self.match, match)

    @rule()
    def wait(self) -> None:
        self.overdue += self.state is ItemState.NEW

    @invariant()
    def a_state_that_is_not_final_has_a_clock(self) -> None:
        assert (self.state in rules.LIFE.final) != (self.state in rules.LIFE.waiting)

    @invariant()
    def unlawful_stands_exactly_while_a_finding_is_not_corrected(self) -> None:
        standing = self.unlawful_findings - self.corrections
        assert standing == (self.state in {ItemState.UNLAWFUL, ItemState.FIRST_POLICE})

    @invariant()
    def a_verdict_is_only_reached_by_taking(self) -> None:
        for name in (*rules.VERDICT_MOVE.values(), "find_police_first", "ask_second"):
            assert rules.LIFE.sources(name) == {ItemState.TAKEN}

    @invariant()
    def what_two_people_differ_on_is_never_acted_on_by_one(self) -> None:
        for name in rules.LIFE.names():
            if ItemState.SECOND_REVIEW in rules.LIFE.sources(name):
                assert name in {
                    "second_agrees",
                    "second_agrees_police",
                    "second_differs",
                    "correct",
                }

    @invariant()
    def fingerprints_stay_those_of_the_first_file(self) -> None:
        expected = picture(self.first_file) if self.first_file else ()
        assert self.fingerprints == expected

    @invariant()
    def priority_never_falls_while_nothing_is_decided(self) -> None:
        facts = pressing.Pressing(self.match, self.reports, overdue_rounds=self.overdue)
        before, self.priority = self.priority, pressing.priority(pressing.reasons(facts))
        assert self.priority >= before


AnItemsLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnItemsLife = AnItemsLife.TestCase
