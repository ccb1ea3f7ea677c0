"""`GET /v2/terms`: a key's own terms, and what it may expect of its near matches on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.domain.matching import queries
from tocsin.domain.matching.queries import BASE_RATE_OF, Checker
from tocsin.domain.matching.types import (
    Action,
    BaseRate,
    CheckKey,
    Expected,
    KeyView,
    ListsSeen,
    NoSuchKey,
)
from tocsin.doors.api.entering import BEARER, by_bearer
from tocsin.doors.api.http import Environ, Refused, Reply, require_method
from tocsin.doors.api.limits import RateLimit
from tocsin.doors.api.v2.database import database
from tocsin.engine.search import RateKind

Json = dict[str, Any]

# Counts of 90 days are added up for it, and the index is looked into.
COST = 10

Share = Annotated[float, Meta(ge=0, le=1)]

MEASURED = (
    "The base rate is your own: of {checks} checks of this key in {days} days, {found} were "
    "answered with a match that counts for it (Wilson's interval, 95 %)."
)
PRIOR = (
    "This key has checked too little for a base rate of its own ({checks} checks in {days} days). "
    "Taken instead: one upload in {prior}, as eight small servers reported in 2024; at the low end "
    "ten times fewer, at the high end what the Dutch hash check reports."
)
PRECISION = (
    "Precision is base_rate / (base_rate + false_positives): the share of near matches that show "
    "known material. false_positives is the expected number of chance matches for one upload "
    "against all PDQ hashes now listed: `measured bound` where counting unrelated pictures vouches "
    "for it, `extrapolated` where none ever came so near and the line is drawn on. Low and high "
    "take the ends of both. Numbers are rounded to two digits."
)
EMPTY = "No PDQ hash is listed, so there is nothing to be near to."


class BaseRateTold(Struct, frozen=True):
    """Known material for each upload, with its 95 % interval. `measured`: from this key's own
    checks, which `checks` and `found` count; else the published prior."""

    value: Share
    low: Share
    high: Share
    checks: int
    found: int
    days: int
    measured: bool


class ExpectedTold(Struct, frozen=True):
    """What near matches within so many bits are worth. `false_positives`: for each upload."""

    within_bits: int
    false_positives: Annotated[float, Meta(ge=0)]
    known_how: RateKind
    precision: Share
    precision_low: Share
    precision_high: Share


class TermsTold(Struct, frozen=True):
    """The terms of the key that asks.

    Nothing blocks on fewer than `min_sources` organisations and `min_reviewers` people. A near
    match counts within `near_radius_bits` and is answered with `near_action`; where that is
    `block`, it blocks within `near_block_bits` only (null: never) and is for review beyond. In
    `shadow` answers advise nothing and tell what they would have.
    """

    key_id: str
    tier: Tier
    lists: ListsSeen
    shadow: bool
    min_sources: int
    min_reviewers: int
    near_radius_bits: int
    near_action: Action
    near_block_bits: int | None
    unchecked_action: Action
    harmless_action: Action
    outage_policy: OutagePolicy
    private_delta: Annotated[bool, Meta(description="Whether it may use `/v2/private`.")]
    per_second: float
    burst: int
    daily_hashes: int
    base_rate: BaseRateTold
    expected: list[ExpectedTold]
    estimated: Annotated[list[str], Meta(description="How the numbers came about, in words.")]


def tell(environ: Environ, checker: Checker, limit: RateLimit, at: datetime) -> Reply:
    """The key's own terms; raises Refused."""
    require_method(environ, "GET")
    key = by_bearer(environ, checker, at)
    allowance = limit.take(key, COST)
    with database(allowance):
        view = _view(key, at)
    body = msgspec.json.encode(_told(key, view))
    return Reply(200, body, headers=allowance.headers())


def described(answer: Callable[..., Json], refusals: Callable[..., Json]) -> Json:
    """What OpenAPI says of it."""
    told = answer("TermsTold", "The terms of this key, and what they may be expected to give.")
    return {
        "operationId": "readTerms",
        "summary": "Your key's terms, and what its near matches are worth",
        "security": [{"bearer": []}],
        "responses": {"200": told, **refusals(401, 429, 503)},
    }


def _view(key: CheckKey, at: datetime) -> KeyView:
    try:
        return queries.key_view(key.key_id, at=at)
    except NoSuchKey:  # revoked in this very second
        headers = (("WWW-Authenticate", BEARER),)
        raise Refused(401, "unknown_key", "This key has been revoked.", headers=headers) from None


def _told(key: CheckKey, view: KeyView) -> TermsTold:
    terms = view.terms
    return TermsTold(
        key_id=view.key_id,
        tier=view.tier,
        lists=terms.lists,
        shadow=terms.shadow,
        min_sources=terms.min_sources,
        min_reviewers=terms.min_reviewers,
        near_radius_bits=terms.near_radius_bits,
        near_action=terms.near_action,
        near_block_bits=terms.blocks_within_bits,
        unchecked_action=terms.unchecked_action,
        harmless_action=terms.harmless_action,
        outage_policy=terms.outage_policy,
        private_delta=key.may_compare_unseen,
        per_second=key.per_second,
        burst=key.burst,
        daily_hashes=view.daily_hashes,
        base_rate=_rate(view.base_rate),
        expected=[_expected(one) for one in view.expected] if view.list_size else [],
        estimated=_in_words(view),
    )


def _rate(rate: BaseRate) -> BaseRateTold:
    return BaseRateTold(
        value=_rounded(rate.value),
        low=_rounded(rate.low),
        high=_rounded(rate.high),
        checks=rate.checks,
        found=rate.found,
        days=BASE_RATE_OF.days,
        measured=rate.measured,
    )


def _expected(one: Expected) -> ExpectedTold:
    numbers = (_rounded(share) for share in (one.precision, one.low, one.high))
    return ExpectedTold(one.radius_bits, _rounded(one.chance), one.kind, *numbers)


def _in_words(view: KeyView) -> list[str]:
    rate = view.base_rate
    counts = {
        "checks": f"{rate.checks:,}",
        "found": f"{rate.found:,}",
        "days": BASE_RATE_OF.days,
        "prior": f"{1 / rate.value:,.0f}" if rate.value else "",
    }
    base = (MEASURED if rate.measured else PRIOR).format_map(counts)
    return [base, PRECISION if view.list_size else EMPTY]


def _rounded(number: float) -> float:
    """To two digits: it is no better known, and would tell the length of the lists to one entry."""
    return float(f"{number:.2g}")
