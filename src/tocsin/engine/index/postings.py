"""Distinct values, each with the list of entries that carry it.

Real lists hold the same fingerprint many times (a flat picture stood 5,334 times in one list of two
million), so a search that walked entries instead of distinct values would pay for every copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.engine.index.arrays import Bytes, Ids, Offsets, Places, Truths, Words
from tocsin.engine.index.segment import AnyArray, Segment, damaged

MOST_ROWS = 2**32 - 1


class TooManyRows(ValueError):
    """More values than one index can number (2^32 - 1); split the list over several indexes."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Sorted distinct values with their entry ids, ascending and without repeats for each value.

    values: uint8[n, width]; starts: uint32[n + 1]; ids: uint64[m]. The ids of value `i` are
    `ids[starts[i]:starts[i + 1]]`.
    """

    values: Bytes
    starts: np.ndarray[tuple[int], np.dtype[np.uint32]]
    ids: Ids

    @property
    def width_bytes(self) -> int:
        """Bytes of one value."""
        return int(self.values.shape[1])

    def words(self) -> Words:
        """The values as uint64[n, width / 8] in memory order, for counting differing bits."""
        return self.values.view("<u8")

    def pairs(self) -> tuple[Bytes, Ids]:
        """All (value, id) pairs, as `collect` takes them: uint8[m, width], uint64[m]."""
        starts = self.starts.astype(np.int64)
        return np.repeat(self.values, starts[1:] - starts[:-1], axis=0), self.ids

    def arrays(self) -> dict[str, AnyArray]:
        """As they stand in a segment."""
        return {"values": self.values, "starts": self.starts, "ids": self.ids}

    @classmethod
    def read(cls, segment: Segment, width_bytes: int) -> Postings:
        """As `arrays` gave them; raises `IndexDamaged` where the three do not fit together."""
        values = segment.array("values", "u1", (None, width_bytes))
        starts = segment.array("starts", "<u4", (len(values) + 1,))
        ids = segment.array("ids", "<u8", (None,))
        if starts[0] != 0 or starts[-1] != len(ids):
            raise damaged(segment.path, "its ids do not fit its values")
        return cls(values=values, starts=starts, ids=ids)

    def sample(self, most: int, small: int) -> Places:
        """Rows to check a segment with: all when at most `small`, else `most` evenly spread."""
        n = len(self.values)
        return np.arange(n) if n <= small else np.linspace(0, n - 1, most).astype(np.int64)

    def find(self, values: Bytes) -> Places:
        """Where each of uint8[q, width] stands among the values, -1 where it does not."""
        if not len(self.values):
            return np.full(len(values), -1, np.int64)
        # Comparing whole values keeps every search at log2(n) steps, also on a list made of values
        # that all begin alike; asking in sorted order keeps the mapped pages warm.
        asked = as_text(values)
        order = np.argsort(asked)
        place = np.empty(len(asked), np.int64)
        place[order] = np.searchsorted(as_text(self.values), asked[order])
        place = np.minimum(place, len(self.values) - 1)
        return np.where((self.values[place] == values).all(axis=1), place, -1)

    def expand(self, rows: Places) -> tuple[Places, Ids]:
        """The ids of many rows at once: for each id the position in `rows` it came from, and it."""
        starts = self.starts[rows].astype(np.int64)
        counts = self.starts[rows + 1].astype(np.int64) - starts
        ends = np.cumsum(counts)
        origin = np.repeat(np.arange(len(rows), dtype=np.int64), counts)
        place = np.arange(len(origin), dtype=np.int64) + (starts - ends + counts)[origin]
        return origin, self.ids[place]


def collect(values: Bytes, ids: Ids) -> Postings:
    """Sort (value, id) pairs into postings; a pair given twice counts once.

    Raises `TooManyRows` beyond 2^32 - 1 pairs.
    """
    if len(ids) > MOST_ROWS:
        raise TooManyRows(f"{len(ids)} values do not fit into one index; split the list")
    order = sorted_order(values, ids)
    values, ids = values[order], ids[order]
    new_value = _differs_from_the_one_before(values)
    new_pair = new_value | _differs_from_the_one_before(ids[:, None].view(np.uint8))
    values, ids = values[new_value], ids[new_pair]
    first_of_value = np.flatnonzero(new_value[new_pair])
    starts = np.append(first_of_value, len(ids)).astype(np.uint32)
    return Postings(values=values, starts=starts, ids=ids)


def offsets_of(count: int, query: Places) -> Offsets:
    """Where the matches of each of `count` queries begin, from the sorted query numbers of all."""
    offsets = np.zeros(count + 1, np.int64)
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


def sorted_order(values: Bytes, ids: Ids) -> Places:
    """Positions that sort by value, then id. One fast pass over 8 bytes, then only their ties."""
    first = np.ascontiguousarray(values[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
    order = np.argsort(first).astype(np.int64)
    first = first[order]
    same = first[1:] == first[:-1]
    tied = np.zeros(len(order), np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    among = order[tied]
    # Ties stand in runs, so sorting all of them together by the full value puts each run back
    # into its own places.
    order[tied] = among[np.lexsort((ids[among], as_text(values[among])))]
    return order


def _differs_from_the_one_before(rows: Bytes) -> Truths:
    """For sorted rows: True where a row is not the same as its predecessor; the first is True."""
    new = np.ones(len(rows), np.bool_)
    if len(rows) > 1:
        new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return new
