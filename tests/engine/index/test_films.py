"""Films by their frames: built, written, opened, changed, and what a damaged file says."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.index import (
    POLICY_DTYPE,
    FrameIndex,
    IndexDamaged,
    NearIndex,
    PolicyColumn,
    WrongShape,
    open_published,
    publish,
    verify_published,
)

RNG = np.random.default_rng(5)
HASHES = RNG.integers(0, 256, (6, 32), np.uint8)
IDS = np.array([9, 9, 4, 9, 4, 7], np.uint64)
SECONDS = np.array([2.0, 1.0, 0.0, 3.0, 5.5, 0.0])


def built() -> FrameIndex:
    return FrameIndex.build(IDS, HASHES, SECONDS)


def test_each_film_has_its_frames_in_the_order_in_which_they_are_shown() -> None:
    hashes, seconds = built().film(9)
    assert seconds.tolist() == [1.0, 2.0, 3.0]
    assert (hashes == HASHES[[1, 0, 3]]).all()
    with pytest.raises(KeyError):
        built().film(5)
    with pytest.raises(KeyError):
        FrameIndex.empty().film(9)


def test_frames_are_found_under_their_films() -> None:
    found = built().query(HASHES[2:4], 0)
    assert found.ids.tolist() == [4, 9]


def test_what_changes_in_a_fork_is_not_seen_outside_it() -> None:
    first = built()
    fork = copy(first)
    fork.withdraw(np.array([9], np.uint64))
    fresh = RNG.integers(0, 256, (2, 32), np.uint8)
    fork.add(4, fresh, np.array([0.0, 1.0]))
    assert fork.query(HASHES[:3], 0).ids.tolist() == []
    assert (fork.film(4)[0] == fresh).all()
    with pytest.raises(KeyError):
        fork.film(9)
    assert first.query(HASHES[:3], 0).ids.tolist() == [9, 9, 4]
    assert len(first.film(9)[0]) == 3


def test_a_film_that_went_may_come_back() -> None:
    films = built()
    films.withdraw(np.array([9], np.uint64))
    films.add(9, HASHES[:1], SECONDS[:1])
    assert films.film(9)[1].tolist() == [2.0]
    assert films.query(HASHES[:2], 0).ids.tolist() == [9]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(WrongShape):
        FrameIndex.build(IDS, HASHES, SECONDS[:2])
    with pytest.raises(WrongShape):
        FrameIndex.build(IDS[:2], HASHES, SECONDS)


def published(root: Path, films: FrameIndex | None) -> None:
    publish(
        root,
        change_no=1,
        near=NearIndex.build(HASHES[:1], IDS[:1]),
        exact={},
        policy=PolicyColumn.build(IDS[:1], np.zeros(1, POLICY_DTYPE)),
        films=films,
    )


def test_films_are_published_with_the_rest_and_checked_with_it(tmp_path: Path) -> None:
    published(tmp_path, built())
    opened = open_published(tmp_path)
    verify_published(tmp_path)
    assert {"frames.seg", "films.seg"} <= set(opened.manifest.files)
    assert opened.films.film(4)[1].tolist() == [0.0, 5.5]
    assert opened.films.query(HASHES, 0).ids.tolist() == IDS.tolist()
    assert opened.near.query(HASHES[1:], 31).ids.tolist() == []


def test_an_index_without_films_has_no_files_of_them(tmp_path: Path) -> None:
    for films in (None, FrameIndex.empty()):
        published(tmp_path, films)
        opened = open_published(tmp_path)
        assert not opened.manifest.has_films
        assert len(opened.films) == 0
        assert opened.films.query(HASHES, 31).ids.tolist() == []


def test_a_damaged_file_of_films_is_no_answer(tmp_path: Path) -> None:
    published(tmp_path, built())
    [path] = tmp_path.glob("generation-*/films.seg")
    whole = path.read_bytes()
    path.write_bytes(whole[:-8] + b"\0" * 8)
    with pytest.raises(IndexDamaged):
        verify_published(tmp_path)
    path.write_bytes(whole[:-8])
    with pytest.raises(IndexDamaged):
        open_published(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50)), max_size=40))
def test_every_frame_that_went_in_is_in_its_film(pairs: list[tuple[int, int]]) -> None:
    ids = np.array([film for film, _ in pairs], np.uint64)
    seconds = np.array([float(second) for _, second in pairs], np.float64)
    hashes = np.random.default_rng(1).integers(0, 256, (len(pairs), 32), np.uint8)
    films = FrameIndex.build(ids, hashes, seconds)
    assert len(films) == len(set(ids.tolist()))
    for film in set(ids.tolist()):
        own = films.film(film)
        assert own[1].tolist() == sorted(seconds[ids == film].tolist())
        assert {h.tobytes() for h in own[0]} == {h.tobytes() for h in hashes[ids == film]}
