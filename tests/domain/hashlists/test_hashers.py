"""Names of programs that compute fingerprints: as many as a table can tell apart, and no more."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.hashlists.formats.samples import visible
from tests.domain.hashlists.lists import ANALYST, bring, entry, make, value, write
from tocsin.domain.hashlists import actions, changes, staging
from tocsin.domain.hashlists.models import Fingerprint, Hasher
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind, OwnEntry

pytestmark = pytest.mark.django_db


def made_by(own_id: str, *tools: str, **changes: object) -> dict[str, object]:
    prints = [
        {"algo": "md5", "value": value(f"{own_id} {tool}", 16), "tool": tool} for tool in tools
    ]
    return entry(own_id, fingerprints=prints, **changes)


def test_the_numbers_that_a_table_holds_are_more_than_may_be_given() -> None:
    assert changes.MOST_HASHERS < 32_767
    assert Hasher._meta.get_field("number").get_internal_type() == "PositiveSmallIntegerField"


def test_a_record_that_names_one_program_too_many_is_refused_with_the_reason(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_HASHERS", 2)
    make(now)
    path = write(
        tmp_path / "list",
        made_by("a", "one", "two"),
        made_by("b", "three"),
        made_by("c", "two"),
        entry("d"),
    )

    report = bring(path, now)

    assert [(r.line, r.reason) for r in report.first_refusals] == [(2, staging.TOO_MANY_HASHERS)]
    assert visible() == {"a", "c", "d"}
    assert set(Hasher.objects.values_list("name", flat=True)) == {"one", "two"}


def test_one_import_cannot_use_up_the_numbers_of_all(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MOST_NEW_HASHERS", 2)
    make(now)
    first = write(tmp_path / "one", *(made_by(f"e{n}", f"tool {n}") for n in range(4)))

    assert bring(first, now).refused == 2
    assert bring(write(tmp_path / "two", made_by("x", "another")), now).refused == 0


def test_a_removal_is_not_refused_for_the_programs_that_it_names(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)
    monkeypatch.setattr(changes, "MOST_HASHERS", 0)

    report = bring(write(tmp_path / "two", made_by("a", "new", status="deleted")), now)

    assert (report.changed, report.refused) == (1, 0)
    assert visible() == set()
    assert set(Fingerprint.objects.values_list("hasher", flat=True)) == {0}


def test_our_own_entries_are_added_all_the_same(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_HASHERS", 0)
    prints = (FingerprintValue(Kind.MD5, bytes(range(16)), hasher="tocsin"),)

    actions.add_own_entry(
        entry=OwnEntry(prints, Category.A1, "image", False, "item:1"), actor=ANALYST, at=now
    )

    assert Fingerprint.objects.get().hasher == 0
