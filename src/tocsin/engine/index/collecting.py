"""From (value, id) pairs in any order to postings: sorted, each pair once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import Bytes, Ids, Places, Truths, address_of
from tocsin.engine.index.compiled import Kernels, kernels
from tocsin.engine.index.postings import MOST_ROWS, Postings, TooManyRows, as_text, postings_of

BEGINNINGS = 1 << 16

Counts = npt.NDArray[np.int64]


class Collector:
    """Takes pairs piece by piece, so that a long list needs no more memory than twice itself."""

    def __init__(self, width_bytes: int) -> None:
        self._width = width_bytes
        self._pieces: list[tuple[Bytes, Ids]] = []
        self.pair_count = 0

    def add(self, values: Bytes, ids: Ids) -> None:
        """Take uint8[n, width] and uint64[n]; they must not change until `postings` has been made.

        Raises `TooManyRows` beyond 2^32 - 1 pairs.
        """
        if self.pair_count + len(ids) > MOST_ROWS:
            raise TooManyRows("more than 2^32 - 1 values do not fit into one index; split the list")
        self._pieces.append((values, ids))
        self.pair_count += len(ids)

    def postings(self) -> Postings:
        """What was taken, sorted; a pair given twice counts once. The collector is empty then."""
        compiled = kernels()
        if compiled is None:
            return self._sorted_plainly()
        values = np.empty((self.pair_count, self._width), np.uint8)
        ids = np.empty(self.pair_count, np.uint64)
        ends = self._spread(compiled, values, ids)
        fullest = int(np.diff(ends, prepend=0).max())
        room = np.empty((self._width + 16) * fullest + 64, np.uint8)
        starts = np.empty(self.pair_count + 1, np.uint32)
        rows = compiled.tidy(
            address_of(values),
            address_of(ids),
            self._width,
            address_of(ends),
            address_of(room),
            address_of(starts),
        )
        starts = starts[: rows + 1]
        self.pair_count = 0
        return postings_of(values[:rows], starts, ids[: starts[-1]])

    def _spread(self, compiled: Kernels, values: Bytes, ids: Ids) -> Counts:
        """Bring values that begin alike together; gives where those of each beginning end."""
        counts = np.zeros(BEGINNINGS, np.int64)
        for some, _ in self._pieces:
            compiled.count_beginnings(address_of(some), len(some), self._width, address_of(counts))
        places = np.cumsum(counts) - counts
        self._pieces.reverse()
        while self._pieces:
            # Let go of one by one: by then its pairs stand elsewhere.
            some, some_ids = self._pieces.pop()
            compiled.spread(
                address_of(some),
                address_of(some_ids),
                len(some),
                self._width,
                address_of(places),
                address_of(values),
                address_of(ids),
            )
        return places

    def _sorted_plainly(self) -> Postings:
        values = np.concatenate(
            [np.empty((0, self._width), np.uint8), *(v for v, _ in self._pieces)]
        )
        ids = np.concatenate([np.empty(0, np.uint64), *(i for _, i in self._pieces)])
        self._pieces, self.pair_count = [], 0
        order = sorted_order(values, ids)
        values, ids = values[order], ids[order]
        new_value = _differs_from_the_one_before(values)
        new_pair = new_value | _differs_from_the_one_before(ids[:, None].view(np.uint8))
        values, ids = values[new_value], ids[new_pair]
        starts = np.append(np.flatnonzero(new_value[new_pair]), len(ids)).astype(np.uint32)
        return postings_of(values, starts, ids)


def collect(values: Bytes, ids: Ids) -> Postings:
    """Postings of uint8[n, width] and uint64[n]; a pair given twice counts once.

    Raises `TooManyRows` beyond 2^32 - 1 pairs.
    """
    collector = Collector(values.shape[1])
    collector.add(values, ids)
    return collector.postings()


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
