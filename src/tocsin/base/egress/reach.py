"""Which addresses are out in the open.

``ipaddress.is_global`` alone is not enough: what it says of the same address changed between Python
3.11, 3.12 and 3.13 (IPv4 inside IPv6, 192.0.0.0/24, 64:ff9b:1::/48), and a few addresses that are
globally assigned answer only inside a data centre. So both must agree: Python, and the table here
(IANA special-purpose registries for IPv4 and IPv6, 2025).
"""

import ipaddress
from collections.abc import Iterable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_CLOSED_V4 = [
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of a cloud, though globally assigned
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, retired
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")  # all that was ever given out for the open internet
_CLOSED_V6 = [
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the upper half of the interface identifier


def is_public(address: IpAddress) -> bool:
    """Say whether ``address`` is on the open internet, and so is any IPv4 address inside it.

    IPv4-mapped, NAT64, 6to4 and ISATAP forms are as open as the IPv4 address they carry: the
    operating system or a gateway takes the packet there. Teredo, IPv4-compatible, IPv4-translated,
    site's own NAT64, and an address with a zone, are never public.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not _within(address, _CLOSED_V4)
    if address.scope_id is not None:
        return False
    carried = _carried(address)
    if carried is not None:
        return is_public(carried) and (_is_open(address) or _is_gateway_form(address))
    return _is_open(address)


def _is_open(address: ipaddress.IPv6Address) -> bool:
    if address in _6TO4:  # Python calls it global or not depending on its version
        return True
    return address in _OPEN_V6 and address.is_global and not _within(address, _CLOSED_V6)


def _is_gateway_form(address: ipaddress.IPv6Address) -> bool:
    return address.ipv4_mapped is not None or address in _NAT64


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _6TO4:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    if address in _NAT64 or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _within(
    address: IpAddress,
    networks: Iterable[ipaddress.IPv4Network] | Iterable[ipaddress.IPv6Network],
) -> bool:
    return any(address in network for network in networks)
