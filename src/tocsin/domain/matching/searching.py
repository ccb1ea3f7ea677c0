"""From a batch of fingerprints to the entries each one meets, a few array operations per batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists.types import LEAST_NEAR_QUALITY
from tocsin.domain.matching import rules
from tocsin.domain.matching.film_search import films_met
from tocsin.domain.matching.rules import Found
from tocsin.domain.matching.types import LIKE_ENOUGH_BITS, AnswerStatus, ListsSeen, MatchKind, Query
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.index import Published
from tocsin.engine.search import frames_of, variants_of

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
    the query's PDQ hashes. `derived`: by what was made of the picture, not by the picture."""

    kind: MatchKind
    query: Places
    ids: Ids
    distances: Distances
    distinct: npt.NDArray[np.bool_]
    hash_no: Places
    derived: bool = False


def query_of(found: Fingerprints, client_id: str) -> Query:
    """What to ask about a file that was fingerprinted here, all of it."""
    query = Query(
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
    is_one_picture = len(found.pictures) <= 1 and not any(p.variants for p in found.pictures)
    if is_one_picture and found.video is None:
        return query
    return replace(query, frames=frames_of(found), pdq_variants=variants_of(found))


def search(
    index: Published,
    queries: Sequence[Query],
    *,
    lists: ListsSeen,
    radius_bits: int,
    block_bits: int = LIKE_ENOUGH_BITS,
    unvetted: frozenset[int] = frozenset(),
) -> dict[int, list[Found]]:
    """For each query that met something visible: its entries, exact ones first, then the nearest.

    At most 64 per query; a popular picture stands on many lists and still needs one answer. Raises
    IndexDamaged when the mapped files contradict themselves. `block_bits`: within how many a film
    must share its frames with a listed one to block.
    """
    found: dict[int, Entries] = {}
    for some in _met(index, queries, radius_bits):
        if len(some.ids):
            _add_visible(index, some, lists, unvetted, found)
    if radius_bits != EXACT_ONLY and len(index.films) and any(q.frames for q in queries):

        def visible(ids: Ids) -> npt.NDArray[np.bool_]:
            near = np.full(len(ids), rules.SERVED[MatchKind.NEAR], np.uint8)
            records = index.policy.get(ids)
            return rules.visible(records, lists=lists, kind=near, unvetted=unvetted)

        for place, query in enumerate(queries):
            films = films_met(
                index,
                query,
                shown_hashes(query),
                visible,
                radius_bits=radius_bits,
                block_bits=block_bits,
            )
            for film in films:
                found.setdefault(place, {}).setdefault(film.entry_id, film)
    return {query: _strongest(entries) for query, entries in found.items()}


def _met(index: Published, queries: Sequence[Query], radius_bits: int) -> Iterator[_Met]:
    """Piece by piece: a batch aimed at a cluster must not fill the memory with all it meets."""
    for name in index.exact:
        if (met := _exact(index, queries, name)) is not None:
            yield met
    if radius_bits != EXACT_ONLY:
        yield from _near(index, _plain(queries), radius_bits)
        if any(query.pdq_variants for query in queries):
            # Last, as what the picture itself found stands whatever its variants find.
            within_bits = min(radius_bits, LIKE_ENOUGH_BITS)
            yield from _near(index, _derived(queries), within_bits)


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


@dataclass(slots=True)
class _ToAsk:
    """PDQ hashes to ask for: each with its query's number, and which of the query's it is."""

    values: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    which: list[int] = field(default_factory=list)
    derived: bool = False

    def add(self, number: int, hashes: tuple[bytes, ...], first: int = 0) -> None:
        self.values += hashes
        self.numbers += [number] * len(hashes)
        self.which += range(first, first + len(hashes))


def _plain(queries: Sequence[Query]) -> _ToAsk:
    asked = _ToAsk()
    for number, query in enumerate(queries):
        asked.add(number, shown_hashes(query))
    return asked


def _derived(queries: Sequence[Query]) -> _ToAsk:
    asked = _ToAsk(derived=True)
    for number, query in enumerate(queries):
        asked.add(number, variant_hashes(query), len(shown_hashes(query)))
    return asked


def _near(index: Published, to_ask: _ToAsk, radius_bits: int) -> Iterator[_Met]:
    if not to_ask.values:
        return
    asked = _as_array(to_ask.values)
    for first, matches in index.near.query_in_pieces(asked, radius_bits):
        origin, hash_no = np.array(to_ask.numbers, np.int64), np.array(to_ask.which, np.int64)
        counts = np.diff(matches.offsets)
        rows = np.repeat(np.arange(first, first + len(counts)), counts)
        ids, distances, distinct = matches.ids, matches.distances, _distinct(asked, rows)
        if to_ask.derived:
            # It is asked beside hundreds of others: a regular one would match by chance.
            rows, ids, distances = rows[distinct], ids[distinct], distances[distinct]
            distinct = distinct[distinct]
        yield _Met(
            MatchKind.NEAR,
            origin[rows],
            ids,
            distances,
            distinct,
            hash_no[rows],
            to_ask.derived,
        )


def asked_hashes(query: Query) -> tuple[bytes, ...]:
    """All PDQ hashes that are looked up for a query: those of what is shown, then its variants."""
    if not (query.pdq_variants or query.frames):
        return near_hashes(query)
    return shown_hashes(query) + variant_hashes(query)


def shown_hashes(query: Query) -> tuple[bytes, ...]:
    """The PDQ hashes by which a query may match as it is shown: the picture's and its frames'."""
    own = near_hashes(query)
    if not query.frames:
        return own
    frames = (f.pdq for f in query.frames if f.quality >= LEAST_NEAR_QUALITY)
    return tuple(dict.fromkeys((*own, *frames)))


def variant_hashes(query: Query) -> tuple[bytes, ...]:
    """The different variants that are looked up: none of a picture of too few pixels."""
    if query.media_status is Status.TOO_SMALL:
        return ()
    shown = frozenset(shown_hashes(query))
    return tuple(value for value in dict.fromkeys(query.pdq_variants) if value not in shown)


def unchecked_of(query: Query) -> AnswerStatus | None:
    """Why finding nothing for this query says nothing, or None (`rules.unchecked_status`)."""
    has_pdq, quality = query.pdq is not None, query.pdq_quality
    if query.frames and not has_pdq:
        has_pdq, quality = True, max(frame.quality for frame in query.frames)
    return rules.unchecked_status(
        media_status=query.media_status, has_pdq=has_pdq, pdq_quality=quality
    )


def near_hashes(query: Query) -> tuple[bytes, ...]:
    """The PDQ hashes of the picture by which a query may match by nearness."""
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
    """Exact ones first, then those met by the picture itself, the nearest, at most 64."""
    ranked = sorted(
        entries.values(),
        key=lambda e: (e.kind is MatchKind.NEAR, e.derived, e.distance_bits, e.entry_id),
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
        if taken[query] >= rules.MOST_FOUND or (known and _stands(known, distance_bits, met)):
            continue
        taken[query] += 1
        entries[entry_id] = rules.found_in(
            records[place],
            entry_id=entry_id,
            kind=met.kind,
            distance_bits=distance_bits,
            distinct=bool(met.distinct[place]),
            hash_no=int(met.hash_no[place]),
            derived=met.derived,
        )


def _stands(known: Found, distance_bits: int, met: _Met) -> bool:
    """Whether what is known of an entry is better: a variant that happens to lie nearer must not
    turn a block into a review."""
    return known.distance_bits <= distance_bits or (met.derived and not known.derived)


def _as_array(values: list[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
