"""Whatever looks find, news say and people do, in any order: no clock stops, nothing is lost."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.domain import desk
from tests.domain.rechecks import scenes
from tests.domain.rechecks.scenes import OTHER, PICTURE, World
from tocsin.base.clock.models import Due
from tocsin.domain.hosting import finding
from tocsin.domain.hosting.types import NotFound
from tocsin.domain.rechecks import actions, due, following, looking, noting, rules
from tocsin.domain.rechecks.models import Observation, Stay
from tocsin.domain.rechecks.types import ClosedBy, FollowState, NothingToRule, Ruling
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits.types import Outcome, Standing

pytestmark = pytest.mark.django_db

OUTCOMES = (
    Outcome.PRESENT, Outcome.GONE_404, Outcome.SOFT_404, Outcome.GEO_BLOCKED, Outcome.TIMEOUT,
    Outcome.PLACEHOLDER,
)  # fmt: skip
HOURS = st.sampled_from([0.01, 0.3, 1, 5, 13, 80, 400, 2300])
ADA = desk.SYSTEM


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.world = World()
        self.patches = ExitStack()
        self.patches.enter_context(patch.object(visits, "visit", self.world.visit))
        offline = NotFound("offline")
        self.patches.enter_context(patch.object(finding, "find", side_effect=offline))
        self.now = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
        start = self.now - timedelta(days=1)
        visits.permit(basis="Mandate", until=None, actor=ADA, at=start)

    def teardown(self) -> None:
        self.patches.close()
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize()
    def find(self) -> None:
        self.item_id = scenes.found(self.now)

    @rule(outcome=st.sampled_from(OUTCOMES), ours=st.booleans())
    def the_world_changes(self, outcome: Outcome, ours: bool) -> None:
        self.world.outcome, self.world.picture = outcome, PICTURE if ours else OTHER

    @rule(hours=HOURS)
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        scenes.run(self.now)

    @rule()
    def a_worker_dies_in_a_look(self) -> None:
        row = Due.objects.filter(kind=rules.LOOK).first()
        if row is None:
            return
        self.now = max(self.now, row.due_at)
        with patch.object(looking, "look", side_effect=RuntimeError):
            scenes.run(self.now)

    @rule(twice=st.booleans())
    def the_finding_is_told_again(self, twice: bool) -> None:
        finding_id = scenes.follow(self.item_id).finding_id
        for _ in range(1 + twice):
            actions.follow(finding_id=finding_id, at=self.now)

    @rule(gone=st.booleans())
    def a_person_rules(self, gone: bool) -> None:
        ruling = Ruling.GONE if gone else Ruling.THERE
        try:
            actions.rule(item_id=self.item_id, ruling=ruling, why="w", actor=ADA, at=self.now)
        except NothingToRule:
            assert scenes.follow(self.item_id).state != FollowState.UNCERTAIN

    @rule(held=st.booleans())
    def it_is_paused(self, held: bool) -> None:
        with transaction.atomic():
            following.pause(self.item_id, self.now, held=held, actor=ADA)

    @rule()
    def it_goes_on(self) -> None:
        actions.go_on(item_id=self.item_id, actor=ADA, at=self.now)

    @rule(name=st.sampled_from(["seen_again", "told", "hurry"]))
    def news_come(self, name: str) -> None:
        with transaction.atomic():
            getattr(following, name)(self.item_id, self.now)

    @rule()
    def the_clock_of_a_doubt_fires_too_early(self) -> None:
        if scenes.follow(self.item_id).state != FollowState.UNCERTAIN:
            due.assume_there(str(self.item_id), self.now)

    @invariant()
    def no_state_waits_without_a_clock(self) -> None:
        row = scenes.follow(self.item_id)
        kinds = set(
            Due.objects.filter(subject=str(self.item_id)).values_list("kind", flat=True)
        ) & {rules.LOOK, rules.UNCERTAIN_ENDS, rules.PAUSE_ENDS}
        wanted = {
            FollowState.UNCERTAIN: {rules.LOOK, rules.UNCERTAIN_ENDS},
            FollowState.PAUSED: {rules.PAUSE_ENDS},
            FollowState.ENDED: set[str](),
        }
        assert kinds == wanted.get(FollowState(row.state), {rules.LOOK})

    @invariant()
    def one_stay_lasts_while_it_is_not_gone(self) -> None:
        row = scenes.follow(self.item_id)
        lasting = Stay.objects.filter(follow=row, closed_at=None).count()
        gone = row.state in {FollowState.WATCHING, FollowState.MAYBE_BACK, FollowState.ENDED}
        if row.state != FollowState.PAUSED:
            assert lasting == (0 if gone else 1)
        assert lasting <= 1

    @invariant()
    def bounds_are_in_order(self) -> None:
        for stay in Stay.objects.filter(closed_by=ClosedBy.REMOVED):
            assert stay.first_gone_at is not None
            assert stay.last_present_at <= stay.first_gone_at
            assert stay.closed_at is not None
            assert stay.first_gone_at <= stay.closed_at

    @invariant()
    def every_removal_was_seen_or_said(self) -> None:
        ruled = [name for name in scenes.moves(self.item_id) if name == "rule"]
        gone = Observation.objects.filter(standing=Standing.GONE)
        looks = sum(row.times for row in gone)
        assert scenes.told(noting.REMOVED) <= len(ruled) + looks // 2


Life.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_life(tmp_path: object) -> None:
    Life.TestCase("runTest").runTest()
