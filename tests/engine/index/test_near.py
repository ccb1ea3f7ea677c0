"""The near index against a plain scan: nothing missed, nothing made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.index.lists import (
    answered,
    flipped,
    ids_of,
    numbered,
    oracle,
    random_hashes,
)
from tocsin.engine.index import NearIndex, WrongRadius, WrongShape

LIST = random_hashes(20_000, seed=1)


@pytest.fixture(scope="module")
def long_index() -> NearIndex:
    """Twenty thousand unrelated hashes, searched by tables."""
    return NearIndex.build(LIST, numbered(len(LIST)))


@pytest.fixture(scope="module")
def clustered() -> tuple[npt.NDArray[np.uint8], NearIndex]:
    """Like the frames of one video: 9,000 hashes within 12 bits of one, among 6,000 others."""
    centre = np.repeat(random_hashes(1, seed=2), 9_000, axis=0)
    near = flipped(centre, [i % 13 for i in range(9_000)], seed=3)
    hashes = np.concatenate((near, random_hashes(6_000, seed=4)))
    return hashes, NearIndex.build(hashes, numbered(len(hashes)))


def test_every_planted_mutation_at_every_distance_up_to_31_is_found(long_index: NearIndex) -> None:
    asked = LIST[:1_600]
    bits = [i % 32 for i in range(len(asked))]
    offsets, ids, distances = long_index.query(flipped(asked, bits, seed=5))
    assert np.diff(offsets).min() >= 1
    assert ids[offsets[:-1]].tolist() == numbered(len(asked)).tolist()
    assert distances[offsets[:-1]].tolist() == bits


@pytest.mark.parametrize("radius_bits", [0, 1, 15, 30, 31, 32, 45, 47, 48, 60])
def test_the_tables_agree_with_the_scan_at_every_radius(
    long_index: NearIndex, radius_bits: int
) -> None:
    asked = (
        flipped(LIST[:64], [radius_bits - 1 + i % 3 for i in range(64)], seed=6)
        if (radius_bits)
        else LIST[:64]
    )
    asked = np.concatenate((asked, random_hashes(16, seed=7)))
    expected = oracle(LIST, numbered(len(LIST)), asked, radius_bits)
    assert answered(long_index, asked, radius_bits) == expected


@pytest.mark.parametrize("radius_bits", [0, 15, 31, 45, 60])
def test_a_cluster_that_fills_the_buckets_is_answered_in_full(
    clustered: tuple[npt.NDArray[np.uint8], NearIndex], radius_bits: int
) -> None:
    hashes, index = clustered
    asked = np.concatenate((hashes[:3], hashes[-3:], flipped(hashes[:4], [25] * 4, seed=8)))
    expected = oracle(hashes, numbered(len(hashes)), asked, radius_bits)
    assert answered(index, asked, radius_bits) == expected


def test_hashes_that_differ_in_one_part_only_share_all_other_buckets() -> None:
    hashes = np.zeros((5_000, 32), np.uint8)
    hashes[:, :2] = np.arange(5_000, dtype=np.uint16)[:, None].view(np.uint8)
    index = NearIndex.build(hashes, numbered(5_000))
    asked = hashes[::500]
    assert answered(index, asked, 4) == oracle(hashes, numbered(5_000), asked, 4)


@pytest.mark.parametrize("count", [*range(1, 65), 100, 1_000])
def test_all_entries_with_the_same_hash_are_found(count: int) -> None:
    same = np.repeat(random_hashes(1, seed=9), count, axis=0)
    index = NearIndex.build(same, numbered(count))
    for bits in (0, 31):
        matches = index.query(flipped(same[:1], [bits], seed=10))
        assert matches.ids.tolist() == numbered(count).tolist()
        assert set(matches.distances.tolist()) == {bits}


def test_a_thousand_equal_hashes_in_a_long_list_are_found() -> None:
    hashes = LIST.copy()
    hashes[:1_000] = hashes[0]
    index = NearIndex.build(hashes, numbered(len(hashes)))
    assert index.query(hashes[:1]).ids.tolist() == numbered(1_000).tolist()
    assert len(index) == len(hashes)


def test_a_cap_keeps_the_nearest_of_what_still_counts() -> None:
    centre = random_hashes(1, seed=17)
    hashes = flipped(np.repeat(centre, 200, axis=0), [i % 30 for i in range(200)], seed=18)
    index = NearIndex.build(hashes, numbered(200, first=10))
    index.withdraw(ids_of(10))
    index.add(centre, ids_of(3))
    asked = np.concatenate((np.repeat(centre, 150, axis=0), LIST[:1]))
    full = index.query(asked)
    capped = index.query(asked, most_ids=5)
    assert capped.offsets.tolist() == [*range(0, 751, 5), 750]
    for i in range(150):
        start = int(full.offsets[i])
        assert capped.ids[5 * i : 5 * i + 5].tolist() == full.ids[start : start + 5].tolist()
        assert capped.distances[5 * i : 5 * i + 5].max() <= full.distances[start + 5]
    assert capped.ids[0] == 3
    assert 10 not in capped.ids


@pytest.mark.parametrize("most_ids", [1, 2, 7, 40, 300])
@pytest.mark.parametrize("withdrawn", [[], [1, 2, 3, 5, 8, 13, 21]])
def test_a_cap_is_right_where_hashes_share_their_entries(
    most_ids: int, withdrawn: list[int]
) -> None:
    rng = np.random.default_rng(most_ids)
    centre = random_hashes(1, seed=23)
    few = flipped(np.repeat(centre, 12, axis=0), [0, 2, 2, 4, 4, 4, 6, 8, 8, 10, 20, 30], seed=24)
    hashes = few[rng.integers(0, 12, 3_000)]
    ids = rng.integers(1, 90, 3_000).astype(np.uint64)
    index = NearIndex.build(np.concatenate((hashes, LIST)), np.concatenate((ids, numbered(20_000))))
    index.withdraw(ids_of(*withdrawn))
    asked = np.concatenate((centre, few))
    full, capped = index.query(asked), index.query(asked, most_ids=most_ids)
    for i in range(len(asked)):
        all_of = slice(int(full.offsets[i]), int(full.offsets[i + 1]))
        some = slice(int(capped.offsets[i]), int(capped.offsets[i + 1]))
        assert capped.ids[some].tolist() == full.ids[all_of].tolist()[:most_ids]
        assert capped.distances[some].tolist() == full.distances[all_of].tolist()[:most_ids]


@pytest.mark.parametrize("most_pairs", [1, 50, 1_000, 1 << 22])
def test_a_batch_aimed_at_a_cluster_is_answered_in_pieces_that_fit(
    most_pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.engine.index.finding.MOST_PAIRS", most_pairs)
    hashes = np.concatenate((np.repeat(LIST[:1], 300, axis=0), LIST[:5_000]))
    index = NearIndex.build(hashes, numbered(len(hashes)))
    asked = np.concatenate((LIST[9:10], np.repeat(LIST[:1], 20, axis=0), LIST[50:60]))
    whole = index.query(asked)
    assert np.diff(whole.offsets).tolist() == [1, *[301] * 20, *[1] * 10]
    found: dict[int, list[int]] = {}
    sizes = []
    for first, piece in index.query_in_pieces(asked):
        sizes.append(len(piece.ids))
        for i in range(len(piece.offsets) - 1):
            start, end = piece.offsets[i : i + 2]
            found.setdefault(first + i, []).extend(piece.ids[start:end].tolist())
    for i in range(len(asked)):
        start, end = whole.offsets[i : i + 2]
        assert found[i] == whole.ids[start:end].tolist()
    assert max(sizes) <= max(301, most_pairs)
    assert (len(sizes) == 1) == (most_pairs == 1 << 22)


def test_matches_stand_by_distance_and_then_by_id() -> None:
    centre = random_hashes(1, seed=11)
    hashes = flipped(np.repeat(centre, 4, axis=0), [5, 3, 5, 0], seed=12)
    index = NearIndex.build(hashes, ids_of(9, 8, 2, 7))
    assert answered(index, centre, 31) == [[(0, 7), (3, 8), (5, 2), (5, 9)]]


def test_an_entry_with_several_hashes_is_named_once_with_its_smallest_distance() -> None:
    centre = random_hashes(1, seed=13)
    hashes = flipped(np.repeat(centre, 3, axis=0), [9, 4, 12], seed=14)
    index = NearIndex.build(hashes, ids_of(5, 5, 5))
    assert answered(index, centre, 31) == [[(4, 5)]]
    assert len(index) == 3


def test_a_pair_given_twice_counts_once() -> None:
    hashes = np.repeat(random_hashes(1, seed=15), 2, axis=0)
    assert len(NearIndex.build(hashes, ids_of(3, 3))) == 1


def test_an_empty_index_answers_every_query_with_nothing() -> None:
    index = NearIndex.build(random_hashes(0, seed=0), ids_of())
    offsets, ids, distances = index.query(random_hashes(3, seed=16))
    assert offsets.tolist() == [0, 0, 0, 0]
    assert len(ids) == len(distances) == len(index) == 0


def test_no_queries_give_no_answers(long_index: NearIndex) -> None:
    offsets, ids, distances = long_index.query(random_hashes(0, seed=0))
    assert offsets.tolist() == [0]
    assert len(ids) == len(distances) == 0
    assert [array.dtype.name for array in (offsets, ids, distances)] == [
        "int64",
        "uint64",
        "uint16",
    ]


def test_an_added_hash_is_found_at_once_and_a_withdrawn_one_no_more() -> None:
    index = NearIndex.build(LIST[:6_000], numbered(6_000))
    index.add(LIST[6_000:6_100], numbered(100, first=6_001))
    assert answered(index, LIST[6_050:6_051], 31) == [[(0, 6_051)]]
    index.withdraw(ids_of(6_051, 17, 999_999))
    assert answered(index, LIST[[6_050, 16]], 31) == [[], []]
    assert len(index) == 6_098


def test_a_withdrawn_entry_comes_back_with_its_new_hash_only() -> None:
    index = NearIndex.build(LIST[:2], ids_of(1, 2))
    index.withdraw(ids_of(1))
    index.add(LIST[2:3], ids_of(1))
    assert answered(index, LIST[:3], 31) == [[], [(0, 2)], [(0, 1)]]


def test_adding_what_is_there_already_changes_nothing() -> None:
    index = NearIndex.build(LIST[:3], numbered(3))
    index.add(LIST[1:2], ids_of(2))
    assert answered(index, LIST[1:2], 31) == [[(0, 2)]]
    assert len(index) == 3


def test_a_saved_index_holds_what_was_added_and_not_what_was_withdrawn(tmp_path: Path) -> None:
    index = NearIndex.build(LIST[:5_000], numbered(5_000))
    index.add(LIST[5_000:5_002], ids_of(5_001, 5_002))
    index.withdraw(ids_of(1, 5_001))
    index.save(tmp_path)
    opened = NearIndex.open(tmp_path)
    asked = LIST[[0, 1, 5_000, 5_001]]
    assert answered(opened, asked, 31) == [[], [(0, 2)], [], [(0, 5_002)]]
    assert len(opened) == len(index) == 5_000


def test_the_largest_id_survives(tmp_path: Path) -> None:
    NearIndex.build(LIST[:1], ids_of(2**64 - 1)).save(tmp_path)
    assert answered(NearIndex.open(tmp_path), LIST[:1], 0) == [[(0, 2**64 - 1)]]


@pytest.mark.parametrize("radius_bits", [-1, 61, 256, 3.5, "31"])
def test_a_radius_outside_0_to_60_is_refused(long_index: NearIndex, radius_bits: int) -> None:
    with pytest.raises(WrongRadius, match="0 to 60"):
        long_index.query(LIST[:1], radius_bits)


@pytest.mark.parametrize(
    "hashes",
    [
        np.zeros((1, 31), np.uint8),
        np.zeros(32, np.uint8),
        np.zeros((1, 32), np.int64),
        np.zeros((1, 4), np.uint64),
        b"0" * 32,
    ],
)
def test_hashes_of_another_shape_are_refused(
    long_index: NearIndex, hashes: npt.NDArray[np.uint8]
) -> None:
    with pytest.raises(WrongShape):
        long_index.query(hashes)
    with pytest.raises(WrongShape):
        NearIndex.build(hashes, ids_of(1))


def test_ids_that_do_not_belong_to_the_hashes_are_refused(long_index: NearIndex) -> None:
    with pytest.raises(WrongShape, match="2 fingerprint values came with 1 ids"):
        NearIndex.build(LIST[:2], ids_of(1))
    with pytest.raises(WrongShape, match="uint64"):
        long_index.add(LIST[:1], np.array([1]))
    with pytest.raises(WrongShape):
        long_index.withdraw(np.zeros((1, 1), np.uint64))


def test_a_refusal_does_not_show_the_hash(long_index: NearIndex) -> None:
    with pytest.raises(WrongShape) as refusal:
        long_index.query("f" * 64)  # type: ignore[arg-type]
    assert "ffff" not in str(refusal.value)


@pytest.mark.parametrize("most_ids", [0, -5, 1.5, True, float("nan")])
def test_a_cap_that_would_hide_every_entry_is_refused(most_ids: int, long_index: NearIndex) -> None:
    with pytest.raises(WrongShape, match="most_ids is a whole number from 1"):
        long_index.query(LIST[:2], most_ids=most_ids)


def test_a_radius_is_a_number_and_no_truth(long_index: NearIndex) -> None:
    with pytest.raises(WrongRadius):
        long_index.query(LIST[:2], True)
