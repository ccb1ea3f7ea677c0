"""How a process that answers is doing: what it answered since it began, and from which lists.

Totals in memory, for whoever watches the machine; what is kept of checks is counted elsewhere.
Neither a key nor a provider is in them.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.domain.matching.types import AnswerStatus, Door

EDGES_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Upper edges; what took longer stands in one more place behind them."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Requests by how long they took: how many up to each edge and above the one before it (not
    added up), and seconds in all."""

    counts: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """Answers by door and status, requests by door, and the lists as they are served."""

    answers: Mapping[tuple[Door, AnswerStatus], int]
    times: Mapping[Door, Timed]
    list_version: int | None
    generation: int | None
    heard_at: datetime | None


class Tally:
    """Adds up from any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[Door, AnswerStatus]] = Counter()
        self._counts: dict[Door, list[int]] = {}
        self._seconds: dict[Door, float] = {}

    def add(self, door: Door, ended: Mapping[AnswerStatus, int], seconds: float) -> None:
        """One request: how its pictures ended, and how long it took."""
        place = bisect_left(EDGES_SECONDS, seconds)
        with self._lock:
            for status, n in ended.items():
                self._answers[door, status] += n
            self._counts.setdefault(door, [0] * (len(EDGES_SECONDS) + 1))[place] += 1
            self._seconds[door] = self._seconds.get(door, 0.0) + seconds

    def totals(
        self,
    ) -> tuple[dict[tuple[Door, AnswerStatus], int], dict[Door, Timed]]:
        """Since this process began."""
        with self._lock:
            times = {
                door: Timed(tuple(counts), self._seconds[door])
                for door, counts in self._counts.items()
            }
            return dict(self._answers), times
