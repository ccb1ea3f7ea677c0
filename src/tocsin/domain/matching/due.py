"""What matching does by itself: bring hits home, and build the index when it has grown old."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from tocsin.base.clock import rounds
from tocsin.base.outbox.actions import consume
from tocsin.domain.hashlists import actions as hashlists_actions
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching.actions import forget_hours
from tocsin.domain.matching.alike import LOOK_FOR_ALIKE, Alike, heard_of_wrong
from tocsin.domain.matching.building import Need, build_index
from tocsin.domain.matching.drain import Drain
from tocsin.domain.matching.guard.actions import forget_old
from tocsin.domain.matching.private.evaluating import Evaluator
from tocsin.domain.matching.types import BuildBusy
from tocsin.engine.index import IndexUnusable, PublishFailed, published, verify_published

log = structlog.get_logger()

ASIDE_ABOVE_ENTRIES = 100_000
AGAIN_AFTER_FAILURE = timedelta(seconds=30)


def register() -> None:
    """Drain the journals four times a second, look twice a second whether to build and what came
    that is to be evaluated, and forget each hour what the guard needs no more."""
    drain, builder, evaluator = Drain(), Builder(), Evaluator()

    def bring_home(at: datetime) -> None:
        ring = settings.TOCSIN_KEYS.ring("journal")
        drain.run(folder=settings.TOCSIN_JOURNAL, ring=ring, at=at)

    rounds.every("matching.drain", timedelta(milliseconds=250), bring_home)
    rounds.every("matching.forget_guard", timedelta(hours=1), _forget)
    rounds.every("matching.build", timedelta(milliseconds=500), builder.look)
    rounds.every("matching.evaluate", timedelta(milliseconds=500), evaluator.look)
    consume(hashlists_actions.FOUND_WRONG, heard_of_wrong)
    alike = Alike()

    def look_for_alike(subject: str, at: datetime) -> None:
        alike.look(settings.TOCSIN_INDEX, subject, at)

    rounds.handle(LOOK_FOR_ALIKE, look_for_alike)


def _forget(at: datetime) -> None:
    forget_old(at=at)
    forget_hours(at=at)


class Builder:
    """Builds when the index has grown old or is damaged; a large one in a thread, so that letters
    and clocks do not wait for minutes."""

    def __init__(self) -> None:
        self._need = Need()
        self._aside: threading.Thread | None = None
        self._not_before: datetime | None = None
        self._verified: int | None = None

    def look(self, at: datetime) -> None:
        """Build now if there is need, or have it built; nothing while that is under way.

        Each generation is read once and compared with its checksums: opening looks at a sample
        only. One that is damaged is built again.
        """
        if self._aside is not None and self._aside.is_alive():
            return
        if self._not_before is not None and at < self._not_before:
            return
        root = settings.TOCSIN_INDEX
        work = self._build if self._need.exists(root) else self._verification(root)
        if work is None:
            return
        if sum(view.entries for view in hashlists.lists()) <= ASIDE_ABOVE_ENTRIES:
            work(at)
            return
        self._aside = threading.Thread(
            target=self._work_aside, args=(work, at), name="index-builder", daemon=True
        )
        self._aside.start()

    def _build(self, at: datetime) -> None:
        try:
            self._verified = build_index(at=at).generation
            self._not_before = None
        except BuildBusy:
            log.info("index_build_busy")
        except PublishFailed as error:
            self._not_before = at + AGAIN_AFTER_FAILURE
            log.error("index_not_published", error=type(error).__name__)

    def _verification(self, root: Path) -> Callable[[datetime], None] | None:
        try:
            manifest = published(root)
        except IndexUnusable:
            return None
        if manifest is None or manifest.generation == self._verified:
            return None
        self._verified = manifest.generation
        return self._verify

    def _verify(self, at: datetime) -> None:
        try:
            verify_published(settings.TOCSIN_INDEX)
        except IndexUnusable as error:
            log.error("index_damaged", error=type(error).__name__)
            self._build(at)

    def _work_aside(self, work: Callable[[datetime], None], at: datetime) -> None:
        try:
            work(at)
        except DatabaseError as error:
            self._not_before = datetime.now(UTC) + AGAIN_AFTER_FAILURE
            log.error("index_not_built", error=type(error).__name__)
        finally:
            connection.close()
