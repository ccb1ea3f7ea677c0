"""An older delivery brings nothing back, and no time of the future makes an entry irremovable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hashlists.formats.samples import visible
from tests.domain.hashlists.lists import bring, counts, entry, make, write
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.models import Entry, ImportRun
from tocsin.domain.hashlists.sequence import Delivery, Word

pytestmark = pytest.mark.django_db

MONDAY = "2026-02-02T10:00:00Z"
TUESDAY = "2026-02-03T10:00:00Z"
FUTURE = "2099-01-01T00:00:00Z"
times = st.none() | st.integers(0, 50)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_an_older_delivery_brings_nothing_back(tmp_path: Path, now: datetime) -> None:
    make(now)
    old = write(tmp_path / "monday", entry("a", source_updated_at=MONDAY))
    bring(old, now)
    gone = entry("a", source_updated_at=TUESDAY, status="deleted")
    bring(write(tmp_path / "tuesday", gone), now)

    another_old = write(tmp_path / "again", entry("a", source_updated_at=MONDAY), entry("b"))
    tried = bring(another_old, now, dry_run=True)
    report = bring(another_old, now)

    assert counts(report) == counts(tried) == (1, 0, 0, 0, 0)
    assert report.older == tried.older == 1
    assert visible() == {"b"}
    assert queries.runs("test", limit=1)[0].older == 1


def test_the_same_file_again_brings_nothing_back_even_without_times(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    old = write(tmp_path / "old", entry("a"), entry("b"), entry("c"))
    bring(old, now)
    bring(write(tmp_path / "new", entry("a", status="deleted"), entry("b", tags=["x"])), now)

    report = bring(old, now)

    assert (report.added, report.changed, report.older) == (0, 0, 1)
    assert visible() == {"b", "c"}


def test_an_older_change_does_not_take_the_place_of_a_newer_one(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    newer = entry("a", source_updated_at=TUESDAY, classifications=[])
    bring(write(tmp_path / "new", newer), now)

    report = bring(write(tmp_path / "old", entry("a", source_updated_at=MONDAY)), now)

    assert (report.changed, report.older) == (0, 1)
    assert Entry.objects.count() == 1


def test_of_two_words_at_one_moment_the_removal_holds(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=MONDAY, status="deleted")), now)
    assert bring(write(tmp_path / "2", entry("a", source_updated_at=MONDAY)), now).older == 1

    bring(write(tmp_path / "3", entry("b", source_updated_at=MONDAY)), now)
    bring(write(tmp_path / "4", entry("b", source_updated_at=MONDAY, status="deleted")), now)

    assert visible() == set()


def test_a_source_may_list_again_what_it_had_deleted(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=MONDAY, status="deleted")), now)

    bring(write(tmp_path / "2", entry("a", source_updated_at=TUESDAY)), now)

    assert visible() == {"a"}


@pytest.mark.parametrize("ahead", [FUTURE, "2026-03-03T22:00:00Z"])
def test_a_time_of_the_future_makes_no_entry_irremovable(
    tmp_path: Path, now: datetime, ahead: str
) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=ahead)), now)
    later = now + timedelta(days=1)
    said_at = (now + timedelta(hours=1)).isoformat()

    bring(write(tmp_path / "2", entry("a", source_updated_at=said_at, status="deleted")), later)

    assert visible() == set()


def test_far_from_our_time_even_an_earlier_removal_counts(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=FUTURE)), now)

    bring(write(tmp_path / "2", entry("a", source_updated_at=MONDAY, status="deleted")), now)

    assert visible() == set()


def test_a_removal_of_the_future_is_kept_as_said_when_it_came(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=FUTURE, status="deleted")), now)

    assert Entry.objects.get().source_updated == int(now.timestamp())
    assert bring(write(tmp_path / "2", entry("a", source_updated_at=MONDAY)), now).older == 1
    again = entry("a", source_updated_at=(now + timedelta(hours=1)).isoformat())
    assert bring(write(tmp_path / "3", again), now + timedelta(days=1)).changed == 1


def test_a_time_of_the_future_does_not_make_the_same_record_another(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    path = write(tmp_path / "1", entry("a", source_updated_at=FUTURE))
    bring(path, now)

    assert counts(bring(path, now + timedelta(days=1))) == (0, 0, 1, 0, 0)


def test_what_an_older_version_kept_of_the_future_is_no_last_word(
    tmp_path: Path, now: datetime
) -> None:
    make(now)
    bring(write(tmp_path / "1", entry("a", source_updated_at=MONDAY)), now)
    Entry.objects.update(source_updated=seconds(FUTURE))

    word = queries.last_words("test", "m1", ["a"])["a"]
    assert word.updated == int(ImportRun.objects.get().started_at.timestamp())
    gone = entry("a", source_updated_at=TUESDAY, status="deleted")
    assert bring(write(tmp_path / "2", gone), now).changed == 1


@given(updated=times, takes_away=st.booleans(), than=st.builds(
    Word, st.integers(1, 9), times, st.booleans()))  # fmt: skip
def test_of_two_words_at_most_one_is_the_older(
    updated: int | None, takes_away: bool, than: Word
) -> None:
    delivery = Delivery(received=100)
    older = delivery.is_older(updated=updated, takes_away=takes_away, than=than)
    other = delivery.is_older(
        updated=than.updated, takes_away=than.gone, than=Word(1, updated, takes_away)
    )

    assert not (older and other)
    assert not older or (updated is not None and than.updated is not None)
    assert delivery.received == int(datetime.fromtimestamp(100, UTC).timestamp())
