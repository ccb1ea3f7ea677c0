"""Any order of adding, withdrawing, saving and asking, against a plain set of pairs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.engine.index.lists import (
    Bytes,
    Ids,
    answered,
    flipped,
    ids_of,
    looked_up,
    oracle,
    random_hashes,
)
from tocsin.engine.index import ExactIndex, NearIndex

# Few values in three clusters and few ids, so that a run meets itself again and again.
CLUSTERS = np.repeat(random_hashes(3, seed=41), 6, axis=0)
VALUES = flipped(CLUSTERS, [0, 1, 8, 20, 31, 33] * 3, seed=42)
PAIRS = st.lists(
    st.tuples(st.integers(0, len(VALUES) - 1), st.integers(1, 8)), min_size=0, max_size=6
)


class IndexAgainstPairs(RuleBasedStateMachine):
    """Both kinds of index hold what a set of (value number, id) holds."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: set[tuple[int, int]] = set()
        nothing = VALUES[:0]
        self.near = NearIndex.build(nothing, ids_of())
        self.exact = ExactIndex.build(nothing, ids_of())

    @rule(pairs=PAIRS)
    def build(self, pairs: list[tuple[int, int]]) -> None:
        """Start again from a list."""
        self.pairs = set(pairs)
        values, ids = _arrays(pairs)
        self.near = NearIndex.build(values, ids)
        self.exact = ExactIndex.build(values, ids)

    @rule(pairs=PAIRS)
    def add(self, pairs: list[tuple[int, int]]) -> None:
        """Some more pairs, perhaps known ones."""
        self.pairs |= set(pairs)
        values, ids = _arrays(pairs)
        self.near.add(values, ids)
        self.exact.add(values, ids)

    @rule(gone=st.lists(st.integers(1, 9), max_size=3))
    def withdraw(self, gone: list[int]) -> None:
        """Some ids, perhaps unknown ones."""
        self.pairs = {(value, entry) for value, entry in self.pairs if entry not in gone}
        self.near.withdraw(ids_of(*gone))
        self.exact.withdraw(ids_of(*gone))

    @rule()
    def save_and_open(self) -> None:
        """Go on with what stands on the disk."""
        with tempfile.TemporaryDirectory() as folder:
            self.near.save(Path(folder))
            self.exact.save(Path(folder), "sha256")
            self.near = NearIndex.open(Path(folder))
            self.exact = ExactIndex.open(Path(folder), "sha256")

    @rule(radius_bits=st.sampled_from([0, 15, 30, 31, 45, 60]))
    def ask(self, radius_bits: int) -> None:
        """The near index finds what a plain scan finds."""
        values, ids = _arrays(sorted(self.pairs))
        assert answered(self.near, VALUES, radius_bits) == oracle(values, ids, VALUES, radius_bits)

    @invariant()
    def counts_and_exact_answers_agree(self) -> None:
        """After every step."""
        assert len(self.near) == len(self.exact) == len(self.pairs)
        expected = [
            sorted(entry for value, entry in self.pairs if value == number)
            for number in range(len(VALUES))
        ]
        assert looked_up(self.exact, VALUES) == expected


def _arrays(pairs: list[tuple[int, int]]) -> tuple[Bytes, Ids]:
    numbers = [value for value, _ in pairs]
    return VALUES[numbers] if numbers else VALUES[:0], ids_of(*(entry for _, entry in pairs))


IndexAgainstPairs.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestIndexAgainstPairs = IndexAgainstPairs.TestCase
