"""Sealing what is known of a host, and finding it again without telling which host it is."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.hosting.types import Contact, ContactRole, Hosting, Source


def digest(host: str) -> str:
    """What a host is found by: a keyed hash of its one spelling."""
    return keyed_digest(settings.TOCSIN_KEYS.ring("url"), host.encode(), context="host")


def close_host(host: str) -> str:
    """Seal a host, bound to its digest."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    return seal(ring, host.encode(), context=f"host:{digest(host)}")


def open_host(text: str, *, host_digest: str) -> str:
    """What `close_host` sealed; raises secrets.NotOurs."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    return unseal(ring, text, context=f"host:{host_digest}").decode()


def close(hosting: Hosting, *, host_digest: str) -> str:
    """Seal all that was found of a host, bound to its digest."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    return seal(ring, _facts(hosting).encode(), context=f"whereabouts:{host_digest}")


def open_facts(text: str, *, host_digest: str, at: datetime, confirmed_at: datetime) -> Hosting:
    """What `close` sealed, with the times from its row; raises secrets.NotOurs."""
    ring = settings.TOCSIN_KEYS.ring("seal")
    told = json.loads(unseal(ring, text, context=f"whereabouts:{host_digest}"))
    contacts = tuple(
        Contact(
            ContactRole(c["role"]),
            c["name"],
            tuple(c["emails"]),
            c["country"],
            Source(c["source"]),
            c["confidence"],
            c["asn"],
        )
        for c in told["contacts"]
    )
    return Hosting(
        host=told["host"],
        addresses=tuple(told["addresses"]),
        network=told["network"],
        asn=told["asn"],
        asn_name=told["asn_name"],
        country=told["country"],
        cdn=told["cdn"],
        origin_known=told["origin_known"],
        contacts=contacts,
        at=at,
        sources=tuple(Source(source) for source in told["sources"]),
        confirmed_at=confirmed_at,
    )


def facts_digest(hosting: Hosting) -> str:
    """The same for the same facts, at whatever time and in whatever order DNS gave them."""
    ring = settings.TOCSIN_KEYS.ring("url")
    # Keyed: a plain hash of a host and its address could be guessed back.
    return keyed_digest(ring, hashlib.sha256(_facts(hosting).encode()).digest(), context="facts")


def _facts(hosting: Hosting) -> str:
    told = {
        "host": hosting.host,
        "addresses": sorted(hosting.addresses),
        "network": hosting.network,
        "asn": hosting.asn,
        "asn_name": hosting.asn_name,
        "country": hosting.country,
        "cdn": hosting.cdn,
        "origin_known": hosting.origin_known,
        "contacts": [
            {
                "role": c.role.value,
                "name": c.name,
                "emails": list(c.emails),
                "country": c.country,
                "source": c.source.value,
                "confidence": c.confidence,
                "asn": c.asn,
            }
            for c in hosting.contacts
        ],
        "sources": sorted(source.value for source in hosting.sources),
    }
    return json.dumps(told, sort_keys=True)
