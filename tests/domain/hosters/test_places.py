from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hosters import rules
from tocsin.domain.hosters.types import HosterTerms, Place, PlaceKind

TERMS = HosterTerms("Big Host", "NL", "nl", "abuse@bighost.example", ("bighost.example",))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Example.ORG.", Place(PlaceKind.DOMAIN, "example.org")),
        (" bücher.example ", Place(PlaceKind.DOMAIN, "xn--bcher-kva.example")),
        ("192.0.2.0/24", Place(PlaceKind.NETWORK, "192.0.2.0/24")),
        ("192.0.2.77/24", Place(PlaceKind.NETWORK, "192.0.2.0/24")),
        ("192.0.2.7", Place(PlaceKind.NETWORK, "192.0.2.7/32")),
        ("0x7f.1", Place(PlaceKind.NETWORK, "127.0.0.1/32")),
        ("2001:db8::/32", Place(PlaceKind.NETWORK, "2001:db8::/32")),
        ("[2001:db8::1]", Place(PlaceKind.NETWORK, "2001:db8::1/128")),
        ("127.0.0.1:8123", Place(PlaceKind.SERVER, "127.0.0.1:8123")),
        ("[::1]:8123", Place(PlaceKind.SERVER, "[::1]:8123")),
    ],
)
def test_a_place_gets_one_spelling(typed: str, kept: Place) -> None:
    assert rules.place(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "not a host", "exa mple.org", "a.example:99999", "a/b", "x@y"]
)
def test_what_is_no_place_is_refused_in_words(typed: str) -> None:
    with pytest.raises(rules.NotAPlace, match="not a domain"):
        rules.place(typed)


@given(st.text(max_size=40))
def test_any_text_is_a_place_or_refused(typed: str) -> None:
    try:
        kept = rules.place(typed)
    except rules.NotAPlace:
        return
    assert rules.place(kept.value) == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("country", "nl"),
        ("country", "NLD"),
        ("language", "pl"),
        ("abuse_email", "nobody"),
        ("abuse_email", "a@b.example\nBcc: c@d.example"),
        ("abuse_email", "a@b.example, c@d.example"),
        ("places", ()),
        ("places", ("good.example", "not good")),
    ],
)
def test_each_wrong_field_is_named(field: str, value: object) -> None:
    terms = {name: getattr(TERMS, name) for name in TERMS.__dataclass_fields__}
    assert list(rules.problems(HosterTerms(**{**terms, field: value}))) == [field]


def test_good_terms_have_no_problems() -> None:
    assert rules.problems(TERMS) == {}


def test_a_name_is_looked_for_with_its_parents_but_never_as_a_bare_top_level_domain() -> None:
    assert rules.candidates("img.eu.host.example:8080") == (
        ["img.eu.host.example:8080", "img.eu.host.example", "eu.host.example", "host.example"],
        None,
    )
    assert rules.candidates("localhost") == (["localhost"], None)


def test_an_address_is_looked_for_in_networks() -> None:
    assert rules.candidates("192.0.2.9") == ([], "192.0.2.9")
    assert rules.candidates("[2001:db8::9]:81") == (["[2001:db8::9]:81"], "2001:db8::9")


@given(st.ip_addresses(), st.lists(st.integers(0, 32), min_size=1, max_size=5))
def test_the_narrowest_network_wins(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, lengths: list[int]
) -> None:
    networks = [str(ipaddress.ip_network((address, length), strict=False)) for length in lengths]
    found = rules.narrowest(str(address), networks)
    assert found is not None
    assert ipaddress.ip_network(found).prefixlen == max(lengths)
