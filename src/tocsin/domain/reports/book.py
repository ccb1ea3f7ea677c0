"""The PDQs that new items are compared with, in the memory of whoever places items.

200,000 rows are 6.4 MB and are looked through in some milliseconds; `benchmarks/clusters.py`
measures it. The rows are read once and then only what is new, in the order of their numbers: items
are placed one after the other (`ClusterTurn`), so that no number below the last one appears later.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tocsin.domain.reports import sealed
from tocsin.domain.reports.models import ItemPrint
from tocsin.engine.index.scan import scan

Words = npt.NDArray[np.uint64]
BYTES = 32
MOST_ROWS = 1_000_000
"""The newest so many: 32 MB."""
_STEP = 5_000


@dataclass(slots=True)
class Book:
    """Rows of one world (real or rehearsal): PDQ, and the item it is of."""

    words: Words = field(default_factory=lambda: np.empty((0, 4), np.uint64))
    item_ids: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    used: int = 0

    def add(self, item_id: int, value: bytes) -> None:
        """One more row; the oldest half goes when there are too many."""
        if self.used >= MOST_ROWS:
            self._forget_oldest()
        if self.used == len(self.words):
            self._grow()
        self.words[self.used] = np.frombuffer(value, np.uint64)
        self.item_ids[self.used] = item_id
        self.used += 1

    def near(self, value: bytes, radius_bits: int) -> list[tuple[int, int]]:
        """(distance in bits, item) of the rows within the radius, the nearest and oldest first."""
        if not self.used:
            return []
        rows = self.words[: self.used]
        asked = np.frombuffer(value, np.uint64).reshape(1, 4)
        hits = scan(rows, asked, radius_bits)
        pairs = zip(hits.distance_bits, hits.row, strict=True)
        return sorted((int(bits), int(self.item_ids[row])) for bits, row in pairs)

    def leave_out(self, item_id: int) -> None:
        """The item leads no longer: nothing is compared with it."""
        keep = self.item_ids[: self.used] != item_id
        left = int(keep.sum())
        self.words[:left] = self.words[: self.used][keep]
        self.item_ids[:left] = self.item_ids[: self.used][keep]
        self.used = left

    def _grow(self) -> None:
        size = max(1_024, 2 * len(self.words))
        words, ids = np.empty((size, 4), np.uint64), np.empty(size, np.int64)
        words[: self.used], ids[: self.used] = self.words[: self.used], self.item_ids[: self.used]
        self.words, self.item_ids = words, ids

    def _forget_oldest(self) -> None:
        half = self.used // 2
        self.words[: self.used - half] = self.words[half : self.used]
        self.item_ids[: self.used - half] = self.item_ids[half : self.used]
        self.used -= half


class Shelf:
    """Both worlds' books, kept up with the table."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books = {False: Book(), True: Book()}
        self._last = 0

    def near(self, value: bytes, *, rehearsal: bool, radius_bits: int) -> list[tuple[int, int]]:
        """As `Book.near`, of all that is in the table; the caller holds the turn."""
        with self._lock:
            self._read_on()
            return self._books[rehearsal].near(value, radius_bits)

    def read_on(self) -> None:
        """Read what is new, before the turn is taken: a worker that has just started reads much.

        Rows are written in turns, so whatever can be seen has all its elders beside it.
        """
        with self._lock:
            self._read_on()

    def forget(self) -> None:
        """Read the table anew when next asked: a row in it no longer leads, or has gone."""
        with self._lock:
            self._books = {False: Book(), True: Book()}
            self._last = 0

    def _read_on(self) -> None:
        while True:
            rows = list(
                ItemPrint.objects.filter(pk__gt=self._last, leads=True)
                .order_by("pk")
                .values_list("pk", "item_id", "item__rehearsal", "sealed_value")[:_STEP]
            )
            for pk, item_id, rehearsal, text in rows:
                value = sealed.open_print(text, item_id=item_id)
                if len(value) == BYTES:
                    self._books[rehearsal].add(item_id, value)
                self._last = pk
            if len(rows) < _STEP:
                return


SHELF = Shelf()
