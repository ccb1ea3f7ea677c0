"""Exact look-up of digests of every width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.index.lists import ids_of, looked_up, numbered, random_hashes
from tocsin.engine.index import ExactIndex, WrongName, WrongShape

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "photodna": 144}


@pytest.mark.parametrize("width_bytes", WIDTHS.values(), ids=WIDTHS.keys())
def test_every_value_is_found_and_no_other(width_bytes: int, tmp_path: Path) -> None:
    values = random_hashes(5_000, seed=31, width_bytes=width_bytes)
    ExactIndex.build(values, numbered(5_000)).save(tmp_path, "some")
    index = ExactIndex.open(tmp_path, "some")
    assert looked_up(index, values) == [[number] for number in range(1, 5_001)]
    other = values.copy()
    other[:, -1] ^= 1
    assert looked_up(index, other) == [[]] * 5_000
    assert index.width_bytes == width_bytes
    assert len(index) == 5_000


def test_values_that_all_begin_alike_are_told_apart() -> None:
    values = np.zeros((20_000, 20), np.uint8)
    values[:, 16:] = np.arange(20_000, dtype=">u4")[:, None].view(np.uint8)
    index = ExactIndex.build(values[::2], numbered(10_000))
    answers = looked_up(index, values)
    assert answers[::2] == [[number] for number in range(1, 10_001)]
    assert not any(answers[1::2])


def test_zero_bytes_at_the_end_count() -> None:
    values = np.zeros((3, 16), np.uint8)
    values[1, 14] = 1
    values[2, 15] = 1
    index = ExactIndex.build(values, ids_of(10, 11, 12))
    assert looked_up(index, values) == [[10], [11], [12]]


@pytest.mark.parametrize("count", [1, 2, 64, 65, 1_000])
def test_all_entries_with_the_same_value_are_found(count: int) -> None:
    values = np.repeat(random_hashes(1, seed=32, width_bytes=16), count, axis=0)
    index = ExactIndex.build(values, numbered(count)[::-1])
    assert looked_up(index, values[:1]) == [list(range(1, count + 1))]


def test_a_cap_keeps_the_lowest_ids_that_still_count() -> None:
    values = np.repeat(random_hashes(2, seed=37, width_bytes=16), 100, axis=0)
    index = ExactIndex.build(values, numbered(200))
    index.withdraw(ids_of(1, 2))
    asked = np.concatenate((np.repeat(values[:1], 1_500, axis=0), values[150:151]))
    offsets, ids = index.query(asked, most_ids=3)
    assert offsets.tolist() == list(range(0, 4_504, 3))
    assert ids.tolist() == [3, 4, 5] * 1_500 + [101, 102, 103]


def test_what_is_added_is_found_at_once_and_what_is_withdrawn_no_more(tmp_path: Path) -> None:
    values = random_hashes(8, seed=33, width_bytes=16)
    index = ExactIndex.build(values[:4], ids_of(1, 2, 2, 3))
    index.add(values[3:6], ids_of(3, 4, 5))
    assert looked_up(index, values) == [[1], [2], [2], [3], [4], [5], [], []]
    assert len(index) == 6
    index.withdraw(ids_of(2, 5))
    index.add(values[6:7], ids_of(2))
    expected = [[1], [], [], [3], [4], [], [2], []]
    assert looked_up(index, values) == expected
    assert len(index) == 4
    index.save(tmp_path, "md5")
    opened = ExactIndex.open(tmp_path, "md5")
    assert looked_up(opened, values) == expected
    assert len(opened) == 4


def test_an_empty_index_is_saved_and_answers_nothing(tmp_path: Path) -> None:
    ExactIndex.build(random_hashes(0, seed=0, width_bytes=16), ids_of()).save(tmp_path, "md5")
    index = ExactIndex.open(tmp_path, "md5")
    assert looked_up(index, random_hashes(2, seed=34, width_bytes=16)) == [[], []]
    assert index.query(random_hashes(0, seed=0, width_bytes=16)).offsets.tolist() == [0]


@pytest.mark.parametrize("width_bytes", [0, 7, 257])
def test_a_width_that_no_digest_has_is_refused(width_bytes: int) -> None:
    with pytest.raises(WrongShape, match="8 to 256"):
        ExactIndex.build(np.zeros((1, width_bytes), np.uint8), ids_of(1))


def test_a_query_of_another_width_is_refused() -> None:
    index = ExactIndex.build(random_hashes(1, seed=35, width_bytes=16), ids_of(1))
    with pytest.raises(WrongShape, match=r"\[N, 16\]"):
        index.query(random_hashes(1, seed=36, width_bytes=20))
    with pytest.raises(WrongShape):
        index.add(random_hashes(1, seed=36, width_bytes=20), ids_of(1))


@pytest.mark.parametrize("name", ["", "../md5", "MD5", "a" * 33, "md5\n"])
def test_a_name_that_could_leave_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    index = ExactIndex.build(random_hashes(1, seed=35, width_bytes=16), ids_of(1))
    with pytest.raises(WrongName):
        index.save(tmp_path, name)
    with pytest.raises(WrongName):
        ExactIndex.open(tmp_path, name)


@pytest.mark.parametrize("most_ids", [0, -5, True])
def test_a_cap_that_would_hide_every_entry_is_refused(most_ids: int) -> None:
    values = np.arange(32, dtype=np.uint8).reshape(2, 16)
    index = ExactIndex.build(values, np.array([1, 2], np.uint64))
    with pytest.raises(WrongShape, match="most_ids is a whole number from 1"):
        index.query(values, most_ids=most_ids)
