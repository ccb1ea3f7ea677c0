"""Our word on an entry, for the service it came from: queued, changed, tried again.

It goes out in `voting`. What people here decide about entries comes as news from the lists below.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.base.outbox.types import News
from tocsin.domain.exchanges import ncmec
from tocsin.domain.exchanges.models import Exchange, MemberList, Vote
from tocsin.domain.exchanges.types import Direction, ExchangeKind, Trouble, VoteState
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Kind

LONGEST_REASON: Final = 80


class NotFromExchange(Exception):
    """The entry came from no exchange that takes votes, or has no fingerprint to vote on."""


def queue_feedback(
    *, entry_id: int, vote: Direction, reason: str, actor: Actor, at: datetime
) -> int:
    """Send a vote on every fingerprint of an entry to the service it came from; how many were new.

    In the caller's transaction. The same vote twice is one; another vote takes its place. None
    where votes are switched off; for an exchange that is off they wait. A vote against gives
    `reason`, or else the one set for the exchange: NCMEC needs one of its own, by name or id.
    Raises NoSuchEntry and NotFromExchange.
    """
    entry = hashlists.entry(entry_id)
    origin = MemberList.objects.select_related("exchange").filter(list_slug=entry.list_slug).first()
    kinds = hashlists.kinds_of(entry_id)
    if origin is not None and origin.exchange.kind == ExchangeKind.NCMEC:
        kinds = ncmec.votes_on(kinds)
    if origin is None or not kinds:
        raise NotFromExchange(f"Entry {entry_id} came from no exchange that takes votes on it.")
    if not origin.exchange.sends_votes:
        return 0
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


def heard_of_judgement(news: News, at: datetime) -> None:
    """People here decided about entries: those that came from an exchange get our vote there."""
    entries = news.payload["entries"]
    vote = Direction.UP if news.payload["belongs"] else Direction.DOWN
    actor = Actor.parse(str(news.payload["by"]))
    for entry_id in entries if isinstance(entries, list) else []:
        try:
            queue_feedback(entry_id=int(str(entry_id)), vote=vote, reason="", actor=actor, at=at)
        except (NotFromExchange, hashlists.NoSuchEntry):
            continue


def revive_vote(*, vote_id: int, actor: Actor, at: datetime) -> bool:
    """Try a dead vote again from the start; False when it is not dead."""
    with transaction.atomic():
        won = _revive(Vote.objects.filter(pk=vote_id), at)
        if won:
            record(actor=actor, action="exchanges.revive_vote", subject=f"vote:{vote_id}", at=at)
    return bool(won)


def set_votes(*, row: Exchange, send: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Whether our votes are sent to an exchange, and the reason given with those against.

    Votes that wait go on waiting while it is off, and new ones are not made. Those that had no
    reason the service knows are tried again.
    """
    reason = reason.strip()[:LONGEST_REASON]
    with transaction.atomic():
        Exchange.objects.filter(pk=row.pk).update(sends_votes=send, reason_against=reason)
        without = row.votes.filter(trouble=Trouble.NO_REASON)
        again = _revive(without, at) if send else 0
        record(
            actor=actor,
            action="exchanges.set_votes",
            subject=f"exchange:{row.pk}",
            at=at,
            facts={"send": send, "reason": reason, "tried_again": again},
        )


def _revive(votes: QuerySet[Vote], at: datetime) -> int:
    return votes.filter(state=VoteState.DEAD).update(
        state=VoteState.WAITING, failures=0, trouble=Trouble.NONE, due_at=at, leased_until=None
    )


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
            "state": VoteState.WAITING, "due_at": at}  # fmt: skip
    row, made = Vote.objects.get_or_create(
        exchange=origin.exchange, member=origin.member, own_id=own_id, kind=int(kind),
        defaults=more,
    )  # fmt: skip
    if not made:
        changed = Vote.objects.filter(pk=row.pk).exclude(**said)
        if not changed.update(
            # Not the lease: what is being sent at this moment must get there first.
            **more,
            version=F("version") + 1,
            failures=0,
            trouble=Trouble.NONE,
            sent_at=None,
        ):
            return None
    return row.pk
