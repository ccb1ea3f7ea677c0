"""State machines as data: a record's states, its moves, who may make them, and every deadline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class MoveRefused(Exception):
    """The record is not in a state from which this move can be made."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A state that waits for somebody: what falls due when nobody comes in `within`."""

    within: timedelta
    then: str
    """Clock kind that fires at the deadline."""


@dataclass(frozen=True, slots=True)
class Move(Generic[S]):
    """`name` takes a record from any of `source` to `target`."""

    name: str
    source: frozenset[S]
    target: S


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[S]):
    """All states and moves of one kind of record; a wrong table fails when it is built."""

    states: type[S]
    first: S
    moves: tuple[Move[S], ...]
    final: frozenset[S]
    waiting: dict[S, Waiting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """No state may wait without a clock, and every state must be reachable."""
        for state in self.states:
            if state not in self.final and state not in self.waiting:
                raise ValueError(f"{state!r} waits without a clock")
        reachable = {self.first, *(move.target for move in self.moves)}
        if missing := set(self.states) - reachable:
            raise ValueError(f"no move leads to {sorted(missing)}")

    def target(self, name: str, current: S) -> S:
        """The state after move `name` from `current`; raises MoveRefused."""
        for move in self.moves:
            if move.name == name and current in move.source:
                return move.target
        raise MoveRefused(f"cannot {name} from {current}")

    def sources(self, name: str) -> frozenset[S]:
        """States from which `name` can be made: what a compare-and-swap filters by."""
        return frozenset().union(*(move.source for move in self.moves if move.name == name))

    def names(self) -> frozenset[str]:
        return frozenset(move.name for move in self.moves)


def move(name: str, source: Iterable[S], target: S) -> Move[S]:
    """A row of the table, for reading ease."""
    return Move(name, frozenset(source), target)
