"""From a host to whom it makes answerable, out of what was recorded of the outside."""

from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import Settings

from tests.domain.hosting.outside import ARIN, ROUTING, Outside, network, person
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.domain.hosters.actions import add
from tocsin.domain.hosters.types import HosterTerms
from tocsin.domain.hosting import queries
from tocsin.domain.hosting.actions import resolve
from tocsin.domain.hosting.types import ContactRole, NotFound, OriginState, Source

pytestmark = pytest.mark.django_db

ADA = Actor("user", "7")
HOST = "shop.host-a.com"


def test_the_chain_goes_from_reseller_to_hoster_carrier_and_registrar(
    outside: Outside, now: datetime
) -> None:
    outside.rented_server()
    found = resolve(host=HOST, at=now)
    assert [(c.role, c.emails, c.source, c.confidence) for c in found.contacts] == [
        (ContactRole.RESELLER, ("abuse@reseller.example",), Source.RDAP_NETWORK, 0.8),
        (ContactRole.HOSTER, ("abuse@hoster.example",), Source.RDAP_PARENT, 0.6),
        (ContactRole.UPSTREAM, ("abuse@carrier.example",), Source.RDAP_AUTNUM, 0.6),
        (ContactRole.REGISTRAR, ("abuse@registrar.example",), Source.RDAP_DOMAIN, 0.5),
    ]
    assert (found.network, found.asn, found.asn_name, found.country) == (
        "192.0.2.0/28", 64500, "CARRIER-AS Carrier", "NL",
    )  # fmt: skip
    assert found.addresses == ("192.0.2.10", "2001:db8::10")
    assert (found.cdn, found.origin_known) == (None, True)


def test_what_a_person_wrote_down_goes_before_all_that_was_found(
    outside: Outside, now: datetime
) -> None:
    outside.rented_server()
    terms = HosterTerms("By hand", "NL", "nl", "desk@hoster.example", ("host-a.com",))
    add(terms=terms, actor=ADA, at=now)
    first, *others = resolve(host=HOST, at=now).contacts
    assert (first.name, first.source, first.confidence) == ("By hand", Source.TABLE, 1.0)
    assert len(others) == 4


def test_one_desk_in_several_registrations_is_named_once(outside: Outside, now: datetime) -> None:
    outside.rented_server()
    same = person("abuse", mail="Abuse@Reseller.example")
    outside.answer(f"{ARIN}ip/192.0.2.0/24", network("192.0.2.0", "192.0.2.255", same))
    roles = [contact.role for contact in resolve(host=HOST, at=now).contacts]
    assert roles == [ContactRole.RESELLER, ContactRole.UPSTREAM, ContactRole.REGISTRAR]


def test_a_registry_that_does_not_answer_leaves_a_gap_and_no_guess(
    outside: Outside, now: datetime
) -> None:
    outside.name(HOST, "192.0.2.10")
    url = f"{ROUTING}/abuse-contact-finder/data.json?resource=192.0.2.10"
    outside.answer(url, {"data": {"abuse_contacts": ["abuse@hoster.example"]}})
    found = resolve(host=HOST, at=now)
    assert (found.contacts, found.country, found.network) == ((), "", "")
    assert found.sources == (Source.DNS,)


def test_a_name_without_address_of_which_nobody_knows_is_not_found(
    outside: Outside, now: datetime
) -> None:
    with pytest.raises(NotFound):
        resolve(host="nobody.example", at=now)
    assert queries.latest("nobody.example") is None


def test_an_address_inside_our_own_network_is_asked_of_nobody(
    outside: Outside, now: datetime
) -> None:
    found = resolve(host="127.0.0.1:8080", at=now, rehearsal=True)
    assert (found.addresses, found.sources) == (("127.0.0.1",), (Source.DNS,))


def test_the_same_again_is_no_new_row_and_a_change_is(outside: Outside, now: datetime) -> None:
    outside.rented_server()
    resolve(host=HOST, at=now)
    later = now.replace(hour=12)
    resolve(host="SHOP.host-a.com.", at=later)
    [only] = queries.history(HOST)
    assert (only.at, only.confirmed_at) == (now, later)
    outside.name(HOST, "198.51.100.7")
    moved_at = now.replace(hour=14)
    resolve(host=HOST, at=moved_at)
    newest, before = queries.history(HOST)
    assert (newest.addresses, newest.at) == (("198.51.100.7",), moved_at)
    assert before == only
    assert queries.latest(HOST) == newest


def test_behind_a_cdn_the_cdn_is_told_and_the_unknown_origin_waits_by_a_clock(
    outside: Outside, now: datetime
) -> None:
    outside.rented_server()
    outside.name(HOST, "104.16.0.9")
    found = resolve(host=HOST, at=now)
    assert (found.cdn, found.origin_known) == ("Cloudflare", False)
    assert [c.role for c in found.contacts] == [ContactRole.CDN, ContactRole.REGISTRAR]
    assert queries.origin(HOST) is OriginState.UNKNOWN
    outside.name(HOST, "192.0.2.10")
    asked_at = now.replace(hour=23)
    clock.run_round(at=asked_at, worker="w")
    latest = queries.latest(HOST)
    assert latest is not None
    assert (latest.cdn, latest.at) == (None, asked_at)
    assert queries.origin(HOST) is OriginState.LEFT


def test_a_host_nobody_asks_about_is_left_after_a_fortnight(
    outside: Outside, now: datetime
) -> None:
    outside.name(HOST, "104.16.0.9")
    resolve(host=HOST, at=now)
    for day in range(4, 20):
        for hour in (0, 12):
            clock.run_round(at=now.replace(day=day, hour=hour), worker="w")
    assert queries.origin(HOST) is OriginState.LEFT


def test_a_cdn_is_told_by_the_name_that_a_host_stands_for(outside: Outside, now: datetime) -> None:
    outside.name(HOST, "192.0.2.10", alias="d1.cloudfront.net")
    outside.name("d1.cloudfront.net", "192.0.2.10")
    assert resolve(host=HOST, at=now).cdn == "CloudFront"


def test_a_cdn_that_tells_its_origin_makes_the_server_known(
    outside: Outside, now: datetime, settings: Settings
) -> None:
    settings.TOCSIN_CLOUDFLARE_ORIGIN = {
        "url": "https://trust.example", "case": "case-1", "client_id": "i", "client_secret": "s",
    }  # fmt: skip
    outside.rented_server()
    outside.name(HOST, "104.16.0.9")
    asked = f"https://trust.example/investigation/v1/case-1/origin?hostname={HOST}"
    outside.answer(asked, {"originIPv4": "192.0.2.10", "originIPv6": None})
    found = resolve(host=HOST, at=now)
    assert (found.cdn, found.origin_known, found.addresses) == ("Cloudflare", True, ("192.0.2.10",))
    assert [(c.role, c.source) for c in found.contacts] == [
        (ContactRole.RESELLER, Source.CDN_ORIGIN),
        (ContactRole.HOSTER, Source.RDAP_PARENT),
        (ContactRole.UPSTREAM, Source.RDAP_AUTNUM),
        (ContactRole.CDN, Source.CDN_DATA),
        (ContactRole.REGISTRAR, Source.RDAP_DOMAIN),
    ]
    assert queries.origin(HOST) is OriginState.KNOWN


def test_no_host_address_or_contact_stands_in_the_clear(outside: Outside, now: datetime) -> None:
    from django.db import connection

    outside.rented_server()
    outside.name(HOST, "104.16.0.9")
    resolve(host=HOST, at=now)
    with connection.cursor() as cursor:
        cursor.execute("select * from hosting_whereabouts")
        told = repr(cursor.fetchall())
        cursor.execute("select * from hosting_origin")
        told += repr(cursor.fetchall())
    assert "host-a" not in told
    assert "104.16" not in told
    assert "@" not in told
