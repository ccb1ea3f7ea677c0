"""What an index holds: what it was built from, and what has changed since, never changed in place.

Three layers: the `base` is the mapped segment; `recent` are fresh pairs, few enough to look at one
by one; when they grow too many they are worked into the `older` fresh ones, which get tables of
their own. So a change costs some milliseconds at most whatever the length of the list, and a search
stays fast with a hundred thousand fresh pairs. What was withdrawn is noted above each layer and
looked at for matches only. A process swaps one reference to its layers; readers take it once and so
see one moment, without a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np

from tocsin.engine.index.arrays import NO_IDS, Bytes, Ids, Truths
from tocsin.engine.index.collecting import collect
from tocsin.engine.index.postings import Postings

# Up to here looking at every row is as fast as tables, which take 4 MB however few rows.
ROWS_WITHOUT_TABLES = 4_096

Finder = TypeVar("Finder")


@dataclass(frozen=True, slots=True, repr=False)
class Layer(Generic[Finder]):
    """Some pairs, how to search them, and the ids (sorted) whose pairs here no longer count."""

    postings: Postings
    finder: Finder
    withdrawn: Ids

    def still_counts(self, ids: Ids) -> Truths:
        """For ids found in this layer: False where they have been withdrawn."""
        return ~contains(self.withdrawn, ids)

    def counting_pairs(self) -> tuple[Bytes, Ids]:
        """All (value, id) pairs that count."""
        values, ids = self.postings.pairs()
        if not len(self.withdrawn):
            return values, ids
        stay = self.still_counts(ids)
        return values[stay], ids[stay]

    def pair_count(self) -> int:
        """How many these are; walks all ids once when some were withdrawn."""
        if not len(self.withdrawn):
            return self.postings.pair_count
        return int(np.count_nonzero(self.still_counts(self.postings.all_ids())))

    def has(self, values: Bytes, ids: Ids) -> Truths:
        """For each given pair whether it counts here."""
        rows = self.postings.find(values)
        known = np.flatnonzero(rows >= 0)
        origin, own_ids = self.postings.expand(rows[known])
        same = (own_ids == ids[known[origin]]) & self.still_counts(own_ids)
        found = np.zeros(len(ids), np.bool_)
        found[known[origin[same]]] = True
        return found


@dataclass(frozen=True, slots=True, repr=False)
class Layers(Generic[Finder]):
    """The three, no pair counting in two of them; `make` gives the finder of new postings."""

    base: Layer[Finder]
    older: Layer[Finder]
    recent: Layer[Finder]
    make: Callable[[Postings], Finder]
    # Those that hold anything, told once and not at every query.
    used: tuple[Layer[Finder], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Tell which are used."""
        all_three = (self.base, self.older, self.recent)
        used = tuple(layer for layer in all_three if len(layer.postings.values))
        object.__setattr__(self, "used", used)

    @classmethod
    def over(cls, base: Layer[Finder], make: Callable[[Postings], Finder]) -> Layers[Finder]:
        """An index as it was built or opened."""
        empty = collect(base.postings.values[:0], NO_IDS)
        nothing = Layer(empty, make(empty), NO_IDS)
        return cls(base, nothing, nothing, make)

    @property
    def is_as_built(self) -> bool:
        """True when the base is the whole truth."""
        fresh = len(self.older.postings.values) + len(self.recent.postings.values)
        return not fresh and not len(self.base.withdrawn)

    def with_added(self, values: Bytes, ids: Ids) -> Layers[Finder]:
        """These pairs too. A withdrawn id comes back with its new values only."""
        new = ~(self.base.has(values, ids) | self.older.has(values, ids))
        recent = _joined(self.recent.counting_pairs(), (values[new], ids[new]))
        if len(recent.values) <= ROWS_WITHOUT_TABLES:
            return replace(self, recent=self._layer(recent))
        older = _joined(self.older.counting_pairs(), recent.pairs())
        empty = collect(values[:0], NO_IDS)
        return replace(self, older=self._layer(older), recent=self._layer(empty))

    def with_withdrawn(self, ids: Ids) -> Layers[Finder]:
        """Without any pair of these ids."""
        ids = np.unique(ids)
        values, recent_ids = self.recent.postings.pairs()
        stay = ~contains(ids, recent_ids)
        recent = self.recent
        if not stay.all():
            recent = self._layer(collect(values[stay], recent_ids[stay]))
        older = self.older if not len(self.older.postings.values) else _without(self.older, ids)
        return replace(self, base=_without(self.base, ids), older=older, recent=recent)

    def merged(self) -> Postings:
        """One set of postings with the changes worked in."""
        if self.is_as_built:
            return self.base.postings
        fresh = _joined(self.older.counting_pairs(), self.recent.counting_pairs())
        return _joined(self.base.counting_pairs(), fresh.pairs())

    def pair_count(self) -> int:
        """How many pairs count."""
        return sum(layer.pair_count() for layer in (self.base, self.older, self.recent))

    def _layer(self, postings: Postings) -> Layer[Finder]:
        return Layer(postings, self.make(postings), NO_IDS)


def contains(sorted_ids: Ids, asked: Ids) -> Truths:
    """For each asked id whether it stands in `sorted_ids`."""
    if not len(sorted_ids):
        return np.zeros(len(asked), np.bool_)
    place = np.searchsorted(sorted_ids, asked)
    found: Truths = sorted_ids[np.minimum(place, len(sorted_ids) - 1)] == asked
    return found


def _joined(one: tuple[Bytes, Ids], other: tuple[Bytes, Ids]) -> Postings:
    return collect(np.concatenate((one[0], other[0])), np.concatenate((one[1], other[1])))


def _without(layer: Layer[Finder], ids: Ids) -> Layer[Finder]:
    """Inserting moves memory once; sorting a hundred thousand ids again for one would be slow."""
    new = ids[~contains(layer.withdrawn, ids)]
    place = np.searchsorted(layer.withdrawn, new)
    return replace(layer, withdrawn=np.insert(layer.withdrawn, place, new))
