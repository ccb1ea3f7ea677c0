"""From what a server told, or failed to tell, to a verdict: plain functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.client.types import Answer, Decision, Match, OutagePolicy, Question, Verdict, Why
from tocsin.engine.fingerprints import Status

FOUND: Final = frozenset({"listed", "near", "held"})
NOT_LOOKED_AT: Final = frozenset(status.value for status in Status if status is not Status.OK)
KNOWN_STATUSES: Final = FOUND | NOT_LOOKED_AT | {"not_listed", "unavailable"}
KNOWN_ACTIONS: Final = frozenset({"block", "review", "hold", "none"})

_OF_POLICY: Final = {
    OutagePolicy.CLOSED: Decision.BLOCK,
    OutagePolicy.HOLD: Decision.HOLD,
    OutagePolicy.OPEN_AND_RECHECK: Decision.ALLOW,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One result of an answer. `shadow_action` is there for keys in shadow mode."""

    id: str
    status: str
    action: str | None
    match: Match | None
    reference: str | None
    shadow_action: str | None
    list_version: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Policies:
    """What the provider chose. `unsupported`: for files of no kind that is read here, such as texts
    and encrypted files, whose digests are on no list."""

    outage: OutagePolicy
    unsupported: Decision = Decision.HOLD


def verdict_on(told: Told, question: Question, policies: Policies) -> Verdict:
    """What a told result comes to."""
    if told.status not in KNOWN_STATUSES or told.action not in KNOWN_ACTIONS | {None}:
        return unanswered(question.id, Why.UNFAMILIAR, "a word of a newer version", policies.outage)
    if told.status == "unavailable":
        return unanswered(question.id, Why.UNAVAILABLE, "the lists are away", policies.outage, told)
    if told.status in FOUND:
        return _verdict(told, Answer.LISTED, _decision_on_found(told))
    status = _honest(told.status, question)
    if status == "not_listed":
        if told.action not in {"none", None}:
            why, detail = Why.UNFAMILIAR, f"{told.status} with {told.action}"
            return unanswered(question.id, why, detail, policies.outage)
        return _verdict(told, Answer.NOT_LISTED, Decision.ALLOW)
    return _verdict(
        told,
        Answer.UNKNOWN,
        _decision_on_unseen(status, told, policies),
        status=status,
        why=Why.NOT_LOOKED_AT,
    )


def unanswered(
    upload_id: str, why: Why, detail: str, policy: OutagePolicy, told: Told | None = None
) -> Verdict:
    """Nobody knows, so the outage policy decides."""
    return Verdict(
        id=upload_id,
        answer=Answer.UNKNOWN,
        decision=_OF_POLICY[policy],
        status=told.status if told else None,
        action=told.action if told else None,
        why=why,
        detail=detail,
        decided_by=policy,
    )


def _honest(status: str, question: Question) -> str:
    """A server sees fingerprints only: it cannot call a file clean that had no good ones."""
    unseen = question.media_status not in {None, Status.OK}
    if status == "not_listed" and unseen and question.media_status is not None:
        return question.media_status.value
    return status


def _decision_on_found(told: Told) -> Decision:
    if told.action is None:
        # The tier `boolean` hears no action; `held` is what it hears for every likeness too.
        return Decision.BLOCK if told.status == "listed" else Decision.HOLD
    if told.action == "block":
        return Decision.BLOCK
    return Decision.ALLOW if _in_shadow(told) else Decision.HOLD


def _decision_on_unseen(status: str, told: Told, policies: Policies) -> Decision:
    if told.action == "block":
        return Decision.BLOCK
    if _in_shadow(told):
        return Decision.ALLOW
    return policies.unsupported if status == Status.UNSUPPORTED else Decision.HOLD


def _in_shadow(told: Told) -> bool:
    return told.action == "none" and told.shadow_action is not None


def _verdict(
    told: Told,
    answer: Answer,
    decision: Decision,
    *,
    status: str | None = None,
    why: Why | None = None,
) -> Verdict:
    return Verdict(
        id=told.id,
        answer=answer,
        decision=decision,
        status=status or told.status,
        action=told.action,
        why=why,
        detail=f"the file is {status}, and its digests are on no list" if why else "",
        match=told.match,
        reference=told.reference,
        list_version=told.list_version,
        stale=told.stale,
    )
