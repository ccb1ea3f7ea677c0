"""What becomes of a ball whose entry is no longer listed.

A picture that is on no list any more has no edge to keep secret: who asked about it is forgiven. An
entry that came in again as a newer version, or that others list too, leaves what was learned around
it to the one that is met there now: else each new delivery of a list would be a new chance.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tocsin.domain.matching import rules
from tocsin.domain.matching.guard.balls import Ball
from tocsin.domain.matching.live_lists import Serving
from tocsin.domain.matching.searching import search
from tocsin.domain.matching.types import ListsSeen, MatchKind, Query

_ANY_QUALITY = 100


def still_listed(entry_ids: Iterable[int], serving: Serving) -> frozenset[int]:
    """Those of the entries that a live key may still meet by nearness."""
    ids = np.array(sorted(entry_ids), np.uint64)
    near = np.full(len(ids), rules.SERVED[MatchKind.NEAR], np.uint8)
    records = serving.index.policy.get(ids)
    seen = rules.visible(records, lists=ListsSeen.LIVE, kind=near)
    return frozenset(ids[seen].tolist())


def heir_of(ball: Ball, serving: Serving, radius_bits: int) -> int | None:
    """The entry that is met where the ball's was, the nearest of them; None when there is none."""
    anchors = [Query("", pdq=word, pdq_quality=_ANY_QUALITY) for word in ball.anchors]
    found = search(serving.index, anchors, lists=ListsSeen.LIVE, radius_bits=radius_bits)
    met = [entry for entries in found.values() for entry in entries]
    nearest = min(met, key=lambda entry: (entry.distance_bits, entry.entry_id), default=None)
    return None if nearest is None else nearest.entry_id
