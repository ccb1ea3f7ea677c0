"""A publication that dies or is refused at any step leaves an index in service."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.index.lists import answered, numbered, policy_of
from tests.engine.index.test_publication import HASHES, put
from tocsin.engine.index import (
    PublishFailed,
    open_published,
    published,
    replace_policy,
    verify_published,
)

# Everything through which the index changes the disk.
CALLS = ("open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir")


class Killed(BaseException):
    """The process is dead: no handler runs, no clean-up happens."""


@contextmanager
def failing_at(
    step: int, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], BaseException], *, dead: bool
) -> Iterator[list[str]]:
    """Let the step-th call fail; when `dead`, all later ones too. Gives the calls made."""
    calls: list[str] = []

    def watched(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **options)
            calls.append(name)
            if len(calls) == step or (dead and len(calls) > step):
                if name == "write" and len(calls) == step:
                    real(args[0], args[1][: len(args[1]) // 2])
                raise fault()
            return real(*args, **options)

        return call

    with monkeypatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, watched(name))
        yield calls


def steps_of(change: Callable[[Path], None], root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many calls a change makes when nothing fails."""
    with failing_at(0, monkeypatch, Killed, dead=False) as calls:
        change(root)
    assert {"open", "write", "fsync", "replace"} <= set(calls)
    return len(calls)


def publish_larger(root: Path) -> None:
    """From five entries to fifty."""
    put(root, 50, change_no=2)


def change_policy(root: Path) -> None:
    """The same entries with other records."""
    replace_policy(root, change_no=2, policy=policy_of(dict.fromkeys(range(1, 6), 2)))


def told_by(change: Callable[[Path], None], root: Path) -> str:
    """The words of a publication that failed, none when it did not."""
    try:
        change(root)
    except PublishFailed as failure:
        return str(failure)
    return ""


def assert_in_service(root: Path) -> int:
    """One whole generation answers; gives its change number."""
    opened = open_published(root)
    assert verify_published(root) == opened.manifest
    count = len(opened.near)
    assert count in {5, 50}
    assert answered(opened.near, HASHES[count - 1 : count], 31) == [[(0, count)]]
    assert opened.policy.get(numbered(1))["status"][0] in {1, 2}
    return opened.manifest.policy_change_no


@pytest.mark.parametrize("change", [publish_larger, change_policy])
def test_a_writer_killed_at_any_step_leaves_a_whole_index(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "dry", 5, change_no=1)
    steps = steps_of(change, tmp_path / "dry", monkeypatch)
    served = []
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        put(root, 5, change_no=1)
        with pytest.raises(Killed), failing_at(step, monkeypatch, Killed, dead=True):
            change(root)
        served.append(assert_in_service(root))
        change(root)
        assert assert_in_service(root) == 2
        left = {path.name for path in root.iterdir()}
        assert "unfinished" not in left
        assert ".MANIFEST.json.new" not in left
        assert len(list(root.glob("generation-*"))) <= 2
    assert served == sorted(served)
    assert served[0] == 1


@pytest.mark.parametrize("change", [publish_larger, change_policy])
def test_a_full_disk_at_any_step_is_told_and_leaves_a_whole_index(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "dry", 5, change_no=1)
    steps = steps_of(change, tmp_path / "dry", monkeypatch)
    refused = 0
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        put(root, 5, change_no=1)
        before = sorted(path for path in root.rglob("*") if path.is_file())
        with failing_at(
            step, monkeypatch, lambda: OSError(28, "No space left on device"), dead=False
        ):
            told = told_by(change, root)
        if assert_in_service(root) == 1:
            assert "No space left on device" in told
            assert "stays in service" in told
            assert sorted(path for path in root.rglob("*") if path.is_file()) == before
            refused += 1
        else:
            # What could not be swept up is no reason to refuse the new index.
            assert told == "" or "did not confirm" in told
        change(root)
        assert assert_in_service(root) == 2
    assert refused > 8


def test_a_disk_that_stays_full_keeps_the_old_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, 5, change_no=1)
    old = published(tmp_path)
    with (
        failing_at(2, monkeypatch, lambda: OSError(28, "No space left on device"), dead=True),
        pytest.raises(PublishFailed, match="No space left on device"),
    ):
        publish_larger(tmp_path)
    assert published(tmp_path) == old
    assert assert_in_service(tmp_path) == 1


def test_a_root_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PublishFailed, match="Not a directory"):
        put(tmp_path / "file" / "index", 1, change_no=1)


def test_the_first_publication_killed_at_any_step_leaves_nothing_or_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of(publish_larger, tmp_path / "dry", monkeypatch)
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        with pytest.raises(Killed), failing_at(step, monkeypatch, Killed, dead=True):
            publish_larger(root)
        if published(root) is not None:
            assert assert_in_service(root) == 2
        publish_larger(root)
        assert assert_in_service(root) == 2


def test_files_can_be_read_by_the_group_and_by_nobody_else(tmp_path: Path) -> None:
    root = tmp_path / "index"
    put(root, 5, change_no=1)
    for path in [root, *root.rglob("*")]:
        assert path.stat().st_mode & 0o027 == 0
