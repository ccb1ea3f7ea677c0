"""When to ask again, and when not to ask at all."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import random
from typing import Final

ITEMS_PER_TOKEN: Final = 100
_LEFT: Final = re.compile(r'^\s*"[^"]*"\s*(?:;.*)?;r=(\d{1,9})(?:;|$)')
_POLICY: Final = re.compile(r'^\s*"[^"]*"\s*(?:;.*)?;q=(\d{1,9});(?:.*;)?w=(\d{1,9})(?:;|$)')

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, each drawn from its upper half, so that clients do not come together."""

    first_seconds: float
    longest_seconds: float
    draw: Callable[[], float] = random

    def before_try(self, number: int) -> float:
        """Seconds to wait before try `number`, where 2 is the first repetition."""
        whole = min(self.longest_seconds, self.first_seconds * 2.0 ** (number - 2))
        return float(whole * (0.5 + self.draw() / 2))


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] | None = None) -> float:
    """Seconds that `Retry-After` asks for, as a number or a date (RFC 9110, 10.2.3); else 0."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    at = now() if now else datetime.now(UTC)
    return max(0.0, (until - at).total_seconds())


@dataclass(slots=True)
class Allowance:
    """What a server last said of the key's bucket (`RateLimit`, `RateLimit-Policy`), carried on.

    Not safe for threads: it belongs to one event loop.
    """

    clock: Clock = time.monotonic
    _quota: float = math.inf
    _per_second: float = 0.0
    _left: float = math.inf
    _at: float = 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says; one that says nothing changes nothing."""
        left = _LEFT.match(headers.get("ratelimit", ""))
        policy = _POLICY.match(headers.get("ratelimit-policy", ""))
        if left is None or policy is None or int(policy[1]) < 1 or int(policy[2]) < 1:
            return
        self._quota = float(policy[1])
        self._per_second = self._quota / float(policy[2])
        self._left, self._at = float(left[1]), self.clock()

    def wait_for(self, items: int) -> float:
        """Seconds until the bucket will hold enough for a request with so many items."""
        if not self._per_second:
            return 0.0
        missing = min(self._cost(items), self._quota) - self._now()
        return max(0.0, missing / self._per_second)

    def spend(self, items: int) -> None:
        """A request is on its way."""
        if self._per_second:
            self._left, self._at = max(0.0, self._now() - self._cost(items)), self.clock()

    def _now(self) -> float:
        gained = (self.clock() - self._at) * self._per_second
        return min(self._quota, self._left + gained)

    @staticmethod
    def _cost(items: int) -> float:
        return max(1.0, math.ceil(items / ITEMS_PER_TOKEN))


@dataclass(slots=True)
class Breaker:
    """A circuit breaker: closed, open for a while after failures in a row, then half open.

    Half open, one call is let through; its end closes or opens it again. Not safe for threads.
    """

    failures: int
    open_seconds: float
    clock: Clock = time.monotonic
    _in_a_row: int = field(default=0, init=False)
    _open_until: float = field(default=-math.inf, init=False)
    _trying: bool = field(default=False, init=False)

    @property
    def is_open(self) -> bool:
        return self._in_a_row >= self.failures

    def admit(self) -> bool:
        """Whether a call may be made now; each that may must end in `succeeded`, `failed` or
        `abandoned`."""
        if not self.is_open:
            return True
        if self._trying or self.clock() < self._open_until:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """The server gave an answer, be it a refusal."""
        self._in_a_row, self._trying = 0, False

    def failed(self) -> None:
        """The call brought nothing."""
        self._in_a_row, self._trying = self._in_a_row + 1, False
        self._open_until = self.clock() + self.open_seconds

    def abandoned(self) -> None:
        """Whoever called went away before there was an end: nothing was learned."""
        self._trying = False
