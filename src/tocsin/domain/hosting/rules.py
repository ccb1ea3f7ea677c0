"""Deciding: how a host is spelled, whom a chain of registrations makes answerable."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.hosting.types import OriginState, Source

CONFIDENCE = {
    Source.TABLE: 1.0,
    Source.CDN_ORIGIN: 0.9,
    Source.RDAP_NETWORK: 0.8,
    Source.RDAP_PARENT: 0.6,
    Source.RDAP_AUTNUM: 0.6,
    Source.RDAP_DOMAIN: 0.5,
    Source.ROUTING: 0.5,
    Source.CDN_DATA: 0.7,
    Source.DNS: 0.4,
}
"""How far a statement is believed. What a person wrote down goes before all that was found."""

OTHER_ROLE = 0.5
"""What is left of it where somebody is named, but not for abuse."""

ASK_AGAIN = timedelta(hours=12)
LEFT_AFTER = timedelta(days=14)

_KNOWN, _UNKNOWN, _LEFT = OriginState.KNOWN, OriginState.UNKNOWN, OriginState.LEFT

ORIGIN_LIFE = Lifecycle(
    states=OriginState,
    first=_UNKNOWN,
    moves=(
        move("told", [_UNKNOWN, _KNOWN, _LEFT], _KNOWN),
        move("not_told", [_UNKNOWN, _KNOWN, _LEFT], _UNKNOWN),
        move("leave", [_UNKNOWN, _KNOWN], _LEFT),
    ),
    final=frozenset({_LEFT}),
    waiting={
        _UNKNOWN: Waiting(ASK_AGAIN, "hosting.origin_unknown"),
        # An origin moves behind its CDN without anything showing outside.
        _KNOWN: Waiting(ASK_AGAIN, "hosting.origin_known"),
    },
)


_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "::/96", "fc00::/7", "fe80::/10",
        "ff00::/8",
    )
)  # fmt: skip


def is_of_the_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address belongs to no registry: private, loopback, multicast and the like."""
    return any(address in block for block in _INSIDE)


def name_and_port(host: str) -> tuple[str, str]:
    """A spelled host as a name or IP address, and its port or the empty text."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.endswith("]")):
        return name.strip("[]"), port
    return host, ""


def spelling(host: str) -> str:
    """The one spelling that a host is kept under: lower case, no dot at the end, no brackets."""
    name = host.strip().lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.rstrip(".")
