"""What changed since an index was built: fresh pairs and withdrawn ids, never changed in place.

A process that serves queries swaps one reference to an `Overlay`; readers take it once and so see
one moment, without a lock. It is meant for the few thousand changes between two builds: every
change copies the fresh pairs, and a near query walks all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tocsin.engine.index.arrays import NO_IDS, Bytes, Ids, Truths
from tocsin.engine.index.postings import Postings, collect


@dataclass(frozen=True, slots=True)
class Overlay:
    """Fresh pairs, and the ids (sorted uint64) whose pairs in the segment below no longer count."""

    fresh: Postings
    withdrawn: Ids

    @property
    def is_empty(self) -> bool:
        """True when the segment below is the whole truth."""
        return not len(self.fresh.ids) and not len(self.withdrawn)

    def with_added(self, values: Bytes, ids: Ids) -> Overlay:
        """These pairs too. A withdrawn id comes back with its new values only."""
        old_values, old_ids = self.fresh.pairs()
        fresh = collect(np.concatenate((old_values, values)), np.concatenate((old_ids, ids)))
        return Overlay(fresh=fresh, withdrawn=self.withdrawn)

    def with_withdrawn(self, ids: Ids) -> Overlay:
        """Without any pair of these ids, fresh or in the segment below."""
        ids = np.unique(ids)
        fresh_values, fresh_ids = self.fresh.pairs()
        stay = ~contains(ids, fresh_ids)
        return Overlay(
            fresh=collect(fresh_values[stay], fresh_ids[stay]),
            withdrawn=np.union1d(self.withdrawn, ids),
        )

    def still_counts(self, ids: Ids) -> Truths:
        """For ids found in the segment below: False where they have been withdrawn."""
        return ~contains(self.withdrawn, ids)


def empty_overlay(width_bytes: int) -> Overlay:
    """The overlay of an index that has just been built or opened."""
    return Overlay(fresh=collect(np.empty((0, width_bytes), np.uint8), NO_IDS), withdrawn=NO_IDS)


def merged(base: Postings, overlay: Overlay) -> Postings:
    """One set of postings with the changes worked in."""
    if overlay.is_empty:
        return base
    values, ids = base.pairs()
    stay = overlay.still_counts(ids)
    fresh_values, fresh_ids = overlay.fresh.pairs()
    return collect(
        np.concatenate((values[stay], fresh_values)), np.concatenate((ids[stay], fresh_ids))
    )


def count_pairs(base: Postings, overlay: Overlay) -> int:
    """How many (value, id) pairs count now; walks all ids once when some were withdrawn."""
    kept = len(base.ids)
    if len(overlay.withdrawn):
        kept = int(np.count_nonzero(overlay.still_counts(base.ids)))
    return kept + len(overlay.fresh.ids) - _counted_twice(base, overlay)


def _counted_twice(base: Postings, overlay: Overlay) -> int:
    """How many fresh pairs still stand in the segment below as well."""
    values, ids = overlay.fresh.pairs()
    rows = base.find(values)
    known = rows >= 0
    origin, base_ids = base.expand(rows[known])
    return int(np.count_nonzero((base_ids == ids[known][origin]) & overlay.still_counts(base_ids)))


def contains(sorted_ids: Ids, asked: Ids) -> Truths:
    """For each asked id whether it stands in `sorted_ids`."""
    if not len(sorted_ids):
        return np.zeros(len(asked), np.bool_)
    place = np.searchsorted(sorted_ids, asked)
    found: Truths = sorted_ids[np.minimum(place, len(sorted_ids) - 1)] == asked
    return found
