"""Every cell of an item's life: state by move by who."""

from __future__ import annotations

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
)
from tests.support import expect_cell
from tocsin.base.audit.types import Actor
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.domain.reports import actions, due, queries, rules
from tocsin.domain.reports.types import ItemState, NotTaken, TakenByAnother

NEW, TAKEN, UNLAWFUL_STATE = ItemState.NEW, ItemState.TAKEN, ItemState.UNLAWFUL
CLOSED, UNSURE = ItemState.NOT_UNLAWFUL, ItemState.CANNOT_TELL

TABLE: dict[tuple[str, ItemState], ItemState] = {
    ("take", NEW): TAKEN,
    ("take", UNSURE): TAKEN,
    ("give_back", TAKEN): NEW,
    ("lease_lapses", TAKEN): NEW,
    ("find_unlawful", TAKEN): UNLAWFUL_STATE,
    ("find_not_unlawful", TAKEN): CLOSED,
    ("find_cannot_tell", TAKEN): UNSURE,
    ("second_look", UNSURE): NEW,
    ("reopen", CLOSED): NEW,
    ("reopen", UNSURE): NEW,
    ("correct", UNLAWFUL_STATE): CLOSED,
    ("correct", CLOSED): NEW,
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
MOVES = ["take", "give_back", "assess", "correct", "lapse", "look_again", "reopen"]
REFUSED = (MoveRefused, NotTaken, TakenByAnother)

BY_HOLDER = {
    ("take", NEW): TAKEN,
    ("take", TAKEN): TAKEN,
    ("take", UNSURE): TAKEN,
    ("give_back", TAKEN): NEW,
    ("assess", TAKEN): CLOSED,
    ("correct", UNLAWFUL_STATE): CLOSED,
    ("correct", CLOSED): NEW,
    ("lapse", TAKEN): NEW,
    ("look_again", UNSURE): NEW,
    ("reopen", CLOSED): NEW,
    ("reopen", UNSURE): NEW,
}
ONLY_THE_HOLDER = {("take", TAKEN), ("give_back", TAKEN), ("assess", TAKEN)}
NOBODY_ASKED = {"lapse", "look_again", "reopen"}


def bring_to(state: ItemState, holder: Actor, now: datetime) -> str:
    number = report(now)
    if state is TAKEN:
        actions.take(number=number, actor=holder, at=now)
    elif state is not NEW:
        found(number, holder, now, FINDINGS[state])
    return number


def make(move: str, number: str, who: Actor, at: datetime) -> None:
    if move == "take":
        actions.take(number=number, actor=who, at=at)
    elif move == "give_back":
        actions.give_back(number=number, actor=who, at=at)
    elif move == "assess":
        actions.assess(number=number, finding=NOT_UNLAWFUL, actor=who, at=at)
    elif move == "correct":
        actions.correct(number=number, why="wrong", actor=who, at=at)
    elif move == "lapse":
        due.lapse(number, at + rules.LEASE)
    elif move == "look_again":
        due.look_again(number, at)
    else:
        entry = listed(at, "known")
        actions.open_from_hit(hit_id=hit(at, party(at), entry, "known"), at=at)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["holder", "another"])
@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("move", MOVES)
def test_each_cell_as_people_make_it(move: str, state: ItemState, who: str, now: datetime) -> None:
    people = {"holder": person("anna"), "another": person("ben")}
    number = bring_to(state, people["holder"], now)
    later = now + timedelta(minutes=1)
    expected = BY_HOLDER.get((move, state))
    if who == "another" and (move, state) in ONLY_THE_HOLDER:
        expected = None
    if expected is None and move not in NOBODY_ASKED:
        with pytest.raises(REFUSED):
            make(move, number, people[who], later)
        assert queries.item(number).state is state
    else:
        make(move, number, people[who], later)
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
