"""Reading RDAP answers (RFC 9083) as registries really give them.

Only what is needed is taken; a member of the wrong type is as good as absent, and what comes in
bounds neither our depth nor our memory. Plain functions: bytes in, frozen values out.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.domain.hosting.vcards import Card, read_card

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_DEPTH = 5
MOST_ENTITIES = 100
_MOST_TEXT = 200
_COUNTRY = re.compile(r"[A-Za-z]{2}")


class NotRdap(ValueError):
    """The body is not the answer that was asked for. `why` is a fixed word, safe to log."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This is not the RDAP answer that was asked for ({why}).")
        self.why = why


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody in an answer. `roles` are its own, `via` those of the entities it stands in."""

    handle: str
    roles: frozenset[str]
    via: tuple[frozenset[str], ...]
    card: Card

    @property
    def depth(self) -> int:
        return len(self.via)


@dataclass(frozen=True, slots=True)
class Network:
    """A registration of addresses. `network`: the block of it that holds the address asked for.

    `up`: where the registration around it can be asked for (a link, or a block), or empty.
    """

    handle: str
    name: str
    network: IpNetwork
    kind: str
    country: str
    up: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Autnum:
    """A registration of a network that speaks for itself in routing."""

    handle: str
    name: str
    country: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A registration of a name."""

    handle: str
    name: str
    entities: tuple[Entity, ...]


def read_network(body: bytes, address: IpAddress) -> Network:
    """The registration that holds `address`; raises NotRdap, also for another's."""
    told = _object(body, "ip network")
    first, last = _end(told, "startAddress"), _end(told, "endAddress")
    if first.version != address.version or not int(first) <= int(address) <= int(last):
        raise NotRdap("other_network")
    return Network(
        handle=_text(told, "handle"),
        name=_text(told, "name"),
        network=_block(first, last, address),
        kind=_text(told, "type"),
        country=country(_text(told, "country")),
        up=_up(told),
        entities=_entities(told),
    )


def read_autnum(body: bytes, asn: int) -> Autnum:
    """The registration of `asn`; raises NotRdap, also for another's."""
    told = _object(body, "autnum")
    first, last = told.get("startAutnum"), told.get("endAutnum")
    if isinstance(first, int) and isinstance(last, int) and not first <= asn <= last:
        raise NotRdap("other_autnum")
    return Autnum(
        handle=_text(told, "handle"),
        name=_text(told, "name"),
        country=country(_text(told, "country")),
        entities=_entities(told),
    )


def read_domain(body: bytes, name: str) -> Domain:
    """The registration of the domain `name` (A-labels); raises NotRdap, also for another's."""
    told = _object(body, "domain")
    ldh = _text(told, "ldhName").rstrip(".").lower()
    if ldh and ldh != name:
        raise NotRdap("other_domain")
    return Domain(handle=_text(told, "handle"), name=name, entities=_entities(told))


def country(text: str) -> str:
    """Two capital letters, or empty for what is none."""
    return text.upper() if _COUNTRY.fullmatch(text) else ""


def _object(body: bytes, kind: str) -> dict[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotRdap("no_json") from None
    if not isinstance(told, dict):
        raise NotRdap("no_object")
    # Some write it with another case, older servers not at all.
    named = told.get("objectClassName", kind)
    if not isinstance(named, str) or named.lower() != kind:
        raise NotRdap("other_kind")
    return told


def _text(told: dict[str, object], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(mark for mark in value if mark.isprintable()).strip()[:_MOST_TEXT]


def _end(told: dict[str, object], name: str) -> IpAddress:
    # Written by some as a block ("192.0.2.0/24"): the address stands before the stroke.
    try:
        return ipaddress.ip_address(_text(told, name).partition("/")[0])
    except ValueError:
        raise NotRdap("no_range") from None


def _block(first: IpAddress, last: IpAddress, address: IpAddress) -> IpNetwork:
    """The CIDR block of the range first..last that holds the address."""
    bits = address.max_prefixlen
    for prefix in range(bits + 1):
        block = ipaddress.ip_network((int(address) >> (bits - prefix) << (bits - prefix), prefix))
        # Written so and not by comparing networks: the version is the same throughout.
        if int(block[0]) >= int(first) and int(block[-1]) <= int(last):
            return _of_version(block[0], prefix, address)
    raise NotRdap("no_range")


def _of_version(start: IpAddress, prefix: int, address: IpAddress) -> IpNetwork:
    if isinstance(address, ipaddress.IPv6Address):
        return ipaddress.IPv6Network((int(start), prefix))
    return ipaddress.IPv4Network((int(start), prefix))


def _up(told: dict[str, object]) -> str:
    links = told.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") in {"up", "rdap-up"}:
            href = link.get("href")
            if isinstance(href, str) and href.startswith("https://") and len(href) < 500:
                return href
    return _as_block(_text(told, "parentHandle"))


def _as_block(handle: str) -> str:
    """A parent's handle as a block to ask for, where it is a range or block, as RIPE's are."""
    try:
        first, dash, last = (part.strip() for part in handle.partition("-"))
        if dash:
            ends = ipaddress.ip_address(first), ipaddress.ip_address(last)
            return str(next(iter(ipaddress.summarize_address_range(*ends))))
        return str(ipaddress.ip_network(handle)) if "/" in handle else ""
    except (ValueError, TypeError, StopIteration):
        return ""


def _entities(told: dict[str, object]) -> tuple[Entity, ...]:
    found = []
    for entity in _walk(told, ()):
        found.append(entity)
        if len(found) == MOST_ENTITIES:
            break
    return tuple(found)


def _walk(told: dict[str, object], via: tuple[frozenset[str], ...]) -> Iterator[Entity]:
    inside = told.get("entities")
    if not isinstance(inside, list) or len(via) >= MOST_DEPTH:
        return
    for one in inside:
        if not isinstance(one, dict):
            continue
        roles = _roles(one)
        yield Entity(_text(one, "handle"), roles, via, read_card(one.get("vcardArray")))
        yield from _walk(one, (*via, roles))


def _roles(told: dict[str, object]) -> frozenset[str]:
    roles = told.get("roles")
    listed = roles if isinstance(roles, list) else [roles]
    return frozenset(role.lower() for role in listed[:20] if isinstance(role, str))
