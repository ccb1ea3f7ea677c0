"""What lists do by themselves: entries stop counting when their time is over; the lint."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from tocsin.base.audit.types import system
from tocsin.base.clock import rounds
from tocsin.domain.hashlists import actions, lint, quarantine, reminding
from tocsin.domain.hashlists.known import SetsOutOfOrder
from tocsin.engine.knowngood import WrongSet

log = structlog.get_logger()

LOOK_EACH = timedelta(minutes=1)
ASIDE_ABOVE_ENTRIES = 10_000
WORDPRESS_EACH = timedelta(days=1)
RELEASES = "releases"
AGAIN_AFTER_FAILURE = timedelta(minutes=10)


def register() -> None:
    """Look for entries past their time, and whether the lint is due, on every worker's round."""
    rounds.every("hashlists.expire", LOOK_EACH, _expire)
    rounds.every("hashlists.lint", LOOK_EACH, Rounds().look)
    rounds.every("hashlists.wordpress", WORDPRESS_EACH, PullsWordpress().look)
    rounds.handle(quarantine.WAITS, reminding.still_waiting)


class Rounds:
    """Goes over the live lists when it is due; over many entries in a thread, since ten million
    take minutes and clocks and letters must not wait for them."""

    def __init__(self) -> None:
        self._aside: threading.Thread | None = None
        self._not_before: datetime | None = None

    def look(self, at: datetime) -> None:
        """Start when something changed or night has come, and nothing is under way."""
        if self._aside is not None and self._aside.is_alive():
            return
        if self._not_before is not None and at < self._not_before:
            return
        try:
            if not lint.due(at=at, zone=settings.TOCSIN_ZONE):
                return
            few = lint.to_do() <= ASIDE_ABOVE_ENTRIES
        except WrongSet as error:
            self._failed(at, error)
            return
        if few:
            self._lint(at)
            return
        self._aside = threading.Thread(
            target=self._work_aside, args=(at,), name="lint", daemon=True
        )
        self._aside.start()

    def wait(self) -> None:
        """Until what was started is through."""
        if self._aside is not None:
            self._aside.join()

    def _lint(self, at: datetime) -> None:
        started = time.monotonic()
        try:
            done = lint.lint_live(
                actor=system("worker"),
                clock=lambda: at + timedelta(seconds=time.monotonic() - started),
            )
            log.info("lists_linted", looked=done.looked, quarantined=done.quarantined)
        except lint.LintUnderWay:
            log.info("lint_under_way")
        except WrongSet as error:
            self._failed(at, error)

    def _work_aside(self, at: datetime) -> None:
        try:
            self._lint(at)
        except DatabaseError as error:
            self._failed(at, error)
        finally:
            connection.close()

    def _failed(self, at: datetime, error: Exception) -> None:
        self._not_before = at + AGAIN_AFTER_FAILURE
        sets = error.names if isinstance(error, SetsOutOfOrder) else []
        log.error("lists_not_linted", error=type(error).__name__, known_sets=sets)


class PullsWordpress:
    """Asks wordpress.org once a day for checksums, where the settings name any; in a thread, since
    clocks must not wait for a stranger's server."""

    def __init__(self, puller: actions.Puller | None = None) -> None:
        self._puller = puller or actions.Puller()
        self._aside: threading.Thread | None = None

    def look(self, at: datetime) -> None:
        """Begin, where something is wanted and nothing is under way."""
        wanted = settings.TOCSIN_WORDPRESS
        if not wanted or (self._aside is not None and self._aside.is_alive()):
            return
        self._aside = threading.Thread(
            target=self._pull, args=(list(wanted), at), name="wordpress", daemon=True
        )
        self._aside.start()

    def wait(self) -> None:
        """Until what was started is through."""
        if self._aside is not None:
            self._aside.join()

    def _pull(self, wanted: list[str], at: datetime) -> None:
        plugins = [slug for slug in wanted if slug != RELEASES]
        try:
            pulled = actions.pull_wordpress(
                puller=self._puller,
                releases=() if RELEASES in wanted else None,
                plugins=plugins,
                actor=system("worker"),
                at=at,
            )
            log.info("wordpress_pulled", lists=len(pulled.fresh), refused=pulled.refused)
        except (actions.NotPulled, WrongSet, OSError, DatabaseError) as error:
            log.error("wordpress_not_pulled", error=type(error).__name__)
        finally:
            connection.close()


def _expire(at: datetime) -> None:
    while actions.expire(at=at) == actions.EXPIRE_AT_ONCE:
        pass
