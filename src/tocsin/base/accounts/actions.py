"""Writing: invite people, use one-time links, deactivate; make parties, issue and revoke keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from tocsin.base.accounts import rules
from tocsin.base.accounts.hours import NobodyThere, UnusableHours, WhyNeeded, admit, set_hours
from tocsin.base.accounts.models import ApiKey, OneTimeLink, Party, Person
from tocsin.base.accounts.rules import digest, new_secret
from tocsin.base.accounts.types import IssuedKey, PartyKind, Role, Tier
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor

__all__ = [
    "KeyTerms",
    "LastAdministrator",
    "LinkUnusable",
    "NameTaken",
    "NobodyThere",
    "TooManyKeys",
    "UnknownPerson",
    "UnusableHours",
    "WhyNeeded",
    "admit",
    "check_link",
    "deactivate",
    "digest",
    "invite",
    "issue_key",
    "make_party",
    "new_secret",
    "renew_link",
    "revoke_key",
    "set_hours",
    "set_language",
    "use_link",
]


class NameTaken(Exception):
    """A person or party of that name exists already."""


class UnknownPerson(Exception):
    """There is nobody of that name or number."""


class LinkUnusable(Exception):
    """The one-time link is unknown, used, or too old; ask an administrator for a new one."""


class TooManyKeys(Exception):
    """The party has two live keys already; revoke one first."""


class LastAdministrator(Exception):
    """Nobody would be left who can let people in."""


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a new key may do."""

    tier: Tier
    per_second: float = 50.0
    burst: int = 100
    expires_at: datetime | None = None


def invite(
    *, username: str, role: Role, language: str, actor: Actor, at: datetime, email: str = ""
) -> str:
    """Make a person and return the secret of their one-time link (48 hours, once)."""
    with transaction.atomic():
        if Person.objects.filter(username=username).exists():
            raise NameTaken(f"There is already somebody called {username}.")
        person = Person(username=username, role=role, language=language, email=email)
        person.set_unusable_password()
        person.save()
        record(
            actor=actor,
            action="accounts.invite",
            subject=f"user:{person.pk}",
            at=at,
            facts={"role": role.value},
            personal={"username": username},
        )
        return _new_link(person, at)


def renew_link(*, username: str, actor: Actor, at: datetime) -> str:
    """A new one-time link for somebody who lost theirs; older links stop working.

    Raises UnknownPerson.
    """
    with transaction.atomic():
        person = Person.objects.filter(username=username).first()
        if person is None:
            raise UnknownPerson(f"There is nobody called {username}.")
        OneTimeLink.objects.filter(person=person, used_at__isnull=True).delete()
        record(actor=actor, action="accounts.renew_link", subject=f"user:{person.pk}", at=at)
        return _new_link(person, at)


def use_link(*, secret: str, password: str, at: datetime) -> Person:
    """Set the first password through a one-time link and use the link up.

    Raises LinkUnusable, or django's ValidationError when the password is too weak.
    """
    with transaction.atomic():
        link = _usable_link(secret, at)
        person = link.person
        validate_password(password, person)
        won = OneTimeLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=at)
        if not won:
            raise LinkUnusable("This link has just been used.")
        person.set_password(password)
        person.save(update_fields=["password"])
        record(
            actor=Actor("user", str(person.pk)),
            action="accounts.use_link",
            subject=f"user:{person.pk}",
            at=at,
        )
        return person


def check_link(*, secret: str, at: datetime) -> str:
    """The user name a link is for; raises LinkUnusable. Changes nothing."""
    return _usable_link(secret, at).person.username


def deactivate(*, person_id: int, actor: Actor, at: datetime) -> None:
    """Shut somebody out; raises UnknownPerson, LastAdministrator."""
    with transaction.atomic():
        # All of them are locked: two administrators who shut each other out must take turns.
        administrators = Person.objects.select_for_update().filter(
            role=Role.ADMINISTRATOR, is_active=True
        )
        if {person.pk for person in administrators.order_by("pk")} == {person_id}:
            raise LastAdministrator("Invite another administrator first.")
        if not Person.objects.filter(pk=person_id).update(is_active=False):
            raise UnknownPerson("There is nobody of that number.")
        record(actor=actor, action="accounts.deactivate", subject=f"user:{person_id}", at=at)


def set_language(*, person_id: int, language: str, actor: Actor, at: datetime) -> None:
    """The language the console speaks to this person."""
    with transaction.atomic():
        Person.objects.filter(pk=person_id).update(language=language)
        record(
            actor=actor,
            action="accounts.set_language",
            subject=f"user:{person_id}",
            at=at,
            facts={"language": language},
        )


def make_party(
    *, name: str, kind: PartyKind, contact_email: str, actor: Actor, at: datetime
) -> int:
    """Register an organisation; its number."""
    with transaction.atomic():
        if Party.objects.filter(name=name).exists():
            raise NameTaken(f"There is already a party called {name}.")
        party = Party.objects.create(name=name, kind=kind, contact_email=contact_email, made_at=at)
        record(
            actor=actor,
            action="accounts.make_party",
            subject=f"party:{party.pk}",
            at=at,
            facts={"name": name, "kind": kind.value},
        )
        return party.pk


def issue_key(*, party_id: int, terms: KeyTerms, actor: Actor, at: datetime) -> IssuedKey:
    """A new key for a party; its secret is returned here and kept nowhere."""
    issued = IssuedKey(rules.new_key_id(), new_secret())
    with transaction.atomic():
        Party.objects.select_for_update().get(pk=party_id)
        kept = ApiKey.objects.filter(party_id=party_id, revoked_at__isnull=True)
        if kept.exclude(expires_at__lte=at).count() >= rules.LIVE_KEYS_PER_PARTY:
            raise TooManyKeys("This party has two live keys; revoke one first.")
        ApiKey.objects.create(
            party_id=party_id,
            key_id=issued.key_id,
            secret_digest=digest(issued.secret),
            tier=terms.tier,
            per_second=terms.per_second,
            burst=terms.burst,
            made_at=at,
            expires_at=terms.expires_at,
        )
        record(
            actor=actor,
            action="accounts.issue_key",
            subject=f"key:{issued.key_id}",
            at=at,
            facts={"party": party_id, "tier": terms.tier.value},
        )
    return issued


def revoke_key(*, key_id: str, actor: Actor, at: datetime) -> bool:
    """The key stops working within a second; False when it was not live."""
    with transaction.atomic():
        won = ApiKey.objects.filter(key_id=key_id, revoked_at__isnull=True).update(revoked_at=at)
        if won:
            record(actor=actor, action="accounts.revoke_key", subject=f"key:{key_id}", at=at)
    return bool(won)


def _new_link(person: Person, at: datetime) -> str:
    secret = new_secret()
    OneTimeLink.objects.create(
        person=person, secret_digest=digest(secret), expires_at=at + rules.LINK_LASTS
    )
    return secret


def _usable_link(secret: str, at: datetime) -> OneTimeLink:
    link = (
        OneTimeLink.objects.select_related("person")
        .filter(secret_digest=digest(secret), used_at__isnull=True, expires_at__gt=at)
        .first()
    )
    if link is None or not link.person.is_active:
        raise LinkUnusable("This link is unknown, used or too old. Ask for a new one.")
    return link
