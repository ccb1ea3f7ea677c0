"""Webhooks: set up, proved, given up, brought back, taken away. `sending` speaks to them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json, system
from tocsin.base.clock.actions import cancel, set_due
from tocsin.domain.corrections import rules
from tocsin.domain.corrections.models import Endpoint, PartyFeed
from tocsin.domain.corrections.sealed import seal_words
from tocsin.domain.corrections.types import EndpointState, UnusableEndpoint
from tocsin.engine.addresses import UnusableAddress, split

CHALLENGE_BYTES = 24
MOST_URL = 2_000
CURRENT = (EndpointState.PROVEN, EndpointState.DEAD)

_US = system("corrections")


def set_endpoint(
    *, party_id: int, url: str, actor: Actor, at: datetime, after: int | None = None
) -> int:
    """Have a party's corrections sent to `url` once it has answered our challenge; its number.

    It begins behind number `after`; where that is not given, with what comes from now on. Until it
    is proved an earlier address stays in service, and then it goes on where that one came to.
    Raises UnusableEndpoint.
    """
    _refuse(url)
    with transaction.atomic():
        PartyFeed.objects.get_or_create(pk=party_id)
        feed = PartyFeed.objects.select_for_update().get(pk=party_id)
        waiting = Endpoint.objects.select_for_update().filter(party_id=party_id)
        for older in waiting.filter(state=EndpointState.WAITING):
            move(older, "remove", actor=actor, at=at)
        endpoint = Endpoint.objects.create(
            party_id=party_id,
            sealed_url="",
            sealed_challenge="",
            state=rules.ENDPOINT.first,
            made_by=actor.text,
            made_at=at,
            next_try_at=at,
            sent_no=feed.last if after is None else min(after, feed.last),
            asked_from=after,
        )
        endpoint.sealed_url = seal_words(url, url_context(endpoint))
        challenge = secrets.token_urlsafe(CHALLENGE_BYTES)
        endpoint.sealed_challenge = seal_words(challenge, challenge_context(endpoint))
        endpoint.save()
        _wind(endpoint, at)
        _note(endpoint, "set", actor, at, party=party_id, after=after)
    return endpoint.pk


def remove_endpoint(*, party_id: int, actor: Actor, at: datetime) -> bool:
    """Send nothing any more; the feed stays. False when there was no address."""
    with transaction.atomic():
        sources = rules.ENDPOINT.sources("remove")
        rows = Endpoint.objects.select_for_update().filter(party_id=party_id, state__in=sources)
        found = list(rows)
        for endpoint in found:
            move(endpoint, "remove", actor=actor, at=at)
    return bool(found)


def resend(*, party_id: int, after: int | None, actor: Actor, at: datetime) -> bool:
    """Try a party's webhook again now, from behind number `after` where that is given.

    False when the party has none that was ever proved.
    """
    with transaction.atomic():
        rows = Endpoint.objects.select_for_update().filter(party_id=party_id, state__in=CURRENT)
        endpoint = rows.first()
        if endpoint is None:
            return False
        endpoint.attempts, endpoint.next_try_at, endpoint.last_error = 0, at, ""
        endpoint.leased_until = None
        if after is not None:
            endpoint.sent_no = max(after, 0)
            endpoint.begun_again += 1
        if endpoint.state == EndpointState.DEAD:
            move(endpoint, "revive", actor=actor, at=at)
        else:
            endpoint.save()
            _note(endpoint, "resend", actor, at, after=after)
    return True


def prove(endpoint: Endpoint, *, at: datetime) -> None:
    """The challenge came back: this address takes the place of the earlier one, if nobody has taken
    it away meanwhile."""
    with transaction.atomic():
        rows = Endpoint.objects.select_for_update().filter(party_id=endpoint.party_id)
        there = list(rows.filter(state__in=[EndpointState.WAITING, *CURRENT]).order_by("pk"))
        mine = next((row for row in there if row.pk == endpoint.pk), None)
        if mine is None or mine.state != EndpointState.WAITING:
            return
        for older in there:
            if older.state in CURRENT:
                move(older, "remove", actor=_US, at=at)
                if mine.asked_from is None:
                    mine.sent_no = older.sent_no
        mine.proven_at, mine.attempts, mine.last_error = at, 0, ""
        mine.next_try_at, mine.leased_until = at, None
        move(mine, "prove", actor=_US, at=at)


def give_up(endpoint: Endpoint, *, at: datetime) -> None:
    """It has refused too often: somebody must look. What it missed stands in the feed."""
    with transaction.atomic():
        rows = Endpoint.objects.select_for_update().filter(pk=endpoint.pk)
        mine = rows.filter(state=EndpointState.PROVEN).first()
        if mine is not None:
            move(mine, "give_up", actor=_US, at=at)


def proof_lapses(subject: str, at: datetime) -> None:
    """Nobody answered the challenge within a day."""
    with transaction.atomic():
        waiting = Endpoint.objects.select_for_update().filter(pk=subject)
        endpoint = waiting.filter(state=EndpointState.WAITING).first()
        if endpoint is not None:
            move(endpoint, "lapse", actor=_US, at=at)


def still_dead(subject: str, at: datetime) -> None:
    """Say again, each day, that a webhook waits for somebody."""
    endpoint = Endpoint.objects.filter(pk=subject, state=EndpointState.DEAD).first()
    if endpoint is not None:
        with transaction.atomic():
            _note(endpoint, "still_dead", _US, at)
            _wind(endpoint, at)


def move(endpoint: Endpoint, name: str, *, actor: Actor, at: datetime) -> None:
    """Make a move of an endpoint's life, in the caller's transaction."""
    before = EndpointState(endpoint.state)
    endpoint.state = rules.ENDPOINT.target(name, before)
    endpoint.save()
    _wind(endpoint, at)
    _note(endpoint, name, actor, at, was=before.value)


def url_context(endpoint: Endpoint) -> str:
    """What an endpoint's sealed address is bound to."""
    return f"webhook-url:{endpoint.pk}"


def challenge_context(endpoint: Endpoint) -> str:
    """What an endpoint's sealed challenge is bound to."""
    return f"webhook-challenge:{endpoint.pk}"


def _refuse(url: str) -> None:
    if len(url) > MOST_URL:
        raise UnusableEndpoint(f"The address may have at most {MOST_URL} characters.")
    try:
        parts = split(url)
    except UnusableAddress as error:
        raise UnusableEndpoint("This is no web address.") from error
    if parts.scheme != "https" or parts.effective_port != 443:
        # In the clear, everybody on the way would read which uploads were hits.
        raise UnusableEndpoint("The address must begin with https:// and use its own port.")


def _wind(endpoint: Endpoint, at: datetime) -> None:
    waiting = rules.ENDPOINT.waiting.get(EndpointState(endpoint.state))
    for other in rules.ENDPOINT.waiting.values():
        if other is not waiting:
            cancel(kind=other.then, subject=str(endpoint.pk))
    if waiting is not None:
        set_due(kind=waiting.then, subject=str(endpoint.pk), due_at=at + waiting.within)


def _note(endpoint: Endpoint, action: str, actor: Actor, at: datetime, **facts: Json) -> None:
    record(
        actor=actor,
        action=f"corrections.webhook_{action}",
        subject=f"webhook:{endpoint.pk}",
        at=at,
        facts=facts,
    )
