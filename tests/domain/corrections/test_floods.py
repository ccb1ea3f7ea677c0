"""The flood brake: from hits in a journal to a held entry and people who know of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as house
from django.db import connection
from pytest_django import Settings

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    new_hit,
    provider,
    providers,
    put,
    say,
    summary,
    withdraw,
    work,
)
from tests.domain.listing import Told
from tests.support import in_threads
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.base.clock import worker
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.letters.models import Letter
from tocsin.domain.corrections import actions, floods, queries
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.models import DayCount, Flood, MinuteCount
from tocsin.domain.corrections.types import FloodState, UnknownFlood, WordsNeeded
from tocsin.domain.hashlists.models import Entry, OwnNote
from tocsin.domain.hashlists.types import Purpose
from tocsin.domain.matching.actions import build_index, keep_hits
from tocsin.domain.matching.journal import Journal

pytestmark = pytest.mark.django_db

MIA = Actor("user", "1")


@pytest.fixture(autouse=True)
def low_limits(settings: Settings) -> None:
    """Three parties and twelve hits in an hour."""
    settings.TOCSIN_FLOOD_PARTIES = 3
    settings.TOCSIN_FLOOD_HITS = 12


def spread(at: datetime, parties: Sequence[Speaker], each: int, *entries: int) -> None:
    """Hits of one picture at several parties, come home."""
    keep_hits(hits=[new_hit(at, who, *entries) for who in parties for _ in range(each)], at=at)
    work(at)


def held(entry: int) -> bool:
    return Entry.objects.get(pk=entry).held


def test_an_entry_that_matches_for_many_at_once_is_held_and_people_are_told(now: datetime) -> None:
    Person.objects.create(username="mia", role=Role.MANAGER, email="mia@hotline.example")
    Person.objects.create(username="ada", role=Role.ANALYST, email="ada@hotline.example")
    entry = put(now, a_list(now), "logo")
    parties = providers(now, "abc")
    spread(now, parties, 4, entry)
    assert held(entry)
    [flood] = queries.floods()
    assert (flood.state, flood.parties, flood.hits) == (FloodState.HELD, 3, 12)
    assert queries.open_floods() == 1
    [letter] = Letter.objects.all()
    assert (letter.to, letter.purpose) == ("mia@hotline.example", "flood-alarm")
    work(now)
    # They got a hit that said `listed`; now they hear that it is held.
    assert {what for who in parties for what, _ in summary(who)} == {"held"}


@pytest.mark.parametrize("language", ["en", "nl", "fr", "de"])
def test_the_letter_speaks_the_managers_language_and_gives_figures(
    language: str, now: datetime
) -> None:
    Person.objects.create(username="mia", role=Role.MANAGER, email="m@x.example", language=language)
    entry = put(now, a_list(now, "police-nl"), "logo")
    spread(now, providers(now, "abc"), 4, entry)
    from tocsin.base.letters import queries as letters

    words = letters.words(Letter.objects.get().message_id)
    assert str(entry) in words.subject
    assert "12" in words.text
    assert "{" not in words.text
    assert "police" not in words.text


def test_fewer_parties_or_fewer_hits_hold_nothing(now: datetime) -> None:
    list_no, parties = a_list(now), providers(now, "abc")
    few_parties, few_hits = put(now, list_no, "a"), put(now, list_no, "b")
    spread(now, parties[:2], 40, few_parties)
    spread(now, parties, 3, few_hits)
    assert not held(few_parties)
    assert not held(few_hits)


def test_one_busy_party_does_not_trip_it(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abcd")
    spread(now, parties[:1], 300, entry)
    spread(now, parties[1:], 1, entry)
    assert not held(entry)


def test_what_comes_slowly_is_no_flood(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    for hour in range(8):
        spread(now + timedelta(hours=2 * hour), parties, 3, entry)
    assert not held(entry)


def test_the_hour_slides(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    before = now.replace(minute=50)
    spread(before, parties, 2, entry)
    spread(before + timedelta(minutes=20), parties, 2, entry)  # the clock's hour has changed
    assert held(entry)


def test_hits_of_yesterday_that_come_home_now_are_no_flood(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    old = [new_hit(now - timedelta(days=1), who, entry) for who in parties for _ in range(10)]
    keep_hits(hits=old, at=now)
    work(now)
    assert not held(entry)
    assert DayCount.objects.count() == 3


def test_rehearsals_and_test_lists_stay_apart(now: datetime) -> None:
    test = put(now, a_list(now, "test", purpose=Purpose.TEST), "drawn")
    real = put(now, a_list(now), "logo")
    parties = providers(now, "abc")
    spread(now, parties, 10, test)
    assert not held(test)
    hits = [new_hit(now, who, real, rehearsal=True) for who in parties for _ in range(10)]
    keep_hits(hits=hits, at=now)
    work(now)
    assert not held(real)


def test_every_entry_of_the_picture_is_held(now: datetime) -> None:
    first = put(now, a_list(now), "logo")
    second = put(now, a_list(now, "other", source="Hotline"), "logo")
    spread(now, providers(now, "abc"), 4, first, second)
    assert held(first)
    assert held(second)


def test_an_entry_with_a_habit_needs_ten_times_as_much(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "known"), providers(now, "abcdef")
    Entry.objects.filter(pk=entry).update(sources=1)
    OwnNote.objects.create(
        entry_id=entry, about="x", added_by="x", added_at=now - timedelta(days=20)
    )
    for day in range(1, 8):
        week = [
            new_hit(now - timedelta(days=day), w, entry) for w in parties[:2] for _ in range(24)
        ]
        keep_hits(hits=week, at=now)
    work(now)
    spread(now, parties[:4], 4, entry)  # 16 in an hour; two an hour are usual, so 20 are the limit
    assert not held(entry)
    spread(now + timedelta(minutes=5), parties, 2, entry)
    assert held(entry)


def test_an_old_well_confirmed_entry_needs_more(now: datetime) -> None:
    parties = providers(now, "abcd")
    entry = put(now, a_list(now), "known", Told(sources=5))
    OwnNote.objects.create(
        entry_id=entry, about="x", added_by="x", added_at=now - timedelta(days=90)
    )
    spread(now, parties, 6, entry)
    assert not held(entry)


def test_lifting_lets_it_count_and_raises_its_limit(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    spread(now, parties, 4, entry)
    [flood] = queries.floods()
    later = now + timedelta(minutes=2)
    actions.lift(number=flood.number, words="a film in the news", actor=MIA, at=later)
    assert not held(entry)
    spread(later, parties, 5, entry)
    assert not held(entry)
    assert queries.open_floods() == 0
    work(later)
    assert [what for what, _ in summary(parties[0])][:2] == ["held", "listed"]
    # Well beyond what was lifted it is a flood again.
    spread(later, [*parties, *providers(now, "defghi")], 40, entry)
    assert held(entry)


def test_a_wrong_entry_is_withdrawn_from_the_page_of_floods(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    spread(now, parties, 4, entry)
    [flood] = queries.floods()
    actions.withdraw(number=flood.number, words="part of a well-known theme", actor=MIA, at=now)
    work(now)
    assert Entry.objects.get(pk=entry).status == 4
    assert queries.floods()[0].state is FloodState.WITHDRAWN
    assert summary(parties[0])[-1][0] == "withdrawn"


def test_a_brake_is_decided_once_and_with_words(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    spread(now, parties, 4, entry)
    [flood] = queries.floods()
    with pytest.raises(WordsNeeded):
        actions.lift(number=flood.number, words=" ", actor=MIA, at=now)
    with pytest.raises(UnknownFlood):
        actions.lift(number=9_999, words="w", actor=MIA, at=now)
    actions.lift(number=flood.number, words="w", actor=MIA, at=now)
    for act in (actions.lift, actions.withdraw):
        with pytest.raises(MoveRefused):
            act(number=flood.number, words="w", actor=MIA, at=now)
    assert not held(entry)


def test_an_appeal_that_holds_too_keeps_the_hold_when_the_brake_is_lifted(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    spread(now, parties, 4, entry)
    for who in parties:
        say(now, who, entry, dispute=True)
    [flood] = queries.floods()
    actions.lift(number=flood.number, words="w", actor=MIA, at=now)
    assert held(entry)
    number = queries.appeals(decided=False)[0].number
    actions.take(number=number, actor=MIA, at=now)
    actions.dismiss(number=number, words="w", actor=MIA, at=now)
    assert not held(entry)


def test_an_entry_that_goes_by_another_way_settles_its_brake(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    spread(now, providers(now, "abc"), 4, entry)
    withdraw(now, entry)
    work(now)
    assert queries.floods()[0].state is FloodState.MOOT


def test_an_entry_already_held_is_not_held_again(now: datetime) -> None:
    from tocsin.domain.hashlists import actions as hashlists

    entry = put(now, a_list(now), "logo")
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=now)
    spread(now, providers(now, "abc"), 10, entry)
    assert queries.floods() == []


def test_every_brake_that_waits_is_shown_however_many_were_decided(now: datetime) -> None:
    parties, list_no = providers(now, "abc"), a_list(now)
    waiting = [put(now, list_no, f"logo {n}") for n in range(3)]
    spread(now, parties, 4, *waiting)
    assert [view.entry.id for view in queries.floods(limit=1)] == waiting


def test_a_brake_that_nobody_looks_at_is_pressed(now: datetime) -> None:
    spread(now, providers(now, "abc"), 4, put(now, a_list(now), "logo"))
    clock.run_round(at=now + timedelta(hours=4), worker="test")
    clock.run_round(at=now + timedelta(hours=8), worker="test")
    assert queries.floods()[0].attention == 2


def test_old_counts_are_forgotten(now: datetime) -> None:
    spread(now, providers(now, "abc"), 2, put(now, a_list(now), "logo"))
    assert floods.forget(now) == 0
    floods.forget(now + timedelta(hours=3))
    assert not MinuteCount.objects.exists()
    assert DayCount.objects.exists()
    floods.forget(now + timedelta(days=9))
    assert not DayCount.objects.exists()


def test_a_clock_ahead_of_ours_counts_as_now(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    ahead = [new_hit(now + timedelta(days=2), who, entry) for who in parties for _ in range(4)]
    keep_hits(hits=ahead, at=now)
    work(now)
    assert held(entry)


@pytest.mark.django_db(transaction=True)
def test_two_workers_hold_once_and_two_people_decide_once(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    batches = [[new_hit(now, who, entry) for _ in range(6)] for who in parties]
    for batch in batches:
        keep_hits(hits=batch, at=now)
    in_threads(*[lambda: clock.run_round(at=now, worker="x")] * 3)
    work(now)
    assert Flood.objects.count() == 1
    flood = Flood.objects.get()
    assert sum(MinuteCount.objects.values_list("n", flat=True)) == 18
    results = in_threads(
        lambda: actions.lift(number=flood.pk, words="w", actor=MIA, at=now),
        lambda: actions.withdraw(number=flood.pk, words="w", actor=MIA, at=now),
    )
    assert sorted(type(r).__name__ for r in results) == ["MoveRefused", "NoneType"]


@pytest.mark.django_db(transaction=True)
def test_the_real_worker_holds_it_within_the_minute(data_folder: Path) -> None:
    """From the journal of a web process, through the worker's own loop, to the hold."""
    at = datetime.now(UTC)
    build_index(at=at)
    entry, parties = put(at, a_list(at), "logo"), [provider(at, name) for name in "abc"]
    journal = Journal(house.TOCSIN_JOURNAL, house.TOCSIN_KEYS.ring("journal"))
    stop = threading.Event()

    def run() -> None:
        worker.work(stop, tick_seconds=0.05)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for who in parties:
            for n in range(4):
                journal.append((replace(new_hit(at, who, entry), client_id=f"u-{n}"),))
        began = datetime.now(UTC)
        while not held(entry) and datetime.now(UTC) - began < timedelta(seconds=60):
            stop.wait(0.02)
        print(f"held after {(datetime.now(UTC) - began).total_seconds():.2f} s")
    finally:
        stop.set()
        thread.join()
        journal.close()
    assert held(entry)
    flood = Flood.objects.get()
    assert flood.held_at - at < timedelta(minutes=1)
