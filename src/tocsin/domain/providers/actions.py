"""Writing: sign up, links, the proof of a domain, keys, and what managers say."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tocsin.base.accounts import queries as accounts
from tocsin.base.accounts.actions import KeyTerms, TooManyKeys, make_party, revoke_key
from tocsin.base.accounts.types import IssuedKey, OutagePolicy, PartyKind, Tier
from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.matching.actions import issue_provider_key
from tocsin.domain.matching.types import PolicyTerms
from tocsin.domain.providers import letters, links, rules
from tocsin.domain.providers.links import enter
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.proving import Looker
from tocsin.domain.providers.types import (
    Application,
    LinkUnusable,
    LinkUse,
    NoSuchProvider,
    NotSo,
    NotTheirKey,
    ProviderState,
    SignUp,
    TooManyKeysToday,
    TooSoon,
    WrongDomain,
)

__all__ = [
    "LinkUnusable",
    "Looker",
    "NoSuchProvider",
    "NotSo",
    "NotTheirKey",
    "TooManyKeys",
    "TooManyKeysToday",
    "TooSoon",
    "WrongDomain",
    "apply",
    "ask_link",
    "confirm",
    "enter",
    "grant",
    "let_back",
    "look_for_proof",
    "make_live_key",
    "make_try_key",
    "refuse",
    "revoke",
    "sign_up",
    "suspend",
]

LinkUrl = Callable[[LinkUse, str], str]
"""The whole address of the page behind a link, made by the door that shows it."""

_VISITOR = system("providers")
DAY = timedelta(days=1)


def sign_up(*, told: SignUp, url_of: LinkUrl, at: datetime) -> None:
    """Somebody asks for keys: a letter is sent with a link that confirms it.

    Whether the address is known shows in the letter only: who has signed up before for that domain
    gets a way in. Beyond a few a day, nothing is sent. Raises WrongDomain.
    """
    domain = rules.domain_of(told.domain)
    same = Q(email__iexact=told.email)
    known = Provider.objects.filter(same, domain=domain, state__in=rules.MAY_ENTER).first()
    if known is not None:
        links.send(known, LinkUse.ENTER, url_of, at)
        return
    lately = Provider.objects.filter(made_at__gt=at - DAY)
    if (
        lately.filter(same).count() >= rules.SIGN_UPS_A_DAY
        or lately.filter(domain=domain).count() >= rules.DOMAIN_A_DAY
    ):
        return
    with transaction.atomic():
        provider = Provider.objects.create(
            organisation=told.organisation,
            domain=domain,
            email=told.email,
            language=told.language,
            state=rules.LIFE.first,
            outage_policy=told.outage_policy,
            proof=f"tocsin-proof={secrets.token_urlsafe(24)}",
            made_at=at,
        )
        _wind(provider, at)
        _note(provider, "sign_up", _VISITOR, at, domain=domain)
        links.send(provider, LinkUse.CONFIRM, url_of, at)


def ask_link(*, email: str, url_of: LinkUrl, at: datetime) -> None:
    """A way in for each provider of that address; nothing for an unknown one, and nobody is told
    which it was."""
    for provider in Provider.objects.filter(email__iexact=email, state__in=rules.MAY_ENTER)[:5]:
        links.send(provider, LinkUse.ENTER, url_of, at)


def confirm(*, secret: str, at: datetime) -> tuple[int, IssuedKey]:
    """The address is theirs: a party and its first key, for trying out. Raises LinkUnusable."""
    with transaction.atomic():
        provider = links.use(secret, LinkUse.CONFIRM, at)
        provider.party_id = make_party(
            name=f"{provider.organisation} · {provider.pk}",
            kind=PartyKind.PROVIDER,
            contact_email=provider.email,
            actor=_them(provider),
            at=at,
        )
        _move(provider, "confirm", _them(provider), at)
        return provider.pk, _issue(
            provider, Tier.BOOLEAN, rules.try_terms(OutagePolicy(provider.outage_policy)), at
        )


def look_for_proof(*, provider_id: int, looker: Looker, actor: Actor | None, at: datetime) -> bool:
    """Ask the domain for its proof now, and go by what it says; whether it was there.

    Waits for others, so it must not run in a transaction. Raises NoSuchProvider, TooSoon.
    """
    provider = _of(provider_id)
    long_ago = Q(looked_at__isnull=True) | Q(looked_at__lte=at - rules.LOOK_AGAIN_AFTER)
    if not Provider.objects.filter(long_ago, pk=provider_id).update(looked_at=at):
        raise TooSoon("wait a moment")
    way = looker.look(provider.domain, provider.proof)
    with transaction.atomic():
        provider = _of(provider_id, lock=True)
        if way is not None:
            provider.proof_way = way
            _found(provider, actor or _VISITOR, at)
        else:
            _missed(provider, at)
    return way is not None


def _found(provider: Provider, actor: Actor, at: datetime) -> None:
    provider.proven_at, provider.lost_at = at, None
    if provider.state in rules.LIFE.sources("prove"):
        _move(provider, "prove", actor, at, way=str(provider.proof_way))
        return
    provider.save()
    _wind(provider, at)
    _note(provider, "see_proof", actor, at)


def _missed(provider: Provider, at: datetime) -> None:
    if provider.state == ProviderState.PROVEN:
        provider.lost_at = at
        _move(provider, "miss", _VISITOR, at)
        letters.warn_lost(provider, actor=_VISITOR, at=at)
    elif provider.state == ProviderState.LOST:
        if provider.lost_at is None or at - provider.lost_at < rules.GRACE:
            _wind(provider, at)
            return
        _move(provider, "pause", _VISITOR, at)
        _revoke_keys(provider, _VISITOR, at)
        letters.tell_paused(provider, actor=_VISITOR, at=at)


def make_try_key(*, provider_id: int, at: datetime) -> IssuedKey:
    """A key of the test lists. Raises NotSo, TooManyKeys, TooManyKeysToday."""
    with transaction.atomic():
        provider = _standing(provider_id, rules.MAY_TRY)
        return _issue(
            provider, Tier.BOOLEAN, rules.try_terms(OutagePolicy(provider.outage_policy)), at
        )


def make_live_key(*, provider_id: int, at: datetime) -> IssuedKey:
    """A key of lists that count. Raises NotSo, TooManyKeys, TooManyKeysToday."""
    with transaction.atomic():
        provider = _standing(provider_id, rules.MAY_GO_LIVE)
        said = Application(provider.application)
        tier = rules.live_tier(said, Tier(provider.tier))
        return _issue(
            provider, tier, rules.live_terms(said, OutagePolicy(provider.outage_policy)), at
        )


def revoke(*, provider_id: int, key_id: str, at: datetime) -> None:
    """One of its keys stops working within a second. Raises NotTheirKey, NoSuchProvider."""
    provider = _of(provider_id)
    if key_id not in {key.key_id for key in _live_keys(provider, at)}:
        raise NotTheirKey("that is none of your live keys")
    revoke_key(key_id=key_id, actor=_them(provider), at=at)


def apply(*, provider_id: int, words: str, at: datetime) -> None:
    """Ask to be vetted, with why. Raises NotSo."""
    with transaction.atomic():
        provider = _standing(provider_id, rules.MAY_GO_LIVE)
        if provider.application == Application.GRANTED:
            raise NotSo("granted already")
        provider.application, provider.application_words = Application.WAITING, words
        provider.save()
        _note(provider, "apply", _them(provider), at)


def grant(*, provider_id: int, tier: Tier, actor: Actor, at: datetime) -> None:
    """A manager vouches: keys made from now on ask all lists that count. Raises NotSo."""
    _decide(provider_id, Application.GRANTED, tier, actor, at)


def refuse(*, provider_id: int, actor: Actor, at: datetime) -> None:
    """It stays as it is, or is again: keys that were made on a grant are revoked. Raises NotSo."""
    _decide(provider_id, Application.REFUSED, Tier.BOOLEAN, actor, at)


def _decide(provider_id: int, said: Application, tier: Tier, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        provider = _standing(provider_id, rules.MAY_TRY)
        if provider.application == Application.GRANTED and said is Application.REFUSED:
            _revoke_keys(provider, actor, at)
        provider.application, provider.tier = said, tier
        provider.save()
        _note(provider, said.value, actor, at, tier=tier.value)
        letters.tell_application(provider, actor=actor, at=at)


def suspend(*, provider_id: int, actor: Actor, at: datetime) -> None:
    """All its keys stop working within a second. Raises NotSo."""
    with transaction.atomic():
        provider = _standing(provider_id, rules.LIFE.sources("suspend"))
        _move(provider, "suspend", actor, at)
        _revoke_keys(provider, actor, at)


def let_back(*, provider_id: int, actor: Actor, at: datetime) -> None:
    """It may make keys again, and shows its domain anew. Raises NotSo."""
    with transaction.atomic():
        provider = _standing(provider_id, rules.LIFE.sources("let_back"))
        _move(provider, "let_back", actor, at)


def forget(provider_id: int, at: datetime) -> None:
    """Nobody confirmed: nothing of the sign-up stays but its audit rows."""
    with transaction.atomic():
        provider = Provider.objects.select_for_update().filter(pk=provider_id).first()
        if provider is not None and provider.state == ProviderState.ASKED:
            _note(provider, "forget", _VISITOR, at)
            provider.delete()


def close(provider_id: int, at: datetime) -> None:
    """It never showed its domain, or did not come back: all its keys end."""
    with transaction.atomic():
        provider = _of(provider_id, lock=True)
        waiting = rules.LIFE.waiting.get(ProviderState(provider.state))
        if waiting is None or waiting.then != rules.CLOSE:
            return
        provider.closed_at = at
        _move(provider, "close", _VISITOR, at)
        _revoke_keys(provider, _VISITOR, at)


def _issue(provider: Provider, tier: Tier, policy: PolicyTerms, at: datetime) -> IssuedKey:
    made = [key for key in accounts.keys_of(_party(provider)) if key.made_at > at - DAY]
    if len(made) >= rules.KEYS_A_DAY:
        raise TooManyKeysToday("make no more today")
    vetted = provider.application == Application.GRANTED
    return issue_provider_key(
        party_id=_party(provider),
        terms=KeyTerms(tier) if vetted else KeyTerms(tier, per_second=10.0, burst=20),
        policy=policy,
        actor=_them(provider),
        at=at,
    )


def _party(provider: Provider) -> int:
    if provider.party_id is None:
        raise NotSo("not confirmed yet")
    return provider.party_id


def _live_keys(provider: Provider, at: datetime) -> list[accounts.OwnKey]:
    return [key for key in accounts.keys_of(_party(provider)) if key.is_live(at)]


def _revoke_keys(provider: Provider, actor: Actor, at: datetime) -> None:
    for key in _live_keys(provider, at):
        revoke_key(key_id=key.key_id, actor=actor, at=at)


def _of(provider_id: int, *, lock: bool = False) -> Provider:
    rows = Provider.objects.select_for_update() if lock else Provider.objects.all()
    provider = rows.filter(pk=provider_id).first()
    if provider is None:
        raise NoSuchProvider(f"There is no provider {provider_id}.")
    return provider


def _standing(provider_id: int, states: frozenset[ProviderState]) -> Provider:
    provider = _of(provider_id, lock=True)
    if provider.state not in states:
        raise NotSo(f"not while {provider.state}")
    return provider


def _them(provider: Provider) -> Actor:
    return Actor("provider", str(provider.pk))


def _move(provider: Provider, name: str, actor: Actor, at: datetime, **facts: Json) -> None:
    before = ProviderState(provider.state)
    provider.state = rules.LIFE.target(name, before)
    provider.save()
    _wind(provider, at)
    _note(provider, name, actor, at, was=before.value, **facts)


def _wind(provider: Provider, at: datetime) -> None:
    for kind in (rules.FORGET, rules.RECHECK, rules.CLOSE):
        cancel(kind=kind, subject=str(provider.pk))
    waiting = rules.LIFE.waiting.get(ProviderState(provider.state))
    if waiting is not None:
        set_due(kind=waiting.then, subject=str(provider.pk), due_at=at + waiting.within)


def _note(provider: Provider, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    subject = f"provider:{provider.pk}"
    record(actor=actor, action=f"providers.{action}", subject=subject, at=at, facts=facts)
