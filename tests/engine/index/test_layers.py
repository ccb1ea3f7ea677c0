"""Many changes on top of an index: through the layer that is scanned into the one with tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.engine.index.lists import answered, flipped, ids_of, numbered, random_hashes
from tests.engine.index.test_sequences import IndexAgainstPairs
from tocsin.engine.index import ExactIndex, NearIndex, layers

LIST = random_hashes(6_000, seed=121)
FRESH = random_hashes(9_000, seed=122)


@contextmanager
def small_layers() -> Iterator[None]:
    """Let three fresh hashes be many, so that short runs cross from layer to layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "ROWS_WITHOUT_TABLES", 3)
        yield


def test_thousands_of_fresh_entries_are_found_withdrawn_and_saved(tmp_path: Path) -> None:
    index = NearIndex.build(LIST, numbered(6_000))
    for first in range(0, 9_000, 1_500):
        index.add(FRESH[first : first + 1_500], numbered(1_500, first=10_001 + first))
    assert len(index) == 15_000
    assert len(index._layers.older.postings.values) > 4_096
    asked = flipped(FRESH[::100], [20] * 90, seed=123)
    assert [found[0][1] for found in answered(index, asked, 31)] == list(range(10_001, 19_001, 100))
    index.withdraw(numbered(3_000, first=10_001))
    assert len(index) == 12_000
    assert answered(index, FRESH[[0, 2_999, 3_000]], 0) == [[], [], [(0, 13_001)]]
    index.add(FRESH[:1], ids_of(10_001))
    assert answered(index, FRESH[:1], 0) == [[(0, 10_001)]]
    index.save(tmp_path)
    opened = NearIndex.open(tmp_path)
    assert len(opened) == 12_001
    assert answered(opened, FRESH[[0, 2_999, 3_000]], 0) == [[(0, 10_001)], [], [(0, 13_001)]]


def test_an_entry_withdrawn_in_every_layer_comes_back_in_the_newest_only() -> None:
    with small_layers():
        index = NearIndex.build(LIST[:5], ids_of(1, 2, 3, 4, 5))
        index.add(LIST[5:10], ids_of(1, 6, 7, 8, 9))
        index.add(LIST[10:12], ids_of(1, 10))
        assert len(index._layers.used) == 3
        assert [len(found) for found in answered(index, LIST[:12], 0)] == [1] * 12
        index.withdraw(ids_of(1))
        assert [len(found) for found in answered(index, LIST[[0, 5, 10]], 0)] == [0, 0, 0]
        index.add(LIST[5:6], ids_of(1))
        assert [len(found) for found in answered(index, LIST[[0, 5, 10]], 0)] == [0, 1, 0]
        assert len(index) == 10


def test_a_pair_that_counts_already_is_not_held_twice() -> None:
    with small_layers():
        index = ExactIndex.build(LIST[:5], ids_of(1, 2, 3, 4, 5))
        index.add(LIST[:10], numbered(10))
        index.add(LIST[:2], ids_of(1, 2))
        assert len(index) == 10
        assert [len(layer.postings.values) for layer in index._layers.used] == [5, 5]
        index.withdraw(ids_of(2))
        index.add(LIST[1:2], ids_of(2))
        assert index.query(LIST[1:2]).ids.tolist() == [2]
        assert len(index) == 10


class ManyLayers(IndexAgainstPairs):
    """Any order of changes, with layers so small that every run goes through all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.small = small_layers()
        self.small.__enter__()

    def teardown(self) -> None:
        """As it was."""
        self.small.__exit__(None, None, None)


ManyLayers.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestManyLayers = ManyLayers.TestCase
