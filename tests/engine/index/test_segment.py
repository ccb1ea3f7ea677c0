"""Files that are missing, cut short, altered or too new are refused in words."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.engine.index.lists import damage, ids_of, numbered, policy_of, random_hashes
from tocsin.engine.index import (
    ExactIndex,
    IndexDamaged,
    IndexMissing,
    IndexTooNew,
    IndexTooOld,
    NearIndex,
    PolicyColumn,
)
from tocsin.engine.index.segment import AnyArray, open_segment, segment_chunks

LONG_LIST = random_hashes(6_000, seed=51)


@pytest.fixture
def near_file(tmp_path: Path) -> Path:
    """A saved near index of 6,000 hashes, with tables."""
    NearIndex.build(LONG_LIST, numbered(len(LONG_LIST))).save(tmp_path)
    return tmp_path / "near.seg"


def rewritten(path: Path, **changed: AnyArray) -> None:
    """The same segment with some arrays replaced, its header sound."""
    arrays = {**open_segment(path, "near").arrays, **changed}
    path.write_bytes(b"".join(bytes(chunk) for chunk in segment_chunks("near", arrays)))


def test_a_missing_file_names_the_rebuild_command(tmp_path: Path) -> None:
    for opening in (
        NearIndex.open,
        PolicyColumn.open,
        lambda folder: ExactIndex.open(folder, "md5"),
    ):
        with pytest.raises(IndexMissing, match="tocsin index rebuild"):
            opening(tmp_path)
    with pytest.raises(IndexMissing):
        NearIndex.open(tmp_path / "nowhere")


def test_a_file_cut_short_anywhere_is_refused(near_file: Path) -> None:
    whole = near_file.read_bytes()
    for kept in [0, 1, 63, 64, 200, *range(1_000, len(whole), len(whole) // 23), len(whole) - 1]:
        near_file.write_bytes(whole[:kept])
        with pytest.raises(IndexDamaged, match="tocsin index rebuild"):
            NearIndex.open(near_file.parent)


def test_a_file_that_grew_is_refused(near_file: Path) -> None:
    with near_file.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(IndexDamaged, match="bytes instead of"):
        NearIndex.open(near_file.parent)


def test_every_altered_byte_of_the_header_is_refused(near_file: Path) -> None:
    length = struct.unpack_from("<I", near_file.read_bytes(), 12)[0]
    for at in [*range(48), *range(64, 64 + length, 29)]:
        damage(near_file, at)
        with pytest.raises((IndexDamaged, IndexTooNew, IndexTooOld), match="tocsin index rebuild"):
            NearIndex.open(near_file.parent)
        damage(near_file, at)
    assert len(NearIndex.open(near_file.parent)) == len(LONG_LIST)


def test_a_newer_format_is_told_apart_from_damage(near_file: Path) -> None:
    whole = bytearray(near_file.read_bytes())
    struct.pack_into("<I", whole, 8, 3)
    near_file.write_bytes(whole)
    with pytest.raises(IndexTooNew, match="has format 3, this Tocsin knows up to 2"):
        NearIndex.open(near_file.parent)


def test_an_older_format_is_told_apart_from_damage_and_built_again(near_file: Path) -> None:
    whole = bytearray(near_file.read_bytes())
    struct.pack_into("<I", whole, 8, 1)
    near_file.write_bytes(whole)
    with pytest.raises(IndexTooOld, match=r"has format 1, .*tocsin index rebuild"):
        NearIndex.open(near_file.parent)


def test_a_segment_of_another_kind_is_refused(near_file: Path) -> None:
    policy_of({1: 1}).save(near_file.parent)
    (near_file.parent / "policy.seg").replace(near_file)
    with pytest.raises(IndexDamaged, match="holds 'policy' where 'near' belongs"):
        NearIndex.open(near_file.parent)


@pytest.mark.parametrize("name", ["values", "directory", "beside00", "beside15", "numbers07"])
def test_an_index_that_does_not_find_its_own_entries_is_refused(near_file: Path, name: str) -> None:
    array = open_segment(near_file, "near").arrays[name]
    rewritten(near_file, **{name: np.roll(array, 1, axis=-1)})
    with pytest.raises(IndexDamaged):
        NearIndex.open(near_file.parent)


@pytest.mark.parametrize(
    "name", ["values", "first_ids", "shared", "directory", "beside03", "starts", "bit_order"]
)
def test_arrays_that_do_not_fit_one_another_are_refused(near_file: Path, name: str) -> None:
    array = open_segment(near_file, "near").arrays[name]
    for changed in (array[:-1] if len(array) else np.ones(1, array.dtype), array.astype("<f4")):
        rewritten(near_file, **{name: changed})
        with pytest.raises(IndexDamaged):
            NearIndex.open(near_file.parent)
        rewritten(near_file, **{name: array})


def test_an_order_of_bits_that_repeats_one_is_refused(near_file: Path) -> None:
    rewritten(near_file, bit_order=np.zeros(256, np.uint8))
    with pytest.raises(IndexDamaged, match="order of bits"):
        NearIndex.open(near_file.parent)


def test_an_exact_index_that_is_not_sorted_is_refused(tmp_path: Path) -> None:
    ExactIndex.build(random_hashes(500, seed=52, width_bytes=16), numbered(500)).save(
        tmp_path, "md5"
    )
    path = tmp_path / "exact-md5.seg"
    arrays = dict(open_segment(path, "exact").arrays)
    arrays["values"] = arrays["values"][::-1]
    path.write_bytes(b"".join(bytes(chunk) for chunk in segment_chunks("exact", arrays)))
    with pytest.raises(IndexDamaged, match="does not find its own entries"):
        ExactIndex.open(tmp_path, "md5")


def test_an_opened_index_cannot_be_written_through(near_file: Path) -> None:
    segment = open_segment(near_file, "near")
    with pytest.raises(ValueError, match="read-only"):
        segment.arrays["first_ids"][0] = 1


def test_a_failed_save_keeps_the_old_file(near_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(OSError, match="No space left"):
        NearIndex.build(LONG_LIST[:1], ids_of(1)).save(near_file.parent)
    monkeypatch.undo()
    assert len(NearIndex.open(near_file.parent)) == len(LONG_LIST)
    assert [path.name for path in near_file.parent.glob("*near*")] == ["near.seg"]


def test_a_folder_where_the_file_belongs_is_damage(tmp_path: Path) -> None:
    (tmp_path / "near.seg").mkdir()
    with pytest.raises(IndexDamaged, match="it is no file"):
        NearIndex.open(tmp_path)
