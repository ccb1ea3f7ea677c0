"""How much is going on, looked up every few seconds and not for each page."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from tocsin.domain.reporters import queries

LOOK_EACH = timedelta(seconds=5)

_lock = threading.Lock()
_known: tuple[datetime, int] | None = None


def sent_in_the_last_hour(at: datetime) -> int:
    """How many forms came in within the last hour, as of at most five seconds ago."""
    global _known  # noqa: PLW0603 - one number for the process
    with _lock:
        if _known is not None and timedelta(0) <= at - _known[0] < LOOK_EACH:
            return _known[1]
    found = queries.sent_in_the_last_hour(at)
    with _lock:
        _known = (at, found)
    return found


def forget() -> None:
    """Look again at the next question."""
    global _known  # noqa: PLW0603 - one number for the process
    with _lock:
        _known = None
