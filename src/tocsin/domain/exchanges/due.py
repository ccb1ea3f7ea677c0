"""What exchanges do by themselves: pull when their turn comes, send votes, say what grows stale."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from tocsin.base.audit.types import system
from tocsin.base.clock import queries as clock
from tocsin.base.clock import rounds
from tocsin.domain.exchanges import pulling, queries, rules, telling, votes
from tocsin.domain.exchanges.asking import PullFailed
from tocsin.domain.exchanges.holding import BeingPulled, HoldLost
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import PullState

log = structlog.get_logger()

_US = system("worker")
WARN_BEFORE = timedelta(days=3)


def register() -> None:
    """Look each second for an exchange whose turn it is; send votes when they fall due."""
    puller = Puller()
    rounds.every("exchanges.pull", timedelta(seconds=1), puller.look)
    rounds.every("exchanges.stale", timedelta(hours=1), warn_of_stale)
    rounds.handle(votes.SEND, votes.send_vote)


class Puller:
    """Pulls in a thread, so that letters and clocks do not wait for pages; one pull at a time in
    each worker, and never two of one exchange in all of them."""

    def __init__(self) -> None:
        self._aside: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin to pull what is due; nothing while a pull is under way."""
        if self._aside is not None and self._aside.is_alive():
            return
        numbers = queries.due(at=at)
        if numbers:
            self._aside = threading.Thread(
                target=self._pull_all, args=(numbers, at), name="exchanges", daemon=True
            )
            self._aside.start()

    def wait(self) -> None:
        """Until the pull under way has ended."""
        if self._aside is not None:
            self._aside.join()

    def _pull_all(self, numbers: list[int], at: datetime) -> None:
        running = pulling.running_clock(at)
        try:
            for number in numbers:
                if clock.paused() is None:
                    pull_one(number, running)
        finally:
            connection.close()


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
