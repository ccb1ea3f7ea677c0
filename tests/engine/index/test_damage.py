"""Files that change under an open index: wrong answers or words, never a crash."""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.index.lists import flipped, numbered, random_hashes
from tocsin.engine.index import ExactIndex, IndexDamaged, NearIndex, finding, postings
from tocsin.engine.index.segment import open_segment

HASHES = random_hashes(5_000, seed=91)
ASKED = np.concatenate((flipped(HASHES[:60], [i % 34 for i in range(60)], seed=92), HASHES[-60:]))
DIGESTS = random_hashes(5_000, seed=93, width_bytes=20)
NAMES = [
    *("values", "first_ids", "shared", "starts", "more_ids", "directory"),
    *(f"{table}{part:02}" for table in ("beside", "numbers") for part in range(16)),
]


class Disk:
    """A saved index whose arrays can be changed while it is open, and put back."""

    def __init__(self, path: Path, kind: str) -> None:
        self.whole = bytearray(path.read_bytes())
        self.places: dict[str, tuple[int, int]] = {}
        arrays = open_segment(path, kind).arrays
        base = min(array.ctypes.data for array in arrays.values() if array.size)
        first = len(self.whole) - max(
            array.ctypes.data - base + array.nbytes for array in arrays.values()
        )
        for name, array in arrays.items():
            if array.size:
                self.places[name] = (first + array.ctypes.data - base, array.nbytes)
        with path.open("r+b") as file:
            self.mapped = mmap.mmap(file.fileno(), 0)

    def change(self, name: str, at: float, what: bytes) -> None:
        """Overwrite some bytes of an array, `at` from 0 to 1 of its length."""
        start, size = self.places[name]
        place = start + min(int(at * size), max(0, size - len(what)))
        self.mapped[place : place + len(what)] = what

    def restore(self) -> None:
        """As it was."""
        self.mapped[:] = bytes(self.whole)


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> tuple[Disk, NearIndex, Path]:
    """An open near index with tables and shared hashes."""
    folder = tmp_path_factory.mktemp("near")
    ids = numbered(5_300)
    NearIndex.build(np.concatenate((HASHES, HASHES[:300])), ids).save(folder)
    return Disk(folder / "near.seg", "near"), NearIndex.open(folder), folder


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
@pytest.mark.parametrize("name", NAMES)
def test_an_array_of_noise_is_told_or_answered_wrongly(
    near: tuple[Disk, NearIndex, Path],
    name: str,
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk, index, _ = near
    if not compiled:
        for module in (finding, postings):
            monkeypatch.setattr(module, "kernels", lambda: None)
    size = disk.places[name][1]
    for noise in (b"\xff" * size, b"\x00" * size, random_hashes(1, seed=94, width_bytes=size)):
        disk.change(name, 0, bytes(noise))
        for radius_bits in (0, 31, 47, 60):
            answered_or_told(index, radius_bits)
    disk.restore()
    assert len(index.query(HASHES).ids) == 5_300


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(NAMES), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
        min_size=1,
        max_size=20,
    ),
    radius_bits=st.sampled_from([0, 31, 47, 60]),
)
@settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_changed_bytes_are_told_or_answered_wrongly(
    near: tuple[Disk, NearIndex, Path],
    changes: list[tuple[str, float, bytes]],
    radius_bits: int,
) -> None:
    disk, index, folder = near
    try:
        for name, at, what in changes:
            disk.change(name, at, what)
        answered_or_told(index, radius_bits)
        with contextlib.suppress(IndexDamaged):
            answered_or_told(NearIndex.open(folder), radius_bits)
    finally:
        disk.restore()


def test_noise_in_an_exact_index_is_told_or_answered_wrongly(tmp_path: Path) -> None:
    values = np.concatenate((DIGESTS, DIGESTS[:300]))
    ExactIndex.build(values, numbered(5_300)).save(tmp_path, "sha1")
    disk, index = Disk(tmp_path / "exact-sha1.seg", "exact"), ExactIndex.open(tmp_path, "sha1")
    for name in ("values", "first_ids", "shared", "starts", "more_ids"):
        size = disk.places[name][1]
        for noise in (b"\xff" * size, random_hashes(1, seed=95, width_bytes=size)):
            disk.change(name, 0, bytes(noise))
            with contextlib.suppress(IndexDamaged):
                assert len(index.query(DIGESTS).offsets) == 5_001
        disk.restore()
    assert len(index.query(DIGESTS).ids) == 5_300


def answered_or_told(index: NearIndex, radius_bits: int) -> None:
    """An answer of the right form, or the exception that says what to do."""
    try:
        offsets, ids, distances = index.query(ASKED, radius_bits)
    except IndexDamaged:
        return
    assert offsets[-1] == len(ids) == len(distances)
    assert (np.diff(offsets) >= 0).all()
    assert not len(distances) or distances.max() <= radius_bits
