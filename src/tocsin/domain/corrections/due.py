"""What corrections do by themselves: follow the lists, brake floods, speak to webhooks, clocks."""

from __future__ import annotations

import threading
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
    """Speaks to webhooks in a thread of its own: letters, clocks and the brake must not wait for a
    stranger's server."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._aside: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Start speaking when something is due and nobody speaks yet."""
        if self._aside is not None and self._aside.is_alive():
            return
        if not sending.due(at=at):
            return
        self._aside = threading.Thread(target=self._speak, args=(at,), name="webhooks", daemon=True)
        self._aside.start()

    def wait(self) -> None:
        """Until all that is being sent has been sent."""
        if self._aside is not None:
            self._aside.join()

    def _speak(self, at: datetime) -> None:
        try:
            while sending.send_due(at=at, egress=self._egress):
                at = max(at, datetime.now(UTC))
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
