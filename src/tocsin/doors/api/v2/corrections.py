"""`GET /v2/corrections` and the webhook's own endpoints: what was told and is taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from tocsin.base.audit.types import Actor
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.types import UnusableEndpoint
from tocsin.domain.matching.queries import Checker
from tocsin.domain.matching.types import CheckKey, ListsSeen
from tocsin.doors.api.entering import by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, read_body
from tocsin.doors.api.http import require_method as only
from tocsin.doors.api.limits import Allowance, RateLimit
from tocsin.doors.api.v2.checks import NOT_JSON, not_json, require_json
from tocsin.doors.api.v2.database import database
from tocsin.doors.api.v2.wire_corrections import (
    MOST_CURSOR,
    Acknowledged,
    AcknowledgeRequest,
    CorrectionsAnswered,
    SigningKey,
    SigningKeys,
    WebhookRequest,
    WebhookTold,
)

MOST_BYTES = 64_000
CORRECTIONS_AT_ONCE = 20
NO_PUBLIC_ADDRESS = "no_public_address"
_SAY_WHAT_IS_INSIDE = frozenset({"Unreachable: no_such_name", "TooSlow: look_up"})

T = TypeVar("T")

_acknowledge = msgspec.json.Decoder(AcknowledgeRequest)
_webhook = msgspec.json.Decoder(WebhookRequest)


def poll(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """The party's feed from behind `?after=`, of the test lists alone for a key for those.

    Raises Refused.
    """
    only(environ, "GET")
    key, allowance = _let_in(environ, checker, limit, at)
    after = _after(environ)
    with database(allowance):
        read = queries.rehearsal_feed if _rehearses(key) else queries.feed
        page = read(key.party_id, after=after, limit=CORRECTIONS_AT_ONCE)
    return _reply(CorrectionsAnswered(list(page.corrections), page.cursor, page.more), allowance)


def acknowledge(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """The party has worked its feed in up to a cursor; raises Refused."""
    only(environ, "POST")
    key, allowance = _let_in_for_real(environ, checker, limit, at)
    cursor = int(_decoded(environ, _acknowledge.decode, "cursor").cursor)
    with database(allowance):
        reached = actions.acknowledge(party_id=key.party_id, cursor=cursor)
    return _reply(Acknowledged(reached), allowance)


def set_webhook(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """Where the party's corrections are sent from now on, once proved; raises Refused."""
    only(environ, "POST")
    key, allowance = _let_in_for_real(environ, checker, limit, at)
    wanted = _decoded(environ, _webhook.decode, "url")
    actor = Actor("key", key.key_id)
    with database(allowance):
        if wanted.url is None:
            actions.remove_endpoint(party_id=key.party_id, actor=actor, at=at)
        else:
            _set(key, wanted.url, wanted.after, actor, at)
        told = _told(key)
    return _reply(told, allowance)


def webhook_state(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """How the party's webhook is doing; raises Refused."""
    only(environ, "GET")
    key, allowance = _let_in_for_real(environ, checker, limit, at)
    with database(allowance):
        told = _told(key)
    return _reply(told, allowance)


def signing_keys(environ: Environ) -> Reply:
    """Our public keys, for everybody; raises Refused."""
    only(environ, "GET")
    keys = [SigningKey(kid, x) for kid, x in queries.signing_keys().items()]
    return Reply(200, msgspec.json.encode(SigningKeys(keys)))


def _set(key: CheckKey, url: str, after: float | None, actor: Actor, at: datetime) -> None:
    begin = None if after is None else int(after)
    try:
        actions.set_endpoint(party_id=key.party_id, url=url, after=begin, actor=actor, at=at)
    except UnusableEndpoint as error:
        raise Refused(422, "wrong_webhook", str(error), more={"field": "url"}) from None


def _told(key: CheckKey) -> WebhookTold:
    found = queries.endpoint_of(key.party_id)
    if found is None:
        return WebhookTold(None, None, None, None, None)
    return WebhookTold(
        found.state, found.behind, found.attempts, _refusal(found.last_error), found.last_sent_at
    )


def _refusal(word: str) -> str | None:
    """The last refusal as the party hears it: one word for every name that leads nowhere outside.

    Which names exist inside, and which do not, is nobody's business but ours.
    """
    if word.startswith("RefusedAddress") or word in _SAY_WHAT_IS_INSIDE:
        return NO_PUBLIC_ADDRESS
    return word or None


def _let_in(
    environ: Environ, checker: Checker, limit: RateLimit, at: datetime
) -> tuple[CheckKey, Allowance]:
    key = by_bearer(environ, checker, at)
    return key, limit.take(key)


def _let_in_for_real(
    environ: Environ, checker: Checker, limit: RateLimit, at: datetime
) -> tuple[CheckKey, Allowance]:
    key, allowance = _let_in(environ, checker, limit, at)
    if _rehearses(key):
        raise Refused(
            403,
            "test_key",
            "This key is for the test lists: it reads their corrections at /v2/corrections, and "
            "the webhook and the acknowledged cursor belong to the party's live keys.",
            headers=allowance.headers(),
        )
    return key, allowance


def _rehearses(key: CheckKey) -> bool:
    return key.terms.lists is ListsSeen.TEST


def _after(environ: Environ) -> int:
    told = dict(parse_qsl(str(environ.get("QUERY_STRING") or ""), max_num_fields=10))
    text = told.get("after", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > MOST_CURSOR:
        raise Refused(422, "wrong_cursor", "`after` is a cursor of this feed, a whole number.")
    return int(text)


def _decoded(environ: Environ, decode: Callable[[bytes], T], field: str) -> T:
    require_json(environ)
    try:
        return decode(read_body(environ, most_bytes=MOST_BYTES).getvalue())
    except msgspec.ValidationError:
        message = "This is missing or has another form than described."
        raise Refused(422, "wrong_request", message, more={"field": field}) from None
    except NOT_JSON:
        raise not_json() from None


def _reply(told: object, allowance: Allowance) -> Reply:
    return Reply(200, msgspec.json.encode(told), headers=allowance.headers())
