"""From the verdict on a query to what its key is told, and to what is written down of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from tocsin.domain.matching import rules
from tocsin.domain.matching.guard.types import Withheld
from tocsin.domain.matching.hits import NewHit, fingerprints_of
from tocsin.domain.matching.rules import Verdict
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    FilmShares,
    ListsSeen,
    Match,
    MatchKind,
    Outcome,
    Query,
)

Refer = Callable[[int, str], str]
"""The reference of an entry for a key, by its number and the key's id."""

_TELL_OF_A_MATCH = frozenset({AnswerStatus.LISTED, AnswerStatus.NEAR})


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """One query of a batch, what it amounts to, and what of that is withheld (`Withheld`)."""

    query: Query
    verdict: Verdict
    closed: bool = False
    beyond: bool = False
    blurred: bool = False
    silent: bool = False

    @property
    def is_written(self) -> bool:
        """Whether the journal has a line of it before the answer leaves.

        All that matched, and all whose answer is withheld, matched or not: waiting for the disk
        takes a hundred times as long as looking up, so that who waits for it would know.
        """
        return self.closed or bool(self.verdict.entries)

    @property
    def is_held_back(self) -> bool:
        """Whether it is told as `held` and nothing more."""
        # What its party found harmless, or is held anyhow, is told as ever.
        return self.closed or (self.beyond and self.verdict.status in _TELL_OF_A_MATCH)


def judged(
    queries: Sequence[Query], verdicts: Sequence[Verdict], withheld: Withheld
) -> list[Judged]:
    """A batch, one by one."""
    return [
        Judged(
            query,
            verdict,
            place in withheld.closed,
            place in withheld.beyond,
            place in withheld.blurred,
            place in withheld.silent,
        )
        for place, (query, verdict) in enumerate(zip(queries, verdicts, strict=True))
    ]


def outcome_of(one: Judged, key: CheckKey, refer: Refer) -> Outcome:
    """What the key is told."""
    if one.is_held_back:
        exact = not one.closed and rules.blocks(one.verdict)
        ids = tuple(entry.entry_id for entry in one.verdict.entries) if exact else ()
        told = Outcome(one.query.client_id, AnswerStatus.HELD, Action.REVIEW, blocked_by=ids)
    else:
        match = match_of(one.verdict, key, refer, silent=one.silent)
        if match is not None and one.blurred and match.kind is MatchKind.NEAR:
            match = replace(match, distance_bits=key.terms.near_radius_bits)
        told = Outcome(one.query.client_id, one.verdict.status, one.verdict.action, match)
    return in_shadow(told) if key.terms.shadow else told


def in_shadow(outcome: Outcome) -> Outcome:
    """The same, advising nothing and telling what would have been advised."""
    return replace(outcome, action=Action.NONE, shadow_action=outcome.action, blocked_by=())


def match_of(
    verdict: Verdict, key: CheckKey, refer: Refer, *, silent: bool = False
) -> Match | None:
    """What was found, for the key that asked; `silent` leaves out what was met besides."""
    if not verdict.entries:
        return None
    named = verdict.entries[0]
    told = verdict.entries if silent else (*verdict.entries, *verdict.others)
    return Match(
        kind=named.kind,
        category=rules.gravest(verdict.entries),
        sources=verdict.sources,
        entry_ids=tuple(entry.entry_id for entry in told),
        reference=refer(named.entry_id, key.key_id),
        distance_bits=_distance(verdict),
        film=_film(verdict),
    )


def hit_of(one: Judged, key: CheckKey, *, version: int, at: datetime) -> NewHit:
    """What is written down: all that was met, in truth, and what the key was told of it.

    Nothing was met where `entry_ids` is empty: then the line is there for the time it takes, and is
    left out when the journal comes home.
    """
    query, verdict = one.query, one.verdict
    told = rules.held_back(verdict) if one.is_held_back else verdict
    return NewHit(
        id=query.hit_id or uuid4(),
        key_id=key.key_id,
        party_id=key.party_id,
        at=at,
        kind=verdict.entries[0].kind if verdict.entries else MatchKind.NEAR,
        status=told.status,
        action=Action.NONE if key.terms.shadow else told.action,
        shadow_action=told.action if key.terms.shadow else None,
        entry_ids=tuple(entry.entry_id for entry in (*verdict.entries, *verdict.others)),
        distance_bits=_distance(verdict),
        client_id=query.client_id,
        url=query.url,
        fingerprints=fingerprints_of(query),
        uploaded_at=query.uploaded_at,
        list_version=version,
        rehearsal=key.terms.lists is ListsSeen.TEST,
        beside_ids=_beside(verdict),
        found=verdict.status if one.is_held_back and verdict.entries else None,
    )


def _beside(verdict: Verdict) -> tuple[int, ...]:
    """What was met by nearness only, where the named one was met by a digest."""
    if not verdict.entries or verdict.entries[0].kind is not MatchKind.EXACT:
        return ()
    met = (*verdict.entries, *verdict.others)
    return tuple(entry.entry_id for entry in met if entry.kind is MatchKind.NEAR)


def _film(verdict: Verdict) -> FilmShares | None:
    overlaps = [entry.overlap for entry in verdict.entries if entry.overlap is not None]
    if not overlaps:
        return None
    most = max(overlaps, key=lambda one: one.shares.of_query)
    shares = most.shares
    return FilmShares(shares.of_query, shares.of_listed, shares.query_found, most.rule)


def _distance(verdict: Verdict) -> int:
    return min((entry.distance_bits for entry in verdict.entries), default=0)
