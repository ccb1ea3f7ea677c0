"""`tocsin check` as it is said on the command line, against index files alone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.site.checking.lists import REHEARSAL, UPLOADS, publish_rehearsal
from tocsin.domain.hashlists.types import EntryStatus, Purpose
from tocsin.engine.media import DecoderPool
from tocsin.site.checking import running
from tocsin.site.checking.types import CannotAsk
from tocsin.site.cli import main


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A data folder with an index and no database."""
    data = tmp_path / "lists"
    publish_rehearsal(data / "index")
    return data


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_upload_of_the_rehearsal_gets_the_answer_it_was_made_for(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--json", "--data", str(lists), str(UPLOADS)]) == 1
    told = lines_of(capsys.readouterr().out)
    expected = json.loads((REHEARSAL / "uploads.json").read_text("utf-8"))
    assert {os.path.relpath(line["path"], UPLOADS): line["status"] for line in told} == {
        upload["file"]: upload["expect"] for upload in expected
    }


def test_nothing_found_is_status_0(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", str(lists), str(UPLOADS / "unrelated")]) == 0
    assert "8       0     0     0           8" in capsys.readouterr().out


def test_the_table_has_a_row_for_each_argument_and_a_column_for_each_status(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(UPLOADS / "odd"), str(UPLOADS / "exact")]
    assert main(["check", "--data", str(lists), *arguments]) == 1
    shown = capsys.readouterr().out.splitlines()
    head = next(i for i, line in enumerate(shown) if line.lstrip().startswith("files"))
    for status in ("listed", "near", "held", "not listed", "partial", "flat", "too small"):
        assert status in shown[head]
    assert shown[head + 1].split()[0] == "5"
    assert shown[head + 2].split()[:2] == ["6", "6"]
    assert shown[head + 3].endswith("together")


def test_a_list_for_tests_is_seen_only_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "tests"
    publish_rehearsal(data / "index", purpose=Purpose.TEST)
    exact = str(UPLOADS / "exact")
    assert main(["check", "--data", str(data), exact]) == 0
    assert main(["check", "--data", str(data), "--lists", "test", exact]) == 1


def test_a_withdrawn_entry_is_not_found(tmp_path: Path) -> None:
    data = tmp_path / "withdrawn"
    publish_rehearsal(data / "index", status=EntryStatus.WITHDRAWN)
    assert main(["check", "--data", str(data), str(UPLOADS / "exact")]) == 0


def test_index_files_alone_advise_block_only_where_two_people_agreed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for quorum, action in ((1, "review"), (2, "block")):
        data = tmp_path / f"quorum-{quorum}"
        publish_rehearsal(data / "index", quorum=quorum)
        main(["check", "--json", "--data", str(data), str(UPLOADS / "exact" / "snow.jpg")])
        [told] = lines_of(capsys.readouterr().out)
        assert told["action"] == action


def test_no_hash_and_no_needle_is_ever_printed_or_noted(
    lists: Path, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.site.checking.notes.Notes.finish", lambda self: None)
    main(["check", "--data", str(lists), str(UPLOADS)])
    main(["check", "--json", "--data", str(lists), str(UPLOADS)])
    shown = capsys.readouterr()
    noted = b"".join(p.read_bytes() for p in state.rglob("*") if p.is_file())
    assert noted
    listed = [json.loads(x) for x in (REHEARSAL / "rehearsal-list.jsonl").read_text().splitlines()]
    values = {f["value"] for line in listed for f in line["fingerprints"]}
    for value in values:
        assert value not in shown.out + shown.err
        assert bytes.fromhex(value) not in noted
        assert value.encode() not in noted
    needles = [u["needle"] for u in json.loads((REHEARSAL / "uploads.json").read_text())]
    assert not any(needle and needle in shown.out + shown.err for needle in needles)


def test_names_that_are_no_text_or_speak_to_a_terminal_come_out_safe(
    lists: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    for name in (b"\xff\xfe.jpg", b"\x1b[2J.jpg", "é\n.jpg".encode()):
        shutil.copy(UPLOADS / "exact" / "snow.jpg", os.fsdecode(os.fsencode(folder) + b"/" + name))
    assert main(["check", "--data", str(lists), str(folder)]) == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[2J.jpg" in shown
    assert "\\udcff\\udcfe.jpg" in shown
    assert "é\\n.jpg" in shown
    assert main(["check", "--json", "--data", str(lists), str(folder)]) == 1
    told = lines_of(capsys.readouterr().out)
    assert len(told) == 3
    assert [("path_base64" in line) for line in told].count(True) == 1


def test_what_cannot_be_read_is_told_and_is_status_2(
    lists: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = str(tmp_path / "gone.jpg")
    assert main(["check", "--data", str(lists), gone, str(UPLOADS / "unrelated")]) == 2
    assert "unreadable" in capsys.readouterr().out
    assert main(["check", "--data", str(lists), gone, str(UPLOADS / "exact")]) == 1


@pytest.mark.parametrize("damage", ["missing", "cut", "newer"])
def test_an_index_that_cannot_be_used_is_status_2_and_names_the_cure(
    lists: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = lists / "index" / "MANIFEST.json"
    if damage == "missing":
        shutil.rmtree(lists / "index")
    elif damage == "cut":
        segment = next((lists / "index").rglob("near.seg"))
        os.truncate(segment, segment.stat().st_size // 2)
    else:
        told = json.loads(manifest.read_text())
        for name in [key for key in told if "version" in key or "format" in key]:
            told[name] = 10**6
        manifest.write_text(json.dumps(told))
    assert main(["check", "--data", str(lists), str(UPLOADS / "exact")]) == 2
    shown = capsys.readouterr()
    assert "tocsin index rebuild" in shown.err
    assert shown.out == ""


def test_index_files_are_asked_without_django_and_nothing_is_written_beside_them(
    lists: Path, tmp_path: Path
) -> None:
    before = set(lists.rglob("*"))
    said = (
        "import sys; from tocsin.site.cli import main;"
        f"status = main(['check', '--data', {str(lists)!r}, {str(UPLOADS / 'exact')!r}]);"
        "assert status == 1, status;"
        "assert 'django' not in sys.modules"
    )
    environment = {"PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-c", said], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert set(lists.rglob("*")) == before


class _Stops:
    """A pool that is interrupted at the nth file, as by Ctrl-C."""

    left = 0
    looked = 0

    def __init__(self, workers: int, deadline_seconds: float) -> None:
        self._pool = DecoderPool(workers, deadline_seconds)

    def __enter__(self) -> _Stops:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def fingerprint(self, data: bytes, options: Any) -> Any:
        if _Stops.left == 0:
            raise KeyboardInterrupt
        _Stops.left -= 1
        _Stops.looked += 1
        return self._pool.fingerprint(data, options)


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    lists: Path,
    state: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "DecoderPool", _Stops)
    monkeypatch.setattr("tocsin.site.checking.local.IndexAlone.most_at_once", 4)
    _Stops.left, _Stops.looked = 14, 0
    arguments = ["check", "--json", "--workers", "1", "--data", str(lists), str(UPLOADS)]
    assert main(arguments) == 130
    first = lines_of(capsys.readouterr().out)
    _Stops.left, _Stops.looked = 1000, 0
    assert main(arguments) == 1
    second = lines_of(capsys.readouterr().out)
    whole = len(json.loads((REHEARSAL / "uploads.json").read_text()))
    assert len(second) == whole
    assert second[: len(first)] == first
    assert 0 < _Stops.looked < whole
    assert not list(state.rglob("*.sqlite3"))
    _Stops.looked = 0
    assert main(arguments) == 1
    assert _Stops.looked == whole


def test_notes_of_other_lists_do_not_count(
    lists: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "journal.sqlite3"
    arguments = ["check", "--journal", str(journal), "--data", str(lists), str(UPLOADS / "exact")]
    publish_rehearsal(lists / "index")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tocsin.site.checking.notes.Notes.finish", lambda self: None)
        assert main(arguments) == 1
    publish_rehearsal(lists / "index", status=EntryStatus.WITHDRAWN)
    assert main(arguments) == 0


def test_another_programs_database_is_not_used_for_notes(
    lists: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE seen (mine TEXT)")
    database.close()
    assert main(["check", "--journal", str(other), "--data", str(lists), str(UPLOADS)]) == 2
    assert "another program" in capsys.readouterr().err
    with sqlite3.connect(other) as database:
        assert database.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    database.close()


def test_lists_that_fall_silent_break_the_run_off_and_nothing_is_called_not_listed(
    lists: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(self: object, looked: object) -> object:
        raise CannotAsk("the server does not answer; try again later.")

    monkeypatch.setattr("tocsin.site.checking.local.IndexAlone.ask", silent)
    assert main(["check", "--json", "--data", str(lists), str(UPLOADS)]) == 2
    shown = capsys.readouterr()
    assert {line["status"] for line in lines_of(shown.out)} == {"unavailable"}
    assert {line["action"] for line in lines_of(shown.out)} == {"hold"}
    assert "does not answer" in shown.err
