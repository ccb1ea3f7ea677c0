"""The notes of a run: what counts again, what does not, and a disk that is full."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.engine import fingerprint
from tocsin.site.checking.notes import Notes, default_place, identity_of
from tocsin.site.checking.store import StoreUnusable
from tocsin.site.checking.types import File, Known, Looked

FILE = File("/pictures/a.jpg", 0, 10, 1_000)
LOOKED = Looked(FILE, fingerprint(b""))
LISTED = Known("listed", "block", "exact", "A1", 2, "k1.abc")


def test_an_answer_counts_again_for_the_same_file_and_no_other(tmp_path: Path) -> None:
    with Notes(tmp_path / "notes", "same") as notes:
        notes.keep([(LOOKED, LISTED)])
    with Notes(tmp_path / "notes", "same") as notes:
        assert notes.answer_for(FILE) == LISTED
        assert notes.answer_for(replace(FILE, size_bytes=11)) is None
        assert notes.answer_for(replace(FILE, modified_ns=1_001)) is None
        assert notes.answer_for(replace(FILE, path="/pictures/b.jpg")) is None


def test_notes_of_another_run_are_forgotten(tmp_path: Path) -> None:
    with Notes(tmp_path / "notes", "one") as notes:
        notes.keep([(LOOKED, LISTED)])
    with Notes(tmp_path / "notes", "other") as notes:
        assert notes.answer_for(FILE) is None


def test_a_name_that_is_no_text_can_be_noted(tmp_path: Path) -> None:
    odd = replace(FILE, path=os.fsdecode(b"/pictures/\xff\xfe.jpg"))
    with Notes(tmp_path / "notes", "same") as notes:
        notes.keep([(replace(LOOKED, file=odd), LISTED)])
        assert notes.answer_for(odd) == LISTED


def test_only_their_owner_may_read_them_and_at_the_end_they_are_gone(tmp_path: Path) -> None:
    place = tmp_path / "below" / "notes"
    with Notes(place, "same") as notes:
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        notes.finish()
    assert list(place.parent.iterdir()) == []


def test_two_runs_at_once_do_not_share_notes(tmp_path: Path) -> None:
    with Notes(tmp_path / "notes", "same"):  # noqa: SIM117 - the inner one is the one refused
        with pytest.raises(StoreUnusable, match="Another check"):
            Notes(tmp_path / "notes", "same")


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with Notes(tmp_path / "notes", "same") as notes:
        notes._db.execute("PRAGMA max_page_count = 4")
        many = [
            (replace(LOOKED, file=replace(FILE, path=f"/{number:0100}")), LISTED)
            for number in range(1_000)
        ]
        with pytest.raises(StoreUnusable, match="full"):
            notes.keep(many)


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match="cannot write"):
        Notes(tmp_path / "file" / "notes", "same")


def test_runs_differ_by_their_arguments_and_by_the_lists(tmp_path: Path) -> None:
    identities = {
        identity_of(["a"], "lists 1"),
        identity_of(["a"], "lists 2"),
        identity_of(["a", "b"], "lists 1"),
        identity_of([os.fsdecode(b"\xff")], "lists 1"),
    }
    assert len({default_place(tmp_path, identity) for identity in identities}) == 4
