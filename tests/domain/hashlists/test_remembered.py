"""What a person found wrong stays so, under whatever id and on whatever list it comes again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.domain.hashlists.lists import ACTOR, ANALYST, bring, entry, make, value, write
from tocsin.domain.corrections import queries as corrections
from tocsin.domain.corrections.actions import let_count
from tocsin.domain.corrections.following import follow
from tocsin.domain.corrections.types import HeldFor
from tocsin.domain.hashlists import actions, queries, remembered
from tocsin.domain.hashlists.models import Entry, ImportRun, LintNote, RememberedPrint
from tocsin.domain.hashlists.types import (
    Category,
    FingerprintValue,
    Kind,
    OwnEntry,
    Purpose,
    Standing,
)

pytestmark = pytest.mark.django_db

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}


def prints(**words: str) -> list[dict[str, Any]]:
    """Fingerprints by kind, each of a word."""
    return [
        {"algo": kind, "value": value(word, WIDTHS[kind])}
        | ({"quality": 90} if kind == "pdq" else {})
        for kind, word in words.items()
    ]


def sent(folder: Path, now: datetime, slug: str = "test", own_id: str = "", **words: str) -> int:
    """The number of an entry that came in just now with these fingerprints."""
    record = entry(own_id, fingerprints=prints(**words))
    record.pop("list_purpose")
    path = folder / f"{slug}-{own_id}-{len(words)}"
    assert not bring(write(path, record), now, list_slug=slug).refused
    newest = Entry.objects.order_by("-pk").first()
    assert newest is not None
    return newest.pk


def standing(entry_id: int) -> Standing:
    return queries.standings([entry_id])[entry_id]


def withdraw(entry_id: int, now: datetime) -> None:
    assert actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)


@pytest.fixture
def lists(now: datetime) -> None:
    make(now)
    make(now, "police", purpose=Purpose.ILLEGAL, source="Police")
    make(now, "other", purpose=Purpose.ILLEGAL, source="Other")


@pytest.mark.usefixtures("lists")
def test_a_further_fingerprint_does_not_bring_it_back(tmp_path: Path, now: datetime) -> None:
    wrong = sent(tmp_path, now, "police", md5="a", sha1="a")
    withdraw(wrong, now)

    again = sent(tmp_path, now, "police", md5="a", sha1="a", sha256="a")

    assert again != wrong
    assert standing(again) is Standing.HELD
    assert remembered.wrong_before(again) == wrong


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("shared", ["md5", "sha1", "sha256", "pdq"])
def test_nor_does_another_id_on_another_list(tmp_path: Path, now: datetime, shared: str) -> None:
    withdraw(sent(tmp_path, now, "police", "one", md5="a", sha1="a", sha256="a", pdq="a"), now)

    again = sent(
        tmp_path, now, "other", "two", **{shared: "a", "pdq": "a" if shared == "pdq" else "b"}
    )

    assert standing(again) is Standing.HELD


@pytest.mark.usefixtures("lists")
def test_what_is_held_for_doubts_is_held_under_another_id_too(
    tmp_path: Path, now: datetime
) -> None:
    doubted = sent(tmp_path, now, "police", "one", md5="a", sha1="a")
    actions.hold_entry(entry_id=doubted, reason="flood", actor=ACTOR, at=now)
    again = sent(tmp_path, now, "police", "two", md5="a", sha1="a")
    assert standing(again) is Standing.HELD

    actions.release_hold(entry_id=again, reason="it is right", actor=ANALYST, at=now)

    assert not RememberedPrint.objects.exists()
    assert standing(sent(tmp_path, now, "other", "three", md5="a", sha1="a")) is Standing.LISTED


@pytest.mark.usefixtures("lists")
def test_an_md5_alone_takes_no_exact_sha_away(tmp_path: Path, now: datetime) -> None:
    wrong = sent(tmp_path, now, "police", "one", md5="a", sha1="a")
    withdraw(wrong, now)

    twin = sent(tmp_path, now, "other", "two", md5="a", sha1="b")
    bare = sent(tmp_path, now, "other", "three", md5="a", sha256="c")

    assert standing(twin) is Standing.LISTED
    assert LintNote.objects.get().entry_id == twin
    assert standing(bare) is Standing.HELD


@pytest.mark.usefixtures("lists")
def test_what_its_source_took_away_is_no_decision_of_ours(tmp_path: Path, now: datetime) -> None:
    sent(tmp_path, now, "police", "one", md5="a", sha1="a")
    gone = entry("one", status="withdrawn", fingerprints=prints(md5="a", sha1="a"))
    gone.pop("list_purpose")
    bring(write(tmp_path / "gone", gone), now, list_slug="police")

    assert standing(sent(tmp_path, now, "other", "two", md5="a", sha1="a")) is Standing.LISTED


@pytest.mark.usefixtures("lists")
def test_a_flat_pdq_stands_for_no_picture(tmp_path: Path, now: datetime) -> None:
    flat = entry("one", fingerprints=[{"algo": "pdq", "value": "0" * 64, "quality": 0}])
    flat.pop("list_purpose")
    bring(write(tmp_path / "flat", flat), now, list_slug="police")
    withdraw(Entry.objects.get().pk, now)

    assert not RememberedPrint.objects.exists()


@pytest.mark.usefixtures("lists")
def test_a_list_of_tests_says_nothing_of_what_is_real(tmp_path: Path, now: datetime) -> None:
    withdraw(sent(tmp_path, now, "test", "one", md5="a", sha1="a"), now)

    assert standing(sent(tmp_path, now, "police", "two", md5="a", sha1="a")) is Standing.LISTED
    assert standing(sent(tmp_path, now, "test", "two", md5="a", sha1="a")) is Standing.HELD


def test_benign_lists_neither_remember_nor_are_held(tmp_path: Path, now: datetime) -> None:
    make(now, "police", purpose=Purpose.ILLEGAL, source="Police")
    make(now, "good", purpose=Purpose.BENIGN_ALLOW, source="Us")
    withdraw(sent(tmp_path, now, "good", "one", md5="a"), now)
    assert not RememberedPrint.objects.exists()

    withdraw(sent(tmp_path, now, "police", "two", md5="b"), now)
    assert not Entry.objects.get(pk=sent(tmp_path, now, "good", "three", md5="b")).held


@pytest.mark.usefixtures("lists")
def test_what_is_found_wrong_while_an_import_waits_is_held_too(
    tmp_path: Path, now: datetime
) -> None:
    wrong = sent(tmp_path, now, "police", "one", md5="a", sha1="a")
    record = entry("two", fingerprints=prints(md5="a", sha1="a"))
    record.pop("list_purpose")
    report = bring(write(tmp_path / "l", record), now, list_slug="other", release=False)
    assert report.run_id is not None
    run = ImportRun.objects.get(pk=report.run_id)
    found = remembered.Found()
    remembered.look(run, found)
    assert not found.held

    withdraw(wrong, now)
    actions.release(run_id=run.pk, actor=ACTOR, at=now)

    again = Entry.objects.get(run=run)
    assert standing(again.pk) is Standing.HELD


@pytest.mark.usefixtures("lists")
def test_it_stands_with_the_held_entries_until_a_person_lets_it_count(
    tmp_path: Path, now: datetime
) -> None:
    wrong = sent(tmp_path, now, "police", "one", md5="a", sha1="a")
    withdraw(wrong, now)
    follow(now)
    again = sent(tmp_path, now, "other", "two", md5="a", sha1="a")
    follow(now)

    (view,) = corrections.holds()
    assert (view.entry.id, view.held_for, view.like) == (again, HeldFor.NOBODY, wrong)
    let_count(entry_id=again, words="it is right after all", actor=ANALYST, at=now)

    assert standing(again) is Standing.LISTED
    assert standing(sent(tmp_path, now, "police", "three", md5="a", sha1="a")) is Standing.LISTED


@pytest.mark.usefixtures("lists")
def test_an_own_entry_with_the_same_fingerprints_is_a_later_word(
    tmp_path: Path, now: datetime
) -> None:
    withdraw(sent(tmp_path, now, "police", "one", md5="a"), now)
    own = OwnEntry(
        fingerprints=(FingerprintValue(Kind.MD5, bytes.fromhex(value("a", 16))),),
        category=Category.A1,
        media_type="image",
        rehearsal=False,
        about="item:1",
    )
    actions.add_own_entry(entry=own, actor=ANALYST, at=now)

    assert standing(sent(tmp_path, now, "other", "two", md5="a")) is Standing.LISTED


@pytest.mark.usefixtures("lists")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite goes about it")
def test_each_print_is_looked_up_among_the_few() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {remembered._SHARED}", [False, 0, 1, 9])
        plan = [row[-1] for row in cursor.fetchall()]
    assert len(plan) == 2
    assert plan[0].startswith("SEARCH f USING INDEX")
    assert plan[1].startswith("SEARCH r USING INDEX")
    assert "(kind=? AND value=?)" in plan[1]


def test_what_one_import_may_find_is_looked_for_in_pieces(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_IDS_AT_ONCE", 3)
    monkeypatch.setattr(remembered, "_AT_ONCE", 2)
    make(now)
    bring(write(tmp_path / "one", *(entry(f"{n}") for n in range(10))), now)
    for entry_id in Entry.objects.filter(pk__gt=3).values_list("pk", flat=True):
        withdraw(entry_id, now)

    again = [entry(f"again {n}", fingerprints=entry(f"{n}")["fingerprints"]) for n in range(10)]
    bring(write(tmp_path / "two", *again), now)

    newest = Entry.objects.order_by("-pk")[:10]
    assert sorted(row.source_entry_id for row in newest if row.held) == [
        f"again {n}" for n in range(3, 10)
    ]
