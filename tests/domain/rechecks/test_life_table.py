"""A follow's life, cell by cell: which moves are made from which state, and which are refused."""

from __future__ import annotations

import itertools

import pytest

from tests.support import expect_cell
from tocsin.domain.rechecks.rules import LIFE
from tocsin.domain.rechecks.types import FollowState

S = FollowState
EVERY = set(S) - {S.ENDED, S.PAUSED}
TABLE = {
    ("seen_there", S.MAYBE_GONE): S.CHECKING,
    ("seen_there", S.UNCERTAIN): S.CHECKING,
    ("missed", S.CHECKING): S.MAYBE_GONE,
    ("missed", S.UNCERTAIN): S.MAYBE_GONE,
    ("missed", S.MOVED): S.MAYBE_GONE,
    ("removed", S.MAYBE_GONE): S.WATCHING,
    ("removed", S.UNCERTAIN): S.WATCHING,
    ("doubt", S.CHECKING): S.UNCERTAIN,
    ("doubt", S.MAYBE_GONE): S.UNCERTAIN,
    ("doubt", S.MOVED): S.UNCERTAIN,
    ("assume_there", S.UNCERTAIN): S.CHECKING,
    ("moved", S.CHECKING): S.MOVED,
    ("moved", S.MAYBE_GONE): S.MOVED,
    ("moved", S.UNCERTAIN): S.MOVED,
    ("moved", S.MOVED): S.MOVED,
    ("told_there", S.MOVED): S.CHECKING,
    ("seen_again", S.WATCHING): S.MAYBE_BACK,
    ("gone_again", S.MAYBE_BACK): S.WATCHING,
    ("back", S.MAYBE_BACK): S.CHECKING,
    ("go_on", S.PAUSED): S.CHECKING,
    ("go_on_watching", S.PAUSED): S.WATCHING,
    ("start_again", S.ENDED): S.CHECKING,
    **{("pause", state): S.PAUSED for state in EVERY},
    **{("end", state): S.ENDED for state in EVERY | {S.PAUSED}},
}


@pytest.mark.parametrize(("name", "state"), list(itertools.product(sorted(LIFE.names()), S)))
def test_every_cell(name: str, state: FollowState) -> None:
    expect_cell(LIFE, TABLE, name, state)


def test_the_table_names_no_move_that_there_is_not() -> None:
    assert {name for name, _ in TABLE} == LIFE.names()


def test_every_state_but_the_last_has_a_clock() -> None:
    assert set(LIFE.waiting) == set(S) - {S.ENDED}
