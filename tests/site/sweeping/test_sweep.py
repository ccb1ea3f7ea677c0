"""`tocsin sweep` against an object store in a process of its own, healthy and not."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("daft", reason="sweeping needs Daft (requirements/sweep.txt)")

from tests.site.checking.lists import REHEARSAL
from tests.site.checking.test_server import Server, answered, match, nothing
from tests.site.sweeping.conftest import rows_of
from tests.site.sweeping.moto_keys import MANY, ODD_KEYS
from tests.site.sweeping.stores import FaultyStore
from tocsin.site.cli import main
from tocsin.site.sweeping import bucket
from tocsin.site.sweeping.types import Taken

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another at once."""
    monkeypatch.setattr(bucket, "FIRST_PAUSE_SECONDS", 0.0)


def sweep(place: str, endpoint: str, lists: Path, report: Path, *more: str) -> int:
    asked = ["--data", str(lists), "--report", str(report), "--workers", "2"]
    return main(["sweep", place, "--endpoint", endpoint, *asked, *more])


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ETag counts as an MD5 unasked: ten thousand questions would only take time."""
    told = Taken(etag_is_md5=True)
    monkeypatch.setattr(bucket.Bucket, "confirm", lambda self, stored: told)


def expected() -> dict[str, str]:
    uploads = json.loads((REHEARSAL / "uploads.json").read_text("utf-8"))
    return {f"up/{upload['file']}": upload["expect"] for upload in uploads}


def test_each_object_gets_its_answer_and_what_the_etag_finds_is_not_fetched(
    faulty: FaultyStore, lists: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report"
    assert sweep("s3://photos/up/", faulty.url, lists, report) == 1
    rows = rows_of(report)
    assert {key: row["status"] for key, row in rows.items()} == expected()
    by_etag = {key for key, row in rows.items() if row["checked_by"] == "etag"}
    assert by_etag == {key for key, status in expected().items() if status == "listed"}
    fetched = {path.partition("?")[0] for path in faulty.paths("GET")}
    assert not {f"/photos/{key}" for key in by_etag} & fetched
    shown = capsys.readouterr()
    assert "listed       s3://photos/up/exact/snow.jpg  (action block" in shown.out
    assert "28  objects" in shown.out
    assert "a-secret-of-tests" not in shown.out + shown.err


def test_odd_keys_parts_and_folders(store: str, lists: Path, tmp_path: Path) -> None:
    for prefix in ("odd/", "parts/", "folder/"):
        sweep(f"s3://photos/{prefix}", store, lists, tmp_path / prefix)
    odd = rows_of(tmp_path / "odd")
    assert {key: row["status"] for key, row in odd.items()} == dict.fromkeys(ODD_KEYS, "listed")
    [parts] = rows_of(tmp_path / "parts").values()
    assert (parts["status"], parts["checked_by"], parts["etag"][-2:]) == ("listed", "content", "-1")
    assert list((tmp_path / "folder").iterdir()) == []


def test_odd_keys_are_fetched_by_their_names(
    faulty: FaultyStore, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.site.sweeping.running.md5_of", lambda stored: None)
    assert sweep("s3://photos/odd/", faulty.url, lists, tmp_path / "r") == 1
    rows = rows_of(tmp_path / "r")
    assert {key: row["checked_by"] for key, row in rows.items()} == dict.fromkeys(
        ODD_KEYS, "content"
    )


def test_exact_only_fetches_no_object_and_never_calls_one_clean(
    faulty: FaultyStore, lists: Path, tmp_path: Path
) -> None:
    assert sweep("s3://photos/", faulty.url, lists, tmp_path / "r", "--exact-only") == 1
    assert all(path.startswith("/photos/?") for path in faulty.paths("GET"))
    rows = rows_of(tmp_path / "r")
    assert {row["status"] for row in rows.values()} == {"listed", "not_compared", "unreadable"}
    assert rows["parts/snow.jpg"]["status"] == "unreadable"
    assert "in parts" in rows["parts/snow.jpg"]["reason"]
    assert rows["kms/note.txt"]["status"] == "unreadable"
    assert "encrypted" in rows["kms/note.txt"]["reason"]


def test_ten_thousand_small_objects_come_by_page(
    faulty: FaultyStore, lists: Path, tmp_path: Path, plain: None
) -> None:
    assert sweep("s3://many/", faulty.url, lists, tmp_path / "r", "--exact-only") == 0
    rows = rows_of(tmp_path / "r").values()
    assert len(rows) == MANY
    assert {row["status"] for row in rows} == {"not_compared"}
    assert len(faulty.paths("GET")) == MANY // 1_000
    assert len(list((tmp_path / "r").iterdir())) == MANY // 2_000


def test_a_store_that_refuses_breaks_or_forgets_an_object_never_makes_it_clean(
    faulty: FaultyStore, lists: Path, tmp_path: Path
) -> None:
    answers = {"/photos/up/unrelated": 403, "/photos/up/odd": 404, "/photos/up/edited": 500}

    def fault(method: str, path: str) -> int | None:
        return next((s for start, s in answers.items() if path.startswith(start)), None)

    faulty.fault = fault
    assert sweep("s3://photos/up/", faulty.url, lists, tmp_path / "r") == 1
    rows = rows_of(tmp_path / "r")
    reasons = {
        key.split("/")[1]: row["reason"] for key, row in rows.items() if row["status"] != "listed"
    }
    touched = {row["status"] for key, row in rows.items() if reasons.get(key.split("/")[1])}
    assert touched == {"unreadable"}
    assert reasons["unrelated"] == "the store said 403 AccessDenied"
    assert reasons["odd"] == "is gone since it was listed"
    assert reasons["edited"] == "the store said 500"
    edited = [path for path in faulty.paths("GET") if path.startswith("/photos/up/edited")]
    assert len(edited) == 4 * len(set(edited))

    faulty.fault = lambda method, path: None
    assert sweep("s3://photos/up/", faulty.url, lists, tmp_path / "r", "--resume") == 1
    told = {key: row["status"] for key, row in rows_of(tmp_path / "r").items()}
    assert told == expected()


def test_a_listing_that_breaks_half_way_is_status_2_and_can_be_gone_on_with(
    faulty: FaultyStore,
    lists: Path,
    tmp_path: Path,
    plain: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages: list[str] = []

    def fault(method: str, path: str) -> int | None:
        pages.append(path)
        return 503 if len(pages) > 5 else None

    faulty.fault = fault
    assert sweep("s3://many/", faulty.url, lists, tmp_path / "r", "--exact-only") == 2
    shown = capsys.readouterr()
    assert "Broken off: the store does not list s3://many/: the store said 503" in shown.err
    assert len(rows_of(tmp_path / "r")) == 5_000
    faulty.fault = lambda method, path: None
    assert sweep("s3://many/", faulty.url, lists, tmp_path / "r", "--exact-only", "--resume") == 0
    assert len(rows_of(tmp_path / "r")) == MANY


@pytest.mark.parametrize("status", [403, 404])
def test_a_bucket_that_cannot_be_listed_is_status_2(
    faulty: FaultyStore, lists: Path, tmp_path: Path, status: int
) -> None:
    faulty.fault = lambda method, path: status
    assert sweep("s3://photos/up/", faulty.url, lists, tmp_path / "r") == 2


def test_an_object_that_was_overwritten_since_it_was_listed_is_not_answered_for(
    faulty: FaultyStore, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = bucket.Bucket.pages

    def before(self: bucket.Bucket) -> Any:
        for stored in page(self):
            yield [replace(one, etag="0" * 32) for one in stored]

    monkeypatch.setattr(bucket.Bucket, "pages", before)
    assert sweep("s3://photos/up/unrelated/", faulty.url, lists, tmp_path / "r") == 2
    reasons = {row["reason"] for row in rows_of(tmp_path / "r").values()}
    assert reasons == {"has changed since it was listed"}


def test_what_is_too_large_comes_in_pieces_and_gets_its_digests(
    faulty: FaultyStore, lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "PIECE_BYTES", 10_000)
    monkeypatch.setattr("tocsin.site.commands.sweep._MEBI", 1_000)
    assert sweep("s3://photos/parts/", faulty.url, lists, tmp_path / "r", "--max-mb", "1") == 1
    ranges = [headers["range"] for headers in faulty.headers if "range" in headers]
    assert ranges[:2] == ["bytes=0-9999", "bytes=10000-19999"]
    [row] = rows_of(tmp_path / "r").values()
    assert (row["status"], row["checked_by"]) == ("listed", "content")


def test_a_killed_run_is_gone_on_with_and_its_rows_are_kept(
    faulty: FaultyStore, lists: Path, tmp_path: Path
) -> None:
    dies = f"""
import os, signal, sys
os.environ["DO_NOT_TRACK"] = "1"
from tocsin.site.sweeping import plan, report
plan.WAVE["local"] = 10
put, times = report.Report.write, []
def write(self, rows):
    times.append(1)
    if len(times) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, rows)
report.Report.write = write
from tocsin.site.cli import main
main(["sweep", "s3://photos/up/", "--endpoint", {faulty.url!r}, "--data", {str(lists)!r},
      "--report", {str(tmp_path / "r")!r}])
"""
    died = subprocess.run([sys.executable, "-c", dies], check=False, env=os.environ, timeout=120)
    assert died.returncode == -signal.SIGKILL
    before = rows_of(tmp_path / "r")
    assert len(before) == 20
    faulty.asked.clear()
    assert sweep("s3://photos/up/", faulty.url, lists, tmp_path / "r", "--resume") == 1
    assert {key: row["status"] for key, row in rows_of(tmp_path / "r").items()} == expected()
    assert not {f"/photos/{key}" for key in before} & set(faulty.paths("GET"))


def test_a_server_is_asked_with_fingerprints_and_its_version_is_noted(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.site.logs.configure", lambda style: None)
    key = tmp_path / "key"
    key.write_text("k-test.c2VjcmV0\n")
    server = Server()
    server.answer = lambda items: (
        200,
        {},
        answered([match(i) if "sha1" not in i and i["id"] == "0" else nothing(i) for i in items]),
    )
    try:
        asked = ["--server", server.url, "--key-file", str(key), "--report", str(tmp_path / "r")]
        place = ["s3://photos/up/unrelated/", "--endpoint", store]
        assert main(["sweep", *place, *asked]) == 1
        server.answer = lambda items: (500, {}, {})
        asked[-1] = str(tmp_path / "s")
        assert main(["sweep", *place, *asked]) == 2
    finally:
        server.close()
    rows = list(rows_of(tmp_path / "r").values())
    assert {row["list_version"] for row in rows} == {1}
    assert [row["checked_by"] for row in rows] == ["etag"] + ["content"] * (len(rows) - 1)
    assert rows[0]["reference"] == "k1.abc"
    assert {row["status"] for row in rows_of(tmp_path / "s").values()} == {"unavailable"}
    for body in server.asked:
        assert b"unrelated" not in body


@pytest.mark.parametrize(
    "wrong",
    [
        ["s3://"],
        ["http://x"],
        ["/no/such/folder"],
        [".", "--exact-only"],
        [".", "--region", "eu-west-1"],
        [".", "--runner", "spark"],
        [".", "--workers", "0"],
        [".", "--max-mb", "0"],
        ["s3://b", "--endpoint", "nonsense"],
        ["s3://b", "--endpoint", "https://minio.example/path"],
    ],
)
def test_wrong_use_is_said_so_before_anything_is_asked(
    wrong: list[str], lists: Path, tmp_path: Path
) -> None:
    where = ["--data", str(lists), "--report", str(tmp_path / "r")]
    assert main(["sweep", *wrong, *where]) == 2
    assert not (tmp_path / "r").exists()


def test_no_key_hash_or_byte_is_logged_and_none_is_left_on_disk(
    store: str, lists: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sweep("s3://photos/up/exact/", store, lists, tmp_path / "r")
    assert "a-secret-of-tests" not in caplog.text
    picture = (REHEARSAL / "uploads" / "exact" / "snow.jpg").read_bytes()
    for file in (tmp_path / "r").iterdir():
        assert picture[200:264] not in file.read_bytes()
