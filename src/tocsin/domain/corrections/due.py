"""What corrections do by themselves: follow the lists, brake floods, speak to webhooks, clocks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import DatabaseError, connection

from tocsin.base.clock import rounds
from tocsin.base.egress import Egress
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.domain.corrections import appeals, endpoints, floods, following, rules, sending
from tocsin.domain.corrections.types import EndpointState, FloodState
from tocsin.domain.matching.actions import KEPT

log = structlog.get_logger()

FOLLOW_EACH = timedelta(milliseconds=250)
FORGET_EACH = timedelta(minutes=5)
SPOKEN_TO_AT_ONCE = 8
PAGES_IN_A_ROW = 20


def _now() -> datetime:
    return datetime.now(UTC)


def register() -> None:
    """Follow changes and hits; handle the clock of every waiting state."""
    consume(KEPT, _hits_came_home)
    for state, waiting in rules.APPEAL.waiting.items():
        rounds.handle(waiting.then, partial(appeals.still_waiting, state))
    rounds.handle(rules.FLOOD.waiting[FloodState.HELD].then, floods.still_waiting)
    lapses = rules.ENDPOINT.waiting[EndpointState.WAITING].then
    rounds.handle(lapses, endpoints.proof_lapses)
    rounds.handle(rules.ENDPOINT.waiting[EndpointState.DEAD].then, endpoints.still_dead)
    rounds.every("corrections.follow", FOLLOW_EACH, _follow)
    rounds.every("corrections.send", FOLLOW_EACH, Sender(Egress()).look)
    rounds.every("corrections.forget", FORGET_EACH, _forget)


class Sender:
    """Speaks to each webhook in a thread of its own: letters, clocks and the brake must not wait
    for a stranger's server, and no stranger for another's."""

    def __init__(self, egress: Egress, now: Callable[[], datetime] = _now) -> None:
        self._line = sending.Line(egress, now)
        self._aside: dict[int, threading.Thread] = {}

    def look(self, at: datetime) -> None:
        """Begin to speak to those that are due, as far as there are threads left."""
        self._aside = {pk: each for pk, each in self._aside.items() if each.is_alive()}
        if len(self._aside) == SPOKEN_TO_AT_ONCE:
            return
        waiting = [pk for pk in sending.due(at=at) if pk not in self._aside]
        for pk in waiting[: SPOKEN_TO_AT_ONCE - len(self._aside)]:
            thread = threading.Thread(target=self._speak, args=(pk,), name="webhook", daemon=True)
            self._aside[pk] = thread
            thread.start()

    def speaking(self) -> list[threading.Thread]:
        """Who was begun to be spoken to at the last look, in that order."""
        return list(self._aside.values())

    def wait(self) -> None:
        """Until all that is being sent has been sent."""
        for thread in self.speaking():
            thread.join()

    def _speak(self, pk: int) -> None:
        """Some pages in a row, and then it is the next one's turn."""
        try:
            for _ in range(PAGES_IN_A_ROW):
                if not (sending.speak(pk, self._line) and sending.is_behind(pk)):
                    break
        except DatabaseError as error:
            log.error("webhooks_wait_for_database", error=type(error).__name__)
        finally:
            connection.close()


def _follow(at: datetime) -> None:
    following.follow(at)


def _forget(at: datetime) -> None:
    while floods.forget(at) >= floods.FORGET_AT_ONCE:
        pass


def _hits_came_home(news: News, at: datetime) -> None:
    named = news.payload["hits"]
    if isinstance(named, list):
        following.take_in([UUID(str(hit_id)) for hit_id in named], at)
