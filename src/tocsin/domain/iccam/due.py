"""What ICCAM's room does by itself: rounds, clocks of steps, news of our own rooms."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, connection

from tocsin.base.clock import queries as clock
from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.base.outbox.types import News
from tocsin.domain.iccam import actions, queries, rules, telling
from tocsin.domain.iccam.models import Link
from tocsin.domain.visits.types import Outcome

log = structlog.get_logger()

LOOK_EVERY = timedelta(seconds=1)
LOOK_AT_ITEMS_EVERY = timedelta(minutes=1)


def register() -> None:
    """Listen to what is found and done; do rounds; handle the clock of every waiting state."""
    for topic, consumer in (
        ("reports.found_unlawful", _found_unlawful),
        ("reports.police_first", _police_first),
        ("reports.corrected", _corrected),
        ("takedown.sent", _sent),
        ("rechecks.removed", _removed),
        ("rechecks.moved", _moved),
    ):
        consume(topic, consumer)
    rounds.handle(rules.LATE, actions.late)
    rounds.handle(rules.DEAD_WAITS, actions.remind)
    rounds.every("iccam.round", LOOK_EVERY, Exchange().look)
    rounds.every("iccam.items", LOOK_AT_ITEMS_EVERY, look_at_items)


class Exchange:
    """Does rounds in a thread, so that letters and clocks do not wait for a stranger's server."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin a round when it is time; nothing while one is under way."""
        if (self._thread is not None and self._thread.is_alive()) or not queries.due(at=at):
            return
        self._thread = threading.Thread(target=self._round, name="iccam.round", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until what is under way has ended."""
        if self._thread is not None:
            self._thread.join()

    def _round(self) -> None:
        try:
            if clock.paused() is None:
                actions.do_round(clock=lambda: datetime.now(UTC))
        except DatabaseError as error:
            log.error("iccam_waits_for_database", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - logged; the next round tries again
            log.error("iccam_round_broke", error=type(error).__name__)
        finally:
            connection.close()


def look_at_items(at: datetime) -> None:
    """Items of ICCAM that were found not to be unlawful: say so."""
    if Link.objects.exists():
        telling.look_at_items(at)


def _found_unlawful(news: News, at: datetime) -> None:
    telling.found_unlawful(_number(news, "item_id"), _number(news, "finding_id"), at)


def _police_first(news: News, at: datetime) -> None:
    telling.police_first(_number(news, "item_id"), at)


def _corrected(news: News, at: datetime) -> None:
    telling.corrected(_number(news, "item_id"), at)


def _sent(news: News, at: datetime) -> None:
    telling.notice_sent(_number(news, "item_id"), at)


def _removed(news: News, at: datetime) -> None:
    seen_at = news.payload.get("at")
    when = datetime.fromisoformat(seen_at) if isinstance(seen_at, str) else at
    told = news.payload.get("outcome")
    outcome = Outcome(told) if isinstance(told, str) and told in list(Outcome) else None
    telling.removed(_number(news, "item_id"), outcome, when, at)


def _moved(news: News, at: datetime) -> None:
    telling.moved(_number(news, "item_id"), at)


def _number(news: News, name: str) -> int:
    return int(str(news.payload[name]))
