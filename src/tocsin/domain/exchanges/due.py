"""What exchanges do by themselves: pull when their turn comes, send votes, say what grows stale.

Pulls and votes each go in a thread, so that letters and clocks do not wait for a stranger's server.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from tocsin.base.audit.types import system
from tocsin.base.clock import queries as clock
from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.domain.exchanges import pulling, queries, rules, telling, votes, voting
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.holding import BeingPulled, HoldLost
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import PullState
from tocsin.domain.hashlists.actions import JUDGED

log = structlog.get_logger()

_US = system("worker")
WARN_BEFORE = timedelta(days=3)


def register() -> None:
    """Look each second whose turn it is and what is to be sent; listen to what people decide."""
    consume(JUDGED, votes.heard_of_judgement)
    rounds.every("exchanges.pull", timedelta(seconds=1), puller().look)
    rounds.every("exchanges.vote", timedelta(seconds=1), voter().look)
    rounds.every("exchanges.stale", timedelta(hours=1), warn_of_stale)
    rounds.handle(voting.SEND, voting.make_due)


class Aside:
    """Does for each exchange that is due what is to be done, in a thread; one thread at a time."""

    def __init__(
        self,
        name: str,
        due: Callable[[datetime], list[int]],
        do: Callable[[int, pulling.Clock], object],
    ) -> None:
        self._name, self._due, self._do = name, due, do
        self._thread: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin with what is due; nothing while the thread is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        numbers = self._due(at)
        if numbers:
            self._thread = threading.Thread(
                target=self._do_all, args=(numbers, at), name=self._name, daemon=True
            )
            self._thread.start()

    def wait(self) -> None:
        """Until what is under way has ended."""
        if self._thread is not None:
            self._thread.join()

    def _do_all(self, numbers: list[int], at: datetime) -> None:
        running = pulling.running_clock(at)
        try:
            for number in numbers:
                if clock.paused() is None:
                    self._do(number, running)
        except DatabaseError as error:
            log.error("exchanges_wait_for_database", what=self._name, error=type(error).__name__)
        finally:
            connection.close()


def puller() -> Aside:
    """Pulls: one at a time in each worker, and never two of one exchange in all of them."""
    return Aside("exchanges.pull", lambda at: queries.due(at=at), pull_one)


def voter() -> Aside:
    """Sends votes."""

    def send(exchange_id: int, running: pulling.Clock) -> None:
        voting.send_due(exchange_id, clock=running)

    return Aside("exchanges.vote", lambda at: voting.due(at=at), send)


def pull_one(exchange_id: int, running: pulling.Clock) -> None:
    """One window of one exchange; what goes wrong is written down and does not stop the next."""
    try:
        pulling.pull(exchange_id, actor=_US, clock=running)
    except (PullFailed, BeingPulled, HoldLost):
        return
    except Exception as error:  # noqa: BLE001 - written down with its next turn, and logged
        log.error("pull_broke", exchange_id=exchange_id, error=type(error).__name__)


def warn_of_stale(at: datetime) -> None:
    """Tell people, once, of each exchange of which no pull came to its end for nearly thirty days.

    Once again when that has passed and comes back.
    """
    limit = at - timedelta(days=rules.STALE_AFTER_DAYS) + WARN_BEFORE
    running = Exchange.objects.exclude(state=PullState.OFF)
    for row in running:
        mine = running.filter(pk=row.pk)
        if queries.complete_since(row) >= limit:
            mine.filter(warned_stale_at__isnull=False).update(warned_stale_at=None)
            continue
        with transaction.atomic():
            if mine.filter(warned_stale_at__isnull=True).update(warned_stale_at=at):
                telling.tell_stale(row, actor=_US, at=at)
