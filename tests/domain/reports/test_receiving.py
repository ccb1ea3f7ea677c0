from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.desk import (
    NOT_UNLAWFUL,
    SYSTEM,
    URL,
    found,
    hit,
    incoming,
    listed,
    party,
    person,
    picture,
    report,
)
from tests.support import run_worker_round
from tocsin.base.accounts.types import PartyKind
from tocsin.base.audit import queries as audit
from tocsin.base.outbox import queries as outbox
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.types import MatchKind as HitKind
from tocsin.domain.reports import actions, queries, receiving, rules
from tocsin.domain.reports.models import Item, Report
from tocsin.domain.reports.types import ItemState, Match, MatchKind, ReasonCode, ReportRefused
from tocsin.engine.addresses import UnusableAddress

pytestmark = pytest.mark.django_db


def test_a_report_opens_an_item_that_must_be_decided_within_a_day(now: datetime) -> None:
    number = report(now, words="Saw this", category_hint="A1")
    item = queries.item(number)
    assert number == "T-2026-000001"
    assert item.state is ItemState.NEW
    assert item.url == URL
    assert item.host == "img.bighost.example"
    assert item.decide_by == now + timedelta(hours=24)
    assert item.reports[0].words == "Saw this"
    assert [reason.code for reason in item.why] == [ReasonCode.REPORTED]


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://IMG.bighost.example:443/a/1.jpg",
        "http://img.bighost.example/a/1.jpg",
        "hxxps://img[.]bighost[.]example/a/./1.jpg?utm_source=x#top",
    ],
)
def test_every_spelling_of_an_address_counts_on_one_item(spelling: str, now: datetime) -> None:
    first = report(now)
    again = report(now + timedelta(hours=1), spelling)
    item = queries.item(first)
    assert again == first
    assert item.report_count == 2
    assert item.last_reported_at == now + timedelta(hours=1)
    assert ReasonCode.REPORTED_AGAIN in {reason.code for reason in item.why}


def test_a_rehearsal_of_an_address_is_another_item(now: datetime) -> None:
    assert report(now) != report(now, rehearsal=True)


def test_the_same_reference_from_the_same_party_is_the_same_report(now: datetime) -> None:
    provider = party(now)
    told = incoming(party_id=provider, client_reference="case-7")
    first = actions.receive_report(report=told, actor=SYSTEM, at=now)
    again = actions.receive_report(report=told, actor=SYSTEM, at=now)
    assert not first.repeated
    assert again.repeated
    assert again.report_id == first.report_id
    assert queries.item(first.item_number).report_count == 1


def test_the_same_reference_means_nothing_between_parties_or_addresses(now: datetime) -> None:
    one, two = party(now, "One"), party(now, "Two")
    report(now, party_id=one, client_reference="case-7")
    report(now, party_id=two, client_reference="case-7")
    report(now, "https://else.example/", party_id=one, client_reference="case-7")
    assert Report.objects.count() == 3


def test_what_is_no_address_is_refused_and_nothing_is_kept(now: datetime) -> None:
    with pytest.raises(UnusableAddress):
        report(now, "javascript:alert(1)")
    with pytest.raises(ReportRefused):
        report(now, words="x" * 5_000)
    assert not Report.objects.exists()


def test_a_hotline_or_the_police_goes_before_a_mere_report(now: datetime) -> None:
    mere = report(now)
    police = report(now, "https://b.example/", party_id=party(now, "KLPD", PartyKind.POLICE))
    assert [row.number for row in queries.queue().rows] == [police, mere]
    assert queries.item(police).source == "KLPD"


def test_another_picture_at_the_same_address_is_noted(now: datetime) -> None:
    number = report(now, fingerprints=picture("x", Kind.SHA1))
    report(now, fingerprints=picture("x", Kind.SHA1, Kind.PDQ))
    assert queries.item(number).fingerprint_kinds == ("pdq", "sha1")
    assert not queries.item(number).content_differs
    report(now, fingerprints=picture("y", Kind.SHA1, Kind.SHA256))
    item = queries.item(number)
    assert item.content_differs
    assert item.fingerprint_kinds == ("pdq", "sha1")


def test_a_hit_with_an_address_opens_an_item_with_its_match(now: datetime) -> None:
    provider, entry = party(now), listed(now, "known")
    hit(now, provider, entry, "known")
    run_worker_round(now)
    (row,) = queries.queue().rows
    item = queries.item(row.number)
    assert item.match_kind is MatchKind.EXACT
    assert [match.entry_id for match in item.matches] == [entry]
    assert item.source == "Big Cloud"
    assert item.fingerprint_kinds == ("md5", "pdq", "sha1", "sha256")
    assert item.why[0].code is ReasonCode.EXACT_MATCH


def test_the_same_hit_delivered_twice_is_counted_once(now: datetime) -> None:
    told = hit(now, party(now), listed(now, "known"), "known")
    first = actions.open_from_hit(hit_id=told, at=now)
    again = actions.open_from_hit(hit_id=told, at=now)
    assert first is not None
    assert again is not None
    assert again.repeated
    assert queries.item(first.item_number).report_count == 1


def test_a_hit_without_an_address_opens_nothing(now: datetime) -> None:
    told = hit(now, party(now), listed(now, "known"), "known", url=None)
    assert actions.open_from_hit(hit_id=told, at=now) is None
    assert not Item.objects.exists()


def test_a_hit_with_an_unusable_address_is_noted_and_not_tried_for_ever(now: datetime) -> None:
    told = hit(now, party(now), listed(now, "known"), "known", url="not an address")
    run_worker_round(now)
    assert [row.action for row in audit.history(f"hit:{told}")] == ["reports.hit_without_address"]
    assert outbox.waiting() == 0
    assert not Item.objects.exists()


def test_a_near_hit_keeps_its_distance_and_an_exact_one_outranks_it(now: datetime) -> None:
    provider, entry, other = party(now), listed(now, "known"), listed(now, "other")
    near = hit(now, provider, entry, "edited", kind=HitKind.NEAR, distance_bits=12)
    opened = actions.open_from_hit(hit_id=near, at=now)
    assert opened is not None
    assert queries.item(opened.item_number).distance_bits == 12
    actions.open_from_hit(hit_id=hit(now, provider, other, "edited"), at=now)
    item = queries.item(opened.item_number)
    assert item.match_kind is MatchKind.EXACT
    assert [match.entry_id for match in item.matches] == [entry, other]


def test_an_entry_that_is_no_longer_on_file_does_not_hide_the_item(now: datetime) -> None:
    number = report(now, match=Match(MatchKind.EXACT, (999_999,)))
    assert queries.item(number).matches == ()


def test_a_report_of_something_found_unlawful_is_told_once_a_day(now: datetime) -> None:
    number = report(now)
    found(number, person("anna"), now)
    calm = queries.item(number).priority
    for minutes in (10, 20):
        report(now + timedelta(minutes=minutes))
    item = queries.item(number)
    assert item.state is ItemState.UNLAWFUL
    assert item.priority > calm
    assert ReasonCode.SEEN_AGAIN in {reason.code for reason in item.why}
    assert Message.objects.filter(topic=receiving.SEEN_AGAIN).count() == 1


def test_a_new_list_match_reopens_what_was_found_not_unlawful_but_a_mere_report_does_not(
    now: datetime,
) -> None:
    number, entry = report(now), listed(now, "known")
    found(number, person("anna"), now, NOT_UNLAWFUL)
    report(now)
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL
    report(now, match=Match(MatchKind.EXACT, (entry,)))
    assert queries.item(number).state is ItemState.NEW
    assert queries.item(number).decide_by == now + timedelta(hours=24)
    found(number, person("ben"), now, NOT_UNLAWFUL)
    report(now, match=Match(MatchKind.EXACT, (entry,)))
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL


def test_an_item_that_knows_as_many_entries_as_it_can_is_not_reopened_for_ever(
    now: datetime,
) -> None:
    many = tuple(range(1, rules.MOST_ENTRIES + 1))
    number = report(now, match=Match(MatchKind.NEAR, many))
    found(number, person("anna"), now, NOT_UNLAWFUL)
    for _ in range(2):
        report(now, match=Match(MatchKind.NEAR, (*many, 1_000)))
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL


def test_numbers_start_again_each_year(now: datetime) -> None:
    numbers = [report(now, f"https://a.example/{n}") for n in range(2)]
    numbers.append(report(now + timedelta(days=365), "https://a.example/next"))
    assert numbers == ["T-2026-000001", "T-2026-000002", "T-2027-000001"]


def test_opening_and_counting_are_audited(now: datetime) -> None:
    number = report(now)
    report(now)
    rows = audit.history(f"item:{queries.item(number).id}")
    assert [row.action for row in rows] == ["reports.open", "reports.count"]
