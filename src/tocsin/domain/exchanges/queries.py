"""Reading: exchanges for people, and which are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max

from tocsin.domain.exchanges import rules
from tocsin.domain.exchanges.models import Exchange, Vote
from tocsin.domain.exchanges.types import (
    Counts,
    ExchangeKind,
    ExchangeView,
    PullState,
    RefusedReason,
    Trouble,
    VoteState,
)

MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class DeadVote:
    """A vote that will not be sent by itself."""

    id: int
    exchange: str
    entry_id: int
    direction: str
    trouble: Trouble
    cast_at: datetime


def exchanges(*, at: datetime) -> list[ExchangeView]:
    """Every exchange, by name."""
    rows = Exchange.objects.order_by("slug").prefetch_related("lists")
    return [_view(row, at) for row in rows]


def due(*, at: datetime) -> list[int]:
    """Numbers of the exchanges whose turn it is and that nobody holds, longest due first."""
    rows = Exchange.objects.filter(next_try_at__lte=at).exclude(state=PullState.OFF)
    free = rows.exclude(held_until__gt=at).order_by("next_try_at")
    return list(free.values_list("pk", flat=True))


def dead_votes(limit: int = 100) -> list[DeadVote]:
    """Votes given up on, oldest first."""
    rows = Vote.objects.filter(state=VoteState.DEAD).select_related("exchange").order_by("pk")
    return [
        DeadVote(
            row.pk, row.exchange.slug, row.entry_id, row.direction, Trouble(row.trouble),
            row.cast_at,
        )
        for row in rows[:limit]
    ]  # fmt: skip


def refused(row: Exchange) -> tuple[RefusedReason, ...]:
    """Why records were no entries, the most frequent reason first; of those that are kept."""
    by_reason = row.refused.values("reason").annotate(
        records=Count("pk"), window_no=Max("window_no"), at=Max("at")
    )
    return tuple(
        RefusedReason(**told) for told in by_reason.order_by("-records", "reason")[:MOST_REASONS]
    )


def stale(row: Exchange, at: datetime) -> bool:
    """Whether what was pulled is older than its source lets anybody rely on."""
    too_old = at - complete_since(row) > timedelta(days=rules.STALE_AFTER_DAYS)
    return too_old and row.state != PullState.OFF


def complete_since(row: Exchange) -> datetime:
    """Up to when nothing is missing here. Pages of a window that never ended do not count, and an
    exchange that is new has its time to begin with."""
    return max(row.made_at, row.complete_at or row.made_at)


def _view(row: Exchange, at: datetime) -> ExchangeView:
    votes = row.votes
    return ExchangeView(
        id=row.pk,
        slug=row.slug,
        kind=ExchangeKind(row.kind),
        environment=row.environment,
        state=PullState(row.state),
        trouble=Trouble(row.trouble),
        failures=row.failures,
        checkpoint=datetime.fromtimestamp(row.checkpoint, UTC) if row.checkpoint else None,
        window_pages=row.pages,
        pulled_at=row.pulled_at,
        complete_at=row.complete_at,
        next_try_at=row.next_try_at,
        being_pulled=row.held_until is not None and row.held_until > at,
        stale=stale(row, at),
        lists=tuple(sorted(one.list_slug for one in row.lists.all())),
        counts=Counts(**row.counts),
        refused=refused(row),
        sends_votes=row.sends_votes,
        reason_against=row.reason_against,
        reasons_heard=tuple(row.reasons_heard.splitlines()),
        votes_rest_until=row.votes_rest_until,
        votes_waiting=votes.filter(state=VoteState.WAITING).count(),
        votes_dead=votes.filter(state=VoteState.DEAD).count(),
        members_named=row.members_named if row.trouble == Trouble.MEMBERS else 0,
    )
