"""`tocsin lists`, as somebody types it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import bring, entry, make, value, write
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import EntryStatus, RunState
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db

Output = pytest.CaptureFixture[str]


def lists(*words: object) -> int:
    return main(["lists", *[str(word) for word in words]])


def test_a_list_is_made_filled_and_shown(tmp_path: Path, capsys: Output) -> None:
    path = write(tmp_path / "list", entry("a"), entry("b"))

    assert lists("make", "test", "--purpose", "test", "--source", "Police") == 0
    assert lists("import", path, "--list", "test") == 0
    assert lists("show") == 0
    assert lists("imports", "--list", "test") == 0

    told = capsys.readouterr().out
    assert "2 lines: 2 new entries, 0 changed, 0 unchanged, 0 repeated in the file" in told
    assert "2 entries" in told
    assert "released" in told


def test_importing_into_a_list_that_is_not_there_says_how_to_make_it(
    tmp_path: Path, capsys: Output
) -> None:
    path = write(tmp_path / "list", entry("a"))

    assert lists("import", path, "--list", "test") == 2
    assert "tocsin lists make test" in capsys.readouterr().err
    assert lists("import", path, "--list", "test", "--purpose", "test", "--source", "P") == 0
    assert queries.lists()[0].source == "P"


def test_refused_lines_are_printed_and_the_exit_status_says_so(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"), *["rubbish"] * 25)

    assert lists("import", path, "--list", "test", "--report", tmp_path / "refused") == 1

    told = capsys.readouterr().out
    assert told.count("it is not one JSON object") == 20
    assert "5 more; all are in" in told
    assert len((tmp_path / "refused").read_text().splitlines()) == 26


def test_columns_without_a_mapping_are_told_of_it(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)

    assert lists("import", write(tmp_path / "list", "md5;sha1", "a;b"), "--list", "test") == 1
    assert "Columns need --mapping" in capsys.readouterr().out


def test_a_dry_run_says_that_nothing_was_written(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)

    assert lists("import", write(tmp_path / "l", entry("a")), "--list", "test", "--dry-run") == 0
    assert "Dry run: nothing was written." in capsys.readouterr().out
    assert not Entry.objects.exists()


def test_an_import_waits_is_released_and_its_text_read_back(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))
    assert lists("import", path, "--list", "test", "--no-release") == 0
    run = queries.runs()[0].id
    assert f"tocsin lists release {run}" in capsys.readouterr().out

    assert lists("release", run) == 0
    assert lists("archive", run, "--out", tmp_path / "out") == 0

    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    assert queries.runs()[0].state is RunState.RELEASED
    assert lists("archive", run, "--out", tmp_path / "out") == 2
    assert "File exists" in capsys.readouterr().err
    assert lists("discard", run) == 2


def test_what_cannot_be_done_is_told_in_words(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"columns": {"md5": "MD5"}}')
    path = write(tmp_path / "list", "MD5,Age", "x,y")

    assert lists("import", path, "--list", "test", "--mapping", mapping) == 2
    assert "does not speak of these columns: Age" in capsys.readouterr().err
    assert lists("import", tmp_path / "nowhere", "--list", "test") == 2
    assert "cannot be read" in capsys.readouterr().err
    assert lists("release", 99) == 2
    assert "There is no import 99" in capsys.readouterr().err
    assert lists("make", "test", "--purpose", "test", "--source", "x") == 2
    assert "There is already a list test" in capsys.readouterr().err


def test_an_entry_is_withdrawn_by_its_number(tmp_path: Path, now: datetime, capsys: Output) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now)
    number = Entry.objects.get().pk

    assert lists("withdraw", number, "--reason", "wrong") == 0
    assert lists("withdraw", number, "--reason", "wrong") == 2

    assert queries.entry(number).status is EntryStatus.WITHDRAWN
    assert "did not count any more" in capsys.readouterr().err


def test_what_is_known_to_be_benign_is_told_at_import_and_shown(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)
    know("icon")
    path = write(tmp_path / "list", listed("a", sha1="icon"), entry("b"))

    assert lists("import", path, "--list", "test") == 0
    assert lists("quarantine", "--list", "test") == 0

    told = capsys.readouterr().out
    assert "1 are known to be benign or say too little: they are in quarantine" in told
    assert "known_sha1 office wordpress 6.1" in told
    assert "1 entries wait in quarantine" in told
    assert value("icon", 20) not in told


def test_the_live_lists_are_gone_over_on_request(
    tmp_path: Path, now: datetime, capsys: Output
) -> None:
    make(now)
    bring(write(tmp_path / "list", listed("a", sha1="icon"), entry("b")), now)
    know("icon")

    assert lists("lint", "--list", "test") == 0
    assert lists("lint", "--list", "nothing") == 2

    told = capsys.readouterr()
    assert (
        "2 entries gone over: 1 set aside now, 0 noted, 0 muted in part or not any more."
        in told.out
    )
    assert "There is no list nothing." in told.err
