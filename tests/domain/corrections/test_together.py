"""Votes, appeals, the brake, clocks, new versions, quarantine and withdrawals in any order, on real
tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests.domain.corrections.scenes import (
    a_list,
    corrections,
    new_hit,
    new_version,
    providers,
    put,
    quarantine,
    say,
    withdraw,
    work,
)
from tests.support import examples
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.clock.models import Due
from tocsin.domain.corrections import actions, rules
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.models import Appeal, Flood
from tocsin.domain.corrections.types import (
    AlreadyAppealed,
    AppealState,
    FloodState,
    NotHeld,
    NothingToAppeal,
    ReviewedByAnother,
    StillAsked,
    UnknownAppeal,
    UnknownFlood,
    Verdict,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.quarantine_types import Decision, QuarantineState
from tocsin.domain.hashlists.queries import newest, standings
from tocsin.domain.hashlists.types import EntryStatus, Standing
from tocsin.domain.matching.actions import keep_hits

REFUSALS = (
    MoveRefused, ReviewedByAnother, AlreadyAppealed, NothingToAppeal, UnknownAppeal, UnknownFlood,
    NotHeld, StillAsked,
)  # fmt: skip
PEOPLE = (Actor("user", "1"), Actor("user", "2"))


@dataclass
class World:
    """One entry, four providers, two managers, and a clock that only goes on."""

    at: datetime
    entry: int
    parties: list[Speaker]
    uploads: dict[str, Speaker] = field(default_factory=dict)

    def number(self) -> str:
        last = Appeal.objects.order_by("-pk").first()
        return last.number if last else "A-2026-000000"

    def flood(self) -> int:
        last = Flood.objects.order_by("-pk").first()
        return last.pk if last else 0

    def renew(self) -> None:
        if standings([self.entry])[self.entry] in {Standing.LISTED, Standing.HELD}:
            new_version(self.at, self.entry)

    def let_out(self) -> None:
        for row in Quarantine.objects.filter(state=QuarantineState.WAITING):
            hashlists.decide(
                number=row.pk, decision=Decision.RELEASE, words="w", actor=PEOPLE[0], at=self.at
            )

    def flood_now(self) -> None:
        for who in self.parties:
            self.hits(who, 4)

    def hits(self, who: Speaker, many: int) -> None:
        made = []
        for _ in range(many):
            name = f"u-{len(self.uploads)}"
            self.uploads[name] = who
            made.append(new_hit(self.at, who, self.entry, client_id=name))
        keep_hits(hits=made, at=self.at)


Act = Callable[[World, int], object]

ACTS: dict[str, Act] = {
    "down": lambda w, n: say(w.at, w.parties[n], w.entry, dispute=bool(n % 2)),
    "up": lambda w, n: say(w.at, w.parties[n], w.entry, Verdict.UP, "confirmed"),
    "open": lambda w, n: actions.open_appeal(
        entry_id=w.entry, reason="meme", words="w", actor=PEOPLE[n % 2], at=w.at
    ),
    "take": lambda w, n: actions.take(number=w.number(), actor=PEOPLE[n % 2], at=w.at),
    "give_back": lambda w, n: actions.give_back(number=w.number(), actor=PEOPLE[n % 2], at=w.at),
    "ask": lambda w, n: actions.ask_source(
        number=w.number(), words="w", actor=PEOPLE[n % 2], at=w.at
    ),
    "dismiss": lambda w, n: actions.dismiss(
        number=w.number(), words="w", actor=PEOPLE[n % 2], at=w.at
    ),
    "uphold": lambda w, n: actions.uphold(
        number=w.number(), words="w", actor=PEOPLE[n % 2], at=w.at
    ),
    "hit": lambda w, n: w.hits(w.parties[n], 1),
    "flood": lambda w, _: w.flood_now(),
    "lift": lambda w, n: actions.lift(number=w.flood(), words="w", actor=PEOPLE[n % 2], at=w.at),
    "withdraw": lambda w, _: withdraw(w.at, w.entry),
    "new_version": lambda w, _: w.renew(),
    "aside": lambda w, _: quarantine(w.at, w.entry, None),
    "let_out": lambda w, _: w.let_out(),
    "let_count": lambda w, n: actions.let_count(
        entry_id=w.entry, words="w", actor=PEOPLE[n % 2], at=w.at
    ),
    "wait": lambda w, n: setattr(w, "at", w.at + timedelta(hours=(1, 5, 25, 169)[n])),
    "work": lambda w, _: work(w.at),
}
# What ends it comes rarely, so that there is something to end.
NAMES = st.sampled_from([n for n in ACTS if n not in {"withdraw", "uphold"}] * 4 + list(ACTS))
SEQUENCES = st.lists(st.tuples(NAMES, st.integers(0, 3)), min_size=4, max_size=22)


@pytest.fixture(autouse=True)
def low_limits(settings: Settings) -> None:
    """Three parties and twelve hits in an hour."""
    settings.TOCSIN_FLOOD_PARTIES = 3
    settings.TOCSIN_FLOOD_HITS = 12


@pytest.mark.django_db
@settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=SEQUENCES)
def test_any_sequence_keeps_holds_clocks_and_what_was_told_in_order(
    acts: list[tuple[str, int]],
) -> None:
    with transaction.atomic():
        now = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
        world = World(now, put(now, a_list(now), "logo"), providers(now, "abcd"))
        for name, n in acts:
            try:
                with transaction.atomic():
                    ACTS[name](world, n)
            except REFUSALS:
                pass
            holds_and_clocks_agree(world)
        work(world.at)
        holds_and_clocks_agree(world)
        everybody_knows(world)
        transaction.set_rollback(True)


def holds_and_clocks_agree(world: World) -> None:
    entry = Entry.objects.get(pk=newest(world.entry))
    waiting = list(Appeal.objects.filter(state__in=rules.OPEN))
    floods = Flood.objects.filter(state=FloodState.HELD)
    asked_for = any(appeal.holds for appeal in waiting) or floods.exists()
    if EntryStatus.of(entry.status) in {EntryStatus.ACTIVE, EntryStatus.QUARANTINED}:
        assert entry.held == asked_for
    assert len(waiting) <= 1
    assert floods.count() <= 1
    for appeal in Appeal.objects.all():
        state = AppealState(appeal.state)
        kinds = {each.then for each in rules.APPEAL.waiting.values()}
        ticking = set(
            Due.objects.filter(subject=appeal.number, kind__in=kinds).values_list("kind", flat=True)
        )
        expected = rules.APPEAL.waiting.get(state)
        assert ticking == ({expected.then} if expected else set())
        if state is AppealState.BEING_REVIEWED:
            assert appeal.reviewer
        elif state in rules.OPEN:
            assert not appeal.reviewer
        assert bool(appeal.decided_at) == (state in rules.APPEAL.final)


def everybody_knows(world: World) -> None:
    """The last word on each upload is how the entry stands; nobody hears of others' uploads."""
    standing = standings([world.entry])[world.entry]
    last: dict[str, str] = dict.fromkeys(world.uploads, Standing.LISTED.value)
    for who in world.parties:
        told = corrections(who)
        assert [c.no for c in told] == list(range(1, len(told) + 1))
        for correction in told:
            for hit in correction.hits:
                assert world.uploads[hit.id] == who
                last[hit.id] = correction.what.value
    assert set(last.values()) <= {standing.value}
