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


def spelling(host: str) -> str:
    """The one spelling that a host is kept under: lower case, no dot at the end, no brackets."""
    name = host.strip().lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.rstrip(".")
