"""Speaking to webhooks: the challenge first, then the feed, signed, as far as it is taken.

What is sent is the feed itself from where the other side left it, so that nothing is lost while a
webhook is away, and order is kept. The connection is made outside any transaction: a stranger's
slow server must not keep our database waiting.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from tocsin.base.egress import PUBLIC, Egress, EgressError, TooManyRedirects
from tocsin.base.secrets import sign
from tocsin.domain.corrections import endpoints, reading, rules
from tocsin.domain.corrections.models import Endpoint, PartyFeed
from tocsin.domain.corrections.sealed import open_words
from tocsin.domain.corrections.types import EndpointState, FeedPage, NoEndpoint, NotTaken

log = structlog.get_logger()

RING = "webhook"
CORRECTIONS_AT_ONCE = 10
LEASE = timedelta(seconds=30)
POLICY = PUBLIC.limited_to(max_bytes=64_000, deadline_seconds=8.0, max_redirects=0)
"""A web address from outside. Whoever listens where a redirect leads has proved nothing."""

_THERE = Q(state=EndpointState.WAITING) | Q(state=EndpointState.PROVEN)


class Refusal(Exception):
    """The other side did not take it; the text is a fixed word for the table and the log."""


class TakenAway(Exception):
    """The endpoint is not what it was when we began: nothing may be sent to it."""


def due(*, at: datetime) -> list[int]:
    """Endpoints that should be spoken to now and that nobody speaks to, who waits longest first."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Endpoint.objects.filter(_THERE, free, next_try_at__lte=at).order_by("next_try_at", "pk")
    last = dict(PartyFeed.objects.values_list("party_id", "last"))
    return [
        row.pk
        for row in rows
        if row.state == EndpointState.WAITING or last.get(row.party_id, 0) > row.sent_no
    ]


def is_behind(pk: int) -> bool:
    """Whether there is more for an endpoint that has just taken something."""
    row = Endpoint.objects.filter(_THERE, pk=pk).first()
    return (
        row is not None and PartyFeed.objects.filter(pk=row.party_id, last__gt=row.sent_no).exists()
    )


@dataclass(frozen=True, slots=True)
class Line:
    """Our way to strangers, and a clock: who waits long must not sign with a time long gone."""

    egress: Egress
    now: Callable[[], datetime]


def send_beside_feed(
    *, party_id: int, webhook_id: str, body: bytes, at: datetime, egress: Egress
) -> None:
    """Something else that a party is told at its proved webhook, once; the feed goes on by itself.

    Raises NoEndpoint and NotTaken.
    """
    endpoint = Endpoint.objects.filter(party_id=party_id, state=EndpointState.PROVEN).first()
    if endpoint is None:
        raise NoEndpoint("The party has no webhook in service.")
    try:
        _post(endpoint, webhook_id, body, Line(egress, lambda: at))
    except TakenAway:
        raise NoEndpoint("The party has taken its webhook away.") from None
    except Refusal as refusal:
        raise NotTaken(str(refusal)) from None


def speak(pk: int, line: Line) -> bool:
    """Speak to one endpoint, once; whether it took what it was sent.

    False too when somebody else speaks to it at this moment, or it was taken away meanwhile.
    """
    if not _lease(pk, line.now()):
        return False
    endpoint = Endpoint.objects.get(pk=pk)
    try:
        if endpoint.state == EndpointState.WAITING:
            _challenge(endpoint, line)
            endpoints.prove(endpoint, at=line.now())
        else:
            page = reading.feed(
                endpoint.party_id, after=endpoint.sent_no, limit=CORRECTIONS_AT_ONCE
            )
            _deliver(endpoint, page, line)
            _note_taken(endpoint, page, line.now())
    except TakenAway:
        log.info("webhook_taken_away", webhook_id=pk)
        return False
    except Refusal as refusal:
        _note_refused(endpoint, str(refusal), line.now())
        return False
    return True


def _lease(pk: int, at: datetime) -> bool:
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    rows = Endpoint.objects.filter(_THERE, free, pk=pk, next_try_at__lte=at)
    return bool(rows.update(leased_until=at + LEASE))


def _challenge(endpoint: Endpoint, line: Line) -> None:
    """Whoever listens must give our word back: that shows that they want to hear from us."""
    word = open_words(endpoint.sealed_challenge, endpoints.challenge_context(endpoint))
    body = msgspec.json.encode({"type": "challenge", "challenge": word})
    answer = _post(endpoint, f"challenge-{endpoint.pk}", body, line)
    if not hmac.compare_digest(_word_in(answer).encode(), word.encode()):
        raise Refusal("wrong_challenge")


def _word_in(answer: bytes) -> str:
    """`{"challenge": WORD}`, or the word alone."""
    try:
        told = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return answer[:200].decode("utf-8", "replace").strip()
    word = told.get("challenge") if isinstance(told, dict) else told
    return word if isinstance(word, str) else ""


def _deliver(endpoint: Endpoint, page: FeedPage, line: Line) -> None:
    told = {
        "type": "corrections",
        "corrections": page.corrections,
        "cursor": page.cursor,
        "more": page.more,
    }
    _post(endpoint, _name_of(endpoint, page), msgspec.json.encode(told), line)


def _name_of(endpoint: Endpoint, page: FeedPage) -> str:
    """The same for each try. Another one for what is sent anew on purpose, as receivers take each
    name once: after `resend` from an earlier line, and to a party that asked to begin at one."""
    first = page.corrections[0].no if page.corrections else page.cursor
    name = f"corrections-{endpoint.party_id}-{first}-{page.cursor}"
    if endpoint.asked_from is None and not endpoint.begun_again:
        return name
    return f"{name}-{endpoint.pk}-{endpoint.begun_again}"


def _post(endpoint: Endpoint, webhook_id: str, body: bytes, line: Line) -> bytes:
    url = open_words(endpoint.sealed_url, endpoints.url_context(endpoint))
    # Last before the connection: from when somebody has taken the address away, nothing goes there.
    if not Endpoint.objects.filter(pk=endpoint.pk, state=endpoint.state).exists():
        raise TakenAway
    signed = signed_headers(webhook_id, body, line.now())
    headers = {"content-type": "application/json", **signed}
    try:
        answer = line.egress.request("POST", url, policy=POLICY, content=body, headers=headers)
    except TooManyRedirects:
        raise Refusal("redirect") from None
    except EgressError as error:
        raise Refusal(f"{type(error).__name__}: {error.reason}") from None
    if not 200 <= answer.status < 300:
        raise Refusal(f"status {answer.status}")
    return answer.body


def signed_headers(webhook_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Id, time and Ed25519 signature in the manner of Standard Webhooks 1.0 (`v1a`).

    `tocsin-key-id` says which of our public keys it was made with.
    """
    timestamp = int(at.timestamp())
    ring = settings.TOCSIN_KEYS.ring(RING)
    key_id, signature = sign(ring, rules.signed_text(webhook_id, timestamp, body))
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1a,{base64.b64encode(raw).decode()}",
        "tocsin-key-id": key_id,
    }


def _note_taken(endpoint: Endpoint, page: FeedPage, at: datetime) -> None:
    # Only from where we sent: somebody may have asked for all of it again meanwhile.
    rows = Endpoint.objects.filter(pk=endpoint.pk, sent_no=endpoint.sent_no)
    rows.update(sent_no=page.cursor)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        attempts=0, last_error="", last_sent_at=at, next_try_at=at, leased_until=None
    )
    log.info("corrections_sent", webhook_id=endpoint.pk, corrections=len(page.corrections))


def _note_refused(endpoint: Endpoint, word: str, at: datetime) -> None:
    with transaction.atomic():
        Endpoint.objects.filter(pk=endpoint.pk).update(
            attempts=F("attempts") + 1,
            last_error=word[:60],
            next_try_at=at + rules.wait_before(endpoint.attempts + 1),
            leased_until=None,
        )
        endpoint.refresh_from_db()
        gone_on = endpoint.attempts >= rules.DEAD_AFTER_ATTEMPTS
        if gone_on and endpoint.state == EndpointState.PROVEN:
            endpoints.give_up(endpoint, at=at)
    log.warning("corrections_not_sent", webhook_id=endpoint.pk, attempts=endpoint.attempts)
