"""Distinct values, each with the list of entries that carry it.

Real lists hold the same fingerprint many times (a flat picture stood 5,334 times in one list of two
million), so a search that walked entries instead of distinct values would pay for every copy. Most
values have one entry all the same, so that one stands in a plain column, and only what is beyond
it takes more room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import (
    Bytes,
    Ids,
    Offsets,
    Places,
    Truths,
    Words,
    address_of,
)
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.segment import REBUILD, AnyArray, IndexDamaged, Segment, damaged

MOST_ROWS = 2**32 - 1

Numbers = npt.NDArray[np.uint32]
NarrowIds = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]
"""Ids as they are kept: in four bytes each where all of them fit."""


class TooManyRows(ValueError):
    """More values than one index can number (2^32 - 1); split the list over several indexes."""


@dataclass(frozen=True, slots=True, repr=False)
class Postings:
    """Sorted distinct values with their entry ids, ascending and without repeats for each value.

    values: uint8[n, width]; first_ids: [n], the lowest id of each; shared: uint32[k], the rows that
    have more; starts: uint32[k + 1]; more_ids: [m], of `shared[i]` those from `starts[i]` on.
    """

    values: Bytes
    first_ids: NarrowIds
    shared: Numbers
    starts: Numbers
    more_ids: NarrowIds

    @property
    def width_bytes(self) -> int:
        """Bytes of one value."""
        return int(self.values.shape[1])

    @property
    def pair_count(self) -> int:
        """How many (value, id) pairs these are."""
        return len(self.first_ids) + len(self.more_ids)

    def words(self) -> Words:
        """The values as uint64[n, width / 8] in memory order, for counting differing bits."""
        return self.values.view("<u8")

    def pairs(self) -> tuple[Bytes, Ids]:
        """All (value, id) pairs, as `collect` takes them: uint8[m, width], uint64[m]."""
        origin, ids = self.expand(np.arange(len(self.values)))
        return (self.values if len(ids) == len(self.values) else self.values[origin]), ids

    def all_ids(self) -> Ids:
        """The ids of all pairs, in no order."""
        return np.concatenate((self.first_ids, self.more_ids)).astype(np.uint64, copy=False)

    def arrays(self) -> dict[str, AnyArray]:
        """As they stand in a segment."""
        return {
            "values": self.values,
            "first_ids": self.first_ids,
            "shared": self.shared,
            "starts": self.starts,
            "more_ids": self.more_ids,
        }

    @classmethod
    def read(cls, segment: Segment, width_bytes: int) -> Postings:
        """As `arrays` gave them; raises `IndexDamaged` where the five do not fit together."""
        values = segment.array("values", "u1", (None, width_bytes))
        shared = segment.array("shared", "<u4", (None,))
        starts = segment.array("starts", "<u4", (len(shared) + 1,))
        first_ids = segment.array("first_ids", ("<u4", "<u8"), (len(values),))
        more_ids = segment.array("more_ids", ("<u4", "<u8"), (None,))
        if starts[0] != 0 or starts[-1] != len(more_ids):
            raise damaged(segment.path, "its ids do not fit its values")
        return cls(values, first_ids, shared, starts, more_ids)

    def sample(self, most: int, small: int) -> Places:
        """Rows to check a segment with: all when at most `small`, else `most` evenly spread."""
        n = len(self.values)
        return np.arange(n) if n <= small else np.linspace(0, n - 1, most).astype(np.int64)

    def find(self, values: Bytes) -> Places:
        """Where each of uint8[q, width] stands among the values, -1 where it does not."""
        compiled = kernels()
        if compiled is None or not len(self.values):
            return self._find_plainly(values)
        places = np.empty(len(values), np.int64)
        compiled.find(
            address_of(self.values),
            len(self.values),
            self.width_bytes,
            address_of(values),
            len(values),
            address_of(places),
        )
        return places

    def _find_plainly(self, values: Bytes) -> Places:
        if not len(self.values):
            return np.full(len(values), -1, np.int64)
        # Comparing whole values keeps every search at log2(n) steps, also on a list made of values
        # that all begin alike.
        place = np.searchsorted(as_text(self.values), as_text(values))
        place = np.minimum(place, len(self.values) - 1)
        return np.where((self.values[place] == values).all(axis=1), place, -1)

    def expand(self, rows: Places, most: int = MOST_ROWS) -> tuple[Places, Ids]:
        """The ids of many rows at once: for each id the position in `rows` it came from, and it.

        In no order; of each row the lowest `most`. Raises `IndexDamaged` when the arrays point
        beyond one another.
        """
        try:
            origin, ids = np.arange(len(rows)), self.first_ids[rows].astype(np.uint64)
            if not len(self.shared):
                return origin, ids
            asked, more = self._more(rows, most - 1)
        except (IndexError, ValueError) as contradiction:
            raise IndexDamaged(f"The index contradicts itself. {REBUILD}") from contradiction
        return np.concatenate((origin, asked)), np.concatenate((ids, more))

    def id_count(self, rows: Places) -> int:
        """How many ids `expand` would give, told before there is memory for them.

        Raises `IndexDamaged` too.
        """
        if not len(self.shared):
            return len(rows)
        try:
            return len(rows) + int(self._spans(rows)[2].sum())
        except (IndexError, ValueError) as contradiction:
            raise IndexDamaged(f"The index contradicts itself. {REBUILD}") from contradiction

    def _more(self, rows: Places, most: int) -> tuple[Places, Ids]:
        """What `expand` gives, beyond the first ids."""
        asked, begins, counts = self._spans(rows)
        counts = np.minimum(counts, most)
        sums = np.cumsum(counts)
        place = np.arange(sums[-1] if len(sums) else 0) + np.repeat(begins - sums + counts, counts)
        return np.repeat(asked, counts), self.more_ids[place].astype(np.uint64)

    def _spans(self, rows: Places) -> tuple[Places, Places, Places]:
        """Which of `rows` have further ids, where these begin, and how many they are."""
        place = np.minimum(np.searchsorted(self.shared, rows), len(self.shared) - 1)
        asked = np.flatnonzero(self.shared[place] == rows)
        begins = self.starts[place[asked]].astype(np.int64)
        ends = self.starts[place[asked] + 1].astype(np.int64)
        if (ends > len(self.more_ids)).any() or (ends < begins).any():
            raise IndexError  # else a damaged count could ask for all memory there is
        return asked, begins, ends - begins


def postings_of(values: Bytes, starts: Numbers, ids: Ids) -> Postings:
    """From sorted distinct values and all their ids, those of row i from `starts[i]` on."""
    kept = narrow(ids)
    if len(ids) == len(values):
        return Postings(values, kept, _NO_NUMBERS, np.zeros(1, "<u4"), kept[:0])
    counts = np.diff(starts.astype(np.int64))
    shared = np.flatnonzero(counts > 1)
    beyond = np.ones(len(ids), np.bool_)
    beyond[starts[:-1]] = False
    return Postings(
        values=values,
        first_ids=kept[starts[:-1]],
        shared=shared.astype("<u4"),
        starts=np.append(0, np.cumsum(counts[shared] - 1)).astype("<u4"),
        more_ids=kept[beyond],
    )


def narrow(ids: Ids) -> NarrowIds:
    """The same ids in four bytes each, where all of them fit."""
    fits = not len(ids) or ids.max() < 1 << 32
    return ids.astype("<u4") if fits else ids


def offsets_of(count: int, query: Places) -> Offsets:
    """Where the matches of each of `count` queries begin, from the sorted query numbers of all."""
    offsets = np.zeros(count + 1, np.int64)
    if len(query):
        np.cumsum(np.bincount(query, minlength=count), out=offsets[1:])
    return offsets


def first_of_each(query: Places, most: int | None) -> Truths:
    """For sorted query numbers: True for the first `most` of each, None meaning all."""
    if most is None:
        return np.ones(len(query), np.bool_)
    rank = np.arange(len(query)) - np.searchsorted(query, query)
    kept: Truths = rank < most
    return kept


def as_text(values: Bytes) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    """The values as bytes strings [n], which NumPy orders as a dictionary would, zeros included."""
    return values.view(f"S{values.shape[1]}").reshape(-1)


_NO_NUMBERS: npt.NDArray[Any] = np.empty(0, "<u4")
