"""Every cell of an item's life: state by move by who."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.desk import (
    CANNOT_TELL,
    NOT_UNLAWFUL,
    UNLAWFUL,
    found,
    hit,
    listed,
    party,
    person,
    report,
    two_must_agree,
)
from tests.support import expect_cell
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, due, police, queries, rules
from tocsin.domain.reports.desk_types import NoSuchCluster, PoliceReason, SkipReason
from tocsin.domain.reports.types import ItemState, NotTaken, SamePerson, TakenByAnother

NEW, TAKEN, UNLAWFUL_STATE = ItemState.NEW, ItemState.TAKEN, ItemState.UNLAWFUL
CLOSED, UNSURE = ItemState.NOT_UNLAWFUL, ItemState.CANNOT_TELL

SECOND, DISAGREED, POLICE = (
    ItemState.SECOND_REVIEW,
    ItemState.DISAGREED,
    ItemState.FIRST_POLICE,
)

TABLE: dict[tuple[str, ItemState], ItemState] = {
    ("take", NEW): TAKEN,
    ("take", UNSURE): TAKEN,
    ("give_back", TAKEN): NEW,
    ("skip", TAKEN): NEW,
    ("lease_lapses", TAKEN): NEW,
    ("find_unlawful", TAKEN): UNLAWFUL_STATE,
    ("find_not_unlawful", TAKEN): CLOSED,
    ("find_cannot_tell", TAKEN): UNSURE,
    ("find_police_first", TAKEN): POLICE,
    ("ask_second", TAKEN): SECOND,
    ("second_agrees", SECOND): UNLAWFUL_STATE,
    ("second_agrees_police", SECOND): POLICE,
    ("second_differs", SECOND): DISAGREED,
    ("settle_unlawful", DISAGREED): UNLAWFUL_STATE,
    ("settle_police_first", DISAGREED): POLICE,
    ("settle_not_unlawful", DISAGREED): CLOSED,
    ("settle_cannot_tell", DISAGREED): UNSURE,
    ("follow_unlawful", NEW): UNLAWFUL_STATE,
    ("follow_unlawful", TAKEN): UNLAWFUL_STATE,
    ("follow_unlawful", UNSURE): UNLAWFUL_STATE,
    ("follow_not_unlawful", NEW): CLOSED,
    ("follow_not_unlawful", TAKEN): CLOSED,
    ("follow_not_unlawful", UNSURE): CLOSED,
    ("release_police", POLICE): UNLAWFUL_STATE,
    ("second_look", UNSURE): NEW,
    ("reopen", CLOSED): NEW,
    ("reopen", UNSURE): NEW,
    ("correct", UNLAWFUL_STATE): CLOSED,
    ("correct", POLICE): CLOSED,
    ("correct", CLOSED): NEW,
    ("correct", SECOND): NEW,
    ("correct", DISAGREED): NEW,
}


def test_the_table_names_every_move() -> None:
    assert {name for name, _ in TABLE} == rules.LIFE.names()


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("name", sorted(rules.LIFE.names()))
def test_each_cell_of_the_rules(name: str, state: ItemState) -> None:
    expect_cell(rules.LIFE, TABLE, name, state)


FINDINGS = {
    UNLAWFUL_STATE: UNLAWFUL,
    CLOSED: NOT_UNLAWFUL,
    UNSURE: CANNOT_TELL,
}
REFUSED = (MoveRefused, NotTaken, TakenByAnother, SamePerson, NoSuchCluster)

BY_HOLDER = {
    ("take", NEW): TAKEN,
    ("take", TAKEN): TAKEN,
    ("take", UNSURE): TAKEN,
    ("give_back", TAKEN): NEW,
    ("skip", TAKEN): NEW,
    ("assess", TAKEN): CLOSED,
    ("correct", UNLAWFUL_STATE): CLOSED,
    ("correct", POLICE): CLOSED,
    ("correct", CLOSED): NEW,
    ("correct", SECOND): NEW,
    ("correct", DISAGREED): NEW,
    ("release", POLICE): UNLAWFUL_STATE,
    ("hold_ends", POLICE): UNLAWFUL_STATE,
    ("lapse", TAKEN): NEW,
    ("look_again", UNSURE): NEW,
    ("reopen", CLOSED): NEW,
    ("reopen", UNSURE): NEW,
}
BY_ANOTHER = {("review", SECOND): DISAGREED, ("review", DISAGREED): CLOSED}
ONLY_THE_HOLDER = {("take", TAKEN), ("give_back", TAKEN), ("skip", TAKEN), ("assess", TAKEN)}
NOBODY_ASKED = {"lapse", "look_again", "reopen", "hold_ends"}


def bring_to(state: ItemState, holder: Actor, now: datetime) -> str:
    number = report(now)
    if state is TAKEN:
        actions.take(number=number, actor=holder, at=now)
    elif state is POLICE:
        found(number, holder, now, replace(UNLAWFUL, police=PoliceReason.ASKED))
    elif state in {SECOND, DISAGREED}:
        two_must_agree(now)
        found(number, holder, now, UNLAWFUL)
        if state is DISAGREED:
            judge = person("cleo")
            actions.review(number=number, finding=NOT_UNLAWFUL, actor=judge, at=now)
    elif state is not NEW:
        found(number, holder, now, FINDINGS[state])
    return number


def reopen(number: str, _who: Actor, at: datetime) -> None:
    entry = listed(at, "known")
    actions.open_from_hit(hit_id=hit(at, party(at), entry, "known"), at=at)


MAKE: dict[str, Callable[[str, Actor, datetime], object]] = {
    "take": lambda n, who, at: actions.take(number=n, actor=who, at=at),
    "give_back": lambda n, who, at: actions.give_back(number=n, actor=who, at=at),
    "skip": lambda n, who, at: actions.skip(number=n, reason=SkipReason.TOO_HARD, actor=who, at=at),
    "assess": lambda n, who, at: actions.assess(number=n, finding=NOT_UNLAWFUL, actor=who, at=at),
    "review": lambda n, who, at: actions.review(number=n, finding=NOT_UNLAWFUL, actor=who, at=at),
    "follow": lambda n, who, at: actions.follow(number=n, actor=who, at=at),
    "release": lambda n, who, at: actions.release_police(number=n, actor=who, at=at),
    "hold_ends": lambda n, _who, at: police.hold_ends(n, at + timedelta(hours=24)),
    "correct": lambda n, who, at: actions.correct(number=n, why="wrong", actor=who, at=at),
    "lapse": lambda n, _who, at: due.lapse(n, at + rules.LEASE),
    "look_again": lambda n, _who, at: due.look_again(n, at),
    "reopen": reopen,
}


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["holder", "another"])
@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("move", list(MAKE))
def test_each_cell_as_people_make_it(move: str, state: ItemState, who: str, now: datetime) -> None:
    people = {"holder": person("anna"), "another": person("ben")}
    number = bring_to(state, people["holder"], now)
    later = now + timedelta(minutes=1)
    expected = BY_HOLDER.get((move, state))
    if who == "another" and (move, state) in ONLY_THE_HOLDER:
        expected = None
    if who == "another":
        expected = BY_ANOTHER.get((move, state), expected)
    if expected is None and move not in NOBODY_ASKED:
        with pytest.raises(REFUSED):
            MAKE[move](number, people[who], later)
        assert queries.item(number).state is state
    else:
        MAKE[move](number, people[who], later)
        assert queries.item(number).state is (expected or state)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ItemState)
def test_exactly_the_waiting_states_have_their_clock_and_no_other(
    state: ItemState, now: datetime
) -> None:
    from tocsin.base.clock import queries as clock

    number = bring_to(state, person("anna"), now)
    kinds = {waiting.then for waiting in rules.LIFE.waiting.values()}
    ticking = {kind for kind in kinds if clock.due_at(kind=kind, subject=number) is not None}
    waiting = rules.LIFE.waiting.get(state)
    assert ticking == ({waiting.then} if waiting else set())
