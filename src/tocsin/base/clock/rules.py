"""How long a lease lasts and how long to wait after a failure."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(seconds=60)
FIRST_BACKOFF = timedelta(seconds=2)
LONGEST_BACKOFF = timedelta(minutes=30)


def backoff(attempts: int) -> timedelta:
    """Wait before the next try after `attempts` failures: 2 s, 4 s, 8 s ... at most 30 min."""
    doubled = FIRST_BACKOFF * (1 << min(max(attempts - 1, 0), 20))
    return min(doubled, LONGEST_BACKOFF)
