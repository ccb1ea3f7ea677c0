"""Lists, entries and keys for the tests of matching and of the API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from tocsin.base.accounts.actions import KeyTerms, make_party
from tocsin.base.accounts.types import IssuedKey, PartyKind, Tier
from tocsin.base.audit.types import Actor, system
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.changes import log_change, take_numbers
from tocsin.domain.hashlists.models import Entry, Fingerprint, HashList, ImportRun
from tocsin.domain.hashlists.types import (
    Category,
    ChangeKind,
    EntryStatus,
    FingerprintValue,
    Kind,
    Purpose,
    RunState,
    Serve,
)
from tocsin.domain.matching.actions import issue_provider_key
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey, PolicyTerms, Query

ACTOR = system("test")
ANALYST = Actor("user", "7")


def digest(kind: Kind, name: str) -> bytes:
    """A digest or PDQ of a picture that does not exist."""
    data = name.encode()
    if kind is Kind.MD5:
        return hashlib.md5(data, usedforsecurity=False).digest()
    if kind is Kind.SHA1:
        return hashlib.sha1(data, usedforsecurity=False).digest()
    if kind is Kind.PHOTODNA:
        return (hashlib.sha512(data).digest() * 3)[:144]
    return hashlib.sha256(data + (b"pdq" if kind is Kind.PDQ else b"")).digest()


def flipped(pdq: bytes, bits: int) -> bytes:
    """The same PDQ with its first `bits` bits turned over."""
    return (int.from_bytes(pdq, "big") ^ ((1 << bits) - 1 << 256 - bits)).to_bytes(32, "big")


def prints(name: str, *kinds: Kind, quality: int | None = 90) -> tuple[FingerprintValue, ...]:
    """Fingerprints of the picture `name`; md5, sha1 and PDQ when no kind is named."""
    return tuple(
        FingerprintValue(kind, digest(kind, name), quality if kind is Kind.PDQ else None)
        for kind in kinds or (Kind.MD5, Kind.SHA1, Kind.PDQ)
    )


def asked(name: str, client_id: str = "u-1") -> Query:
    """What a provider asks about the very file of the picture `name`."""
    return Query(
        client_id=client_id,
        md5=digest(Kind.MD5, name),
        sha1=digest(Kind.SHA1, name),
        sha256=digest(Kind.SHA256, name),
        pdq=digest(Kind.PDQ, name),
        pdq_quality=90,
    )


def edited(name: str, bits: int, client_id: str = "u-1") -> Query:
    """What a provider asks about an edit of `name`: other digests, a PDQ `bits` away."""
    other = asked(f"{name} edited {bits}", client_id)
    return replace(other, pdq=flipped(digest(Kind.PDQ, name), bits))


def a_list(
    now: datetime,
    slug: str = "national",
    *,
    purpose: Purpose = Purpose.ILLEGAL,
    source: str = "Police",
    serve: Serve = Serve.EXACT | Serve.NEAR,
    derived_from: Iterable[str] = (),
) -> int:
    """A list; its number."""
    return hashlists.make_list(
        slug=slug,
        name=slug,
        purpose=purpose,
        source=source,
        actor=ACTOR,
        at=now,
        serve=serve,
        derived_from=derived_from,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a source says of an entry, besides its fingerprints."""

    status: EntryStatus = EntryStatus.ACTIVE
    category: Category = Category.B1
    sources: int = 1
    quorum: int = 1
    held: bool = False
    media_type: int = 1
    fingerprints: tuple[FingerprintValue, ...] = field(default=())


def put(now: datetime, list_no: int, name: str, told: Told = Told()) -> int:
    """An entry for the picture `name`, with its line in the change log; its id."""
    with transaction.atomic():
        entry_id = _write(list_no, name, told, None)
        log_change(ChangeKind.ADD, at=now, entry_id=entry_id)
    return entry_id


def release_of(now: datetime, list_no: int, names: Iterable[str]) -> int:
    """A released import of many pictures in one change; the run's number."""
    with transaction.atomic():
        run = ImportRun.objects.create(
            hash_list_id=list_no,
            state=RunState.RELEASED,
            file_name="f",
            file_sha256="0" * 64,
            started_at=now,
        )
        ids = [_write(list_no, name, Told(), run) for name in names]
        run.first_entry_id, run.last_entry_id = min(ids), max(ids)
        run.save()
        log_change(ChangeKind.RELEASE, at=now, run_id=run.pk)
    return run.pk


def _write(list_no: int, name: str, told: Told, run: ImportRun | None) -> int:
    entry = Entry.objects.create(
        id=take_numbers("entry"),
        hash_list=HashList.objects.get(pk=list_no),
        source_entry_id=name,
        run=run,
        media_type=told.media_type,
        status=told.status.number,
        category=told.category.number,
        sources=told.sources,
        quorum=told.quorum,
        held=told.held,
        content_digest=0,
    )
    Fingerprint.objects.bulk_create(
        Fingerprint(
            entry=entry,
            kind=f.kind,
            n=f.n,
            value=f.value,
            quality=f.quality,
            offset_seconds=f.offset_seconds,
        )
        for f in told.fingerprints or prints(name)
    )
    return entry.pk


def a_key(
    now: datetime,
    policy: PolicyTerms = PolicyTerms(),  # noqa: B008 - frozen
    *,
    tier: Tier = Tier.DETAIL,
    party: str = "Big Cloud",
    terms: KeyTerms | None = None,
) -> IssuedKey:
    """A key of a new party."""
    party_id = make_party(
        name=party, kind=PartyKind.PROVIDER, contact_email="", actor=ACTOR, at=now
    )
    return issue_provider_key(
        party_id=party_id, terms=terms or KeyTerms(tier), policy=policy, actor=ACTOR, at=now
    )


def known(checker: Checker, issued: IssuedKey, now: datetime) -> CheckKey:
    """The key as the checker knows it."""
    key = checker.keys.authenticate(issued.key_id, issued.secret, at=now)
    assert key is not None
    return key
