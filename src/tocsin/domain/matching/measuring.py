"""What is measured of checks: which kinds of fingerprints a key sends, and how long answers take.

Counted with the counts, in the same flush. Plain functions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tocsin.domain.matching.types import MatchKind, Measures, Query

KINDS: Final = ("md5", "sha1", "sha256", "photodna", "pdq")
EDGES_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
CANARIES: Final = {MatchKind.EXACT: "c-exact", MatchKind.NEAR: "c-near"}
_SLOWEST_MS: Final = 10_000
"""Whatever took longer than the last edge is told as this."""


@dataclass(frozen=True, slots=True)
class MeasureKey:
    """What is counted: a kind, by picture; or `ms` and the edge that a request took at most."""

    day: date
    key_id: str
    what: str


def measured(
    queries: Sequence[Query],
    seconds: float,
    *,
    day: date,
    key_id: str,
    sung: Sequence[MatchKind] = (),
) -> dict[MeasureKey, int]:
    """One request: the kinds of its pictures, its time, and the canaries among them."""
    found = dict.fromkeys(KINDS, 0)
    for query in queries:
        # Written out: this is gone through for every picture of a batch.
        found["md5"] += query.md5 is not None
        found["sha1"] += query.sha1 is not None
        found["sha256"] += query.sha256 is not None
        found["photodna"] += query.photodna is not None
        found["pdq"] += query.pdq is not None
    place = bisect_left(EDGES_MS, seconds * 1_000)
    found[f"ms{EDGES_MS[place] if place < len(EDGES_MS) else _SLOWEST_MS}"] = 1
    for kind in sung:
        found[CANARIES[kind]] = found.get(CANARIES[kind], 0) + 1
    return {MeasureKey(day, key_id, what): n for what, n in found.items() if n}


def measures_from(totals: Mapping[str, int]) -> Measures:
    """Totals by what was counted, as kinds and percentiles: upper edges, None without a request."""
    times = sorted((int(what[2:]), n) for what, n in totals.items() if what.startswith("ms"))
    return Measures(
        kinds={kind: totals.get(kind, 0) for kind in KINDS},
        requests=sum(n for _, n in times),
        p50_ms=_edge(times, 0.50),
        p95_ms=_edge(times, 0.95),
    )


def _edge(times: Sequence[tuple[int, int]], share: float) -> int | None:
    wanted = share * sum(n for _, n in times)
    passed = 0
    for edge, n in times:
        passed += n
        if passed >= wanted:
            return edge
    return None
