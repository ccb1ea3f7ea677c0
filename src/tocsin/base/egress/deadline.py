"""One clock for a whole request."""

import time

from tocsin.base.egress.refusals import TooSlow


class Deadline:
    """A point in time after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds left, always more than none. Raises ``TooSlow`` when there are none."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TooSlow("deadline")
        return seconds
