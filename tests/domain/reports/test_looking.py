"""A new item's address is visited once, and the item knows what was found there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.domain.visits.scenes import LANDSCAPE, MANAGER, may_fetch, out_to, prints_of
from tests.support import run_worker_round
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, OwnEntry
from tocsin.domain.matching import ourselves
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import Channel, IncomingReport, MatchKind
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits import errands, ways
from tocsin.domain.visits.models import Errand
from tocsin.site.rehearsal.sites import Shown, Sites

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def decoders() -> Iterator[None]:
    yield
    ways.close_decoders()


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Sites]:
    may_fetch(now)
    with out_to(Sites(91), monkeypatch) as world:
        yield world


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Checker]:
    entry = OwnEntry(
        fingerprints=prints_of(LANDSCAPE),
        category=Category.B1,
        media_type="image",
        rehearsal=False,
        about="item:9",
    )
    hashlists.add_own_entry(entry=entry, actor=MANAGER, at=now)
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    monkeypatch.setattr(ourselves, "checker", lambda: made)
    yield made
    made.stop()


def reported(url: str, at: datetime) -> str:
    report = IncomingReport(url, Channel.CONSOLE)
    return actions.receive_report(report=report, actor=MANAGER, at=at).item_number


def look_at_all(at: datetime) -> None:
    runner = errands.Runner(lambda url, then: visits.visit(url=url, at=then).id, lambda: at)
    runner.look(at)
    runner.wait()
    run_worker_round(at)


def test_a_new_item_knows_the_file_at_its_address(
    sites: Sites, lists: Checker, now: datetime
) -> None:
    number = reported(sites.put(LANDSCAPE), now)
    assert queries.item(number).fingerprint_kinds == ()
    look_at_all(now)

    item = queries.item(number)
    assert item.fingerprint_kinds == ("md5", "pdq", "sha1", "sha256")
    assert item.match_kind is MatchKind.EXACT
    assert [match.own for match in item.matches] == [True]
    assert "reports.looked_at" in [line.action for line in item.history]


def test_a_second_report_asks_for_no_second_look(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    reported(url, now)
    reported(url, now)
    assert Errand.objects.count() == 1


def test_of_a_page_no_fingerprint_is_taken_over(
    sites: Sites, lists: Checker, now: datetime
) -> None:
    number = reported(sites.put(LANDSCAPE, Shown.GALLERY), now)
    look_at_all(now)
    item = queries.item(number)
    assert item.fingerprint_kinds == ()
    assert item.match_kind is MatchKind.NONE


def test_while_fetching_is_off_nothing_is_asked(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    visits.stop(actor=MANAGER, at=now)
    reported(url, now)
    look_at_all(now)
    assert sites.site(url).asked == 0
    assert Errand.objects.count() == 1
