"""No hold without somebody who can lift it, whatever becomes of the entry in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product

import pytest
from pytest_django import Settings

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    new_hit,
    new_version,
    providers,
    put,
    quarantine,
    say,
    withdraw,
    work,
)
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.domain.corrections import actions, queries, rules
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.models import Appeal, Flood
from tocsin.domain.corrections.types import (
    AlreadyAppealed,
    AppealState,
    FloodState,
    HeldFor,
    NotHeld,
    StillAsked,
    WordsNeeded,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.quarantine_types import Decision
from tocsin.domain.hashlists.types import Standing
from tocsin.domain.matching.actions import keep_hits

pytestmark = pytest.mark.django_db

MIA = Actor("user", "1")


@pytest.fixture(autouse=True)
def low_limits(settings: Settings) -> None:
    """Three parties and twelve hits in an hour."""
    settings.TOCSIN_FLOOD_PARTIES = 3
    settings.TOCSIN_FLOOD_HITS = 12


@pytest.fixture
def parties(now: datetime) -> list[Speaker]:
    return providers(now, "abc")


@pytest.fixture
def entry(now: datetime) -> int:
    return put(now, a_list(now), "logo")


def flood(now: datetime, parties: list[Speaker], entry: int) -> None:
    keep_hits(hits=[new_hit(now, who, entry) for who in parties for _ in range(4)], at=now)
    work(now)


def vote(now: datetime, parties: list[Speaker], entry: int) -> None:
    for who in parties:
        say(now, who, entry)


def two_new_versions(now: datetime, entry: int) -> None:
    new_version(now, entry)
    new_version(now, entry)


def take(now: datetime) -> str:
    number = queries.appeals(decided=False)[0].number
    if queries.appeal(number).appeal.state is not AppealState.BEING_REVIEWED:
        actions.take(number=number, actor=MIA, at=now)
    return number


def dismiss(now: datetime, _: int) -> None:
    actions.dismiss(number=take(now), words="it is right", actor=MIA, at=now)


def lift(now: datetime, _: int) -> None:
    number = Flood.objects.get(state=FloodState.HELD).pk
    actions.lift(number=number, words="news", actor=MIA, at=now)


def let_count(now: datetime, entry: int) -> None:
    actions.let_count(entry_id=entry, words="it is right", actor=MIA, at=now)


ACTS: dict[str, Callable[[datetime, int], None]] = {
    "dismiss": dismiss,
    "lift": lift,
    "let_count": let_count,
}


def hold_for(held_for: HeldFor, now: datetime, parties: list[Speaker], entry: int) -> None:
    if held_for in {HeldFor.FLOOD, HeldFor.BOTH}:
        flood(now, parties, entry)
    if held_for in {HeldFor.APPEAL, HeldFor.BOTH}:
        vote(now, parties, entry)
    if held_for is HeldFor.NOBODY:
        hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=now)
    work(now)


HAPPENS: dict[str, Callable[[datetime, int], None]] = {
    "nothing": lambda *_: None,
    "a new version": new_version,
    "two new versions": two_new_versions,
    "quarantine and out of it": lambda now, entry: quarantine(now, entry, Decision.RELEASE),
}


def in_states(held_for: HeldFor, now: datetime) -> Iterator[AppealState | None]:
    """The appeal in each state in which it waits; once where there is none."""
    if held_for not in {HeldFor.APPEAL, HeldFor.BOTH}:
        yield None
        return
    yield AppealState.OPENED
    number = take(now)
    yield AppealState.BEING_REVIEWED
    actions.ask_source(number=number, words="asked", actor=MIA, at=now)
    yield AppealState.NEEDS_SOURCE


@pytest.mark.parametrize(("held_for", "what"), list(product(HeldFor, HAPPENS)))
def test_whatever_happens_the_hold_is_shown_and_the_acts_of_the_table_lift_it(
    held_for: HeldFor, what: str, now: datetime, parties: list[Speaker], entry: int
) -> None:
    hold_for(held_for, now, parties, entry)
    for _ in in_states(held_for, now):
        HAPPENS[what](now, entry)
        work(now)
        [view] = queries.holds()
        assert (view.entry.id, view.held_for) == (lists.newest(entry), held_for)
        assert (view.appeal is not None) == (held_for in {HeldFor.APPEAL, HeldFor.BOTH})
    for act in sorted(rules.LIFTED_BY[held_for]):
        assert lists.standings([entry])[entry] is Standing.HELD
        ACTS[act](now, entry)
    assert lists.standings([entry])[entry] is Standing.LISTED
    work(now)
    assert queries.holds() == []


@pytest.mark.parametrize("held_for", list(HeldFor))
@pytest.mark.parametrize("gone", ["withdrawn", "benign"])
def test_what_is_gone_for_good_is_asked_about_no_more(
    gone: str, held_for: HeldFor, now: datetime, parties: list[Speaker], entry: int
) -> None:
    hold_for(held_for, now, parties, entry)
    new_version(now, entry)
    if gone == "withdrawn":
        withdraw(now, lists.newest(entry))
    else:
        quarantine(now, entry, Decision.CONFIRM)
    work(now)
    assert queries.holds() == []
    assert not Appeal.objects.filter(state__in=rules.OPEN).exists()
    assert not Flood.objects.filter(state=FloodState.HELD).exists()


@pytest.mark.parametrize("held_for", [HeldFor.APPEAL, HeldFor.FLOOD, HeldFor.BOTH])
def test_in_quarantine_appeals_and_brakes_wait_and_can_be_decided(
    held_for: HeldFor, now: datetime, parties: list[Speaker], entry: int
) -> None:
    hold_for(held_for, now, parties, entry)
    quarantine(now, entry, None)
    assert queries.holds()[0].held_for is held_for
    for act in sorted(rules.LIFTED_BY[held_for]):
        ACTS[act](now, entry)
    assert lists.standings([entry])[entry] is Standing.HELD
    number = Quarantine.objects.get().pk
    hashlists.decide(number=number, decision=Decision.RELEASE, words="w", actor=MIA, at=now)
    assert lists.standings([entry])[entry] is Standing.LISTED


def test_who_appeals_a_newer_version_joins_the_appeal_of_the_older(
    now: datetime, parties: list[Speaker], entry: int
) -> None:
    first = say(now, parties[0], entry, dispute=True).appeal
    new_version(now, entry)
    newer = lists.newest(entry)
    assert newer != entry
    assert say(now, parties[1], newer, dispute=True).appeal == first
    with pytest.raises(AlreadyAppealed):
        actions.open_appeal(entry_id=newer, reason="meme", words="w", actor=MIA, at=now)
    assert first is not None
    detail = queries.appeal(first)
    assert (detail.entry.id, detail.downs) == (newer, 2)


def test_hits_on_an_older_version_hold_the_one_that_counts(
    now: datetime, parties: list[Speaker], entry: int
) -> None:
    new_version(now, entry)
    flood(now, parties, entry)
    assert Entry.objects.get(pk=lists.newest(entry)).held
    lift(now, entry)
    flood(now, parties, entry)
    assert not Entry.objects.get(pk=lists.newest(entry)).held


def test_what_an_appeal_did_not_hold_a_person_lets_count(
    now: datetime, parties: list[Speaker], entry: int
) -> None:
    hold_for(HeldFor.NOBODY, now, parties, entry)
    vote(now, parties, entry)
    dismiss(now, entry)
    assert Entry.objects.get(pk=entry).held
    with pytest.raises(WordsNeeded):
        actions.let_count(entry_id=entry, words=" ", actor=MIA, at=now)
    let_count(now, entry)
    assert not Entry.objects.get(pk=entry).held
    [row] = AuditRow.objects.filter(action="corrections.let_count")
    assert (row.actor, row.personal) == (MIA.text, {"reason": "it is right"})
    with pytest.raises(NotHeld):
        let_count(now, entry)
    with pytest.raises(NotHeld):
        let_count(now, 9_999)


def test_what_is_asked_about_is_decided_where_it_is_asked(
    now: datetime, parties: list[Speaker], entry: int
) -> None:
    flood(now, parties, entry)
    with pytest.raises(StillAsked) as refused:
        let_count(now, entry)
    assert refused.value.held_for is HeldFor.FLOOD


def test_every_hold_has_an_act_and_every_act_is_one_of_ours() -> None:
    assert set(rules.LIFTED_BY) == set(HeldFor) == set(rules.HELD_FOR.values())
    assert set(ACTS) == set().union(*rules.LIFTED_BY.values())
    assert "dismiss" in rules.APPEAL.names()
    assert "lift" in rules.FLOOD.names()
