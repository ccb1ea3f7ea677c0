"""What makes a copy too old to be relied on, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.exchanges.scenes import add_ncmec, add_stopncii, pull, seconds, value
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, submitted
from tocsin.domain.exchanges import due, queries, rules
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import PullState

pytestmark = [pytest.mark.django_db, pytest.mark.server]


def test_people_are_told_before_it_grows_stale(now: datetime) -> None:
    with StopNcii(clock=lambda: now).serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
    due.warn_of_stale(now + timedelta(days=20))
    row.refresh_from_db()
    assert row.warned_stale_at is None
    for _ in range(2):
        due.warn_of_stale(now + timedelta(days=28))
    row.refresh_from_db()
    assert row.warned_stale_at == now + timedelta(days=28)
    [view] = queries.exchanges(at=now + timedelta(days=31))
    assert view.stale
    assert Exchange.objects.count() == 1


def test_pages_of_a_pull_that_never_ends_do_not_keep_it_fresh(now: datetime) -> None:
    records = [submitted(value(word, 32), seconds(now, hours=3)) for word in "abcdef"]
    stand_in = StopNcii(records=records, clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
        for days in range(1, 32):
            # Each day a page or two come, and never the last one.
            later = now + timedelta(days=days)
            pull(row, later, most_pages=1)
            assert row.pulled_at == later
            due.warn_of_stale(later)
        [view] = queries.exchanges(at=later)
        assert (view.stale, view.complete_at) == (True, now)
        row.refresh_from_db()
        assert row.warned_stale_at == now + timedelta(days=28)
        pull(row, later)
    due.warn_of_stale(later)
    row.refresh_from_db()
    [view] = queries.exchanges(at=later)
    assert (view.stale, view.complete_at) == (False, later)
    assert row.warned_stale_at is None


def test_a_server_whose_clock_stands_still_is_told_to_be_stale(now: datetime) -> None:
    with Ncmec(entries=[], clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        later = now + timedelta(days=31)
        # It answers, and says that there is nothing to ask for yet.
        assert pull(row, later).pages == 0
    assert row.state == PullState.WELL
    assert row.complete_at == now - timedelta(seconds=rules.SETTLE_SECONDS)
    assert queries.stale(row, later)
