"""Records that are no entries: counted, told with the reason, kept, and in nobody's way."""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.domain.exchanges.scenes import (
    add_ncmec,
    add_stopncii,
    counting,
    fails,
    prints,
    pull,
    seconds,
    value,
)
from tests.domain.exchanges.stand_ins import Ncmec, StopNcii, image, submitted
from tests.domain.hashlists.lists import ACTOR
from tests.doors import staff
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.domain.exchanges import actions, queries, rules, stopncii
from tocsin.domain.exchanges.gathering import Gathered
from tocsin.domain.exchanges.models import RefusedRecord
from tocsin.domain.exchanges.types import Trouble
from tocsin.domain.hashlists.models import ImportRun
from tocsin.domain.hashlists.pages import (
    MOST_RECORDS,
    Page,
    TooManyRecords,
    Unreadable,
    read_page,
)
from tocsin.domain.hashlists.types import EntryStatus
from tocsin.site.cli import main

XML = b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">%s</queryResult>'
pytestmark = [pytest.mark.django_db, pytest.mark.server]


def good(now: datetime, own_id: str = "good", **more: Any) -> dict[str, Any]:
    prints = {"md5": value(own_id, 16)}
    return image(own_id, seconds(now, hours=3), prints=prints, **more)


@pytest.mark.parametrize("member", ["9" * 61, "9" * 100_000, "a\u0085b", "a\u200bb"])
def test_a_member_whose_id_cannot_be_used_is_in_nobody_s_way(now: datetime, member: str) -> None:
    found = [good(now, "theirs", member=member), good(now)]
    with Ncmec(entries=found, clock=lambda: now).serving() as peer:
        row = add_ncmec(peer.url, now)
        done = pull(row, now)
    assert set(counting()) == {("ncmec-42", "good")}
    assert (done.counts.added, done.counts.unreadable) == (1, 1)
    [why] = queries.exchanges(at=now)[0].refused
    assert why.records == 1
    assert "its member's id" in why.reason


ODD: dict[str, dict[str, Any]] = {
    "no id": image("", 0),
    "no member": image("x", 0, member=" "),
    "an id of any length": image("x" * 5_000, 0, prints={"md5": value("x", 16)}),
    "an id with a control character": image("a\u0085b", 0, prints={"md5": value("x", 16)}),
    "a time of no calendar": image("x", 0, prints={"md5": value("x", 16)}, more="<timestamp/>"),
    "a fingerprint that is none": image("x", 0, prints={"md5": "12"}),
    "a fingerprint of no known kind": image("x", 0, prints={"hologram": "z" * 70_000}),
    "another element": image("x", 0, tag="image", more="<fingerprints/><fingerprints/>"),
    "deep nesting": image("x", 0, more="<a>" * 200 + "</a>" * 200),
}


@pytest.mark.parametrize("name", ODD)
def test_one_bad_record_stops_no_other(now: datetime, name: str) -> None:
    bad = {**ODD[name], "at": seconds(now, hours=3)}
    with Ncmec(entries=[bad, good(now)], clock=lambda: now).serving() as peer:
        done = pull(add_ncmec(peer.url, now), now)
    assert ("ncmec-42", "good") in counting()
    assert done.counts.added + done.counts.unreadable + done.counts.refused == 2


@pytest.mark.parametrize(
    "bad",
    [{"hashValue": ""}, {"hashValue": "é\ud7ff" * 500}, {"hashStatus": "Lost"},
     {"signalType": ["ImagePDQ"]}, {"lastModtimestamp": 10**17}, {"caseNumbers": 7},
     {"hashValue": "zz" * 32}],
)  # fmt: skip
def test_one_bad_record_of_stopncii_stops_no_other(now: datetime, bad: dict[str, Any]) -> None:
    at = seconds(now, hours=3)
    records = [{**submitted(value("b", 32), at), **bad}, submitted(value("a", 32), at)]
    stand_in = StopNcii(records=[], clock=lambda: now)
    stand_in.page = lambda query: {  # type: ignore[method-assign]
        "count": 2, "hasMoreRecords": False, "hashRecords": records, "nextSetTimestamp": at,
    }  # fmt: skip
    with stand_in.serving() as peer:
        done = pull(add_stopncii(peer.url, now), now)
    assert value("a", 32) in prints().values()
    assert done.counts.added + done.counts.unreadable + done.counts.refused == 2


def test_a_window_of_nothing_else_counts_them_keeps_them_and_goes_on(
    now: datetime, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    bad = image("", seconds(now, hours=3), more="<classification>odd</classification>")
    stand_in = Ncmec(entries=[bad, bad, bad], clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        done = pull(row, now)
        assert done.released
        assert (done.counts.records, done.counts.unreadable) == (0, 3)
        assert row.checkpoint == seconds(now, minutes=2)
    assert not ImportRun.objects.exists()
    places = RefusedRecord.objects.order_by("pk").values_list("page", "place", "reason")
    assert list(places) == [(1, 1, "it has no id"), (1, 2, "it has no id"), (2, 1, "it has no id")]
    [kept] = (settings.TOCSIN_DATA / "exchanges").rglob("refused-*.sealed")
    assert b"odd" not in kept.read_bytes()
    assert main(["exchanges", "refused", "ncmec"]) == 0
    assert b"it has no id (last: window 1)" in capsysbinary.readouterr().out
    assert main(["exchanges", "refused", "ncmec", "--window", "1"]) == 0
    assert capsysbinary.readouterr().out.count(b"<classification>odd</classification>") == 3
    assert AuditRow.objects.filter(action="exchanges.read_refused").count() == 1
    assert main(["exchanges", "refused", "ncmec", "--window", "2"]) == 2
    assert main(["exchanges", "refused", "other"]) == 2


def test_a_service_that_names_no_checkpoint_is_not_asked_for_the_same_again(now: datetime) -> None:
    stand_in = StopNcii(clock=lambda: now)
    stand_in.page = lambda query: {  # type: ignore[method-assign]
        "count": 1, "hasMoreRecords": False, "hashRecords": [{"hashValue": "?"}],
    }  # fmt: skip
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
    assert row.checkpoint == seconds(now) - rules.BLIND_SETTLE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_only_so_many_are_kept(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_REFUSED_OF_A_WINDOW", 3)
    monkeypatch.setattr(rules, "MOST_REFUSED_KEPT", 4)
    stand_in = Ncmec(entries=[image("", seconds(now, hours=1))] * 5, clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_ncmec(peer.url, now)
        for minutes, kept in ((0, [1, 1, 1]), (20, [1, 2, 2, 2]), (40, [2, 3, 3, 3])):
            at = now + timedelta(minutes=minutes)
            stand_in.clock = lambda at=at: at  # type: ignore[misc]
            stand_in.entries = [image("", seconds(at, minutes=30))] * 5
            assert pull(row, at).counts.unreadable == 5
            windows = RefusedRecord.objects.values_list("window_no", flat=True)
            assert sorted(windows) == kept
    files = (settings.TOCSIN_DATA / "exchanges").rglob("refused-*.sealed")
    assert sorted(path.name for path in files) == ["refused-2.sealed", "refused-3.sealed"]


def test_a_time_in_the_future_makes_nothing_irremovable(now: datetime) -> None:
    ahead = seconds(now, days=-900)
    stand_in = StopNcii(records=[submitted(value("a", 32), ahead)], clock=lambda: now)
    with stand_in.serving() as peer:
        row = add_stopncii(peer.url, now)
        pull(row, now)
        assert len(counting()) == 1
        later = now + timedelta(hours=1)
        stand_in.clock = lambda: later
        gone = submitted(value("a", 32), seconds(now), hashStatus="Withdrawn")
        stand_in.records = [gone]
        pull(row, later)
    assert EntryStatus.ACTIVE not in counting().values()


def test_the_page_of_exchanges_says_why(client: Client, now: datetime) -> None:
    stand_in = Ncmec(entries=[image("", seconds(now, hours=3)), good(now)], clock=lambda: now)
    with stand_in.serving() as peer:
        pull(add_ncmec(peer.url, now), now)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    assert ' <span lang="en">it has no id' in client.get("/console/exchanges/").content.decode()


def test_a_text_that_is_not_kept_is_told(now: datetime) -> None:
    add_ncmec("https://ncmec.example/x", now)
    with pytest.raises(actions.PageLost):
        actions.read_refused(slug="ncmec", window_no=7, actor=ACTOR, at=now)


def test_a_page_of_far_more_records_than_asked_for_is_refused(now: datetime) -> None:
    most = MOST_RECORDS["stopncii-v1"]
    assert most > stopncii.PAGE_SIZE
    records = [submitted(f"{n:064x}", seconds(now, hours=3)) for n in range(most + 1)]
    with StopNcii(records=records, page_size=most + 1, clock=lambda: now).serving() as peer:
        row = add_stopncii(peer.url, now)
        assert fails(row, now) is Trouble.TOO_LARGE
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("format_name", "page"),
    [
        ("stopncii-v1", b'{"hashRecords":[%s]}' % b",".join([b"{}"] * 3_000_000)),
        ("stopncii-v1", b'{"hashRecords":[]}' * 100_000),
        ("ncmec-v2", XML % (b"<images>%s</images>" % (b"<image/>" * 300_000))),
        ("ncmec-v2", XML % (b"<x/>" * 400_000)),
    ],
    ids=["records", "documents", "elements", "beside"],
)
def test_a_page_costs_no_more_memory_than_a_page_should(format_name: str, page: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooManyRecords):
            read_page(format_name, page)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Cutting one block takes most of it, whatever the length of the page.
    assert peak < 100 << 20


def test_of_pages_of_rubbish_all_is_counted_and_the_first_thousand_kept(now: datetime) -> None:
    rubbish = Page((), tuple(Unreadable(n, b"{}", "it is none") for n in range(1, 501)), b"")
    with Gathered(seconds(now)) as gathered:
        for _ in range(5):
            gathered.add(rubbish)
        assert gathered.unreadable == 2_500
        assert len(gathered.refused) == rules.MOST_REFUSED_OF_A_WINDOW
        kept = b"".join(gathered.texts(one.text for one in gathered.refused))
    assert kept == b"{}" * rules.MOST_REFUSED_OF_A_WINDOW
