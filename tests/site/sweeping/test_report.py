"""The report on disk: whole files, no hashes unless asked for, and what a later run takes over."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.site.checking.types import Known
from tocsin.site.sweeping.types import Row, Stored

pytest.importorskip("pyarrow", reason="sweeping needs pyarrow (requirements/sweep.txt)")

import pyarrow.parquet as pq

from tocsin.site.sweeping.report import Report, ReportUnusable, Seen

ABOUT = {"place": "s3://b/", "lists": "live lists"}
PRINTS = Fingerprints(Status.OK, 1, b"m" * 16, b"s" * 20, b"t" * 32)


def row(key: str, status: str = "not_listed") -> Row:
    return Row(Stored(key, 5, "e", "t"), Known(status, "none"), "content", 3, None, PRINTS)


def opened(folder: Path, *, resume: bool = False, with_hashes: bool = False) -> Report:
    return Report(folder, ABOUT, resume=resume, with_hashes=with_hashes)


def test_a_row_holds_what_was_answered_and_no_hash(tmp_path: Path) -> None:
    opened(tmp_path / "r").write([row("a")])
    table = pq.read_table(tmp_path / "r")
    assert not {"md5", "sha1", "sha256", "pdq"} & set(table.column_names)
    assert table.to_pylist()[0] | {"kind": None} == {
        "key": "a",
        "size": 5,
        "etag": "e",
        "last_modified": "t",
        "status": "not_listed",
        "action": "none",
        "kind": None,
        "category": None,
        "sources": None,
        "reference": None,
        "checked_by": "content",
        "list_version": 3,
        "reason": None,
    }


def test_hashes_are_written_when_asked_for(tmp_path: Path) -> None:
    opened(tmp_path / "r", with_hashes=True).write([row("a")])
    [told] = pq.read_table(tmp_path / "r").to_pylist()
    assert (told["md5"], told["pdq"]) == ((b"m" * 16).hex(), None)


def test_a_name_that_is_not_utf_8_is_written_with_escapes(tmp_path: Path) -> None:
    report = opened(tmp_path / "r")
    report.write([row("b\udcff")])
    assert pq.read_table(tmp_path / "r")["key"].to_pylist() == ["b\\udcff"]
    assert opened(tmp_path / "r", resume=True).has(row("b\udcff").stored)


def test_a_report_is_not_written_over_without_resume(tmp_path: Path) -> None:
    opened(tmp_path / "r").write([row("a")])
    with pytest.raises(ReportUnusable, match="--resume"):
        opened(tmp_path / "r")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ReportUnusable, match="other files"):
        opened(tmp_path, resume=True)


@pytest.mark.parametrize("other", ["place", "hashes"])
def test_a_report_on_something_else_is_not_gone_on_with(tmp_path: Path, other: str) -> None:
    opened(tmp_path / "r").write([row("a")])
    about = ABOUT | ({"place": "s3://c/"} if other == "place" else {})
    with pytest.raises(ReportUnusable, match="something else"):
        Report(tmp_path / "r", about, resume=True, with_hashes=other == "hashes")


def test_what_says_nothing_of_an_object_is_asked_again(tmp_path: Path) -> None:
    first = opened(tmp_path / "r")
    unread = Row(Stored("d", 5, "e", "t"), None, None, None, "denied")
    first.write([row("a"), row("b", "unavailable"), unread])
    second = opened(tmp_path / "r", resume=True)
    assert [second.has(row(key).stored) for key in "abd"] == [True, False, False]
    assert list(second.statuses()) == [("not_listed", "content")]
    second.write([row("b")])
    assert pq.read_table(tmp_path / "r")["key"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    "changed", [Stored("a", 6, "e", "t"), Stored("a", 5, "f", "t"), Stored("a", 5, "e", "u")]
)
def test_an_object_that_has_changed_is_asked_again(tmp_path: Path, changed: Stored) -> None:
    opened(tmp_path / "r").write([row("a")])
    assert not opened(tmp_path / "r", resume=True).has(changed)


def test_half_a_file_of_a_killed_run_is_thrown_away(tmp_path: Path) -> None:
    opened(tmp_path / "r").write([row("a")])
    (tmp_path / "r" / "part-000001.part").write_bytes(b"PAR1 half")
    report = opened(tmp_path / "r", resume=True)
    report.write([row("b")])
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == [
        "part-000000.parquet",
        "part-000001.parquet",
    ]


def test_a_damaged_report_is_said_so(tmp_path: Path) -> None:
    opened(tmp_path / "r").write([row("a")])
    (tmp_path / "r" / "part-000000.parquet").write_bytes(b"no parquet")
    with pytest.raises(ReportUnusable, match="cannot use"):
        opened(tmp_path / "r", resume=True)


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    opened(tmp_path / "r")
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o700


def test_nothing_is_seen_in_an_empty_report() -> None:
    assert row("a").stored not in Seen(iter(()))
