"""Counts of checks, gathered in memory and written about each second."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from tocsin.domain.matching.actions import CountKey, count_checks
from tocsin.domain.matching.measuring import MeasureKey


class Counts:
    """Adds up from any number of threads; `flush` writes what has come together.

    Counts of the last second are lost when a process is killed: they are statistics, and hits do
    not depend on them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[CountKey | MeasureKey] = Counter()

    def add(self, counted: Mapping[CountKey, int] | Mapping[MeasureKey, int]) -> None:
        """Add these to what waits."""
        with self._lock:
            for what, n in counted.items():
                self._waiting[what] += n

    def flush(self) -> None:
        """Write the counts; those that could not be written wait for the next time."""
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        if not taken:
            return
        written = False
        try:
            count_checks(taken)
            written = True
        finally:
            if not written:
                with self._lock:
                    self._waiting.update(taken)
