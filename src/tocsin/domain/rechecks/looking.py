"""Looking: which items are due, each in its host's turn, several at once, outside transactions."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import close_old_connections, transaction

from tocsin.base.clock.threads import OnePerProcess
from tocsin.domain.hosting import actions as hosting
from tocsin.domain.hosting.types import NotFound
from tocsin.domain.rechecks import clocks, following, noting, rules
from tocsin.domain.rechecks.likeness import Likeness, compare
from tocsin.domain.rechecks.models import Follow, HostTurn, TrafficStop
from tocsin.domain.rechecks.noting import Found
from tocsin.domain.rechecks.rules import View
from tocsin.domain.rechecks.types import ClosedBy, FollowState, Seen, Spot
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.types import Case
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits import queries as visit_queries
from tocsin.domain.visits.types import Agent, Outcome, Vantage, Visit

log = structlog.get_logger()

MOST_VIEWS: Final = 6


class Lookers:
    """Some threads that look, so that a slow server keeps no letter and no clock waiting.

    What is handed over stays due (a guard is set first), so a worker that dies loses nothing.
    """

    def __init__(self) -> None:
        self._most: int = settings.TOCSIN_RECHECK_AT_ONCE
        self._free = threading.Semaphore(max(self._most, 1))
        self._pool = ThreadPoolExecutor(max(self._most, 1), thread_name_prefix="recheck")

    def hand_over(self, item_id: int, at: datetime) -> bool:
        """Let a thread look, or do it here where none are wished; False when all are at work."""
        if not self._most:
            look(item_id, at)
            return True
        if not self._free.acquire(blocking=False):
            return False
        self._pool.submit(self._run, item_id)
        return True

    def _run(self, item_id: int) -> None:
        try:
            look(item_id, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - the guard brings it back
            log.error("recheck_failed", item_id=item_id, error=type(error).__name__)
        finally:
            close_old_connections()
            self._free.release()


lookers = OnePerProcess(Lookers)


def due(subject: str, at: datetime) -> None:
    """An item is due for a look: see whether it may be, and hand it to those who look."""
    item_id = int(subject)
    follow = Follow.objects.filter(item_id=item_id).first()
    if follow is None or follow.state not in rules.ACTIVE:
        return
    if not _may_look(at):
        # Looked at again, with a spread: else all would fall due at one moment later.
        spread = 1 + clocks.chance(item_id, follow.looks)
        clocks.look_at(follow, at + rules.TRAFFIC_LOOKED_AT_EACH * spread)
        return
    with transaction.atomic():
        turn_at = _turn(follow, at)
        clocks.look_at(follow, turn_at if turn_at > at else at + rules.GUARD)
    if turn_at > at:
        return
    if not lookers().hand_over(item_id, at):
        clocks.look_at(follow, at + timedelta(seconds=2))


def _may_look(at: datetime) -> bool:
    if not settings.TOCSIN_RECHECKS or TrafficStop.objects.exists():
        return False
    return visit_queries.may_fetch(at=at)


def look(item_id: int, at: datetime) -> bool:
    """Look at an item once and act on it; False when nothing came of it."""
    follow = Follow.objects.filter(item_id=item_id).first()
    if follow is None or follow.state not in rules.ACTIVE:
        return False
    case = reports.case(follow.finding_id)
    if not case.url:  # its time was over, and what is not known cannot be looked at
        with transaction.atomic():
            following.end(item_id, at, why=ClosedBy.NOTHING)
        return False
    if case.corrected:  # the news of it is on its way, and ends the follow
        return False
    views, earlier = configured_views(), noting.recent(follow)
    state = FollowState(follow.state)
    view = rules.next_view(views, follow.looks, state, follow.since, earlier)
    visit = visits.visit(
        url=case.url, vantage=_vantage(view), agent=_agent(view), at=at, known=case.fingerprints
    )
    if visit.outcome is Outcome.NOT_FETCHED:
        clocks.look_at(follow, at + rules.TRAFFIC_LOOKED_AT_EACH)
        return False
    if visit.outcome is Outcome.RATE_LIMITED:
        _leave_alone(follow.host_digest, at)
    found = Found(_seen(case, visit, view, at), _spot(follow, case, at), earlier)
    return noting.note(follow, found, views, at)


def configured_views() -> tuple[View, ...]:
    """From where and as whom is looked: every place and every name that visits know of.

    Each place as the honest agent, and each further agent from home: so many looks agree before
    something is gone, and no more.
    """
    home, *others = visit_queries.vantages()
    honest, *further = visit_queries.agents()
    views = [View(home.name, honest.name)]
    views += [View(place.name, honest.name) for place in others]
    views += [View(home.name, agent.name) for agent in further]
    return tuple(views[:MOST_VIEWS])


def _seen(case: Case, visit: Visit, view: View, at: datetime) -> Seen:
    likeness, distance = compare(case.fingerprints, [image.fingerprints for image in visit.images])
    if likeness is Likeness.OTHER and any(not image.fingerprints for image in visit.images):
        # One of a page's pictures could not be read: ours may be that one.
        likeness = Likeness.UNSURE
    return Seen(
        first_at=at,
        last_at=at,
        times=1,
        vantage=view.vantage,
        agent=view.agent,
        outcome=visit.outcome,
        standing=rules.standing(visit.outcome, likeness),
        distance_bits=distance,
        visit_id=visit.id,
    )


def _spot(follow: Follow, case: Case, at: datetime) -> Spot | None:
    """Where the host is now, asked every few hours; None where that is not due or not known."""
    fresh = follow.resolved_at is not None and at - follow.resolved_at < rules.RESOLVE_EACH
    # What is back may be back elsewhere, and counts against whoever has it now.
    if fresh and follow.state != FollowState.MAYBE_BACK:
        return None
    try:
        found = hosting.resolve_again(
            host=following.host_of(case.url), at=at, rehearsal=follow.rehearsal
        )
    except NotFound:
        return None
    return noting.spot_of(found, rehearsal=follow.rehearsal)


def _turn(follow: Follow, at: datetime) -> datetime:
    """When the item may be looked at: its place in the queue of its host, kept once it has one."""
    if follow.turn_at is not None:
        return follow.turn_at
    gap = timedelta(milliseconds=settings.TOCSIN_RECHECK_HOST_GAP_MS)
    turn, made = HostTurn.objects.select_for_update().get_or_create(
        host_digest=follow.host_digest, defaults={"free_at": at + gap}
    )
    mine = at if made else max(turn.free_at, at)
    if not made:
        HostTurn.objects.filter(pk=turn.pk).update(free_at=mine + gap)
    Follow.objects.filter(pk=follow.pk).update(turn_at=mine)
    return mine


def _leave_alone(host_digest: str, at: datetime) -> None:
    until = at + rules.HOST_LEFT_ALONE
    HostTurn.objects.filter(host_digest=host_digest, free_at__lt=until).update(free_at=until)


def _vantage(view: View) -> Vantage:
    known = {one.name: one for one in visit_queries.vantages()}
    return known.get(view.vantage, Vantage(view.vantage))


def _agent(view: View) -> Agent:
    known = {one.name: one for one in visit_queries.agents()}
    return known.get(view.agent, Agent(view.agent))
