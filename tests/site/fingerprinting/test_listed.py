"""Lists that `--against` reads: our own, vPDQ's two, and PDQ hashes one a line."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.search.prints import prints, some_hash
from tocsin.engine.fingerprints import FrameHash, Gate, Sampling, VideoHashes, vpdq
from tocsin.site.fingerprinting.listed import Listed, NotAList, listed_in
from tocsin.site.fingerprinting.written import as_entry, as_json

FRAMES = tuple(FrameHash(n, n / 2, some_hash(n), 90) for n in range(4))
HEX = some_hash(1).hex()


def read(tmp_path: Path, text: str) -> Listed | None:
    path = tmp_path / "list.txt"
    path.write_text(text, "utf-8")
    return listed_in(str(path))


@pytest.mark.parametrize("write", [vpdq.write_text, vpdq.write_json])
def test_a_list_of_vpdq_is_one_film(tmp_path: Path, write: object) -> None:
    listed = read(tmp_path, write(FRAMES))  # type: ignore[operator]
    assert listed is not None
    assert listed.films == {0: FRAMES}
    assert listed.names == ["list.txt"]
    assert not listed.pictures


def test_json_over_several_lines_is_read(tmp_path: Path) -> None:
    listed = read(tmp_path, json.dumps(json.loads(vpdq.write_json(FRAMES)), indent=2))
    assert listed is not None
    assert listed.films == {0: FRAMES}


def test_hashes_one_a_line_are_pictures_and_those_of_low_quality_are_left_out(
    tmp_path: Path,
) -> None:
    lines = ["# known", "", HEX, f"{some_hash(2).hex()},100,b.jpg", f"{some_hash(3).hex()},49,c"]
    listed = read(tmp_path, "\n".join([*lines, "no hash"]))
    assert listed is not None
    assert listed.pictures == [(0, some_hash(1)), (1, some_hash(2))]
    assert listed.names == ["line 3", "line 4", "line 5"]
    assert listed.refused == 1


def test_our_own_entries_hold_pictures_films_and_digests(tmp_path: Path) -> None:
    pdq = {"algo": "pdq", "value": HEX, "quality": 90, "of": "file"}
    frames = [
        {"algo": "pdq", "value": f.value.hex(), "quality": 90, "of": "frame", "frame": f.number,
         "offset_s": f.seconds}
        for f in FRAMES
    ]  # fmt: skip
    gone = {**pdq, "value": some_hash(9).hex(), "status": "retracted"}
    told = [
        [pdq, gone, {"algo": "md5", "value": "00" * 16}, {"algo": "photodna", "value": "AA"}],
        frames,
    ]
    lines = [
        json.dumps({"schema": "hash-entry/1", "source_entry_id": f"e{n}", "fingerprints": some})
        for n, some in enumerate(told)
    ]
    listed = read(tmp_path, "\n".join([*lines, "{", "3", '{"fingerprints": 3}']))
    assert listed is not None
    assert listed.pictures == [(0, some_hash(1))]
    assert listed.digests == {"md5": [(0, bytes(16))]}
    assert listed.films == {1: FRAMES}
    assert listed.names == ["line 1 (e0)", "line 2 (e1)"]
    assert listed.refused == 4


def test_an_entry_made_of_a_film_comes_back_without_its_title_cards(tmp_path: Path) -> None:
    card = FrameHash(9, 4.5, some_hash(9), 90, Gate.ENTROPY)
    film = VideoHashes(Sampling.DENSE, (*FRAMES, card), None)
    found = replace(prints(), video=film)
    listed = read(tmp_path, as_entry(found, "own-files"))
    assert listed is not None
    assert listed.films == {0: FRAMES}
    assert listed.digests["sha256"] == [(0, found.sha256)]
    assert json.loads(as_json("a", found))["video"]["frames"][-1]["never_alone"] == "entropy"


def test_what_is_no_list_is_not_read_as_one(tmp_path: Path) -> None:
    for text in ("", "\n", "a text", "<svg/>", "[1, 2]", '{"a": 1}', HEX[:-2], f"x {HEX}"):
        assert read(tmp_path, text) is None
    assert listed_in(str(tmp_path)) is None
    assert listed_in(str(tmp_path / "gone")) is None
    os.mkfifo(tmp_path / "pipe")
    assert listed_in(str(tmp_path / "pipe")) is None


def test_a_list_that_does_not_go_on_as_it_begins_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NotAList, match="this is not JSON"):
        read(tmp_path, f'["{HEX},90,0.0", ')
    path = tmp_path / "bytes"
    path.write_bytes(HEX.encode() + b"\n" + b"\xff\xfe" * 8000)
    with pytest.raises(NotAList, match="begins as a list"):
        listed_in(str(path))


def test_a_list_shows_no_hash(tmp_path: Path) -> None:
    assert repr(read(tmp_path, HEX)) == "<Listed 1 entries>"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["algo", "value", "quality", "of", "frame", "offset_s", "status", "x"]),
            inner | st.sampled_from(["pdq", "md5", "frame", HEX]),
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=4), json_values)
def test_no_entry_upsets_the_reader(
    tmp_path_factory: pytest.TempPathFactory, some: list[object], name: object
) -> None:
    entry = {"schema": "hash-entry/1", "source_entry_id": name, "fingerprints": some}
    listed = read(tmp_path_factory.mktemp("lists"), json.dumps(entry))
    assert listed is not None
    assert len(listed.names) + listed.refused >= 1
