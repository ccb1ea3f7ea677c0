"""People, log-ins and items for tests of the console and the live stream."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import SECOND_FACTOR_MARK, PartyKind, Role
from tocsin.base.audit.types import Actor, system
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind, OwnEntry
from tocsin.domain.hosters import actions as hosters
from tocsin.domain.hosters.types import HosterTerms
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import Channel, IncomingReport, Match, MatchKind
from tocsin.doors.console.permissions import has_second_factor

PASSWORD = "four plain words here"
TESTER = system("tests")


def person(username: str, role: Role, at: datetime, language: str = "en") -> Person:
    """Somebody who used their one-time link."""
    secret = accounts.invite(username=username, role=role, language=language, actor=TESTER, at=at)
    return accounts.use_link(secret=secret, password=PASSWORD, at=at)


def give_authenticator(somebody: Person) -> str:
    """Set up the second factor; the secret of the authenticator."""
    secret = str(generate_totp_secret())
    TOTP.activate(somebody, secret)
    RecoveryCodes.activate(somebody)
    return secret


def code_of(secret: str, at: float | None = None) -> str:
    """What the authenticator shows."""
    counter = int(time.time() if at is None else at) // 30
    return str(format_hotp_value(hotp_value(secret, counter)))


def enter(client: Client, somebody: Person) -> None:
    """Log somebody in as if they had shown password and second factor."""
    if not has_second_factor(somebody.pk):
        give_authenticator(somebody)
    client.force_login(somebody)
    session = client.session
    session[SECOND_FACTOR_MARK] = somebody.pk
    session.save()


def actor(somebody: Person) -> Actor:
    return Actor("user", str(somebody.pk))


def fingerprints(seed: str) -> tuple[FingerprintValue, ...]:
    """Digests and a PDQ of a picture that does not exist."""
    data = seed.encode()
    return (
        FingerprintValue(Kind.MD5, hashlib.md5(data, usedforsecurity=False).digest()),
        FingerprintValue(Kind.SHA256, hashlib.sha256(data).digest()),
        FingerprintValue(Kind.PDQ, hashlib.sha256(data + b"pdq").digest(), 95, "tests", "full"),
    )


def party(name: str, at: datetime, kind: PartyKind = PartyKind.PROVIDER) -> int:
    return accounts.make_party(name=name, kind=kind, contact_email="", actor=TESTER, at=at)


def report(
    url: str,
    at: datetime,
    *,
    words: str = "",
    party_id: int | None = None,
    match: MatchKind = MatchKind.NONE,
    reference: str = "",
    category_hint: str = "",
) -> str:
    """Report an address; the item's number."""
    known = _match(match, url, at) if match is not MatchKind.NONE else None
    incoming = IncomingReport(
        url=url,
        channel=Channel.API,
        words=words,
        party_id=party_id,
        fingerprints=fingerprints(url),
        match=known,
        client_reference=reference,
        category_hint=category_hint,
    )
    return reports.receive_report(report=incoming, actor=TESTER, at=at).item_number


def hoster(name: str, place: str, at: datetime, language: str = "en") -> int:
    terms = HosterTerms(name, "NL", language, f"abuse@{place.split('/', maxsplit=1)[0]}", (place,))
    return hosters.add(terms=terms, actor=TESTER, at=at)


def _match(kind: MatchKind, url: str, at: datetime) -> Match:
    entry = OwnEntry(fingerprints(f"known {url}"), Category.A1, "image", False, "item:0")
    number = hashlists.add_own_entry(entry=entry, actor=TESTER, at=at)
    return Match(kind, (number,), 14 if kind is MatchKind.NEAR else 0)
