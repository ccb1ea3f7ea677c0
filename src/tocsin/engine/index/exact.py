"""Exact look-up of fingerprints of one width: MD5, SHA-1, SHA-256, or whole PhotoDNA hashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    as_most,
    as_values,
)
from tocsin.engine.index.collecting import collect
from tocsin.engine.index.durable import Written, replace_file, write_file
from tocsin.engine.index.layers import Layer, Layers
from tocsin.engine.index.measured import Measure, MeasuredMatches, rows_within
from tocsin.engine.index.postings import Postings, first_of_each, offsets_of
from tocsin.engine.index.segment import (
    AnyArray,
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
        self._layers: Layers[None] = Layers.over(Layer(base, None, NO_IDS), _no_finder)
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
        return self._layers.base.postings.width_bytes

    def query(self, values: Bytes, *, most_ids: int | None = None) -> ExactMatches:
        """The entries that carry each of uint8[Q, W]: offsets int64[Q + 1], ids uint64[M].

        `most_ids` keeps only the lowest so many for each query, and bounds the memory of a batch
        that asks for a value with thousands of entries. Raises `WrongShape`, and `IndexDamaged` if
        the mapped file turns out to contradict itself.
        """
        values = as_values(values, self.width_bytes)
        layers = self._layers.used
        most_ids = as_most(most_ids)
        step = max(1, len(values)) if most_ids is None else QUERIES_WHEN_CAPPED
        found = []
        for first in range(0, len(values), step):
            some = _counting(layers, values[first : first + step])
            if some is not None:
                kept = first_of_each(some[0], most_ids)
                found.append((some[0][kept] + first, some[1][kept]))
        if not found:
            return ExactMatches(np.zeros(len(values) + 1, np.int64), NO_IDS)
        query = np.concatenate([query for query, _ in found])
        return ExactMatches(
            offsets_of(len(values), query), np.concatenate([ids for _, ids in found])
        )

    def query_measured(self, values: Bytes, measure: Measure) -> MeasuredMatches:
        """The entries within the measure of each of uint8[Q, 144], for PhotoDNA hashes only.

        Looks at every value. Raises `WrongShape` also where the index holds values of another
        width, and `IndexDamaged`.
        """
        values = as_values(values, self.width_bytes)
        layers = self._layers.used
        found = [_measured(layers, value, measure.threshold) for value in values]
        offsets = np.cumsum([0, *(len(ids) for ids, _ in found)])
        return MeasuredMatches(
            offsets,
            np.concatenate([NO_IDS, *(ids for ids, _ in found)]),
            np.concatenate([NOWHERE, *(distances for _, distances in found)]),
        )

    def add(self, values: Bytes, ids: Ids) -> None:
        """Let more pairs count at once, in this process only: uint8[N, W], uint64[N].

        For some thousands between two builds. Raises `WrongShape`.
        """
        values = as_values(values, self.width_bytes)
        ids = as_ids(ids, len(values))
        with self._writing:
            self._layers = self._layers.with_added(values, ids)

    def withdraw(self, ids: Ids) -> None:
        """Let no value of these entries count any more, in this process; unknown ids are fine."""
        ids = as_ids(ids)
        with self._writing:
            self._layers = self._layers.with_withdrawn(ids)

    def __len__(self) -> int:
        """How many distinct (value, id) pairs count now."""
        return self._layers.pair_count()

    def _arrays(self) -> dict[str, AnyArray]:
        postings = self._layers.merged()
        return {"width": np.array([postings.width_bytes], "<u4"), **postings.arrays()}

    def _finds_itself(self) -> bool:
        """Whether a sample of values (all of a small index) is found with all its ids."""
        base = self._layers.base.postings
        sample = base.sample(SAMPLE_ROWS, SMALL_ROWS)
        rows = base.find(base.values[sample])
        base.expand(sample)
        return bool((rows == sample).all())


def file_name(name: str) -> str:
    """The file an exact index of this name is saved in; raises `WrongName`."""
    if not NAME.fullmatch(name):
        raise WrongName("the name of an exact index is 1 to 32 of a-z, 0-9 and _")
    return f"exact-{name}.seg"


def _counting(layers: Sequence[Layer[None]], values: Bytes) -> tuple[Places, Ids] | None:
    """Query number and id of all matches that count, by query and id; None when there are none.

    No pair counts in two layers, so none stands twice.
    """
    found = []
    for layer in layers:
        rows = layer.postings.find(values)
        query = np.flatnonzero(rows >= 0)
        if len(query):
            origin, ids = layer.postings.expand(rows[query])
            stay = layer.still_counts(ids)
            found.append((query[origin[stay]], ids[stay]))
    if not found:
        return None
    query = np.concatenate([query for query, _ in found])
    ids = np.concatenate([ids for _, ids in found])
    order = np.lexsort((ids, query))
    return query[order], ids[order]


def _measured(layers: Sequence[Layer[None]], value: Bytes, threshold: int) -> tuple[Ids, Places]:
    """Ids and distances of all that count, nearest first and then by id, each id once."""
    ids, distances = [NO_IDS], [NOWHERE]
    for layer in layers:
        rows, distance = rows_within(layer.postings.values, value, threshold)
        origin, some = layer.postings.expand(rows)
        stay = layer.still_counts(some)
        ids.append(some[stay])
        distances.append(distance[origin[stay]])
    all_ids, all_distances = np.concatenate(ids), np.concatenate(distances)
    order = np.lexsort((all_ids, all_distances))
    # Of equal ids `unique` names the first, which is the nearest by now.
    first = np.sort(np.unique(all_ids[order], return_index=True)[1])
    return all_ids[order][first], all_distances[order][first]


def _no_finder(_: Postings) -> None:
    """Values are found in postings themselves."""
