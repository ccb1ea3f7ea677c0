"""Whom to write to on each rung: what people wrote down first, then what was found by machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings

from tocsin.domain.hosters import queries as hosters
from tocsin.domain.hosters.types import HosterView
from tocsin.domain.hosting import queries as hosting
from tocsin.domain.hosting.types import Contact, ContactRole, Hosting
from tocsin.domain.reports.types import Case
from tocsin.domain.takedown import rules, sealed
from tocsin.domain.takedown.models import DeadPlace, Office
from tocsin.domain.takedown.types import Addressee, Channel, OfficeKind, OfficeTerms, Rung
from tocsin.domain.takedown.wording import LANGUAGES
from tocsin.engine.addresses import canonical

_ROLES: dict[Rung, tuple[ContactRole, ...]] = {
    # Who carries the network is asked where nobody nearer is known: a notice must not wait.
    Rung.HOSTER: (
        ContactRole.RESELLER,
        ContactRole.HOSTER,
        ContactRole.CDN,
        ContactRole.UPSTREAM,
    ),
    Rung.SITE_OWNER: (ContactRole.SITE_OWNER,),
    Rung.UPSTREAM: (ContactRole.UPSTREAM,),
    Rung.REGISTRAR: (ContactRole.REGISTRAR,),
}
_SPOKEN = {"NL": "nl", "FR": "fr", "DE": "de", "AT": "de"}
"""What a desk found by machine is written to in; elsewhere English is understood by most."""


def host_of(case: Case) -> str:
    """The host of an item as rooms below know it: with its port where that is not the usual one."""
    url = canonical(case.url)
    return url.host if url.port is None else f"{url.host}:{url.port}"


def on_file(case: Case) -> HosterView | None:
    """The hoster that people wrote down for the item's host, if there is one."""
    return hosters.find_for_host(host_of(case), case.rehearsal)


def hosting_of(case: Case) -> Hosting | None:
    """Where the host was when it was last looked up. Rehearsals look nobody up."""
    return None if case.rehearsal else hosting.latest(host_of(case))


def country_of(case: Case) -> str:
    """Where the server is: as people wrote it down, else as it was found; empty: nobody knows."""
    known = on_file(case)
    if known is not None:
        return known.country
    found = hosting_of(case)
    return found.country if found else ""


def office(kind: OfficeKind, country: str, *, rehearsal: bool) -> Office | None:
    """The partner hotline or the regulator of a country, if one is on file."""
    rows = Office.objects.filter(removed_at=None, rehearsal=rehearsal, kind=kind)
    return rows.filter(country=country).first() if country else None


def find(case: Case, rung: Rung, avoid: frozenset[str]) -> Addressee | None:
    """The best addressee of a rung whose place is not in `avoid` and is not known to be dead."""
    for addressee in _candidates(case, rung):
        there = place_of(addressee)
        if there in avoid or DeadPlace.objects.filter(place=there).exists():
            continue
        return addressee
    return None


def place_of(addressee: Addressee) -> str:
    """What the place an addressee is reached at is found by."""
    address = addressee.email
    if addressee.channel is Channel.MACHINE and addressee.hoster_id is not None:
        endpoint = hosters.endpoint(addressee.hoster_id)
        address = endpoint.url if endpoint else ""
    return sealed.place(addressee.channel, address)


def _candidates(case: Case, rung: Rung) -> Iterator[Addressee]:
    if rung is Rung.HOTLINE:
        yield from _offices(case, OfficeKind.HOTLINE, rung, country_of(case))
        return
    if rung is Rung.REGULATOR:
        home = settings.TOCSIN_ORGANISATION.country
        yield from _offices(case, OfficeKind.REGULATOR, rung, home)
        return
    if rung is Rung.HOSTER:
        yield from _written_down(case)
    found = hosting_of(case)
    contacts = found.contacts if found else ()
    for role in _ROLES.get(rung, ()):
        best_first = sorted(contacts, key=lambda contact: -contact.confidence)
        for contact in (each for each in best_first if each.role is role):
            yield from _found(contact, rung)


def _written_down(case: Case) -> Iterator[Addressee]:
    known = on_file(case)
    if known is None:
        return
    by_mail = Addressee(
        Rung.HOSTER,
        known.name,
        known.abuse_email,
        known.country,
        known.language,
        hoster_id=known.id,
    )
    if known.endpoint:
        yield replace(by_mail, channel=Channel.MACHINE)
    if known.reachable:
        yield by_mail


def _found(contact: Contact, rung: Rung) -> Iterator[Addressee]:
    for email in contact.emails:
        yield Addressee(
            rung=rung,
            name=contact.name or email.rpartition("@")[2],
            email=email,
            country=contact.country,
            language=_SPOKEN.get(contact.country, "en"),
            confirmed=False,
            source=contact.source.value,
            confidence=contact.confidence,
        )


def _offices(case: Case, kind: OfficeKind, rung: Rung, country: str) -> Iterator[Addressee]:
    row = office(kind, country, rehearsal=case.rehearsal)
    if row is not None:
        yield Addressee(rung, row.name, row.email, row.country, row.language)


def office_problems(terms: OfficeTerms) -> dict[str, str]:
    """What is wrong with each field of an office; empty when it can be kept."""
    found = {}
    if not 1 <= len(terms.name.strip()) <= 120 or not terms.name.isprintable():
        found["name"] = "Give a name of at most 120 characters, on one line."
    if not (len(terms.country) == 2 and terms.country.isascii() and terms.country.isupper()):
        found["country"] = "Give the two capital letters of the country, as NL."
    if not rules.is_mail_address(terms.email):
        found["email"] = "Give one mail address."
    if terms.language not in LANGUAGES:
        found["language"] = "Choose a language that letters are written in."
    return found
