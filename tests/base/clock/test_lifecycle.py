"""State machines as data: what a table must say before it may be used."""

from datetime import timedelta
from enum import StrEnum

import pytest

from tocsin.base.clock.lifecycle import Lifecycle, MoveRefused, Waiting, move


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    WALLED = "walled"


MOVES = (
    move("shut", {Door.OPEN}, Door.SHUT),
    move("open", {Door.SHUT}, Door.OPEN),
    move("wall_up", {Door.OPEN, Door.SHUT}, Door.WALLED),
)
WAITING = {
    Door.OPEN: Waiting(timedelta(hours=1), "door.stands_open"),
    Door.SHUT: Waiting(timedelta(days=1), "door.stands_shut"),
}


def lifecycle(**changes: object) -> Lifecycle[Door]:
    parts: dict[str, object] = {
        "states": Door,
        "first": Door.OPEN,
        "moves": MOVES,
        "final": frozenset({Door.WALLED}),
        "waiting": WAITING,
    }
    return Lifecycle(**{**parts, **changes})  # type: ignore[arg-type]


def test_every_cell_of_the_table_moves_or_refuses() -> None:
    table = lifecycle()
    allowed = {
        ("shut", Door.OPEN): Door.SHUT,
        ("open", Door.SHUT): Door.OPEN,
        ("wall_up", Door.OPEN): Door.WALLED,
        ("wall_up", Door.SHUT): Door.WALLED,
    }
    for name in table.names():
        for state in Door:
            if (name, state) in allowed:
                assert table.target(name, state) == allowed[name, state]
            else:
                with pytest.raises(MoveRefused, match=f"cannot {name} from {state}"):
                    table.target(name, state)


def test_sources_are_all_states_a_move_can_be_made_from() -> None:
    assert lifecycle().sources("wall_up") == {Door.OPEN, Door.SHUT}
    assert lifecycle().sources("unheard_of") == frozenset()


def test_a_state_that_waits_without_a_clock_is_refused_when_the_table_is_built() -> None:
    with pytest.raises(ValueError, match="waits without a clock"):
        lifecycle(waiting={Door.OPEN: WAITING[Door.OPEN]})


def test_a_state_no_move_leads_to_is_refused_when_the_table_is_built() -> None:
    with pytest.raises(ValueError, match="no move leads to"):
        lifecycle(moves=MOVES[:2])
