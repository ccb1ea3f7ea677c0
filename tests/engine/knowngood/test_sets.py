"""Sets: written in one step, asked for many entries at once, refused when they are not whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.knowngood.made import EMPTY, digests, made_set, pdqs
from tests.engine.search.prints import off_by
from tocsin.engine.knowngood import (
    NO_DISTANCE,
    NO_SOURCE,
    Digest,
    KnownGoodSet,
    SetWriter,
    Source,
    WrongSet,
    expected_chance_hits,
    trials_to_meet_one,
)
from tocsin.engine.knowngood.prefixes import Prefixes
from tocsin.engine.knowngood.runs import Sorter

MD5, SHA1, SHA256 = Digest.MD5, Digest.SHA1, Digest.SHA256


def test_what_was_put_in_is_found_with_its_source(tmp_path: Path) -> None:
    known = made_set(tmp_path / "set", sources=3, each=50)
    hits = known.ask(md5=digests(MD5, 0, 150), sha1=digests(SHA1, 0, 150))
    assert set(hits.kinds.tolist()) == {MD5 | SHA1}
    assert hits.sources.tolist() == [0] * 50 + [1] * 50 + [2] * 50
    assert str(known.source(1)) == "package 1 1.0"
    assert known.counts() == {"md5": 150, "sha1": 150, "sha256": 150, "pdq": 0}


def test_what_was_not_put_in_is_not_found(tmp_path: Path) -> None:
    known = made_set(tmp_path / "set")
    hits = known.ask(sha256=digests(SHA256, 1000, 500))
    assert not hits.kinds.any()
    assert set(hits.sources.tolist()) == {NO_SOURCE}


def test_a_row_of_zeros_is_an_entry_without_that_digest(tmp_path: Path) -> None:
    with SetWriter(tmp_path / "set") as writer:
        number = writer.source(Source("odd"))
        rows = np.concatenate([digests(MD5, 0, 2), np.zeros((1, 16), np.uint8)])
        writer.add({MD5: rows}, number)
        manifest = writer.publish(EMPTY)
    known = KnownGoodSet.open(tmp_path / "set")
    assert known.counts()["md5"] == 2
    assert not known.ask(md5=np.zeros((3, 16), np.uint8)).kinds.any()
    assert manifest.keeps == Digest.NONE


def test_the_strongest_digest_names_the_source(tmp_path: Path) -> None:
    known = made_set(tmp_path / "set", sources=2, each=10)
    hits = known.ask(md5=digests(MD5, 0, 1), sha256=digests(SHA256, 15, 1))
    assert hits.kinds.tolist() == [MD5 | SHA256]
    assert hits.sources.tolist() == [1]


def test_only_a_digest_kept_for_every_file_contradicts(tmp_path: Path) -> None:
    both = made_set(tmp_path / "both", kinds=(SHA1, SHA256))
    one = made_set(tmp_path / "one", kinds=(SHA1,))
    has = np.array([SHA1 | SHA256], np.uint8)
    asked = {"sha1": digests(SHA1, 0, 1), "sha256": digests(SHA256, 900, 1)}
    assert both.contradicted(has, both.ask(**asked)).tolist() == [SHA256]
    assert one.contradicted(has, one.ask(**asked)).tolist() == [0]
    unknown = {"sha1": digests(SHA1, 900, 1), "sha256": digests(SHA256, 900, 1)}
    assert both.contradicted(has, both.ask(**unknown)).tolist() == [0]


def test_a_picture_is_found_by_nearness_and_a_plain_one_only_when_equal(tmp_path: Path) -> None:
    values = pdqs(40)
    moved = np.array([np.frombuffer(off_by(v.tobytes(), 12), np.uint8) for v in values])
    known = made_set(tmp_path / "set", values=values)
    assert known.ask_near(moved).bits.tolist() == [12] * 40
    assert set(known.ask_near(moved).sources.tolist()) == {2}
    assert set(known.ask_near(moved, 11).bits.tolist()) == {NO_DISTANCE}
    plain = made_set(tmp_path / "plain", values=values, gate=1)
    assert set(plain.ask_near(moved).bits.tolist()) == {NO_DISTANCE}
    assert plain.ask_near(values).bits.tolist() == [0] * 40


def test_wrong_arrays_are_refused(tmp_path: Path) -> None:
    known = made_set(tmp_path / "set")
    with pytest.raises(ValueError, match="one length"):
        known.ask()
    with pytest.raises(ValueError, match="one length"):
        known.ask(md5=digests(MD5, 0, 2), sha1=digests(SHA1, 0, 3))
    with pytest.raises(ValueError, match="sha1 is"):
        known.ask(sha1=digests(SHA256, 0, 2))
    with pytest.raises(WrongSet, match="a source 99"):
        known.source(99)


def test_a_set_of_one_source_keeps_no_source_numbers(tmp_path: Path) -> None:
    made_set(tmp_path / "set", sources=1)
    assert not list((tmp_path / "set").glob("*.sources"))
    hits = KnownGoodSet.open(tmp_path / "set").ask(md5=digests(MD5, 0, 50))
    assert hits.sources.tolist() == [0] * 50


def test_a_set_is_replaced_in_one_step_and_whoever_has_it_open_keeps_it(tmp_path: Path) -> None:
    old = made_set(tmp_path / "set", sources=1, each=20)
    new = made_set(tmp_path / "set", sources=2, each=20)
    assert (len(old), len(new)) == (20, 40)
    assert old.ask(md5=digests(MD5, 0, 40)).kinds.astype(bool).sum() == 20
    assert new.manifest.generation == old.manifest.generation + 1
    kept = {path.name for path in (tmp_path / "set").iterdir()}
    assert kept == {"manifest.json", *new.manifest.files}


def test_a_writing_that_fails_leaves_the_former_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_set(tmp_path / "set", sources=1, each=20)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.engine.knowngood.writing.replace_file", full)
    with pytest.raises(OSError, match="No space"):
        made_set(tmp_path / "set", sources=2, each=20)
    assert len(KnownGoodSet.open(tmp_path / "set")) == 20
    monkeypatch.undo()
    assert len(made_set(tmp_path / "set", sources=2, each=20)) == 40
    assert not list(tmp_path.glob(".set.*"))


def test_two_do_not_write_the_same_set(tmp_path: Path) -> None:
    import fcntl
    import os

    made_set(tmp_path / "set")
    holder = os.open(tmp_path / "set", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        with pytest.raises(WrongSet, match="Another process"):
            made_set(tmp_path / "set")
    finally:
        os.close(holder)


def test_a_file_cut_short_anywhere_or_changed_is_refused(tmp_path: Path) -> None:
    known = made_set(tmp_path / "set", values=pdqs(5))
    for name in [*known.manifest.files, "manifest.json"]:
        path = tmp_path / "set" / name
        whole = path.read_bytes()
        for damaged in (
            whole[:-2],
            whole[: len(whole) // 2],
            b"",
            whole + b"\0",
            bytes([whole[0] ^ 1]) + whole[1:],
        ):
            path.write_bytes(damaged)
            with pytest.raises(WrongSet):
                KnownGoodSet.open(tmp_path / "set")
        path.unlink()
        with pytest.raises(WrongSet):
            KnownGoodSet.open(tmp_path / "set")
        path.write_bytes(whole)
    assert len(KnownGoodSet.open(tmp_path / "set")) == 150


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("format", "1"),
        ("generation", -1),
        ("generation", True),
        ("keeps", "all"),
        ("files", {"../../etc/passwd": {"bytes": 1, "sha256": "0" * 64}}),
        ("files", {}),
        ("files", []),
        ("sources", [["moon", "name", "1", "MIT"]]),
        ("sources", [["npm", "name"]]),
        ("sources", []),
        ("built_at", "yesterday"),
        ("file_count", 1.5),
    ],
)
def test_a_manifest_that_lies_is_refused(tmp_path: Path, field: str, value: object) -> None:
    made_set(tmp_path / "set")
    path = tmp_path / "set" / "manifest.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, field: value}))
    with pytest.raises(WrongSet):
        KnownGoodSet.open(tmp_path / "set")


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"[" * 100_000, b'{"format": NaN}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    made_set(tmp_path / "set")
    (tmp_path / "set" / "manifest.json").write_bytes(text)
    with pytest.raises(WrongSet):
        KnownGoodSet.open(tmp_path / "set")


def test_words_of_packages_survive_the_manifest(tmp_path: Path) -> None:
    odd = Source('a],["b\n"', "1\u20282", "MIT \ud800")
    with SetWriter(tmp_path / "set") as writer:
        writer.add({MD5: digests(MD5, 0, 2)}, writer.source(odd))
        writer.add({MD5: digests(MD5, 2, 2)}, writer.source(replace(odd, name="b")))
        writer.publish(EMPTY)
    read = KnownGoodSet.open(tmp_path / "set").manifest.sources
    assert (read[0].name, read[0].version) == (odd.name, odd.version)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 2**64 - 1) | st.integers(1, 40)), st.integers(0, 5)),
        max_size=12,
    ),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_sorting_in_runs_gives_what_sorting_at_once_gives(
    tmp_path_factory: pytest.TempPathFactory,
    adds: list[tuple[list[int], int]],
    run_rows: int,
    merged_rows: int,
) -> None:
    sorter = Sorter(tmp_path_factory.mktemp("runs"), "md5", run_rows=run_rows)
    wanted: dict[int, int] = {}
    for keys, source in adds:
        sorter.add(np.array(keys, np.uint64), source)
        for key in keys:
            wanted[key] = min(source, wanted.get(key, source))
    found: list[tuple[int, int]] = []
    for run in sorter.merged(merged_rows):
        sources = np.broadcast_to(np.asarray(run.sources), run.keys.shape)
        found += zip(run.keys.tolist(), sources.tolist(), strict=True)
    assert found == sorted(wanted.items())


@pytest.mark.parametrize("table", [True, False])
def test_both_ways_of_looking_up_agree(table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not table:
        monkeypatch.setattr("tocsin.engine.knowngood.prefixes._MOST_BITS", 12)
    monkeypatch.setattr("tocsin.engine.knowngood.prefixes.AT_ONCE", 777)
    rng = np.random.default_rng(5)
    keys = np.unique(rng.integers(1, 2**64, 5000, dtype=np.uint64))
    sources = np.arange(len(keys), dtype=np.uint16)
    asked = np.concatenate([keys[::3], rng.integers(0, 2**64, 4000, dtype=np.uint64)])
    asked = np.append(rng.permutation(asked), np.uint64(0))
    at, found = Prefixes(keys, sources).find(asked)
    wanted = np.flatnonzero(np.isin(asked, keys))
    assert at.tolist() == wanted.tolist()
    assert (keys[found] == asked[at]).all()


def test_what_64_bits_mean() -> None:
    assert expected_chance_hits(10_000_000, 160_000_000) == pytest.approx(8.7e-5, rel=0.01)
    assert trials_to_meet_one(160_000_000) == pytest.approx(2**36.75, rel=0.01)
