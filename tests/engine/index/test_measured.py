"""PhotoDNA hashes compared by the measure that a list states. All of them are random bytes here."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.index.lists import Bytes, ids_of, numbered, random_hashes
from tocsin.engine.index import ExactIndex, Measure, UnknownMeasure, WrongShape, measured

VALUES = random_hashes(9_000, seed=81, width_bytes=144)
MEASURE = Measure.stated("squared_euclidean", "bytes", 40_000)


def moved(value: Bytes, squares: int) -> Bytes:
    """A value at exactly this squared distance, which must be a sum of few squares."""
    other = value.astype(np.int64)
    place = 0
    while squares:
        step = min(int(squares**0.5), 100)
        other[place] += step if other[place] < 128 else -step
        squares -= step * step
        place += 1
    return other.astype(np.uint8)


@pytest.mark.parametrize("compiled", [True, False])
def test_everything_within_the_threshold_is_found_and_nothing_beyond(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compiled:
        monkeypatch.setattr(measured, "kernels", lambda: None)
    index = ExactIndex.build(VALUES, numbered(len(VALUES)))
    distances = [0, 1, 39_999, 40_000, 40_001, 60_000]
    asked = np.array([moved(VALUES[i], squares) for i, squares in enumerate(distances)])
    found = index.query_measured(asked, MEASURE)
    assert found.offsets.tolist() == [0, 1, 2, 3, 4, 4, 4]
    assert found.ids.tolist() == [1, 2, 3, 4]
    assert found.distances.tolist() == distances[:4]


def test_the_answer_agrees_with_plain_arithmetic_at_every_threshold() -> None:
    index = ExactIndex.build(VALUES, numbered(len(VALUES)))
    asked = random_hashes(3, seed=82, width_bytes=144)
    difference = VALUES[None].astype(np.int64) - asked[:, None]
    squares = (difference**2).sum(axis=2)
    for threshold in (0, int(squares.min()), int(np.median(squares)), measured.MOST_SQUARES):
        found = index.query_measured(asked, Measure(MEASURE.metric, MEASURE.scale, threshold))
        for i, row in enumerate(squares):
            expected = sorted((int(d), j + 1) for j, d in enumerate(row) if d <= threshold)
            start, end = found.offsets[i : i + 2]
            distances, ids = found.distances[start:end].tolist(), found.ids[start:end].tolist()
            assert list(zip(distances, ids, strict=True)) == expected


def test_the_furthest_two_hashes_can_be_apart_does_not_overflow() -> None:
    index = ExactIndex.build(np.zeros((1, 144), np.uint8), ids_of(5))
    furthest = Measure(MEASURE.metric, MEASURE.scale, measured.MOST_SQUARES)
    found = index.query_measured(np.full((1, 144), 255, np.uint8), furthest)
    assert found.distances.tolist() == [144 * 255 * 255]


def test_fresh_and_withdrawn_entries_and_several_hashes_of_one_count_as_they_should() -> None:
    asked = VALUES[:1]
    near = np.array([moved(VALUES[0], 100), moved(VALUES[0], 400), moved(VALUES[0], 900)])
    index = ExactIndex.build(near, ids_of(7, 7, 8))
    index.add(asked, ids_of(9))
    assert index.query_measured(asked, MEASURE).ids.tolist() == [9, 7, 8]
    assert index.query_measured(asked, MEASURE).distances.tolist() == [0, 100, 900]
    index.withdraw(ids_of(7, 9))
    assert index.query_measured(asked, MEASURE).ids.tolist() == [8]


def test_no_queries_and_no_values_give_no_matches() -> None:
    index = ExactIndex.build(VALUES[:0], ids_of())
    assert index.query_measured(VALUES[:2], MEASURE).offsets.tolist() == [0, 0, 0]
    assert index.query_measured(VALUES[:0], MEASURE).offsets.tolist() == [0]


def test_values_of_another_width_are_refused() -> None:
    index = ExactIndex.build(VALUES, numbered(len(VALUES)))
    with pytest.raises(WrongShape, match=r"\[N, 144\]"):
        index.query_measured(random_hashes(1, seed=83), MEASURE)
    digests = ExactIndex.build(random_hashes(5, seed=84, width_bytes=16), numbered(5))
    with pytest.raises(WrongShape, match="144 bytes can be measured, these have 16"):
        digests.query_measured(random_hashes(1, seed=84, width_bytes=16), MEASURE)


@pytest.mark.parametrize(
    ("metric", "scale", "threshold"),
    [
        ("hamming", "bytes", 5),
        ("squared_euclidean", "unit", 5),
        ("", "", 0),
        ("squared_euclidean", "bytes", -1),
        ("squared_euclidean", "bytes", 144 * 255 * 255 + 1),
    ],
)
def test_a_measure_that_is_not_known_is_refused_and_not_guessed(
    metric: str, scale: str, threshold: int
) -> None:
    with pytest.raises(UnknownMeasure):
        Measure.stated(metric, scale, threshold)
