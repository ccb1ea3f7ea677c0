"""Pulling from StopNCII: what people withdraw stops matching, nothing is proof."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.exchanges.scenes import add_stopncii, counting, pull, seconds, value
from tests.domain.exchanges.stand_ins import StopNcii, submitted
from tests.domain.hashlists.lists import ACTOR
from tocsin.domain.exchanges import actions
from tocsin.domain.exchanges.actions import WrongTerms
from tocsin.domain.exchanges.types import ExchangeKind, ExchangeTerms
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.models import Fingerprint, ImportRun
from tocsin.domain.hashlists.types import EntryStatus, Purpose, Serve

pytestmark = [pytest.mark.django_db, pytest.mark.server]


def pdq(word: str) -> str:
    return value(word, 32)


def counted() -> dict[str, EntryStatus]:
    """How each hash stands. Entries are known by a digest of it."""
    rows = Fingerprint.objects.values_list("entry__source_entry_id", "value")
    hashes = {own_id: bytes(value).hex() for own_id, value in rows}
    return {hashes[own_id]: status for (_, own_id), status in counting().items()}


def test_withdrawn_and_deleted_do_not_match_and_received_waits(now: datetime) -> None:
    at = seconds(now, hours=3)
    words = ("Active", "Withdrawn", "Deleted", "Received")
    records = [submitted(pdq(word), at, hashStatus=word) for word in words]
    with StopNcii(records=records, clock=lambda: now).serving() as peer:
        done = pull(add_stopncii(peer.url, now), now)
    assert counted() == {
        pdq("Active"): EntryStatus.ACTIVE,
        pdq("Received"): EntryStatus.QUARANTINED,
    }
    assert done.counts.pages == 2
    [view] = queries.lists()
    assert view.purpose is Purpose.VICTIM_SUBMITTED
    assert Serve.EXPORT not in view.serve


@pytest.mark.parametrize("word", ["Withdrawn", "Deleted"])
def test_what_is_taken_back_later_stops_matching(now: datetime, word: str) -> None:
    stand_in = StopNcii(records=[submitted(pdq("a"), seconds(now, hours=3))], clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
        assert pdq("a") in counted()
        stand_in.records = [submitted(pdq("a"), seconds(now, hours=2), hashStatus=word)]
        pull(row, now + timedelta(hours=1))
        assert counted() == {}
        # The older word comes once more; it does not bring the entry back.
        stand_in.records = [submitted(pdq("a"), seconds(now, hours=3))]
        done = pull(row, now + timedelta(hours=2))
    assert counted() == {}
    assert done.counts.superseded == 1


def test_a_later_record_of_one_window_replaces_the_earlier(now: datetime) -> None:
    records = [
        submitted(pdq("a"), seconds(now, hours=2), hashStatus="Withdrawn"),
        submitted(pdq("b"), seconds(now, hours=2)),
        submitted(pdq("a"), seconds(now, hours=3)),
        submitted(pdq("b"), seconds(now, hours=3), hashStatus="Withdrawn"),
    ]
    with StopNcii(records=records, clock=lambda: now).serving() as peer:
        done = pull(add_stopncii(peer.url, now), now)
    assert set(counted()) == {pdq("b")}
    assert (done.counts.superseded, done.counts.refused) == (2, 0)


def test_all_that_came_is_in_the_archive_what_was_replaced_too(now: datetime) -> None:
    records = [
        submitted(pdq("a"), seconds(now, hours=3), tag="the earlier word"),
        submitted(pdq("a"), seconds(now, hours=2), tag="the later word"),
    ]
    with StopNcii(records=records, clock=lambda: now).serving() as peer:
        pull(add_stopncii(peer.url, now), now)
    from tocsin.domain.hashlists import actions as hashlists

    [run] = ImportRun.objects.all()
    text = b"".join(hashlists.read_archive(run_id=run.pk, actor=ACTOR, at=now))
    assert b"the earlier word" in text
    assert b"the later word" in text


@pytest.mark.parametrize(("told_hours", "reached_hours"), [(-5, 0), (5, 5), (99_999, 9_999)])
def test_the_checkpoint_goes_neither_back_nor_ahead_of_the_clocks(
    now: datetime, told_hours: int, reached_hours: int
) -> None:
    base = seconds(now, hours=10_000)
    stand_in = StopNcii(told_checkpoint=base, clock=lambda: now - timedelta(hours=1))
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
        assert row.checkpoint == base
        stand_in.told_checkpoint = base + told_hours * 3600
        pull(row, now + timedelta(minutes=1))
    # The server's clock is an hour behind ours: nothing is known of what lies ahead of it.
    assert row.checkpoint == base + reached_hours * 3600


def test_what_changed_behind_a_page_that_came_hours_before_the_last_is_asked_for(
    now: datetime,
) -> None:
    at = seconds(now, hours=5)
    stand_in = StopNcii(records=[submitted(pdq(word), at) for word in "abc"], clock=lambda: now)
    later = now + timedelta(hours=5)
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now, most_pages=1)
        changed = seconds(now + timedelta(minutes=10))
        stand_in.records[0] = submitted(pdq("a"), changed, hashStatus="Withdrawn")
        stand_in.records[2] = submitted(pdq("c"), seconds(later))
        pull(row, later)
        assert row.checkpoint == seconds(now)
        pull(row, later)
    assert set(counted()) == {pdq("b"), pdq("c")}


def test_windows_overlap(now: datetime) -> None:
    stand_in = StopNcii(told_checkpoint=seconds(now, hours=2), clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
        pull(row, now)
    starts = [one.partition("startTimestamp=")[2].partition("&")[0] for one in stand_in.asked]
    assert starts == ["10", str(seconds(now, hours=3))]


def test_it_is_only_ever_a_list_of_what_people_handed_in(now: datetime) -> None:
    terms = ExchangeTerms("stopncii", ExchangeKind.STOPNCII, "https://api.stopncii.example/v1",
                          Purpose.ILLEGAL, "StopNCII")  # fmt: skip
    with pytest.raises(WrongTerms, match="no proof"):
        actions.add(terms=terms, actor=ACTOR, at=now)
