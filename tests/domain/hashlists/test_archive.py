from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.hashlists.lists import ACTOR, bring, entry, make, value, write
from tocsin.base.audit import queries as audit
from tocsin.base.secrets import Keyrings
from tocsin.domain.hashlists import actions, archive
from tocsin.domain.hashlists.models import ImportRun

pytestmark = pytest.mark.django_db


def text_of(run_id: int | None, at: datetime) -> bytes:
    return b"".join(actions.read_archive(run_id=run_id or 0, actor=ACTOR, at=at))


def test_the_text_of_a_source_comes_back_byte_for_byte(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_PIECE_BYTES", 500)
    make(now)
    path = write(tmp_path / "list", *[entry(f"e{n}") for n in range(200)], "and rubbish")

    report = bring(path, now)

    assert text_of(report.run_id, now) == path.read_bytes()
    assert audit.history(f"import:{report.run_id}")[-1].action == "hashlists.read_archive"


def test_the_archive_shows_nothing_of_what_is_in_it(tmp_path: Path, now: datetime) -> None:
    make(now)
    report = bring(write(tmp_path / "list", entry("a")), now)

    sealed = archive.path_of(archive.name_for(report.run_id or 0))

    assert value("a", 16).encode() not in sealed.read_bytes()
    assert sealed.stat().st_mode & 0o777 == 0o600


def test_without_its_key_it_does_not_open_and_no_key_is_made(
    tmp_path: Path, now: datetime, settings: Settings
) -> None:
    make(now)
    report = bring(write(tmp_path / "list", entry("a")), now)
    settings.TOCSIN_KEYS = Keyrings(tmp_path / "other keys")

    with pytest.raises(actions.ArchiveUnreadable, match=r"Put back archive\.json"):
        text_of(report.run_id, now)

    assert settings.TOCSIN_KEYS.names() == []


@pytest.mark.parametrize("harm", ["cut", "flip", "swap", "gone"])
def test_harm_to_an_archive_shows(
    tmp_path: Path, now: datetime, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_PIECE_BYTES", 500)
    make(now)
    report = bring(write(tmp_path / "list", *[entry(f"e{n}") for n in range(100)]), now)
    sealed = archive.path_of(archive.name_for(report.run_id or 0))
    data = sealed.read_bytes()
    first = 4 + int.from_bytes(data[:4], "big")
    second = first + 4 + int.from_bytes(data[first : first + 4], "big")
    harmed = {
        "cut": data[:second],
        "flip": data[:50] + bytes([data[50] ^ 1]) + data[51:],
        "swap": data[first:second] + data[:first] + data[second:],
        "gone": b"",
    }[harm]
    sealed.write_bytes(harmed)
    if harm == "gone":
        sealed.unlink()

    with pytest.raises(actions.ArchiveUnreadable):
        text_of(report.run_id, now)


def test_the_same_file_is_archived_once(tmp_path: Path, now: datetime, data_folder: Path) -> None:
    make(now)
    path = write(tmp_path / "list", entry("a"))

    runs = [bring(path, now), bring(path, now)]

    assert len(os.listdir(data_folder / "archive")) == 1  # noqa: PTH208 - all names, hidden too
    assert text_of(runs[1].run_id, now) == text_of(runs[0].run_id, now) == path.read_bytes()


def test_an_import_that_has_not_come_to_its_end_has_no_archive(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    report = bring(write(tmp_path / "list", entry("a")), now)
    ImportRun.objects.update(archive="")

    with pytest.raises(actions.ArchiveUnreadable, match="has no archive"):
        text_of(report.run_id, now)
    with pytest.raises(actions.NoSuchRun):
        text_of(999, now)
