"""The fingerprint journal, and asking again from it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.site.checking.lists import UPLOADS, publish_rehearsal
from tocsin.domain.hashlists.types import EntryStatus
from tocsin.engine import fingerprint
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.retro import GONE, Retro
from tocsin.site.checking.store import StoreUnusable
from tocsin.site.checking.types import CannotAsk, File, Known, Looked, News
from tocsin.site.cli import main

SNOW = UPLOADS / "exact" / "snow.jpg"
FILE = File("/pictures/a.jpg", 0, 10, 1_000)
LOOKED = Looked(FILE, fingerprint(SNOW.read_bytes()))
NOTHING = Known("not_listed", "none", list_version=5)
LISTED = Known("listed", "block", "exact", "A1", 2, "k1.abc", 7)


def named(number: int) -> Looked:
    return replace(LOOKED, file=replace(FILE, path=f"/pictures/{number}.jpg"))


class Lists:
    """Lists of one version that answer as told."""

    identity = name = described = "lists"
    most_at_once = 2

    def __init__(self, answer: Known = NOTHING) -> None:
        self.answer: Known | CannotAsk = answer
        self.asked: list[str] = []

    def ask_since(self, looked: Sequence[Looked], version: int) -> News | None:
        return None

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        self.asked += [one.file.path for one in looked]
        if isinstance(self.answer, CannotAsk):
            raise self.answer
        return [self.answer] * len(looked)


def test_what_is_asked_from_the_journal_is_what_was_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(LOOKED, NOTHING)])
        kept = journal.unchanged(FILE)
    assert kept is not None
    assert (kept.looked.file, kept.version, kept.status) == (FILE, 5, "not_listed")
    was, now = LOOKED.fingerprints, kept.looked.fingerprints
    for name in ("status", "md5", "sha1", "sha256", "pdq", "pdq_quality", "pdq_oriented", "hasher"):
        assert getattr(now, name) == getattr(was, name), name


def test_a_file_that_changed_is_not_known(tmp_path: Path) -> None:
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(LOOKED, NOTHING)])
        for other in ({"size_bytes": 11}, {"modified_ns": 1_001}, {"path": "/pictures/b.jpg"}):
            assert journal.unchanged(replace(FILE, **other)) is None


def test_a_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    odd = replace(FILE, path=os.fsdecode(b"/pictures/\xff\xfe.jpg"))
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(replace(LOOKED, file=odd), NOTHING)])
        assert journal.unchanged(odd) is not None


def test_a_version_counts_for_the_lists_that_it_is_of(tmp_path: Path) -> None:
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(LOOKED, NOTHING)])
        assert list(journal.older_than(5)) == []
        assert [len(batch) for batch in journal.older_than(6)] == [1]
    with Journal(tmp_path / "prints", "others") as journal:
        [[kept]] = journal.older_than(5)
        assert (kept.version, kept.status) == (None, None)


def test_what_was_unavailable_is_asked_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(LOOKED, Known("unavailable", "hold", list_version=9))])
        assert [len(batch) for batch in journal.older_than(5)] == [1]


def test_only_its_owner_may_read_it_and_one_process_at_a_time(tmp_path: Path) -> None:
    place = tmp_path / "prints"
    with Journal(place, "lists"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        with pytest.raises(StoreUnusable, match="--prints"):
            Journal(place, "lists")


def test_a_journal_of_another_format_or_program_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "prints"
    with Journal(place, "lists"):
        pass
    with sqlite3.connect(place) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match="format 99"):
        Journal(place, "lists")
    with sqlite3.connect(tmp_path / "other") as db:
        db.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StoreUnusable, match="another program"):
        Journal(tmp_path / "other", "lists")


def test_what_was_kept_survives_a_process_that_is_killed(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from tests.site.checking.test_journal import NOTHING, named
from tocsin.site.checking.journal import Journal
journal = Journal(Path(sys.argv[1]), "lists")
journal.keep([(named(n), NOTHING) for n in range(1000)])
journal._db.execute("BEGIN IMMEDIATE")
journal._db.execute("DELETE FROM file")
os.kill(os.getpid(), signal.SIGKILL)
"""
    arguments = [sys.executable, "-c", program, str(tmp_path / "prints")]
    ended = subprocess.run(arguments, check=False)
    assert ended.returncode == -signal.SIGKILL
    with Journal(tmp_path / "prints", "lists") as journal:
        assert len(journal) == 1_000


def test_only_files_of_an_older_version_are_asked_about(tmp_path: Path) -> None:
    lists = Lists(replace(NOTHING, list_version=6))
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(named(n), replace(NOTHING, list_version=6)) for n in range(3)])
        journal.keep([(named(n), NOTHING) for n in range(3, 8)])
        results = list(Retro(lists=lists, journal=journal).results())
        assert [result.path for result in results] == [named(n).file.path for n in range(3, 8)]
        lists.asked.clear()
        assert list(Retro(lists=lists, journal=journal).results()) == []
    # One is asked about to learn the version.
    assert len(lists.asked) == 1


def test_what_was_found_before_is_not_told_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(named(1), replace(LISTED, list_version=5)), (named(2), NOTHING)])
        results = list(Retro(lists=Lists(LISTED), journal=journal).results())
    assert [(result.path, result.reason) for result in results] == [("/pictures/2.jpg", GONE)]


def test_lists_that_do_not_answer_leave_everything_to_be_asked(tmp_path: Path) -> None:
    lists = Lists()
    lists.answer = CannotAsk("down")
    with Journal(tmp_path / "prints", "lists") as journal:
        journal.keep([(named(1), NOTHING)])
        retro = Retro(lists=lists, journal=journal)
        assert list(retro.results()) == []
        assert retro.broken_off == "down"
        assert [len(batch) for batch in journal.older_than(6)] == [1]


def test_an_entry_that_came_later_finds_a_file_that_is_not_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    data, pictures = tmp_path / "lists", tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "snow.jpg").write_bytes(SNOW.read_bytes())
    publish_rehearsal(data / "index", status=EntryStatus.WITHDRAWN)
    asking = ["check", "--json", "--data", str(data), "--prints", str(tmp_path / "prints")]
    assert main([*asking, "--keep", str(pictures)]) == 0
    publish_rehearsal(data / "index", change_no=2)
    (pictures / "snow.jpg").chmod(0)
    capsys.readouterr()
    assert main([*asking, "--retro"]) == 1
    [told] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["path"], told["status"]) == (str(pictures / "snow.jpg"), "listed")
    assert main([*asking, "--retro"]) == 0
    assert capsys.readouterr().out == ""


def test_retro_takes_no_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--retro", "somewhere"]) == 2
    assert main(["check"]) == 2
    assert main(["check", "--prints", "x", "somewhere"]) == 2
