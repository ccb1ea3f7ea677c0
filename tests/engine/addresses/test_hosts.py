"""Hosts: the scanner reads a number the way the visitor's browser does."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.addresses import UnusableAddress, canonical_host


@pytest.mark.parametrize(
    "typed",
    [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0X7F.0.0.0x1",
        "0177.0.0.01",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "127.0.1",
        "\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11",  # full-width
        "%31%32%37.0.0.1",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:FFFF:7F00:1]",
    ],
)
def test_every_way_to_write_loopback_is_seen_to_be_loopback(typed: str) -> None:
    assert canonical_host(typed) == "127.0.0.1"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("[::1]", "[::1]"),
        ("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]"),
        ("[2001:db8::192.0.2.1]", "[2001:db8::c000:201]"),
        ("0", "0.0.0.0"),  # noqa: S104
        ("0x", "0.0.0.0"),  # noqa: S104
        ("a.0x7g", "a.0x7g"),
        ("1.2.3.example", "1.2.3.example"),
    ],
)
def test_hosts_have_one_spelling(typed: str, expected: str) -> None:
    assert canonical_host(typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "256.0.0.1",
        "1.2.3.4.5",
        "1.2.3.08",
        "1..2",
        "4294967296",
        "127.0.0.0x100",
        "example.1",
        "9" * 200,
        "[::1",
        "[]",
        "[::1%25eth0]",
        "[fe80::1%eth0]",
        "[127.0.0.1]",
        "[::12345]",
        "%5B::1%5D",
        "a" * 1025,
    ],
)
def test_a_host_that_cannot_be_is_refused(typed: str) -> None:
    with pytest.raises(UnusableAddress):
        canonical_host(typed)


@given(st.ip_addresses(v=4))
def test_any_ipv4_address_is_itself_as_number_and_in_hexadecimal(
    address: ipaddress.IPv4Address,
) -> None:
    assert canonical_host(str(address)) == str(address)
    assert canonical_host(str(int(address))) == str(address)
    assert canonical_host(hex(int(address))) == str(address)


@given(st.ip_addresses(v=6))
def test_any_ipv6_address_has_one_spelling(address: ipaddress.IPv6Address) -> None:
    assert canonical_host(f"[{address.exploded}]") == canonical_host(f"[{address.compressed}]")
