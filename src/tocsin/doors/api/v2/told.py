"""What a key of each tier is told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.types import (
    Action,
    Answer,
    AnswerStatus,
    CheckKey,
    FilmShares,
    Match,
    Outcome,
    says_true,
)
from tocsin.doors.api.http import Reply
from tocsin.doors.api.limits import Allowance
from tocsin.doors.api.v2.receipts import Give
from tocsin.doors.api.v2.wire import (
    NOTHING_NEW,
    REFUSED,
    Answered,
    Error,
    FilmTold,
    MatchTold,
    ReceiptTold,
    Result,
    Unavailable,
    WrongItem,
)

STEP_BITS = 4
SHARE_STEPS = 20
_ROUNDING = 1e-9

_MATTERS = frozenset(
    {AnswerStatus.LISTED, AnswerStatus.NEAR, AnswerStatus.HELD, AnswerStatus.UNAVAILABLE}
)

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Beside:
    """What an answer carries beside its outcomes: the wrong items, which were not asked about, by
    their place; what makes a receipt, where one is wanted; and since which list version was asked
    only."""

    refused: Mapping[int, WrongItem] = field(default_factory=dict)
    give: Give | None = None
    since: int | None = None


NOTHING: Final = Beside()


def reply(answer: Answer, key: CheckKey, allowance: Allowance, beside: Beside = NOTHING) -> Reply:
    """The answer as the key's tier may hear it: 200, or 503 when nothing could be checked.

    A receipt is for exactly what this key is told of what was asked.
    """
    results = told(answer.outcomes, key.tier)
    receipt: ReceiptTold | UnsetType = UNSET
    if beside.give is not None:
        receipt = beside.give(answer, results)
        results = [replace(one, receipt_index=index) for index, one in enumerate(results)]
    if beside.since is not None:
        results = [_news(result) for result in results]
    results = with_refused(results, beside.refused, key.tier)
    policy = key.terms.outage_policy
    if answer.problem is not None or answer.list_version is None:
        error = Error("unavailable", answer.problem or "")
        unavailable = Unavailable(
            error, answer.list_version, answer.stale, policy, results, receipt
        )
        headers = (("Retry-After", "5"), *allowance.headers())
        return Reply(503, _encoder.encode(unavailable), headers=headers)
    since = UNSET if beside.since is None else beside.since
    answered = Answered(answer.list_version, answer.stale, policy, results, receipt, since)
    return Reply(200, _encoder.encode(answered), headers=allowance.headers())


def told(outcomes: Sequence[Outcome], tier: Tier) -> list[Result]:
    """Outcomes as a tier hears them, always of the same shape.

    `boolean` hears yes, no, or that there is no answer: a near match, and an exact one that is for
    review, is `held` for it, because "listed" would be too much and "not listed" a lie. `action`
    hears the status and what to do. `detail` hears the match as well. Every tier hears the
    reference of what it matched, without which nobody could say that it is wrong.
    """
    if tier is Tier.DETAIL:
        return [_with_action(o, _match(o.match)) for o in outcomes]
    if tier is Tier.ACTION:
        return [_with_action(o, None) for o in outcomes]
    return [Result(o.client_id or None, _yes_or_no(o), None, None, _reference(o)) for o in outcomes]


def with_refused(
    results: Sequence[Result], refused: Mapping[int, WrongItem], tier: Tier
) -> list[Result]:
    """Results with the wrong items among them, each at its place."""
    rest = iter(results)
    places = range(len(results) + len(refused))
    return [_refused(refused[place], tier) if place in refused else next(rest) for place in places]


def _news(result: Result) -> Result:
    """Where nothing new was met, nothing is said of what was known before: it may be listed."""
    if result.status in _MATTERS:
        return result
    return Result(result.id, NOTHING_NEW, None, None, None)


def _refused(wrong: WrongItem, tier: Tier) -> Result:
    # Not checked: who looks at the action alone must not let the upload through.
    action = None if tier is Tier.BOOLEAN else Action.HOLD
    return Result(wrong.id, REFUSED, action, None, None, error=wrong)


def _with_action(outcome: Outcome, match: MatchTold | None) -> Result:
    shadow = outcome.shadow_action
    return Result(
        outcome.client_id or None,
        outcome.status,
        outcome.action,
        match,
        _reference(outcome),
        UNSET if shadow is None else shadow,
    )


def _reference(outcome: Outcome) -> str | None:
    return outcome.match.reference if outcome.match else None


def _yes_or_no(outcome: Outcome) -> AnswerStatus:
    if outcome.status is AnswerStatus.LISTED and not says_true(outcome):
        return AnswerStatus.HELD
    return AnswerStatus.HELD if outcome.status is AnswerStatus.NEAR else outcome.status


def _match(match: Match | None) -> MatchTold | None:
    if match is None:
        return None
    return MatchTold(
        match.kind,
        match.category.value or None,
        match.sources,
        _in_steps(match.distance_bits or 0),
        UNSET if match.film is None else _film(match.film),
    )


def _film(shares: FilmShares) -> FilmTold:
    of_query, of_listed = (
        math.floor(share * SHARE_STEPS + _ROUNDING) / SHARE_STEPS
        for share in (shares.of_query, shares.of_listed)
    )
    return FilmTold(of_query, of_listed, shares.frames, shares.rule)


def _in_steps(distance_bits: int) -> int:
    """Rounded up: each further bit of a distance would tell a bit of the listed hash."""
    return -(-distance_bits // STEP_BITS) * STEP_BITS
