"""Deciding whom registrations make answerable: contacts with role, source and confidence.

Plain functions over what registries told: no network, no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.domain.hosting.cdns import Cdn
from tocsin.domain.hosting.rdap import Autnum, Domain, Entity, Network
from tocsin.domain.hosting.rules import CONFIDENCE, OTHER_ROLE
from tocsin.domain.hosting.types import Contact, ContactRole, Source

# Where no entity is named for abuse: who reads mail about a network at all, best first.
_OTHERS = ("technical", "noc", "administrative", "registrant")


def of_networks(networks: Sequence[Network], *, origin: bool = False) -> tuple[Contact, ...]:
    """Contacts of the registrations around an address, given narrowest first.

    The widest one that is not a registry's is the hoster's; what lies inside it was handed on, and
    its holders are resellers (or the customer). With `origin`, a CDN told the address.
    """
    found = []
    for place, network in enumerate(networks):
        widest = place == len(networks) - 1
        source = Source.RDAP_NETWORK if place == 0 else Source.RDAP_PARENT
        contact = _best(
            network.entities,
            role=ContactRole.HOSTER if widest else ContactRole.RESELLER,
            source=Source.CDN_ORIGIN if origin and place == 0 else source,
            name=network.name,
            country=network.country,
        )
        if contact is not None:
            found.append(contact)
    return _settled(found)


def of_autnum(autnum: Autnum, asn: int) -> tuple[Contact, ...]:
    """The contact of the network that announces an address."""
    contact = _best(
        autnum.entities,
        role=ContactRole.UPSTREAM,
        source=Source.RDAP_AUTNUM,
        name=autnum.name,
        country=autnum.country,
        asn=asn,
    )
    return (contact,) if contact else ()


def of_domain(domain: Domain) -> tuple[Contact, ...]:
    """The domain's holder, where a registry still tells of one, and the registrar's abuse desk."""
    found = []
    holder = next((e for e in domain.entities if "registrant" in e.roles and e.card.emails), None)
    if holder is not None and "registrar" not in _all_roles(holder):
        found.append(_contact(holder, ContactRole.SITE_OWNER, Source.RDAP_DOMAIN, 1.0, "", ""))
    sellers = [e for e in domain.entities if "registrar" in _all_roles(e)]
    seller = _best(
        sellers, role=ContactRole.REGISTRAR, source=Source.RDAP_DOMAIN, name="", country=""
    )
    if seller is not None:
        found.append(seller)
    return tuple(found)


def of_cdn(cdn: Cdn) -> Contact:
    """The contact of a service that stands in front."""
    return Contact(
        role=ContactRole.CDN,
        name=cdn.name,
        emails=cdn.emails,
        country=cdn.country,
        source=Source.CDN_DATA,
        confidence=CONFIDENCE[Source.CDN_DATA],
    )


def in_order(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """Each place once, in the order given; an address already named goes to nobody further on.

    The same desk stands in several registrations; a notice must not reach it by each of them.
    """
    told: set[str] = set()
    kept = []
    for contact in contacts:
        emails = tuple(mail for mail in contact.emails if mail.lower() not in told)
        if not emails and contact.emails:
            continue
        told.update(mail.lower() for mail in emails)
        kept.append(
            Contact(
                contact.role, contact.name, emails, contact.country, contact.source,
                contact.confidence, contact.asn,
            )
        )  # fmt: skip
    return tuple(kept)


def _settled(found: list[Contact]) -> tuple[Contact, ...]:
    """With nobody answerable for the widest registration, the next one inside is the hoster."""
    if found and all(contact.role is not ContactRole.HOSTER for contact in found):
        last = found[-1]
        found[-1] = Contact(
            ContactRole.HOSTER, last.name, last.emails, last.country, last.source, last.confidence
        )
    return tuple(found)


def _best(
    entities: Sequence[Entity],
    *,
    role: ContactRole,
    source: Source,
    name: str,
    country: str,
    asn: int | None = None,
) -> Contact | None:
    reachable = [entity for entity in entities if entity.card.emails]
    for wanted in ("abuse", *_OTHERS):
        # Sorted stably: an abuse desk of the registration itself before one nested in a person.
        holding = sorted((e for e in reachable if wanted in e.roles), key=lambda e: e.depth)
        if holding:
            share = 1.0 if wanted == "abuse" else OTHER_ROLE
            return _contact(holding[0], role, source, share, name, country, asn)
    nested = [e for e in reachable if "abuse" in _all_roles(e)] or (
        reachable if role is ContactRole.REGISTRAR else []
    )
    if nested:
        return _contact(nested[0], role, source, OTHER_ROLE, name, country, asn)
    return None


def _contact(
    entity: Entity,
    role: ContactRole,
    source: Source,
    share: float,
    name: str,
    country: str,
    asn: int | None = None,
) -> Contact:
    return Contact(
        role=role,
        name=name or entity.card.name or entity.handle,
        emails=entity.card.emails,
        country=country or entity.card.country,
        source=source,
        confidence=round(CONFIDENCE[source] * share, 2),
        asn=asn,
    )


def _all_roles(entity: Entity) -> frozenset[str]:
    return entity.roles.union(*entity.via)
