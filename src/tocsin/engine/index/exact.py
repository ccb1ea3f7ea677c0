"""Exact look-up of fingerprints of one width: MD5, SHA-1, SHA-256, or whole PhotoDNA hashes."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from tocsin.engine.index.arrays import (
    NO_IDS,
    NOWHERE,
    Bytes,
    Ids,
    Offsets,
    Places,
    WrongShape,
    as_ids,
    as_values,
)
from tocsin.engine.index.durable import Written, replace_file, write_file
from tocsin.engine.index.overlay import Overlay, count_pairs, empty_overlay, merged
from tocsin.engine.index.postings import Postings, collect, first_of_each, offsets_of
from tocsin.engine.index.segment import (
    REBUILD,
    AnyArray,
    IndexDamaged,
    damaged,
    open_segment,
    segment_chunks,
)

KIND = "exact"
NAME = re.compile(r"[a-z0-9_]{1,32}")
LEAST_WIDTH_BYTES = 8
MOST_WIDTH_BYTES = 256
# With a cap on the ids, so many queries are answered at once: it bounds what is held before it.
QUERIES_WHEN_CAPPED = 1_024
SAMPLE_ROWS = 64
SMALL_ROWS = 1_024


class WrongName(ValueError):
    """The name of an exact index is not 1 to 32 of a-z, 0-9 and _."""


class ExactMatches(NamedTuple):
    """What a batch of Q queries found: the ids of query `i` are `ids[offsets[i]:offsets[i + 1]]`.

    The ids of a query ascend and stand once each.
    """

    offsets: Offsets
    ids: Ids


class ExactIndex:
    """Which entries carry exactly these bytes, over (value, entry id) pairs of one width.

    A sorted array searched where it lies: a look-up takes log2(n) steps whatever the values are.
    Any number of threads may query while one adds or withdraws.
    """

    def __init__(self, base: Postings) -> None:
        """For `build` and `open`; not meant to be called by others."""
        self._state: tuple[Postings, Overlay] = (base, empty_overlay(base.width_bytes))
        self._writing = Lock()

    @classmethod
    def build(cls, values: Bytes, ids: Ids) -> ExactIndex:
        """Build from values uint8[N, W] and entry ids uint64[N]; the width W is 8 to 256 bytes.

        A pair given twice counts once. Raises `WrongShape` and `TooManyRows` (2^32 - 1 pairs).
        """
        width_bytes = values.shape[1] if np.ndim(values) == 2 else 0
        if not LEAST_WIDTH_BYTES <= width_bytes <= MOST_WIDTH_BYTES:
            raise WrongShape("values must have the shape [N, W] with W from 8 to 256 bytes")
        values = as_values(values, width_bytes)
        return cls(collect(values, as_ids(ids, len(values))))

    @classmethod
    def open(cls, folder: Path, name: str) -> ExactIndex:
        """Map what `save` wrote under this name, read-only, and check that it finds its entries.

        Raises `IndexMissing`, `IndexDamaged`, `IndexTooNew` and `WrongName`.
        """
        segment = open_segment(folder / file_name(name), KIND)
        width = segment.array("width", "<u4", (1,))
        index = cls(Postings.read(segment, int(width[0])))
        if not index._finds_itself():
            raise damaged(segment.path, "it does not find its own entries")
        return index

    def save(self, folder: Path, name: str) -> None:
        """Write the index as it is now into an existing folder, in one step; raises `OSError`."""
        replace_file(folder / file_name(name), segment_chunks(KIND, self._arrays()))

    def write(self, path: Path) -> Written:
        """Write the index as it is now as a new file, for a folder that nobody reads yet."""
        return write_file(path, segment_chunks(KIND, self._arrays()))

    @property
    def width_bytes(self) -> int:
        """Bytes of one value."""
        return self._state[0].width_bytes

    def query(self, values: Bytes, *, most_ids: int | None = None) -> ExactMatches:
        """The entries that carry each of uint8[Q, W]: offsets int64[Q + 1], ids uint64[M].

        `most_ids` keeps only the lowest so many for each query, and bounds the memory of a batch
        that asks for a value with thousands of entries. Raises `WrongShape`, and `IndexDamaged` if
        the mapped file turns out to contradict itself.
        """
        values = as_values(values, self.width_bytes)
        state = self._state
        step = len(values) if most_ids is None else QUERIES_WHEN_CAPPED
        query, ids = [NOWHERE], [NO_IDS]
        for first in range(0, len(values), max(1, step)):
            found_query, found_ids = _counting(state, values[first : first + step])
            kept = first_of_each(found_query, most_ids)
            query.append(found_query[kept] + first)
            ids.append(found_ids[kept])
        return ExactMatches(offsets_of(len(values), np.concatenate(query)), np.concatenate(ids))

    def add(self, values: Bytes, ids: Ids) -> None:
        """Let more pairs count at once, in this process only: uint8[N, W], uint64[N].

        For some thousands between two builds. Raises `WrongShape`.
        """
        values = as_values(values, self.width_bytes)
        ids = as_ids(ids, len(values))
        with self._writing:
            base, overlay = self._state
            self._state = (base, overlay.with_added(values, ids))

    def withdraw(self, ids: Ids) -> None:
        """Let no value of these entries count any more, in this process; unknown ids are fine."""
        ids = as_ids(ids)
        with self._writing:
            base, overlay = self._state
            self._state = (base, overlay.with_withdrawn(ids))

    def __len__(self) -> int:
        """How many distinct (value, id) pairs count now."""
        return count_pairs(*self._state)

    def _arrays(self) -> dict[str, AnyArray]:
        postings = merged(*self._state)
        return {"width": np.array([postings.width_bytes], "<u4"), **postings.arrays()}

    def _finds_itself(self) -> bool:
        """Whether a sample of values (all of a small index) is found with all its ids."""
        base, _ = self._state
        sample = base.sample(SAMPLE_ROWS, SMALL_ROWS)
        rows = base.find(base.values[sample])
        return bool((rows == sample).all())


def file_name(name: str) -> str:
    """The file an exact index of this name is saved in; raises `WrongName`."""
    if not NAME.fullmatch(name):
        raise WrongName("the name of an exact index is 1 to 32 of a-z, 0-9 and _")
    return f"exact-{name}.seg"


def _counting(state: tuple[Postings, Overlay], values: Bytes) -> tuple[Places, Ids]:
    """Query number and id of all matches that count, each once, by query and id."""
    base, overlay = state
    query, ids = _found(base, values)
    stay = overlay.still_counts(ids)
    fresh_query, fresh_ids = _found(overlay.fresh, values)
    query = np.concatenate((query[stay], fresh_query))
    ids = np.concatenate((ids[stay], fresh_ids))
    order = np.lexsort((ids, query))
    query, ids = query[order], ids[order]
    first = np.ones(len(query), np.bool_)
    first[1:] = (query[1:] != query[:-1]) | (ids[1:] != ids[:-1])
    return query[first], ids[first]


def _found(postings: Postings, values: Bytes) -> tuple[Places, Ids]:
    """Query numbers and ids of all values that stand in the postings."""
    rows = postings.find(values)
    query = np.flatnonzero(rows >= 0)
    try:
        origin, ids = postings.expand(rows[query])
    except (IndexError, ValueError) as contradiction:
        raise IndexDamaged(f"The exact index contradicts itself. {REBUILD}") from contradiction
    return query[origin], ids
