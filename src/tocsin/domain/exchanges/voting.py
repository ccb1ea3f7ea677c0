"""Votes go out: exchange by exchange, one at a time, within a time; whoever fails rests.

A job of its own in each worker, so that letters and clocks do not wait for a stranger's server. A
vote is leased; one whose worker dies is sent again, which changes nothing over there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import system
from tocsin.base.egress import Egress
from tocsin.domain.exchanges import credentials, rules
from tocsin.domain.exchanges.asking import NoReason, PullFailed
from tocsin.domain.exchanges.credentials import NoKey
from tocsin.domain.exchanges.models import Exchange, Vote
from tocsin.domain.exchanges.protocol import Ballot, service
from tocsin.domain.exchanges.pulling import SPEECH
from tocsin.domain.exchanges.types import Direction, ExchangeKind, PullState, Trouble, VoteState
from tocsin.domain.exchanges.votes import LONGEST_REASON
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import Kind

log = structlog.get_logger()

SEND: Final = "exchanges.vote"
"""Due things of this kind were set by the version before; see `make_due`."""
AT_MOST: Final = timedelta(minutes=1)
"""So long the votes of one exchange are sent before it is another's turn."""
_LEASE: Final = timedelta(minutes=3)
"""Longer than the two requests of one vote may take."""
_SETTLED: Final = frozenset({Trouble.GONE, Trouble.NO_REASON})
"""No further try would go otherwise: a person must look."""
_OF_ALL: Final = frozenset({
    Trouble.NO_KEY, Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.TOO_SLOW, Trouble.BUSY,
    Trouble.SERVER, Trouble.REDIRECTED,
})  # fmt: skip
"""Troubles that any other vote would meet too: the service is left alone for a while."""
_US: Final = system("worker")
_MOST_REASONS: Final = 50

Clock = Callable[[], datetime]


def due(*, at: datetime) -> list[int]:
    """Numbers of the exchanges that have votes to be sent now; none of one that is off."""
    found = _due(at).order_by("exchange").values_list("exchange", flat=True)
    return list(found.distinct())


def send_due(exchange_id: int, *, clock: Clock, egress: Egress | None = None) -> int:
    """Send the votes of one exchange that are due, until one fails that all would, or for a minute;
    how many went through."""
    end, sent = clock() + AT_MOST, 0
    while clock() < end:
        vote = _take(exchange_id, clock())
        if vote is None:
            break
        failure = _try(vote, clock(), egress)
        if failure is None:
            _sent(vote, clock())
            sent += 1
            continue
        _note(vote, failure, clock())
        if failure.trouble in _OF_ALL:
            break
    return sent


def make_due(subject: str, at: datetime) -> None:
    """A vote that the version before put on the clock: it is sent with the others."""
    Vote.objects.filter(pk=subject, state=VoteState.WAITING).update(due_at=at)


def _due(at: datetime) -> QuerySet[Vote]:
    awake = Q(exchange__votes_rest_until__isnull=True) | Q(exchange__votes_rest_until__lte=at)
    votes = _free(at).filter(awake, exchange__sends_votes=True)
    return votes.exclude(exchange__state=PullState.OFF)


def _free(at: datetime) -> QuerySet[Vote]:
    """Votes that wait, are due and nobody is sending. Columns of their own only: what is compared
    in an update by way of another table is not looked at again once a lock was waited for."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    return Vote.objects.filter(free, state=VoteState.WAITING, due_at__lte=at)


def _take(exchange_id: int, at: datetime) -> Vote | None:
    """Lease the vote that has been due for longest; None when there is none."""
    waiting = _due(at).filter(exchange=exchange_id).select_related("exchange")
    for vote in waiting.order_by("due_at", "pk")[:20]:
        vote.leased_until = at + _LEASE
        mine = _free(at).filter(pk=vote.pk, version=vote.version)
        if mine.update(leased_until=vote.leased_until):
            return vote
    return None


def _try(vote: Vote, at: datetime, egress: Egress | None) -> PullFailed | None:
    """Send it; what went wrong, if anything did."""
    try:
        _send(vote, at, egress)
    except PullFailed as failure:
        return failure
    except Exception as error:  # noqa: BLE001 - logged and written down; the other votes go on
        log.error("vote_broke", vote_id=vote.pk, error=type(error).__name__)
        return PullFailed(Trouble.OURS)
    return None


def _send(vote: Vote, at: datetime, egress: Egress | None) -> None:
    row, kind = vote.exchange, ExchangeKind(vote.exchange.kind)
    try:
        keys = credentials.of(row.slug, kind)
    except NoKey:
        raise PullFailed(Trouble.NO_KEY) from None
    speech = SPEECH[kind]
    values = hashlists.values_of(vote.entry_id, Kind(vote.kind))
    direction = Direction(vote.direction)
    reason = vote.reason or (row.reason_against if direction is Direction.DOWN else "")
    ballot = Ballot(
        vote.member, vote.own_id, Kind(vote.kind), values[0] if values else "", direction, reason
    )
    spoken_to = service(row.base_url, speech.feedback_headers(keys), egress)
    speech.vote(spoken_to, ballot, int(at.timestamp()))


def _sent(vote: Vote, at: datetime) -> None:
    with transaction.atomic():
        _rest(vote.exchange, None)
        won = _end(vote, state=VoteState.SENT, sent_at=at, failures=0, trouble=Trouble.NONE)
        if won:
            record(actor=_US, action="exchanges.vote_sent", subject=f"vote:{vote.pk}", at=at)


def _note(vote: Vote, failure: PullFailed, at: datetime) -> None:
    failures = vote.failures + 1
    dead = failure.trouble in _SETTLED or failures >= rules.DEAD_AFTER_FAILURES
    with transaction.atomic():
        if failure.trouble in _OF_ALL:
            tries = vote.exchange.vote_failures + 1
            _rest(vote.exchange, at + _wait(tries, failure))
        if isinstance(failure, NoReason):
            _remember(vote.exchange, failure.heard)
        won = _end(
            vote,
            state=VoteState.DEAD if dead else VoteState.WAITING,
            failures=failures,
            trouble=failure.trouble,
            due_at=at + _wait(failures, failure),
        )
        # Where none was won, another vote has taken its place, and is due itself.
        if won and dead:
            record(actor=_US, action="exchanges.vote_dead", subject=f"vote:{vote.pk}",
                   at=at, facts={"trouble": failure.trouble.value})  # fmt: skip
    log.error("vote_failed", vote_id=vote.pk, trouble=failure.trouble.value, dead=dead)


def _wait(failures: int, failure: PullFailed) -> timedelta:
    chance = secrets.randbelow(1_000) / 1_000
    return timedelta(seconds=rules.wait(failures, asked=failure.asked_wait, chance=chance))


def _rest(row: Exchange, until: datetime | None) -> None:
    """Leave the service alone until then, longer each time; or not any more."""
    those = Exchange.objects.filter(pk=row.pk)
    if until is None:
        those.filter(vote_failures__gt=0).update(vote_failures=0, votes_rest_until=None)
    else:
        those.update(vote_failures=F("vote_failures") + 1, votes_rest_until=until)


def _remember(row: Exchange, heard: tuple[str, ...]) -> None:
    """The reasons that the service has, for people to choose from."""
    known = Exchange.objects.get(pk=row.pk).reasons_heard.splitlines()
    names = [" ".join(_printable(name).split())[:LONGEST_REASON] for name in heard]
    told = list(dict.fromkeys([*(name for name in names if name), *known]))[:_MOST_REASONS]
    Exchange.objects.filter(pk=row.pk).update(reasons_heard="\n".join(told))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _end(vote: Vote, **changes: object) -> bool:
    """Let go of a vote that we leased; True when nobody has changed it meanwhile."""
    Vote.objects.filter(pk=vote.pk, leased_until=vote.leased_until).update(leased_until=None)
    same = Vote.objects.filter(pk=vote.pk, version=vote.version, state=VoteState.WAITING)
    return bool(same.update(**changes))
