from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.domain.hashlists.lists import ANALYST, bring, entry, make, value, write
from tests.support import in_threads
from tocsin.domain.hashlists import actions, queries, snapshot
from tocsin.domain.hashlists.models import Entry, HashList
from tocsin.domain.hashlists.types import (
    WIDTHS,
    Category,
    EntryStatus,
    Kind,
    PolicyRecord,
    Purpose,
    Serve,
)

pytestmark = pytest.mark.django_db

Rows = dict[Kind, set[tuple[int, bytes]]]


def read() -> tuple[dict[int, tuple[int, ...]], Rows]:
    """Policy by entry, and all (entry, value) by kind, as the index would get them."""
    policies: dict[int, tuple[int, ...]] = {}
    rows: Rows = {}
    with queries.index_snapshot() as taken:
        for batch in taken.policies():
            for number, record in zip(batch.ids, batch.records, strict=True):
                policies[int(number)] = tuple(record.item())[:9]
        for kind in WIDTHS:
            rows[kind] = {
                (int(number), found.tobytes())
                for part in taken.fingerprints(kind)
                for number, found in zip(part.ids, part.values, strict=True)
            }
    return policies, rows


def id_of(own_id: str) -> int:
    return Entry.objects.get(source_entry_id=own_id).pk


def pdq(own_id: str, quality: int | None, hash_hex: str | None = None) -> list[dict[str, object]]:
    given: dict[str, object] = {"algo": "pdq", "value": hash_hex or value(own_id, 32)}
    return [given if quality is None else {**given, "quality": quality}]


def test_the_snapshot_holds_what_counts_with_its_policy(tmp_path: Path, now: datetime) -> None:
    number = make(now, serve=Serve.EXACT | Serve.NEAR | Serve.EXPORT)
    bring(
        write(
            tmp_path / "list",
            entry("a", counts={"reviewers": 300}),
            entry("q", status="quarantined", sharing={"serve": ["exact_check", "scanner"]}),
            entry("w", status="withdrawn"),
        ),
        now,
    )
    actions.hold_entry(entry_id=id_of("a"), reason="x", actor=ANALYST, at=now)

    policies, rows = read()

    assert policies == {
        id_of("a"): PolicyRecord(
            status=EntryStatus.ACTIVE.number, flags=3, purpose=Purpose.TEST.number,
            category=Category.B2.number, list_no=number, sources=1, quorum=255, territory=0,
            serve=Serve.EXACT | Serve.NEAR | Serve.EXPORT,
        ),
        id_of("q"): PolicyRecord(
            status=EntryStatus.QUARANTINED.number, flags=2, purpose=Purpose.TEST.number,
            category=Category.B2.number, list_no=number, sources=1, quorum=1, territory=0,
            serve=Serve.EXACT,
        ),
    }  # fmt: skip
    assert rows[Kind.MD5] == {(id_of(s), bytes.fromhex(value(s, 16))) for s in ("a", "q")}
    assert rows[Kind.SHA1] == {(id_of(s), bytes.fromhex(value(s, 20))) for s in ("a", "q")}
    assert rows[Kind.PDQ] == {(id_of(s), bytes.fromhex(value(s, 32))) for s in ("a", "q")}
    assert rows[Kind.SHA256] == set()


def test_snapshot_and_single_look_agree_on_every_entry(tmp_path: Path, now: datetime) -> None:
    make(now)
    flat = "0" * 63 + "1"
    bring(
        write(
            tmp_path / "list",
            entry("good", fingerprints=pdq("good", 50)),
            entry("poor", fingerprints=pdq("poor", 49)),
            entry("unknown", fingerprints=pdq("unknown", None)),
            entry("flat", fingerprints=pdq("flat", None, flat)),
            entry("film", media_type="video", fingerprints=pdq("film", 100)),
            entry("gone", status="deleted"),
        ),
        now,
    )
    bring(write(tmp_path / "list", entry("good", fingerprints=pdq("good", 77))), now)

    policies, rows = read()

    single = queries.indexable(Entry.objects.values_list("pk", flat=True))
    assert {e.entry_id: tuple(e.policy) for e in single if e.visible} == policies
    near = {
        (e.entry_id, f.value)
        for e in single
        for f, matchable in zip(e.fingerprints, e.near_matchable, strict=True)
        if matchable
    }
    assert near == rows[Kind.PDQ]
    newest = Entry.objects.get(source_entry_id="good", version=2).pk
    assert {number for number, _ in near} == {newest, id_of("unknown")}


def test_many_small_pieces_give_the_same(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(now)
    bring(write(tmp_path / "list", *[entry(f"e{n}") for n in range(50)]), now)
    whole = read()
    monkeypatch.setattr(snapshot, "ROWS_AT_ONCE", 7)

    assert read() == whole
    assert len(whole[0]) == 50


def test_an_empty_database_gives_an_empty_snapshot() -> None:
    policies, rows = read()

    assert policies == {}
    assert all(not found for found in rows.values())


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_shows_one_moment_and_keeps_no_writer_waiting(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "list", entry("a")), now)

    with queries.index_snapshot() as taken:
        (outcome,) = in_threads(
            lambda: actions.withdraw_entry(entry_id=id_of("a"), reason="x", actor=ANALYST, at=now)
        )
        ids = [int(number) for batch in taken.policies() for number in batch.ids]
        prints = list(taken.fingerprints(Kind.PDQ))

    assert outcome is True
    assert taken.change_no == 1
    assert len(ids) == len(prints) == 1
    assert read()[0] == {}
    assert not connection.in_atomic_block
    with transaction.atomic():
        HashList.objects.update(name="writing goes on")


def test_lists_of_one_organisation_and_shared_on_ones_are_one_source(now: datetime) -> None:
    police = make(now, slug="police", source="Police")
    second = make(now, slug="police-2", source="Police")
    hotline = make(now, slug="hotline", source="Hotline")
    shared = make(now, slug="shared", source="Sharer", derived_from=["police", "hotline"])

    origins = queries.organisations()

    assert origins.independent(frozenset({police, second})) == 1
    assert origins.independent(frozenset({police, hotline})) == 2
    assert origins.independent(frozenset({shared, police, hotline})) == 2
    assert origins.independent(frozenset({shared})) == 2
    assert origins.independent(frozenset()) == 0


def test_a_list_is_made_once(now: datetime) -> None:
    make(now)
    with pytest.raises(actions.ListExists):
        make(now)
    with pytest.raises(actions.NoSuchList):
        make(now, slug="other", derived_from=["nowhere"])
    assert [view.slug for view in queries.lists()] == ["test"]
