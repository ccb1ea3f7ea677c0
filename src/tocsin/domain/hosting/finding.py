"""Finding out where a host is: name servers, registries, routing, and the CDN in front.

Uses the network and no transaction. What does not answer is left out: a chain with a gap is worth
more than none, and its sources say what it rests on.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from tocsin.base.egress import EgressError
from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosting import cdns, chain, origins, registry, routing, rules
from tocsin.domain.hosting.cdns import Cdn
from tocsin.domain.hosting.means import Means, NoAnswer
from tocsin.domain.hosting.rdap import IpAddress, Network
from tocsin.domain.hosting.routing import Announced
from tocsin.domain.hosting.types import Contact, ContactRole, Hosting, NotFound, Source

log = structlog.get_logger()
Told = TypeVar("Told")

MOST_ALIASES = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """An address with what is registered and announced around it."""

    networks: tuple[Network, ...]
    announced: Announced | None


def find(host: str, *, means: Means, at: datetime, rehearsal: bool) -> Hosting:
    """All that can be learned of a host (in its one spelling); raises NotFound."""
    by_hand = _by_hand(host, rehearsal)
    name, _port = rules.name_and_port(host)
    literal = _literal(name)
    names, addresses, why = _named(name, literal, means)
    shown = _worth_asking(addresses)
    placed = _place(shown[0], means) if shown else Placed((), None)
    asn = placed.announced.asn if placed.announced else None
    cdn = cdns.recognise(names=names, addresses=addresses, asn=asn)
    behind = _ask_cdn(cdn, name, means) if cdn else ()
    server = _place(behind[0], means) if behind else placed
    domain = () if literal or not shown else _of_domain(name, means)
    contacts = chain.in_order([*by_hand, *_answerable(server, cdn, behind, means), *domain])
    if not contacts and not addresses:
        raise NotFound(why)
    return _told(host, addresses, behind, server, cdn, contacts, at)


def _told(
    host: str,
    addresses: Sequence[str],
    behind: Sequence[IpAddress],
    server: Placed,
    cdn: Cdn | None,
    contacts: tuple[Contact, ...],
    at: datetime,
) -> Hosting:
    first = server.networks[0] if server.networks else None
    announced = server.announced
    sources = {contact.source for contact in contacts}
    sources |= {Source.DNS} if addresses else set()
    sources |= {Source.ROUTING} if announced else set()
    country = next((n.country for n in server.networks if n.country), "")
    return Hosting(
        host=host,
        addresses=tuple(map(str, behind)) or tuple(addresses),
        network=str(first.network) if first else "",
        asn=announced.asn if announced else None,
        asn_name=announced.holder if announced else "",
        country=country or next((c.country for c in contacts if c.role is ContactRole.HOSTER), ""),
        cdn=cdn.name if cdn else None,
        origin_known=cdn is None or bool(behind),
        contacts=contacts,
        at=at,
        sources=tuple(sorted(sources)),
        confirmed_at=at,
    )


def _by_hand(host: str, rehearsal: bool) -> tuple[Contact, ...]:
    kept = hosters.find_for_host(host, rehearsal)
    if kept is None:
        return ()
    return (
        Contact(
            role=ContactRole.HOSTER,
            name=kept.name,
            emails=(kept.abuse_email,) if kept.reachable else (),
            country=kept.country,
            source=Source.TABLE,
            confidence=rules.CONFIDENCE[Source.TABLE],
        ),
    )


def _named(name: str, literal: IpAddress | None, means: Means) -> tuple[list[str], list[str], str]:
    """All names that `name` stands for, its addresses as text, and why there are none."""
    if literal is not None:
        return [], [str(literal)], "no_address"
    names = [name]
    try:
        while len(names) <= MOST_ALIASES and (alias := means.names.alias(names[-1])):
            if alias in names:
                break
            names.append(alias)
        return names, _only_addresses(means.names.addresses(name)), "no_address"
    except EgressError as error:
        return names, [], error.reason


def _place(address: IpAddress, means: Means) -> Placed:
    registered = _or_none(lambda: registry.networks(means, address).networks, "network")
    announced = _or_none(lambda: routing.announced(means, str(address)), "routing")
    return Placed(registered or (), announced)


def _ask_cdn(cdn: Cdn, name: str, means: Means) -> tuple[IpAddress, ...]:
    for adapter in means.origins:
        if adapter.cdn != cdn.name:
            continue
        try:
            return tuple(_worth_asking(adapter.origins(name)))
        except origins.NotTold as error:
            log.info("origin_not_told", cdn=cdn.name, why=error.why)
    return ()


def _answerable(
    server: Placed, cdn: Cdn | None, behind: Sequence[IpAddress], means: Means
) -> list[Contact]:
    if cdn is not None and not behind:
        # What is registered around the address is the CDN's own: it is the one to be told.
        return [chain.of_cdn(cdn)]
    found = list(chain.of_networks(server.networks, origin=bool(behind)))
    if not found and behind:
        found += _from_routing(behind[0], means)
    if not found and server.announced:
        found += _from_routing(server.networks[0].network[0], means) if server.networks else []
    if server.announced is not None:
        asn = server.announced.asn
        told = _or_none(lambda: registry.autnum(means, asn), "autnum")
        found += chain.of_autnum(told, asn) if told else ()
    return [*found, chain.of_cdn(cdn)] if cdn else found


def _from_routing(address: IpAddress, means: Means) -> list[Contact]:
    emails = _or_none(lambda: routing.abuse_contacts(means, str(address)), "abuse_contacts")
    if not emails:
        return []
    confidence = rules.CONFIDENCE[Source.ROUTING]
    return [Contact(ContactRole.HOSTER, "", emails, "", Source.ROUTING, confidence)]


def _of_domain(name: str, means: Means) -> tuple[Contact, ...]:
    told = _or_none(lambda: registry.domain(means, name), "domain")
    return chain.of_domain(told) if told else ()


def _or_none(ask: Callable[[], Told], what: str) -> Told | None:
    try:
        return ask()
    except NoAnswer as error:
        log.info("hosting_gap", what=what, why=error.why)
        return None


def _literal(name: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _only_addresses(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if _literal(text) is not None))


def _worth_asking(texts: Sequence[str]) -> list[IpAddress]:
    """Those that a registry could know of; the inside of our own network is nobody's business."""
    found = [ipaddress.ip_address(text) for text in texts]
    return [address for address in found if not rules.is_of_the_inside(address)]
