"""A batch of the door in the guard's shape: digests with a key, and arrays. No database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tocsin.base.secrets import Keyring, keyed_digest
from tocsin.domain.matching.guard import rules
from tocsin.domain.matching.guard.types import Asked, NearHit, TagOf, Words
from tocsin.domain.matching.rules import Verdict, near_counts
from tocsin.domain.matching.types import CheckKey, MatchKind, Query

_NO_PDQ = np.empty((0, 4), np.uint64)


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
    met = {place: verdict.entries[0] for place, verdict in verdicts.items() if verdict.entries}
    near = {place: best for place, best in met.items() if best.kind is MatchKind.NEAR}
    edges = _edges(key)
    words, places = _pdq_of(queries)
    return Asked(
        names=np.array([tag_of(_all_of(query)) for query in queries], np.uint64),
        words=words,
        places=places,
        near=[
            NearHit(place, best.entry_id, rules.is_at_edge(best.distance_bits, edges))
            for place, best in sorted(near.items())
        ],
        settled=frozenset(met) - frozenset(near),
        matched=np.array([tag_of(b"entry %d" % best.entry_id) for best in met.values()], np.uint64),
        ball_bits=rules.ball_bits(key.terms.near_radius_bits),
    )


def _edges(key: CheckKey) -> tuple[int, ...]:
    """The distances at which an answer to this key changes."""
    blocks = key.terms.blocks_within_bits
    radius = key.terms.near_radius_bits
    return (radius,) if blocks is None else (radius, blocks)


def _pdq_of(queries: Sequence[Query]) -> tuple[Words, npt.NDArray[np.int64]]:
    """The PDQ hashes that were looked up: uint64[m, 4], and of which query: int64[m]."""
    hashes: list[bytes] = []
    places: list[int] = []
    for place, query in enumerate(queries):
        if query.pdq is None or not near_counts(
            media_status=query.media_status, pdq_quality=query.pdq_quality
        ):
            continue
        hashes.append(query.pdq)
        places.append(place)
        for other in {query.pdq_512, query.pdq_oriented} - {None, query.pdq}:
            hashes.append(other or b"")
            places.append(place)
    if not hashes:
        return _NO_PDQ, np.empty(0, np.int64)
    words = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, 4)
    return words, np.array(places, np.int64)


def _all_of(query: Query) -> bytes:
    return b"|".join(
        value or b"" for value in (query.sha256, query.sha1, query.md5, query.photodna, query.pdq)
    )


def _digest(data: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8, key=secret).digest()
