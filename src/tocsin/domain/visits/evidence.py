"""Evidence of a visit without the material: the record, and how it joins the chain."""

from __future__ import annotations

import hashlib
import importlib.metadata
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from django.db.models import F

from tocsin.base.audit.types import Json
from tocsin.base.egress import Step, Tls
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.visits import chain, sealed
from tocsin.domain.visits.exploring import Explored
from tocsin.domain.visits.models import Evidence, EvidenceHead
from tocsin.domain.visits.types import (
    Agent,
    ContentKind,
    Outcome,
    Place,
    SeenImage,
    Vantage,
    Visit,
)

_MOST_NAMES: Final = 20
_MOST_CERTIFICATES: Final = 6


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, from where and as whom an address was visited."""

    url: str
    vantage: Vantage
    agent: Agent
    user_agent: str
    at: datetime

    def __repr__(self) -> str:
        return f"<Circumstances {self.vantage.name} {self.agent.name}>"


def record_of(found: Explored, of: Circumstances) -> dict[str, Json]:
    """Everything that may be kept of a visit, with a fresh salt."""
    return {
        "schema": chain.SCHEMA,
        "salt": secrets.token_hex(16),
        "software": f"tocsin {importlib.metadata.version('tocsin')}",
        "at": of.at.isoformat(),
        "url": of.url,
        "vantage": {"name": of.vantage.name, "country": of.vantage.country},
        "agent": {"name": of.agent.name, "user_agent": of.user_agent},
        "outcome": found.judgement.outcome.value,
        "signs": list(found.judgement.signs),
        "status": found.fetched_status,
        "final_url": found.final_url,
        "redirects": found.redirects,
        "address": found.address,
        "hops": [_hop(step) for step in found.steps],
        "headers": dict(found.headers),
        "kind": found.kind.value,
        "body": {"bytes": found.body_bytes, "sha256": found.body_sha256.hex()},
        "images": [_image(image) for image in found.images],
    }


def append(record: dict[str, Json], found: Explored, of: Circumstances) -> Evidence:
    """Seal a record into the chain, in the caller's transaction, which holds the chain's end."""
    written = chain.canonical(record)
    digest = chain.digest_of(written)
    EvidenceHead.objects.get_or_create(pk=1, defaults={"last_link": chain.GENESIS})
    # The update holds the row until commit: whoever comes next waits, and hangs on to this one.
    EvidenceHead.objects.filter(pk=1).update(last_number=F("last_number") + 1)
    head = EvidenceHead.objects.get(pk=1)
    head.last_link = chain.link_of(head.last_number, head.last_link, digest)
    head.save(update_fields=["last_link"])
    return Evidence.objects.create(
        number=head.last_number,
        at=of.at,
        url_digest=sealed.address_digest(of.url),
        outcome=found.judgement.outcome,
        status=found.fetched_status,
        vantage=of.vantage.name,
        agent=of.agent.name,
        sealed_record=sealed.close(written, context=context(head.last_number)),
        digest=digest,
        link=head.last_link,
    )


def context(number: int) -> str:
    """What a record is sealed to."""
    return f"evidence:{number}"


def visit_of(row: Evidence, record: dict[str, Json]) -> Visit:
    """The visit that a record tells of; a record emptied in time leaves what the row has."""
    vantage, agent = _named(record, "vantage"), _named(record, "agent")
    final_url = str(record.get("final_url", ""))
    return Visit(
        id=row.pk,
        outcome=Outcome(row.outcome),
        status=row.status,
        at=row.at,
        vantage=Vantage(row.vantage, str(vantage.get("country", ""))),
        agent=Agent(row.agent, str(agent.get("user_agent", ""))),
        url=str(record.get("url", "")),
        final_url=final_url,
        final_host=host_of(final_url),
        kind=ContentKind(str(record.get("kind", ""))),
        images=tuple(_seen(image) for image in _list(record, "images")),
        signs=tuple(str(sign) for sign in _list(record, "signs")),
        redirects=_number(record.get("redirects")) or 0,
        remote_address=str(record.get("address", "")),
        evidence_digest=row.digest,
    )


def host_of(url: str) -> str:
    """The host of an address as it was called, without its port."""
    authority = url.partition("://")[2].partition("/")[0]
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]


def _hop(step: Step) -> dict[str, Json]:
    return {
        "url": step.url,
        "status": step.status,
        "resolved": list(step.resolved),
        "address": step.address,
        "tls": _tls(step.tls) if step.tls is not None else None,
    }


def _tls(tls: Tls) -> dict[str, Json]:
    return {
        "version": tls.version,
        "cipher": tls.cipher,
        "chain": [_certificate(der) for der in tls.chain[:_MOST_CERTIFICATES]],
    }


def _certificate(der: bytes) -> dict[str, Json]:
    told: dict[str, Json] = {"sha256": hashlib.sha256(der).hexdigest()}
    try:
        read = x509.load_der_x509_certificate(der)
        told["subject"] = read.subject.rfc4514_string()
        told["issuer"] = read.issuer.rfc4514_string()
        told["not_before"] = read.not_valid_before_utc.isoformat()
        told["not_after"] = read.not_valid_after_utc.isoformat()
        told["serial"] = format(read.serial_number, "x")
        told["names"] = [*_names(read)]
    except (ValueError, TypeError):
        pass  # a certificate that TLS takes and the reader does not: its digest tells it
    return told


def _names(read: x509.Certificate) -> list[str]:
    try:
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)[:_MOST_NAMES]


def _image(image: SeenImage) -> dict[str, Json]:
    return {
        "number": image.number,
        "place": image.place.value,
        "url": image.url,
        "outcome": image.outcome.value,
        "status": image.status,
        "width": image.width,
        "height": image.height,
        "bytes": image.size_bytes,
        "format": image.format,
        "fingerprints": [_print(value) for value in image.fingerprints],
    }


def _print(value: FingerprintValue) -> dict[str, Json]:
    return {
        "kind": value.kind.name.lower(),
        "value": value.value.hex(),
        "quality": value.quality,
        "hasher": value.hasher,
        "dialect": value.dialect,
        "n": value.n,
        "offset_seconds": value.offset_seconds,
    }


def _seen(told: Json) -> SeenImage:
    image = told if isinstance(told, dict) else {}
    return SeenImage(
        number=_number(image.get("number")) or 0,
        place=Place(str(image.get("place"))),
        url=str(image.get("url", "")),
        outcome=Outcome(str(image.get("outcome"))),
        status=_number(image.get("status")),
        fingerprints=tuple(_value(one) for one in _list(image, "fingerprints")),
        width=_number(image.get("width")),
        height=_number(image.get("height")),
        size_bytes=_number(image.get("bytes")),
        format=str(image.get("format", "")),
    )


def _value(told: Json) -> FingerprintValue:
    one = told if isinstance(told, dict) else {}
    offset = one.get("offset_seconds")
    return FingerprintValue(
        kind=Kind[str(one.get("kind", "")).upper()],
        value=bytes.fromhex(str(one.get("value", ""))),
        quality=_number(one.get("quality")),
        hasher=str(one.get("hasher", "")),
        dialect=str(one.get("dialect", "")),
        n=_number(one.get("n")) or 0,
        offset_seconds=float(offset) if isinstance(offset, int | float) else None,
    )


def _named(record: dict[str, Json], name: str) -> dict[str, Json]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _list(record: dict[str, Json], name: str) -> list[Json]:
    found = record.get(name)
    return found if isinstance(found, list) else []


def _number(told: Json) -> int | None:
    return told if isinstance(told, int) else None
