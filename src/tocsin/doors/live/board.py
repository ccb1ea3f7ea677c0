"""The counts everybody looks at, read once a second while somebody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from tocsin.domain.reports import queries as reports

log = structlog.get_logger()

POLL_SECONDS = 1.0


class Board:
    """The newest counts; one poller for all listeners of this process."""

    def __init__(self, poll_seconds: float = POLL_SECONDS) -> None:
        self._poll_seconds = poll_seconds
        self._listeners = 0
        self._poller: asyncio.Task[None] | None = None
        self._counts = ""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """While somebody is in here, the counts are kept fresh."""
        self._listeners += 1
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            self._listeners -= 1
            if self._listeners == 0 and self._poller is not None:
                self._poller.cancel()
                self._poller, self._counts = None, ""

    async def next(self, seen: str, within_seconds: float) -> str | None:
        """The counts once they differ from `seen`; None when they do not in that time."""
        if self._counts not in {"", seen}:
            return self._counts
        try:
            await asyncio.wait_for(self._changed.wait(), within_seconds)
        except TimeoutError:
            if self._poller is not None and self._poller.done():
                self._poller.result()  # raises what ended it: better than a silent stream
            return None
        return self._counts

    async def _poll(self) -> None:
        while True:
            try:
                counts = await sync_to_async(_counts)()
            except DatabaseError as error:
                log.warning("live_waits_for_database", error=type(error).__name__)
            else:
                self._tell(counts)
            await asyncio.sleep(self._poll_seconds)

    def _tell(self, counts: str) -> None:
        if counts != self._counts:
            self._counts = counts
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()


def _counts() -> str:
    close_old_connections()
    counts = {str(state): n for state, n in reports.counts().items()}
    return json.dumps({**counts, "live": reports.live()})
