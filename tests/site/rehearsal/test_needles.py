"""The search that proves that no picture was written would find one."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.site.rehearsal import needles, traces
from tocsin.site.rehearsal.needles import Needle
from tocsin.site.rehearsal.pictures import UPLOADS, never_seen, pictures
from tocsin.site.rehearsal.play import Failed, Play
from tocsin.site.rehearsal.traces import Search

NEEDLE = Needle("picture", bytes(range(100, 164)))


def found_in(folder: Path) -> list[str]:
    return [spot.where for spot in needles.search([NEEDLE], needles.files_below(folder)).spots]


@settings(max_examples=200, deadline=None)
@given(before=st.binary(max_size=40), value=st.binary(min_size=64, max_size=64), after=st.binary())
def test_base64_is_found_whatever_stands_before_and_after(
    before: bytes, value: bytes, after: bytes
) -> None:
    for written in (
        base64.b64encode(before + value + after),
        base64.urlsafe_b64encode(before + value + after),
        base64.encodebytes(before + value + after),
    ):
        assert any(spelling in written for spelling in needles.spellings(value))


@pytest.mark.parametrize(
    "written",
    [
        NEEDLE.value,
        b"x" * 5000 + NEEDLE.value + b"y",
        NEEDLE.value.hex().encode(),
        NEEDLE.value.hex().upper().encode(),
        json.dumps({"data": base64.b64encode(b"head" + NEEDLE.value).decode()}).encode(),
    ],
)
def test_a_file_that_holds_a_needle_is_named(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(written)
    assert found_in(tmp_path) != []


def test_a_needle_in_a_database_or_its_log_is_found(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "some.sqlite3")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE kept (data BLOB)")
    database.execute("INSERT INTO kept VALUES (?)", (NEEDLE.value,))
    database.commit()
    assert found_in(tmp_path) != []
    database.close()
    assert found_in(tmp_path) != []


def test_a_needle_in_a_letter_is_found(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter.set_content("see")
    letter.add_attachment(b"1" + NEEDLE.value, maintype="image", subtype="jpeg", filename="a.jpg")
    (tmp_path / "letter.eml").write_bytes(letter.as_bytes())
    assert found_in(tmp_path) != []


def test_files_without_one_are_counted_and_clean(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "other").write_bytes(os.urandom(4096))
    (tmp_path / "link").symlink_to(tmp_path / "other")
    found = needles.search([NEEDLE], needles.files_below(tmp_path))
    assert found == needles.Found(searched=2, left_out=0, spots=())


def test_a_file_too_large_to_search_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needles, "LARGEST_FILE_BYTES", 10)
    (tmp_path / "large").write_bytes(b"x" * 11)
    found = needles.search([NEEDLE], needles.files_below(tmp_path))
    assert (found.searched, found.left_out) == (0, 1)


def test_only_what_was_written_since_is_looked_at_elsewhere(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for file in (old, new):
        file.write_bytes(b"x")
    os.utime(old, (1_000, 1_000))
    assert list(needles.files_changed_since(tmp_path, 2_000)) == [new]


def test_every_picture_carries_needles_and_its_answer_stays_the_same() -> None:
    own = needles.fresh()
    for picture in pictures(own):
        assert all(needle.value in picture.data for needle in picture.needles)
        assert picture.needles or picture.data == b""
        altered = picture.name.startswith(("edited/", "unrelated/"))
        assert (own in picture.data) is altered
        if altered:
            assert picture.prints.status == "ok"


def test_a_picture_never_seen_has_the_pixels_of_another_and_bytes_of_its_own() -> None:
    own = needles.fresh()
    fjord = next(one for one in pictures(own) if one.name == "unrelated/fjord.jpg")
    new = never_seen(fjord, needles.fresh())
    assert new.prints.pdq == fjord.prints.pdq
    assert new.prints.sha256 != fjord.prints.sha256
    assert new.prints.status == "ok"
    assert own in new.data


def test_a_search_that_finds_something_fails_the_rehearsal(tmp_path: Path) -> None:
    own = needles.fresh()
    folder = tmp_path / "house"
    folder.mkdir()
    search = Search(folder, pictures(own), own, since=time.time() + 3600)
    said: list[str] = []
    search.run(Play(said.append), "now")
    assert said[0].startswith("  ✓ no byte of a picture on disk now")
    (folder / "spool").write_bytes((UPLOADS / "exact" / "snow.jpg").read_bytes())
    with pytest.raises(Failed, match=r"exact/snow\.jpg, raw"):
        search.run(Play(said.append), "now")


def test_the_runs_own_needle_is_looked_for_in_shared_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = needles.fresh()
    shared, folder = tmp_path / "shared", tmp_path / "house"
    shared.mkdir()
    folder.mkdir()
    monkeypatch.setattr(traces, "SHARED_PLACES", (str(shared),))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(shared))
    search = Search(folder, pictures(own), own, since=time.time() - 60)
    (shared / "theirs").write_bytes((UPLOADS / "exact" / "snow.jpg").read_bytes())
    search.run(Play(lambda text: None), "now")
    (shared / "ours").write_bytes(b"x" + own)
    with pytest.raises(Failed, match="this run, raw"):
        search.run(Play(lambda text: None), "now")
