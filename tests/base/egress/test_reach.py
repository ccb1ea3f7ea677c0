"""What counts as the open internet, in every form an address can take."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.egress import is_public

CLOSED_V4 = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
CLOSED_V6 = [
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:808:808::f7f7:f7f7",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::5efe:8.8.8.8",
    "fec0::1",
    "ff02::1",
    "4000::1",
    "2a00::5efe:10.0.0.1",
    "2a00::200:5efe:192.168.0.1",
]


def carried_in_ipv6(address: ipaddress.IPv4Address) -> dict[str, ipaddress.IPv6Address]:
    number = int(address)
    return {
        "mapped": ipaddress.IPv6Address((0xFFFF << 32) | number),
        "nat64": ipaddress.IPv6Address((0x0064FF9B << 96) | number),
        "6to4": ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1),
    }


@pytest.mark.parametrize("text", CLOSED_V4 + CLOSED_V6)
def test_a_closed_address_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", CLOSED_V4)
@pytest.mark.parametrize("form", ["mapped", "nat64", "6to4"])
def test_a_closed_ipv4_address_is_not_public_inside_ipv6(text: str, form: str) -> None:
    assert not is_public(carried_in_ipv6(ipaddress.IPv4Address(text))[form])


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1", "223.1.1.1"],
)
def test_an_open_ipv4_address_is_public_also_inside_ipv6(text: str) -> None:
    address = ipaddress.IPv4Address(text)
    assert is_public(address)
    assert all(is_public(carried) for carried in carried_in_ipv6(address).values())


@pytest.mark.parametrize(
    "text", ["2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2a00::5efe:8.8.8.8"]
)
def test_an_open_ipv6_address_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_wrapping_an_ipv4_address_never_opens_it(address: ipaddress.IPv4Address) -> None:
    assert {is_public(carried) for carried in carried_in_ipv6(address).values()} == {
        is_public(address)
    }


@given(st.ip_addresses())
def test_nothing_python_calls_closed_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    private = address.is_private or address.is_multicast or address.is_loopback
    carries = isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None or address.sixtofour is not None
    )
    assert not (is_public(address) and private and not carries)
