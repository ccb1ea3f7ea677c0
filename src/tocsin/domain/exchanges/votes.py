"""Our word on an entry, on its way to the service it came from: queued, sent, tried again."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, system
from tocsin.base.clock.actions import set_due
from tocsin.base.egress import Egress
from tocsin.domain.exchanges import credentials, ncmec, rules
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.credentials import NoKey
from tocsin.domain.exchanges.models import MemberList, Vote
from tocsin.domain.exchanges.protocol import Ballot, service
from tocsin.domain.exchanges.pulling import SPEECH
from tocsin.domain.exchanges.types import Direction, ExchangeKind, Trouble, VoteState
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Kind

log = structlog.get_logger()

SEND: Final = "exchanges.vote"
_SETTLED: Final = frozenset({Trouble.GONE, Trouble.NO_REASON})
"""No further try would go otherwise: a person must look."""
LONGEST_REASON: Final = 80


class NotFromExchange(Exception):
    """The entry came from no exchange that takes votes, or has no fingerprint to vote on."""


def queue_feedback(
    *, entry_id: int, vote: Direction, reason: str, actor: Actor, at: datetime
) -> int:
    """Send a vote on every fingerprint of an entry to the service it came from; how many were new.

    In the caller's transaction. The same vote twice is one; another vote takes its place. For
    NCMEC, a vote against needs one of the reasons that the service has, by its name or id.
    Raises NoSuchEntry and NotFromExchange.
    """
    entry = hashlists.entry(entry_id)
    origin = MemberList.objects.select_related("exchange").filter(list_slug=entry.list_slug).first()
    kinds = hashlists.kinds_of(entry_id)
    if origin is not None and origin.exchange.kind == ExchangeKind.NCMEC:
        kinds = ncmec.votes_on(kinds)
    if origin is None or not kinds:
        raise NotFromExchange(f"Entry {entry_id} came from no exchange that takes votes on it.")
    with transaction.atomic():
        new = [
            number
            for kind in sorted(kinds)
            if (number := _put(origin, entry_id, entry.source_entry_id, kind, vote, reason,
                               actor, at)) is not None
        ]  # fmt: skip
        if new:
            record(
                actor=actor,
                action="exchanges.queue_feedback",
                subject=f"entry:{entry_id}",
                at=at,
                facts={"exchange": origin.exchange.slug, "vote": vote.value, "votes": list(new)},
                personal={"reason": reason} if reason else None,
            )
    return len(new)


def revive_vote(*, vote_id: int, actor: Actor, at: datetime) -> bool:
    """Try a dead vote again from the start; False when it is not dead."""
    with transaction.atomic():
        won = Vote.objects.filter(pk=vote_id, state=VoteState.DEAD).update(
            state=VoteState.WAITING, failures=0, trouble=Trouble.NONE
        )
        if won:
            record(actor=actor, action="exchanges.revive_vote", subject=f"vote:{vote_id}", at=at)
            set_due(kind=SEND, subject=str(vote_id), due_at=at)
    return bool(won)


def send_vote(subject: str, at: datetime, *, egress: Egress | None = None) -> None:
    """Send one vote. Runs again after a crash: then the service gets the same vote twice, which
    changes nothing there."""
    vote = Vote.objects.select_related("exchange").filter(pk=subject).first()
    if vote is None or vote.state != VoteState.WAITING:
        return
    try:
        _send(vote, at, egress)
    except PullFailed as failure:
        _note(vote, failure, at)
        return
    with transaction.atomic():
        won = Vote.objects.filter(pk=vote.pk, version=vote.version).update(
            state=VoteState.SENT, sent_at=at, failures=0, trouble=Trouble.NONE
        )
        if won:
            record(actor=system("worker"), action="exchanges.vote_sent",
                   subject=f"vote:{vote.pk}", at=at)  # fmt: skip


def _put(
    origin: MemberList,
    entry_id: int,
    own_id: str,
    kind: Kind,
    vote: Direction,
    reason: str,
    actor: Actor,
    at: datetime,
) -> int | None:
    """The number of a vote that is new or another than before; None for the same again."""
    said = {"direction": vote.value, "reason": reason[:LONGEST_REASON]}
    more = {**said, "entry_id": entry_id, "cast_by": actor.text, "cast_at": at,
            "state": VoteState.WAITING}  # fmt: skip
    row, made = Vote.objects.get_or_create(
        exchange=origin.exchange, member=origin.member, own_id=own_id, kind=int(kind),
        defaults=more,
    )  # fmt: skip
    if not made:
        changed = Vote.objects.filter(pk=row.pk).exclude(**said)
        if not changed.update(
            **more, version=F("version") + 1, failures=0, trouble=Trouble.NONE, sent_at=None
        ):
            return None
    set_due(kind=SEND, subject=str(row.pk), due_at=at)
    return row.pk


def _send(vote: Vote, at: datetime, egress: Egress | None) -> None:
    row, kind = vote.exchange, ExchangeKind(vote.exchange.kind)
    try:
        keys = credentials.of(row.slug, kind)
    except NoKey:
        raise PullFailed(Trouble.NO_KEY) from None
    speech = SPEECH[kind]
    ballot = Ballot(
        vote.member, vote.own_id, Kind(vote.kind), Direction(vote.direction), vote.reason
    )
    spoken_to = service(row.base_url, speech.feedback_headers(keys), egress)
    speech.vote(spoken_to, ballot, int(at.timestamp()))


def _note(vote: Vote, failure: PullFailed, at: datetime) -> None:
    failures = vote.failures + 1
    dead = failure.trouble in _SETTLED or failures >= rules.DEAD_AFTER_FAILURES
    with transaction.atomic():
        won = Vote.objects.filter(pk=vote.pk, version=vote.version).update(
            state=VoteState.DEAD if dead else VoteState.WAITING,
            failures=failures,
            trouble=failure.trouble,
        )
        if not won:
            return  # another vote has taken its place, and is due itself
        if dead:
            record(actor=system("worker"), action="exchanges.vote_dead", subject=f"vote:{vote.pk}",
                   at=at, facts={"trouble": failure.trouble.value})  # fmt: skip
        else:
            chance = secrets.randbelow(1_000) / 1_000
            wait = rules.wait(failures, asked=failure.asked_wait, chance=chance)
            due_at = at + timedelta(seconds=wait)
            set_due(kind=SEND, subject=str(vote.pk), due_at=due_at)
    log.error("vote_failed", vote_id=vote.pk, trouble=failure.trouble.value, dead=dead)
