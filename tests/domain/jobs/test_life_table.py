"""Every cell of a job's life: state by move."""

from __future__ import annotations

import pytest

from tests.support import expect_cell
from tocsin.domain.jobs.rules import LIFE, wait_before_telling
from tocsin.domain.jobs.types import JobState as S

TABLE: dict[tuple[str, S], S] = {
    ("begin", S.WAITING): S.WORKING,
    ("finish", S.WORKING): S.DONE,
    ("give_up", S.WAITING): S.FAILED,
    ("give_up", S.WORKING): S.FAILED,
    ("delete", S.WAITING): S.DELETED,
    ("delete", S.WORKING): S.DELETED,
    ("delete", S.DONE): S.DELETED,
    ("delete", S.FAILED): S.DELETED,
}


def test_the_table_names_every_move() -> None:
    assert {name for name, _ in TABLE} == LIFE.names()


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("name", sorted(LIFE.names()))
def test_each_cell(name: str, state: S) -> None:
    expect_cell(LIFE, TABLE, name, state)


def test_every_state_that_waits_has_a_clock() -> None:
    assert set(LIFE.waiting) == set(S) - LIFE.final


def test_the_wait_before_telling_again_grows_to_about_an_hour() -> None:
    waits = [wait_before_telling(tries).total_seconds() for tries in range(1, 12)]
    assert waits[:3] == [30, 60, 120]
    assert waits == sorted(waits)
    assert waits[-1] == 3_840
