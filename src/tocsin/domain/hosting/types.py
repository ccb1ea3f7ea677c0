"""What other rooms know of who keeps the server behind a host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContactRole(StrEnum):
    """What a contact is to the item: whom to tell first, and whom after that."""

    HOSTER = "hoster"  # who rents out the server
    SITE_OWNER = "site_owner"  # whose name the domain is in
    UPSTREAM = "upstream"  # who carries the network, or gave the addresses out
    REGISTRAR = "registrar"  # who sold the domain
    RESELLER = "reseller"  # who got the addresses from the hoster's own allocation
    CDN = "cdn"  # who stands in front of the server and hides it


class Source(StrEnum):
    """Where a statement comes from; `rules.CONFIDENCE` says how far each is believed."""

    TABLE = "table"  # our own hand-kept hosters
    RDAP_NETWORK = "rdap_network"
    RDAP_PARENT = "rdap_parent"
    RDAP_AUTNUM = "rdap_autnum"
    RDAP_DOMAIN = "rdap_domain"
    ROUTING = "routing"
    DNS = "dns"
    CDN_DATA = "cdn_data"
    CDN_ORIGIN = "cdn_origin"


class OriginState(StrEnum):
    """Whether the server behind a host is known, or only what stands in front of it."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    LEFT = "left"  # nobody has asked about the host for a fortnight


class NotFound(Exception):
    """Nothing could be learned of the host: no address, and nobody on file. `why` is a word."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing could be learned of where this host is ({why}).")
        self.why = why


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody a notice can go to. `confidence`: 0 to 1; `asn` where it speaks for one.

    `country`: two capital letters, or empty. `emails`: best first, may be empty.
    """

    role: ContactRole
    name: str
    emails: tuple[str, ...]
    country: str
    source: Source
    confidence: float
    asn: int | None = None

    def __repr__(self) -> str:
        return f"Contact({self.role}, {self.source})"


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where a host was at `at`, and whom that makes answerable, nearest to the server first.

    `host`: a name or address, with `:port` where it is not the usual one. `network`: CIDR of the
    narrowest registration of the address, or empty. `cdn`: who stands in front, by name. Not
    `origin_known`: the addresses are the CDN's own and the server behind it has not been told.
    `confirmed_at`: when the same was last found again.
    """

    host: str
    addresses: tuple[str, ...]
    network: str
    asn: int | None
    asn_name: str
    country: str
    cdn: str | None
    origin_known: bool
    contacts: tuple[Contact, ...]
    at: datetime
    sources: tuple[Source, ...]
    confirmed_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Hosting(asn={self.asn}, country={self.country!r})"
