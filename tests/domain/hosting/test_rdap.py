"""Reading what registries give: as it should be, as it is, and as somebody hostile writes it."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.hosting.outside import network, person
from tocsin.domain.hosting import chain, rdap
from tocsin.domain.hosting.rdap import NotRdap
from tocsin.domain.hosting.types import ContactRole
from tocsin.domain.hosting.vcards import read_card

HERE = ipaddress.ip_address("192.0.2.9")


def read(told: Any, address: str = "192.0.2.9") -> rdap.Network:
    return rdap.read_network(json.dumps(told).encode(), ipaddress.ip_address(address))


def test_an_answer_of_an_asian_registry_with_its_incident_team() -> None:
    told = {
        "rdapConformance": ["rdap_level_0"],
        "objectClassName": "ip network",
        "handle": "192.0.2.0 - 192.0.3.255",
        "startAddress": "192.0.2.0",
        "endAddress": "192.0.3.255",
        "ipVersion": "v4",
        "country": "CN",
        "name": "EXAMPLE-FJ",
        "type": "ALLOCATED PORTABLE",
        "entities": [
            {
                "objectClassName": "entity",
                "handle": "IRT-EXAMPLE-CN",
                "roles": ["abuse"],
                "vcardArray": [
                    "vcard",
                    [
                        ["version", {}, "text", "4.0"],
                        ["fn", {}, "text", "IRT-EXAMPLE-CN"],
                        ["adr", {"label": "a street\n100032"}, "text", [""] * 7],
                        ["email", {}, "text", "anti-spam@example.cn"],
                    ],
                ],
            }
        ],
    }
    found = read(told)
    assert (str(found.network), found.country, found.kind) == (
        "192.0.2.0/23", "CN", "ALLOCATED PORTABLE",
    )  # fmt: skip
    [contact] = chain.of_networks([found])
    assert (contact.role, contact.emails) == (ContactRole.HOSTER, ("anti-spam@example.cn",))


def test_an_abuse_desk_inside_the_holder_is_found_and_one_at_the_top_goes_before() -> None:
    nested = person("abuse", name="Nested", mail="nested@hoster.example")
    holder = person("registrant", name="Holder", mail="info@hoster.example", entities=[nested])
    [contact] = chain.of_networks([read(network("192.0.2.0", "192.0.2.255", holder))])
    assert contact.emails == ("nested@hoster.example",)
    top = person("abuse", name="Top", mail="abuse@hoster.example")
    [contact] = chain.of_networks([read(network("192.0.2.0", "192.0.2.255", holder, top))])
    assert contact.emails == ("abuse@hoster.example",)
    assert contact.confidence == 0.8


def test_without_an_abuse_desk_the_technical_contact_is_believed_half() -> None:
    told = network("192.0.2.0", "192.0.2.255", person("technical", mail="noc@hoster.example"))
    [contact] = chain.of_networks([read(told)])
    assert (contact.emails, contact.confidence) == (("noc@hoster.example",), 0.4)


@pytest.mark.parametrize(
    ("parent", "up"),
    [
        ("192.0.0.0 - 192.0.255.255", "192.0.0.0/16"),
        ("192.0.0.0/16", "192.0.0.0/16"),
        ("NET-192-0-0-0-1", ""),
        ("192.0.0.0 - 2001:db8::", ""),
        ("x - y", ""),
    ],
)
def test_a_parent_is_asked_for_by_its_block_where_its_handle_is_one(parent: str, up: str) -> None:
    assert read(network("192.0.2.0", "192.0.2.255", parentHandle=parent)).up == up


def test_a_range_that_is_no_block_gives_the_block_that_holds_the_address() -> None:
    assert str(read(network("192.0.2.1", "192.0.2.200")).network) == "192.0.2.8/29"
    v6 = read(network("2001:db8::", "2001:db8:ff:ffff::"), "2001:db8:1::5")
    assert str(v6.network) == "2001:db8::/41"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no_json"),
        (b"[" * 100_000, "no_json"),
        (b"[]", "no_object"),
        (b'{"objectClassName": "domain"}', "other_kind"),
        (b'{"objectClassName": 7}', "other_kind"),
        (b"{}", "no_range"),
        (b'{"startAddress": "198.51.100.0", "endAddress": "198.51.100.255"}', "other_network"),
        (b'{"startAddress": "2001:db8::", "endAddress": "2001:db8::ff"}', "other_network"),
    ],
)
def test_what_is_not_the_answer_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(NotRdap) as refused:
        rdap.read_network(body, HERE)
    assert refused.value.why == why


def test_another_domain_or_number_than_was_asked_for_is_refused() -> None:
    with pytest.raises(NotRdap):
        rdap.read_domain(b'{"objectClassName": "domain", "ldhName": "other.com"}', "host-a.com")
    with pytest.raises(NotRdap):
        rdap.read_autnum(b'{"startAutnum": 1, "endAutnum": 9}', 64500)


def test_a_card_gives_preferred_mail_first_and_only_what_is_mail() -> None:
    card = read_card(
        ["vcard", [
            ["email", {}, "text", "second@hoster.example"],
            ["email", {"pref": "1"}, "text", "mailto:first@hoster.example"],
            ["email", {}, "text", "no mail", ["third@hoster.example", 7]],
            ["email", {}, "text", "evil@hoster.example\nBcc: all@example"],
            ["org", {}, "text", ["A company"]],
            ["adr", {"cc": "nl"}, "text", []],
        ]]
    )  # fmt: skip
    assert card.emails == (
        "first@hoster.example", "second@hoster.example", "third@hoster.example",
    )  # fmt: skip
    assert (card.name, card.country) == ("A company", "NL")


def test_entities_deeper_or_more_than_anybody_means_are_not_followed() -> None:
    deep: dict[str, Any] = person("abuse", mail="deep@example.com")
    for _ in range(50):
        deep = person("x", entities=[deep])
    found = read(network("192.0.2.0", "192.0.2.255", deep, *[person("x")] * 500))
    assert len(found.entities) <= rdap.MOST_ENTITIES
    assert chain.of_networks([found]) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
NAMES = (
    "objectClassName", "handle", "startAddress", "endAddress", "ipVersion", "name", "type",
    "country", "parentHandle", "entities", "links", "startAutnum", "endAutnum", "ldhName",
    "vcardArray", "roles",
)  # fmt: skip
CARDS = st.tuples(
    st.just("vcard"), st.lists(st.lists(JSON | st.just("email"), max_size=4), max_size=3)
)
ENTITIES = st.recursive(
    st.fixed_dictionaries({}, optional={"roles": JSON, "vcardArray": JSON | CARDS}),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"roles": JSON, "vcardArray": CARDS, "entities": st.lists(inner, max_size=2)}
    ),
    max_leaves=3,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), JSON) | st.fixed_dictionaries(
    {
        "startAddress": st.sampled_from(["192.0.2.0", "192.0.2.9", "192.0.0.0", "::"]),
        "endAddress": st.sampled_from(["192.0.2.9", "192.0.2.255", "255.255.255.255"]),
        "entities": st.lists(ENTITIES, max_size=3) | JSON,
        "links": JSON | st.tuples(st.fixed_dictionaries({"rel": st.just("up"), "href": JSON})),
    },
    optional={"parentHandle": JSON, "country": JSON, "name": JSON},
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_no_answer_does_more_harm_than_to_be_refused(told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    try:
        found = rdap.read_network(body, HERE)
    except NotRdap:
        return
    assert HERE in found.network
    for contact in chain.of_networks([found]):
        assert all(mail.isprintable() and "@" in mail for mail in contact.emails)
        assert contact.name.isprintable()


@given(st.binary(max_size=200))
def test_no_bytes_do_either(body: bytes) -> None:
    for read_it in (
        lambda: rdap.read_network(body, HERE),
        lambda: rdap.read_autnum(body, 1),
        lambda: rdap.read_domain(body, "host-a.com"),
    ):
        try:
            read_it()
        except NotRdap:
            continue
