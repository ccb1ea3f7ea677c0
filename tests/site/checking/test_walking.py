"""The walk finds every file once, and nothing in the tree can stop or mislead it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine import fingerprint
from tocsin.engine.media import MediaOptions
from tocsin.site.checking.reading import look_at
from tocsin.site.checking.types import File, Looked, Trouble
from tocsin.site.checking.walking import Walk

names = st.binary(min_size=1, max_size=20).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."}
)
trees = st.recursive(
    st.binary(max_size=5), lambda inner: st.dictionaries(names, inner, max_size=4), max_leaves=12
)


def grow(place: bytes, tree: object) -> set[bytes]:
    """Make the tree on disk; the paths of its files."""
    if isinstance(tree, bytes):
        Path(os.fsdecode(place)).write_bytes(tree)
        return {place}
    assert isinstance(tree, dict)
    Path(os.fsdecode(place)).mkdir()
    made: set[bytes] = set()
    for name, inner in tree.items():
        made |= grow(place + b"/" + name, inner)
    return made


def files(walk: Walk) -> list[File]:
    return [one for one in walk if isinstance(one, File)]


@settings(max_examples=60, deadline=None)
@given(tree=trees)
def test_every_file_of_any_tree_is_found_once_whatever_its_name(
    tree: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    top = os.fsencode(tmp_path_factory.mktemp("tree")) + b"/top"
    made = grow(top, tree)
    met = [os.fsencode(file.path) for file in files(Walk([os.fsdecode(top)]))]
    assert sorted(met) == sorted(made)


def test_the_order_is_the_same_each_time(tmp_path: Path) -> None:
    grow(os.fsencode(tmp_path) + b"/top", {b"b": b"", b"a": {b"z": b"", b"y": b""}, b"c": b""})
    walk = [file.path for file in files(Walk([str(tmp_path / "top")]))]
    assert walk == [file.path for file in files(Walk([str(tmp_path / "top")]))]
    assert [Path(path).name for path in walk] == ["b", "c", "y", "z"]


def test_links_inside_a_folder_are_counted_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "picture").write_bytes(b"x")
    (tmp_path / "a" / "round").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "other").symlink_to(tmp_path / "a" / "picture")
    (tmp_path / "a" / "nowhere").symlink_to(tmp_path / "gone")
    walk = Walk([str(tmp_path)])
    assert [Path(file.path).name for file in files(walk)] == ["picture"]
    assert walk.passed.links == 3


def test_a_link_named_as_argument_is_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "picture").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    assert len(files(Walk([str(tmp_path / "link")]))) == 1


def test_a_link_that_points_at_itself_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    [trouble] = list(Walk([str(tmp_path / "loop")]))
    assert isinstance(trouble, Trouble)
    assert "symbolic links" in trouble.reason


def test_what_is_not_there_is_trouble(tmp_path: Path) -> None:
    [trouble] = list(Walk([str(tmp_path / "gone")]))
    assert trouble == Trouble(str(tmp_path / "gone"), 0, "no such file or directory")


def test_a_pipe_is_counted_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    walk = Walk([str(tmp_path)])
    assert list(walk) == []
    assert walk.passed.not_files == 1


def test_a_folder_that_may_not_be_read_is_trouble_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(os.fsencode(tmp_path) + b"/top", {b"open": {b"a": b""}, b"shut": {b"b": b""}})
    listed = os.listdir

    def refuses(folder: str) -> list[str]:
        if folder.endswith("shut"):  # by hand, since root may read everything
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(os, "listdir", refuses)
    met = list(Walk([str(tmp_path / "top")]))
    assert [Path(one.path).name for one in met] == ["a", "shut"]
    assert isinstance(met[1], Trouble)
    assert met[1].reason == "permission denied"


def test_a_file_that_vanished_since_it_was_met_is_trouble(tmp_path: Path) -> None:
    gone = File(str(tmp_path / "gone"), 0, 1, 1)
    trouble = look_at(gone, lambda data, options: fingerprint(data, options=options))
    assert trouble == Trouble(gone.path, 0, "no such file or directory")


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = File(str(tmp_path / "pipe"), 0, 1, 1)
    trouble = look_at(pipe, lambda data, options: fingerprint(data, options=options))
    assert isinstance(trouble, Trouble)
    assert trouble.reason == "is no longer a file"


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    link = File(str(tmp_path / "link"), 0, 1, 1)
    assert isinstance(
        look_at(link, lambda data, options: fingerprint(data, options=options)), Trouble
    )


def test_a_file_above_the_limit_gets_its_digests_and_too_large(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"abc" * 1000)
    large = File(str(tmp_path / "large"), 0, 3000, 1)

    def never(data: bytes, options: MediaOptions) -> object:
        raise AssertionError("a file above the limit is not handed to a decoder")

    looked = look_at(large, never, MediaOptions(max_bytes=2999))  # type: ignore[arg-type]
    assert isinstance(looked, Looked)
    whole = fingerprint(b"abc" * 1000)
    assert looked.fingerprints.status == "too_large"
    assert looked.fingerprints.sha256 == whole.sha256
    assert looked.fingerprints.md5 == whole.md5
    assert looked.fingerprints.sha1 == whole.sha1
    assert looked.fingerprints.size_bytes == 3000
