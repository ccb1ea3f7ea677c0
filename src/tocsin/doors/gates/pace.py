"""How fast a gate may ask: as fast as its key. It waits, as there is nobody to be told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Pace:
    """`burst` questions at once and then `per_second`, as the key says at that moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = 0.0

    async def wait(self, per_second: float, burst: int) -> None:
        """Until one more may be asked; callers come through in the order they came."""
        await asyncio.sleep(self.take(per_second, burst))

    def take(self, per_second: float, burst: int) -> float:
        """The seconds to wait before one more."""
        # What is due moves on by one interval for each question, and may lie a burst ahead.
        now = self._clock()
        self._due = max(self._due, now) + 1 / per_second
        return max(0.0, self._due - now - burst / per_second)
