"""Every cell of a notice's life: state by move."""

from __future__ import annotations

import pytest

from tests.support import expect_cell
from tocsin.domain.takedown.rules import LIFE
from tocsin.domain.takedown.types import NoticeState as S

TABLE: dict[tuple[str, S], S] = {
    ("queue", S.WAITING_FOR_CONTACT): S.QUEUED,
    ("queue", S.DEAD): S.QUEUED,
    ("sent", S.QUEUED): S.SENT,
    ("sent", S.DEAD): S.SENT,
    ("give_up", S.QUEUED): S.DEAD,
    ("cancel", S.WAITING_FOR_CONTACT): S.CANCELLED,
    ("cancel", S.QUEUED): S.CANCELLED,
    ("cancel", S.DEAD): S.CANCELLED,
    ("recall", S.QUEUED): S.RECALLING,
    ("recall", S.SENT): S.RECALLING,
    ("left_anyway", S.CANCELLED): S.RECALLING,
    ("recalled", S.RECALLING): S.RECALLED,
}


def test_the_table_names_every_move() -> None:
    assert {name for name, _ in TABLE} == LIFE.names()


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("name", sorted(LIFE.names()))
def test_each_cell(name: str, state: S) -> None:
    expect_cell(LIFE, TABLE, name, state)


def test_every_state_that_waits_has_a_clock_of_its_own() -> None:
    assert set(LIFE.waiting) == set(S) - LIFE.final
    assert len({waiting.then for waiting in LIFE.waiting.values()}) == len(LIFE.waiting)
