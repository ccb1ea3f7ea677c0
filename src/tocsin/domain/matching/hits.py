"""A hit between the moment it is found and its row in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    Door,
    MatchKind,
    Outcome,
    Query,
    says_true,
)

_YES_OR_NO = frozenset({Door.V1, Door.V1_TEST})


@dataclass(frozen=True, slots=True, repr=False)
class NewHit:
    """Everything the journal keeps of a hit; sealed as soon as it leaves memory."""

    id: UUID
    key_id: str
    party_id: int
    at: datetime
    kind: MatchKind
    status: AnswerStatus
    action: Action
    entry_ids: tuple[int, ...]
    distance_bits: int | None
    client_id: str
    url: str | None
    fingerprints: tuple[FingerprintValue, ...]
    uploaded_at: datetime | None
    list_version: int
    rehearsal: bool
    # A journal of the version before does not say.
    shadow_action: Action | None = None
    # Those of `entry_ids` that the answer told nothing of.
    withheld_ids: tuple[int, ...] | None = None
    # Those of `entry_ids` met by nearness only, beside an exact match.
    beside_ids: tuple[int, ...] = ()
    # What was found in truth, where the answer was held back; None in a journal of before.
    found: AnswerStatus | None = None

    @property
    def in_truth(self) -> AnswerStatus:
        """What was found, whatever the key was told of it."""
        return self.status if self.found is None else self.found


_hits = msgspec.json.Decoder(tuple[NewHit, ...])
_fingerprints = msgspec.json.Decoder(tuple[FingerprintValue, ...])


class NotHits(Exception):
    """These bytes were not written by `hits_as_bytes`."""


def hits_as_bytes(hits: tuple[NewHit, ...]) -> bytes:
    """JSON, to be sealed."""
    return msgspec.json.encode(hits)


def hits_from_bytes(data: bytes) -> tuple[NewHit, ...]:
    """What `hits_as_bytes` was given; raises NotHits."""
    try:
        return _hits.decode(data)
    except msgspec.DecodeError as error:
        raise NotHits("a journal record cannot be read") from error


def as_told(written: Iterable[tuple[NewHit, Outcome]], door: Door) -> tuple[NewHit, ...]:
    """The hits, each with what its answer by this door told nothing of."""
    return tuple(
        replace(_by_door(hit, outcome, door), withheld_ids=_withheld(hit, outcome, door))
        for hit, outcome in written
    )


def _by_door(hit: NewHit, outcome: Outcome, door: Door) -> NewHit:
    """What `/v1` says `true` of was told as listed, whatever the other doors would have said."""
    if door in _YES_OR_NO and outcome.blocked_by:
        return replace(hit, status=AnswerStatus.LISTED, action=Action.BLOCK)
    return hit


def _withheld(hit: NewHit, outcome: Outcome, door: Door) -> tuple[int, ...]:
    """All where the guard held the answer back, and where `/v1` said `false`."""
    told = outcome.match.entry_ids if outcome.match else ()
    if door in _YES_OR_NO:
        told = (told or outcome.blocked_by) if says_true(outcome) else ()
    return tuple(each for each in hit.entry_ids if each not in told)


def fingerprints_as_bytes(fingerprints: tuple[FingerprintValue, ...]) -> bytes:
    """JSON, to be sealed."""
    return msgspec.json.encode(fingerprints)


def fingerprints_from_bytes(data: bytes) -> tuple[FingerprintValue, ...]:
    """What `fingerprints_as_bytes` was given."""
    return _fingerprints.decode(data)


def fingerprints_of(query: Query) -> tuple[FingerprintValue, ...]:
    """What the asker sent, as the values other rooms know."""
    whole = (
        (Kind.MD5, query.md5),
        (Kind.SHA1, query.sha1),
        (Kind.SHA256, query.sha256),
        (Kind.PHOTODNA, query.photodna),
    )
    found = [FingerprintValue(kind, value, hasher=query.hasher) for kind, value in whole if value]
    if query.pdq is not None:
        found.append(
            FingerprintValue(
                Kind.PDQ, query.pdq, query.pdq_quality, hasher=query.hasher, dialect="full"
            )
        )
    return tuple(found)
