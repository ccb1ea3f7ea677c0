"""The search that proves that no picture was written would find one."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.needles import Needle
from tocsin.site.rehearsal.pictures import pictures, unlisted

NEEDLE = Needle("picture", bytes(range(100, 164)))


def found_in(folder: Path) -> list[str]:
    return [spot.where for spot in needles.search([NEEDLE], needles.files_below(folder))[1]]


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
    assert needles.search([NEEDLE], needles.files_below(tmp_path)) == (2, [])


def test_only_what_was_written_since_is_looked_at_elsewhere(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for file in (old, new):
        file.write_bytes(b"x")
    os.utime(old, (1_000, 1_000))
    assert list(needles.files_changed_since(tmp_path, 2_000)) == [new]


def test_every_picture_with_pixels_carries_needles_and_the_answer_stays_the_same() -> None:
    for picture in pictures():
        assert all(needle.value in picture.data for needle in picture.needles)
        assert picture.needles or len(picture.data) < 4 * needles.NEEDLE_BYTES
        if picture.expected in {"near", "not_listed"} and not picture.name.startswith("withdrawn"):
            assert len(picture.own_needle[0].value) == needles.NEEDLE_BYTES
            assert picture.prints.status == "ok"
        elif not picture.name.startswith("withdrawn"):
            assert picture.own_needle == ()


def test_a_picture_never_seen_has_the_pixels_of_another_and_bytes_of_its_own() -> None:
    fjord = next(one for one in pictures() if one.name == "unrelated/fjord.jpg")
    new = unlisted(fjord)
    assert new.prints.pdq == fjord.prints.pdq
    assert new.prints.sha256 != fjord.prints.sha256
    assert new.prints.status == "ok"
    assert new.own_needle[0].value in new.data
