"""From a batch of fingerprints to the entries each one meets, a few array operations per batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin.domain.matching import rules
from tocsin.domain.matching.rules import Found
from tocsin.domain.matching.types import ListsSeen, MatchKind, Query
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.index import Published

EXACT_ONLY = -1
"""A radius for those who ask for exact matches alone."""

Ids = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Distances = npt.NDArray[np.uint16]
Entries = dict[int, Found]
"""What one query met, by entry."""


@dataclass(frozen=True, slots=True)
class _Met:
    """Pairs of query number and entry id, all of one kind, with their distances, and by which of
    the query's PDQ hashes."""

    kind: MatchKind
    query: Places
    ids: Ids
    distances: Distances
    distinct: npt.NDArray[np.bool_]
    hash_no: Places


def query_of(found: Fingerprints, client_id: str) -> Query:
    """What to ask about a file that was fingerprinted here."""
    return Query(
        client_id=client_id,
        md5=found.md5,
        sha1=found.sha1,
        sha256=found.sha256,
        pdq=found.pdq,
        pdq_quality=found.pdq_quality,
        pdq_512=found.pdq_512,
        pdq_oriented=found.pdq_oriented,
        media_status=found.status,
        hasher=found.hasher,
    )


def search(
    index: Published,
    queries: Sequence[Query],
    *,
    lists: ListsSeen,
    radius_bits: int,
    unvetted: frozenset[int] = frozenset(),
) -> dict[int, list[Found]]:
    """For each query that met something visible: its entries, exact ones first, then the nearest.

    At most 64 per query; a popular picture stands on many lists and still needs one answer. Raises
    IndexDamaged when the mapped files contradict themselves.
    """
    found: dict[int, Entries] = {}
    for some in _met(index, queries, radius_bits):
        if len(some.ids):
            _add_visible(index, some, lists, unvetted, found)
    return {query: _strongest(entries) for query, entries in found.items()}


def _met(index: Published, queries: Sequence[Query], radius_bits: int) -> Iterator[_Met]:
    """Piece by piece: a batch aimed at a cluster must not fill the memory with all it meets."""
    for name in index.exact:
        if (met := _exact(index, queries, name)) is not None:
            yield met
    if radius_bits != EXACT_ONLY:
        yield from _near(index, queries, radius_bits)


def _exact(index: Published, queries: Sequence[Query], name: str) -> _Met | None:
    """None where nothing has such a digest, or it is on no list."""
    asked = [(i, value) for i, q in enumerate(queries) if (value := getattr(q, name)) is not None]
    if not asked:
        return None
    matches = index.exact[name].query(_as_array([value for _, value in asked]))
    if not len(matches.ids):
        return None
    numbers = np.array([i for i, _ in asked], np.int64)
    query = np.repeat(numbers, np.diff(matches.offsets))
    n = len(query)
    return _Met(
        MatchKind.EXACT,
        query,
        matches.ids,
        np.zeros(n, np.uint16),
        np.ones(n, np.bool_),
        np.zeros(n, np.int64),
    )


def _near(index: Published, queries: Sequence[Query], radius_bits: int) -> Iterator[_Met]:
    numbers: list[int] = []
    which: list[int] = []
    values: list[bytes] = []
    for i, query in enumerate(queries):
        hashes = near_hashes(query)
        numbers += [i] * len(hashes)
        which += range(len(hashes))
        values += hashes
    if not values:
        return
    asked = _as_array(values)
    for first, matches in index.near.query_in_pieces(asked, radius_bits):
        origin, hash_no = np.array(numbers, np.int64), np.array(which, np.int64)
        counts = np.diff(matches.offsets)
        rows = np.repeat(np.arange(first, first + len(counts)), counts)
        distinct = _distinct(asked, rows)
        yield _Met(
            MatchKind.NEAR, origin[rows], matches.ids, matches.distances, distinct, hash_no[rows]
        )


def near_hashes(query: Query) -> tuple[bytes, ...]:
    """The PDQ hashes by which a query may match by nearness."""
    counts = query.pdq is not None and rules.near_counts(
        media_status=query.media_status, pdq_quality=query.pdq_quality
    )
    return query.pdq_hashes() if counts else ()


def _distinct(hashes: npt.NDArray[np.uint8], rows: Places) -> npt.NDArray[np.bool_]:
    """Whether the hash of each row is irregular enough to block by; each is looked at once."""
    asked, back = np.unique(rows, return_inverse=True)
    distinct: npt.NDArray[np.bool_] = hash_is_distinct(hashes[asked])[back]
    return distinct


def _strongest(entries: Entries) -> list[Found]:
    """Exact ones first, then the nearest, at most 64."""
    ranked = sorted(
        entries.values(), key=lambda e: (e.kind is MatchKind.NEAR, e.distance_bits, e.entry_id)
    )
    return ranked[: rules.MOST_FOUND]


def _add_visible(
    index: Published,
    met: _Met,
    lists: ListsSeen,
    unvetted: frozenset[int],
    found: dict[int, Entries],
) -> None:
    """Note what a key of these lists may see: each entry once for a query, by what is strongest.

    The hashes of one query may come in several pieces, so a later one may bring a nearer match.
    """
    records = index.policy.get(met.ids)
    served = np.full(len(records), rules.SERVED[met.kind], np.uint8)
    kept = np.flatnonzero(rules.visible(records, lists=lists, kind=served, unvetted=unvetted))
    kept = kept[np.lexsort((met.ids[kept], met.distances[kept], met.query[kept]))]
    taken: Counter[int] = Counter()
    for place in kept.tolist():
        query, entry_id = int(met.query[place]), int(met.ids[place])
        entries = found.setdefault(query, {})
        distance_bits = int(met.distances[place])
        known = entries.get(entry_id)
        if taken[query] >= rules.MOST_FOUND or (known and known.distance_bits <= distance_bits):
            continue
        taken[query] += 1
        entries[entry_id] = rules.found_in(
            records[place],
            entry_id=entry_id,
            kind=met.kind,
            distance_bits=distance_bits,
            distinct=bool(met.distinct[place]),
            hash_no=int(met.hash_no[place]),
        )


def _as_array(values: list[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
