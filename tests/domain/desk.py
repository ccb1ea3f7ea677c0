"""People, parties, pictures and findings for the tests of reports and takedown."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import PartyKind, Role
from tocsin.base.audit.types import Actor, system
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind, OwnEntry
from tocsin.domain.hosters import actions as hosters
from tocsin.domain.hosters.types import HosterTerms
from tocsin.domain.matching import actions as matching
from tocsin.domain.matching.hits import NewHit
from tocsin.domain.matching.types import Action, AnswerStatus, MatchKind
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.desk_types import DeskRules
from tocsin.domain.reports.types import (
    Channel,
    FindingInput,
    FindingKind,
    Ground,
    IncomingReport,
    ItemView,
)

URL = "https://img.bighost.example/a/1.jpg"
SYSTEM = system("test")
BIG_HOST = HosterTerms("Big Host", "NL", "nl", "abuse@bighost.example", ("bighost.example",))
UNLAWFUL = FindingInput(
    FindingKind.UNLAWFUL, Ground.STATED_BY_AUTHORITY, Category.B1, "Police, file 12", "as agreed"
)
NOT_UNLAWFUL = FindingInput(FindingKind.NOT_UNLAWFUL, Ground.NONE, note="a beach, all adults")
CANNOT_TELL = FindingInput(FindingKind.CANNOT_TELL, Ground.NONE, note="nothing to go by")


def person(name: str, role: Role = Role.ANALYST) -> Actor:
    """Somebody with a log-in."""
    made = Person.objects.create(username=name, role=role)
    return Actor("user", str(made.pk))


def party(now: datetime, name: str = "Big Cloud", kind: PartyKind = PartyKind.PROVIDER) -> int:
    return accounts.make_party(name=name, kind=kind, contact_email="", actor=SYSTEM, at=now)


def picture(name: str, *kinds: Kind) -> tuple[FingerprintValue, ...]:
    """Fingerprints of a picture that does not exist: digests of its name."""
    data = name.encode()
    values = {
        Kind.MD5: hashlib.md5(data, usedforsecurity=False).digest(),
        Kind.SHA1: hashlib.sha1(data, usedforsecurity=False).digest(),
        Kind.SHA256: hashlib.sha256(data).digest(),
        Kind.PDQ: hashlib.sha256(data + b"pdq").digest(),
    }
    wanted = kinds or tuple(values)
    return tuple(
        FingerprintValue(kind, values[kind], 90 if kind is Kind.PDQ else None) for kind in wanted
    )


def incoming(url: str = URL, **changes: object) -> IncomingReport:
    return replace(IncomingReport(url=url, channel=Channel.API), **changes)  # type: ignore[arg-type]


def report(now: datetime, url: str = URL, **changes: object) -> str:
    """Report an address; the item's number."""
    received = reports.receive_report(report=incoming(url, **changes), actor=SYSTEM, at=now)
    return received.item_number


def found(number: str, actor: Actor, now: datetime, finding: FindingInput = UNLAWFUL) -> ItemView:
    """Take the item and record a finding."""
    reports.take(number=number, actor=actor, at=now)
    return reports.assess(number=number, finding=finding, actor=actor, at=now)


def listed(now: datetime, name: str, *, rehearsal: bool = False) -> int:
    """An entry on the own list for a picture; its number."""
    entry = OwnEntry(picture(name), Category.A1, "image", rehearsal, f"item:{name}")
    return hashlists.add_own_entry(entry=entry, actor=SYSTEM, at=now)


def hit(
    now: datetime, party_id: int, entry_id: int, name: str, url: str | None = URL, **changes: object
) -> str:
    """A hit as the journal brings it; its id."""
    new = NewHit(
        id=uuid4(),
        key_id="tk_test",
        party_id=party_id,
        at=now,
        kind=MatchKind.EXACT,
        status=AnswerStatus.LISTED,
        action=Action.REVIEW,
        entry_ids=(entry_id,),
        distance_bits=None,
        client_id="upload-1",
        url=url,
        fingerprints=picture(name),
        uploaded_at=None,
        list_version=1,
        rehearsal=False,
    )
    new = replace(new, **changes)  # type: ignore[arg-type]
    matching.keep_hits(hits=[new], at=now)
    return str(new.id)


def hoster(now: datetime, **changes: object) -> int:
    """Big Host on file, or another; its number."""
    terms = replace(BIG_HOST, **changes)  # type: ignore[arg-type]
    return hosters.add(terms=terms, actor=SYSTEM, at=now)


def two_must_agree(now: datetime) -> None:
    """From now on two people must agree on a picture that no list has."""
    desk = DeskRules(second_for_new=True)
    reports.set_rules(desk=desk, after=0, why="new material", actor=SYSTEM, at=now)
