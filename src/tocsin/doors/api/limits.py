"""How fast a key may ask: a token bucket for each key, in each process."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.domain.matching.types import CheckKey
from tocsin.doors.api.http import Refused

ITEMS_PER_TOKEN = 100
# Who comes back exactly when told to is not refused for the last binary digit.
_ROUNDING = 1e-6


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left: whole tokens, and seconds until the bucket is full again."""

    left: int
    full_in_seconds: int
    quota: int
    window_seconds: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers)."""
        return (
            ("RateLimit-Policy", f'"key";q={self.quota};w={self.window_seconds}'),
            ("RateLimit", f'"key";r={self.left};t={self.full_in_seconds}'),
        )


class RateLimit:
    """A request costs one token, a batch one for each 100 items begun.

    A key's bucket holds `burst` tokens and fills with `per_second`. Each process counts for itself,
    so with n processes a key gets up to n times as much.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: CheckKey, cost: int = 1, *, paid: int = 0) -> Allowance:
        """Take tokens; raises Refused 429 with `Retry-After` when there are not enough.

        `paid` of the cost were taken before, for the same request. What costs more than the bucket
        can ever hold is let pass when it is full, and paid afterwards: the bucket stands below
        nothing until then.
        """
        asked_for = min(cost, key.burst)
        with self._lock:
            bucket = self._filled(key)
            passes = bucket.tokens + _ROUNDING >= asked_for - paid
            if passes:
                bucket.tokens -= cost - paid
            tokens = bucket.tokens
        allowance = _allowance(key, tokens)
        if passes:
            return allowance
        # What was paid is gone: whoever comes again pays that anew.
        wait = max(1, math.ceil((asked_for - tokens) / key.per_second))
        raise Refused(
            429,
            "too_many_requests",
            f"This key has asked too often; ask again in {wait} s.",
            headers=(("Retry-After", str(wait)), *allowance.headers()),
        )

    def _filled(self, key: CheckKey) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key.key_id, _Bucket(float(key.burst), now))
        gained = max(0.0, now - bucket.filled_at) * key.per_second
        bucket.tokens = min(float(key.burst), bucket.tokens + gained)
        bucket.filled_at = now
        return bucket


def cost_of(items: int) -> int:
    """Tokens for a batch of that many items."""
    return max(1, math.ceil(items / ITEMS_PER_TOKEN))


def _allowance(key: CheckKey, tokens: float) -> Allowance:
    return Allowance(
        left=max(0, int(tokens)),
        full_in_seconds=math.ceil((key.burst - tokens) / key.per_second),
        quota=key.burst,
        window_seconds=max(1, math.ceil(key.burst / key.per_second)),
    )
