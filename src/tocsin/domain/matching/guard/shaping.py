"""A batch of the door in the guard's shape: digests with a key, and arrays. No database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tocsin.base.secrets import Keyring, keyed_digest
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.types import Asked, NearHit, TagOf, Words
from tocsin.domain.matching.rules import Verdict
from tocsin.domain.matching.searching import asked_hashes
from tocsin.domain.matching.types import (
    LIKE_ENOUGH_BITS,
    AnswerStatus,
    CheckKey,
    MatchKind,
    Query,
)

_NO_PDQ = np.empty((0, 4), np.uint64)
_NONE = np.empty(0, np.uint64)
_NOWHERE = np.empty(0, np.int64)


def tag_maker(ring: Keyring) -> TagOf:
    """Keyed digests of 64 bits, the same in every process of this installation."""
    secret = bytes.fromhex(keyed_digest(ring, b"", context="oracle guard"))

    def tag_of(data: bytes) -> int:
        return int.from_bytes(_digest(data, secret), "little")

    return tag_of


def as_asked(
    key: CheckKey, queries: Sequence[Query], verdicts: Mapping[int, Verdict], tag_of: TagOf
) -> Asked:
    """A batch as the guard compares it."""
    met = {place: verdict for place, verdict in sorted(verdicts.items()) if verdict.entries}
    words, places, first_rows, together = _pdq_of(queries)
    pictures = [(place, entry_id) for place, v in met.items() for entry_id in _pictures(v)]
    return Asked(
        names=_numbers([tag_of(_all_of(query)) for query in queries]),
        hashes=_numbers([tag_of(value) for q in queries for value in _looked_up(q)]),
        words=words,
        places=places,
        together=together,
        near=list(_near(met, first_rows, _edges(key))),
        exact={place: _exact(verdict) for place, verdict in met.items()},
        # Told by nothing but its digests. Of one that is held by them, a near match changes the
        # answer all the same.
        settled=frozenset(p for p, verdict in met.items() if verdict.status is AnswerStatus.LISTED),
        matched=_numbers([tag_of(b"entry %d" % entry_id) for _, entry_id in pictures]),
        matched_in=np.array([place for place, _ in pictures], np.int64) if pictures else _NOWHERE,
        ball_bits=rules.ball_bits(key.terms.near_radius_bits),
    )


def _near(
    met: Mapping[int, Verdict], first_rows: Mapping[int, int], edges: tuple[int, ...]
) -> Iterator[NearHit]:
    """Every entry that is told of by nearness, now or when it changes.

    Where more were met than are looked at, which of them are depends on every bit.
    """
    for place, verdict in met.items():
        for entry in (*verdict.entries, *verdict.others):
            if entry.kind is MatchKind.NEAR:
                ends = (*edges, LIKE_ENOUGH_BITS) if entry.derived else edges
                # A film is met or not by how many of its frames are, however near those lie.
                at_edge = verdict.capped or entry.overlap is not None
                at_edge = at_edge or rules.is_at_edge(entry.distance_bits, ends)
                yield NearHit(place, first_rows[place] + entry.hash_no, entry.entry_id, at_edge)


def _exact(verdict: Verdict) -> frozenset[int]:
    return frozenset(e.entry_id for e in verdict.entries if e.kind is MatchKind.EXACT)


def _pictures(verdict: Verdict) -> list[int]:
    """One entry for each picture that was met: those of the list that names most of them.

    A picture stands on several lists and is found once; several digests in one question may find
    as many pictures.
    """
    by_list: dict[int, list[int]] = {}
    for entry in verdict.entries:
        by_list.setdefault(entry.list_no, []).append(entry.entry_id)
    return max(sorted(by_list.items()), key=lambda item: len(item[1]))[1]


def _edges(key: CheckKey) -> tuple[int, ...]:
    """The distances at which an answer to this key changes."""
    blocks = key.terms.blocks_within_bits
    radius = key.terms.near_radius_bits
    return (radius,) if blocks is None else (radius, blocks)


def _pdq_of(
    queries: Sequence[Query],
) -> tuple[Words, npt.NDArray[np.int64], dict[int, int], npt.NDArray[np.int64]]:
    """The PDQ hashes that were looked up: uint64[m, 4], of which query: int64[m], in which row
    those of each query begin, and the rows of queries with variants or frames."""
    hashes: list[bytes] = []
    places: list[int] = []
    together: list[int] = []
    first_rows: dict[int, int] = {}
    for place, query in enumerate(queries):
        if own := asked_hashes(query):
            first_rows[place] = len(hashes)
            if query.pdq_variants or query.frames:
                together += range(len(hashes), len(hashes) + len(own))
            hashes += own
            places += [place] * len(own)
    if not hashes:
        return _NO_PDQ, _NOWHERE, {}, _NOWHERE
    words = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, 4)
    return words, np.array(places, np.int64), first_rows, np.array(together, np.int64)


def _numbers(tags: list[int]) -> Words:
    # Nearly every batch has met nothing: no array is made for that.
    return np.array(tags, np.uint64) if tags else _NONE


def _all_of(query: Query) -> bytes:
    """One question: a picture with its variants, a film with its frames."""
    own = (
        query.sha256,
        query.sha1,
        query.md5,
        query.photodna,
        query.pdq,
        query.pdq_512,
        query.pdq_oriented,
    )
    whole = b"|".join([value or b"" for value in own])
    if not (query.pdq_variants or query.frames):
        return whole
    return b"|".join([whole, *query.pdq_variants, *(frame.pdq for frame in query.frames)])


def _looked_up(query: Query) -> Iterator[bytes]:
    for value in (query.sha256, query.sha1, query.md5, query.photodna):
        if value is not None:
            yield value
    yield from asked_hashes(query)


def _digest(data: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8, key=secret).digest()
