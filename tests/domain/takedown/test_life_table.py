"""Every cell of a notice's life: state by move."""

from __future__ import annotations

import pytest

from tests.support import expect_cell
from tocsin.domain.takedown.rules import LIFE, POST, TAKEDOWN
from tocsin.domain.takedown.types import NoticeState as S
from tocsin.domain.takedown.types import PostState as P
from tocsin.domain.takedown.types import TakedownState as T

TABLE: dict[tuple[str, S], S] = {
    ("queue", S.WAITING_FOR_CONTACT): S.QUEUED,
    ("queue", S.DEAD): S.QUEUED,
    ("sent", S.QUEUED): S.SENT,
    ("sent", S.DEAD): S.SENT,
    ("give_up", S.QUEUED): S.DEAD,
    ("came_back", S.SENT): S.DEAD,
    ("hold_back", S.QUEUED): S.WAITING_FOR_CONTACT,
    ("redirect", S.SENT): S.WAITING_FOR_CONTACT,
    ("redirect", S.DEAD): S.WAITING_FOR_CONTACT,
    ("close", S.WAITING_FOR_CONTACT): S.DONE,
    ("close", S.SENT): S.DONE,
    ("close", S.DEAD): S.DONE,
    ("reopen", S.DONE): S.SENT,
    ("wait_again", S.DONE): S.WAITING_FOR_CONTACT,
    ("cancel", S.WAITING_FOR_CONTACT): S.CANCELLED,
    ("cancel", S.QUEUED): S.CANCELLED,
    ("cancel", S.DEAD): S.CANCELLED,
    ("cancel", S.DONE): S.CANCELLED,
    ("recall", S.QUEUED): S.RECALLING,
    ("recall", S.SENT): S.RECALLING,
    ("recall", S.DONE): S.RECALLING,
    ("left_anyway", S.CANCELLED): S.RECALLING,
    ("recalled", S.RECALLING): S.RECALLED,
}

WHOLE: dict[tuple[str, T], T] = {
    ("hold", T.CLIMBING): T.HELD,
    ("hold", T.DISPUTED): T.HELD,
    ("release", T.HELD): T.CLIMBING,
    ("dispute", T.CLIMBING): T.DISPUTED,
    ("go_on", T.DISPUTED): T.CLIMBING,
    ("removed", T.CLIMBING): T.REMOVED,
    ("removed", T.HELD): T.REMOVED,
    ("removed", T.DISPUTED): T.REMOVED,
    ("back", T.REMOVED): T.CLIMBING,
    ("back", T.CLOSED): T.CLIMBING,
    ("watch_over", T.REMOVED): T.CLOSED,
    **{("end", state): T.ENDED for state in T if state is not T.ENDED},
}
POSTS: dict[tuple[str, P], P] = {
    ("taken", P.WAITING): P.TAKEN,
    ("taken", P.CANCELLED): P.TAKEN,
    ("give_up", P.WAITING): P.GIVEN_UP,
    ("cancel", P.WAITING): P.CANCELLED,
    ("let_go", P.CANCELLED): P.WAITING,
}


def test_the_table_names_every_move() -> None:
    assert {name for name, _ in TABLE} == LIFE.names()


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("name", sorted(LIFE.names()))
def test_each_cell(name: str, state: S) -> None:
    expect_cell(LIFE, TABLE, name, state)


@pytest.mark.parametrize("state", T)
@pytest.mark.parametrize("name", sorted(TAKEDOWN.names()))
def test_each_cell_of_a_takedown(name: str, state: T) -> None:
    expect_cell(TAKEDOWN, WHOLE, name, state)


@pytest.mark.parametrize("state", P)
@pytest.mark.parametrize("name", sorted(POST.names()))
def test_each_cell_of_a_sending_by_machine(name: str, state: P) -> None:
    expect_cell(POST, POSTS, name, state)


def test_every_state_that_waits_has_a_clock_of_its_own() -> None:
    assert set(LIFE.waiting) == set(S) - LIFE.final
    assert set(TAKEDOWN.waiting) == set(T) - TAKEDOWN.final
    kinds = [w.then for w in (*LIFE.waiting.values(), *TAKEDOWN.waiting.values())]
    assert len(set(kinds)) == len(kinds)
