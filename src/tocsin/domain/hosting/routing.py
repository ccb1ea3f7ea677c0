"""Who announces an address to the internet, and its abuse contact: RIPEstat's answers, read.

Replaceable: any service that answers as RIPEstat's data calls do (`TOCSIN_ROUTING_URL`).
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from tocsin.domain.hosting.means import Means, NoAnswer
from tocsin.domain.hosting.vcards import emails_of

LARGEST_ASN = 4_294_967_294


@dataclass(frozen=True, slots=True)
class Announced:
    """The network that announces an address: its number, its holder as written there."""

    asn: int
    holder: str


def announced(means: Means, address: str) -> Announced | None:
    """Who announces the address; None when nobody does. Raises NoAnswer."""
    data = _data(means, "prefix-overview", address)
    rows = data.get("asns")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and (asn := as_number(row.get("asn"))) is not None:
            holder = row.get("holder")
            return Announced(asn, _holder(holder) if isinstance(holder, str) else "")
    if rows == []:
        return None
    return _from_network_info(means, address)


def abuse_contacts(means: Means, address: str) -> tuple[str, ...]:
    """The abuse contacts that the registries' data names for an address. Raises NoAnswer."""
    told = _data(means, "abuse-contact-finder", address).get("abuse_contacts")
    return emails_of(told if isinstance(told, list) else [])


def as_number(told: object) -> int | None:
    """The number of a network, written as a number, "64500" or "AS64500"; None for what is none."""
    text = str(told).upper().removeprefix("AS") if isinstance(told, int | str) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return int(text) if 0 < int(text) <= LARGEST_ASN else None


def _from_network_info(means: Means, address: str) -> Announced | None:
    asns = _data(means, "network-info", address).get("asns")
    for told in asns if isinstance(asns, list) else []:
        if (asn := as_number(told)) is not None:
            return Announced(asn, "")
    return None


def _data(means: Means, call: str, address: str) -> dict[str, object]:
    if not means.routing_url:
        raise NoAnswer("off")
    query = urlencode({"resource": str(ipaddress.ip_address(address))})
    url = f"{means.routing_url.rstrip('/')}/{call}/data.json?{query}"
    reply = means.web.get(url, policy=means.routing_policy)
    if reply.status != 200:
        raise NoAnswer("status")
    try:
        told = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise NoAnswer("no_json") from None
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict):
        raise NoAnswer("no_data")
    return data


def _holder(text: str) -> str:
    return "".join(mark for mark in text if mark.isprintable())[:120]
