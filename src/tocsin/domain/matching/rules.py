"""The verdict: which entries a key may see, what they amount to, and what to advise.

Plain functions over plain values and arrays; no database, no clock. `docs/api.md` says the same
in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists.types import (
    FLAG_HELD,
    FLAG_TEST,
    LEAST_NEAR_QUALITY,
    Category,
    EntryStatus,
    Origins,
    Purpose,
    Serve,
)
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    ListsSeen,
    MatchKind,
    PolicyTerms,
)
from tocsin.engine.fingerprints import Status
from tocsin.engine.search import Overlap

PURPOSES: Final = tuple(Purpose)
STILL_MATCHES: Final = (EntryStatus.ACTIVE.number, EntryStatus.DISPUTED.number)
SERVED: Final = {MatchKind.EXACT: int(Serve.EXACT), MatchKind.NEAR: int(Serve.NEAR)}

# A list of these purposes may lead to an upload being stopped without a person looking.
BLOCKING: Final = frozenset({Purpose.ILLEGAL, Purpose.NATIONAL_ILLEGAL, Purpose.TEST})
OWN_QUORUM: Final = 2
MOST_FOUND: Final = 64

# Fingerprinting that ended like this has not looked at the whole picture, so that finding nothing
# says nothing.
_UNCHECKED: Final = {
    status: AnswerStatus(status.value) for status in Status if status is not Status.OK
}
_NO_NEAR: Final = frozenset({Status.FLAT, Status.TOO_SMALL})

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """One entry that a picture met, and what its policy record says.

    `distinct` is False when only hashes too regular to block by (`hash_is_distinct`) met it.
    `hash_no`: which of the query's PDQ hashes lies nearest, where it was met by nearness.
    `derived`: only what was made of the picture met it (`Query.pdq_variants`). `overlap`: it is a
    film, and how much of the two was found in one another.
    """

    entry_id: int
    kind: MatchKind
    distance_bits: int
    held: bool
    purpose: Purpose
    category: Category
    list_no: int
    sources: int
    quorum: int
    distinct: bool = True
    hash_no: int = 0
    derived: bool = False
    overlap: Overlap | None = None

    @property
    def may_block_near(self) -> bool:
        """Whether it may block by nearness: a picture as it is shown, with an irregular hash; or a
        film that shares as much as a rule for blocking asks."""
        return self.distinct and not self.derived


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What must be known of the lists to judge: which are our own, and whose word each one is."""

    own: frozenset[int]
    origins: Origins
    unvetted: frozenset[int] = frozenset()
    """Lists that may answer a provider nobody has vetted."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the entries that were met amount to.

    `entries` are those it rests on, first the one to name. `others` were met too and say the same
    by nearness: they change nothing in the answer, but whoever got it hears when they change.
    `capped`: there may be more than were looked at.
    """

    status: AnswerStatus
    action: Action
    entries: tuple[Found, ...] = ()
    sources: int = 0
    others: tuple[Found, ...] = ()
    capped: bool = False


_NOT_LISTED: Final = Verdict(AnswerStatus.NOT_LISTED, Action.NONE)


def visible(
    records: npt.NDArray[np.void],
    *,
    lists: ListsSeen,
    kind: npt.NDArray[np.uint8],
    unvetted: frozenset[int] = frozenset(),
) -> Truths:
    """Which of the policy records [M] may be met by a key of these lists, as bool[M].

    `kind` is the serve bit asked for each: 1 for exact, 2 for near. `unvetted`: the numbers of the
    lists that `ListsSeen.OPEN` may meet; it meets no other. Records of zeros, entries that
    are no longer active, quarantined ones and lists of benign material are never met.
    """
    counts = np.isin(records["status"], STILL_MATCHES)
    test = Purpose.TEST.number
    for_tests = (records["flags"] & FLAG_TEST != 0) | (records["purpose"] == test)
    benign = records["purpose"] == Purpose.BENIGN_ALLOW.number
    seen = counts & ~benign & (records["serve"] & kind != 0)
    asked: Truths = seen & (for_tests if lists is ListsSeen.TEST else ~for_tests)
    if lists is ListsSeen.OPEN:
        asked = asked & np.isin(records["list_no"], np.array(sorted(unvetted), np.int64))
    return asked


def found_in(
    record: Any,
    *,
    entry_id: int,
    kind: MatchKind,
    distance_bits: int,
    distinct: bool = True,
    hash_no: int = 0,
    derived: bool = False,
) -> Found:
    """One record of `POLICY_DTYPE` (as a scalar) in words. A disputed entry counts as held."""
    disputed = int(record["status"]) == EntryStatus.DISPUTED.number
    return Found(
        entry_id=entry_id,
        kind=kind,
        distance_bits=distance_bits,
        held=disputed or bool(int(record["flags"]) & FLAG_HELD),
        purpose=PURPOSES[int(record["purpose"])],
        category=Category.of(int(record["category"])),
        list_no=int(record["list_no"]),
        sources=int(record["sources"]),
        quorum=int(record["quorum"]),
        distinct=distinct,
        hash_no=hash_no,
        derived=derived,
    )


def verdict(
    found: Sequence[Found],
    *,
    terms: PolicyTerms,
    facts: ListFacts,
    unchecked: AnswerStatus | None,
    harmless: frozenset[int] = frozenset(),
) -> Verdict:
    """What the visible entries a picture met amount to, for a key of these terms.

    An exact match outweighs a near one, and one that counts outweighs one that is held. `unchecked`
    is why the picture could not be looked at in full (see `unchecked_status`), or None. Entries in
    `harmless` were found harmless by the asking party; they count when no other does, and then they
    never block.
    """
    others = [entry for entry in found if entry.entry_id not in harmless]
    verdict = _judged(others, terms, facts, unchecked)
    if not verdict.entries and len(others) < len(found):
        verdict = _found_harmless(_judged(found, terms, facts, unchecked), verdict, terms)
    return replace(verdict, capped=True) if len(found) >= MOST_FOUND else verdict


def _found_harmless(known: Verdict, without: Verdict, terms: PolicyTerms) -> Verdict:
    """The verdict on what only entries met that the party found harmless."""
    if not known.entries or terms.harmless_action is Action.NONE:
        return without
    return Verdict(AnswerStatus.HELD, Action.REVIEW, known.entries, known.sources)


def _judged(
    found: Sequence[Found], terms: PolicyTerms, facts: ListFacts, unchecked: AnswerStatus | None
) -> Verdict:
    radius_bits = terms.near_radius_bits
    within = [e for e in found if e.kind is MatchKind.EXACT or e.distance_bits <= radius_bits]
    counting = [entry for entry in within if not entry.held]
    exact, near = _by_kind(counting)
    if exact:
        return _listed(exact, near, terms, facts)
    if near:
        return _verdict(AnswerStatus.NEAR, _near_action(near, terms, facts), near, facts)
    exact, near = _by_kind(within)
    if exact or near:
        held = _verdict(AnswerStatus.HELD, Action.REVIEW, exact or near, facts)
        return replace(held, others=tuple(near)) if exact else held
    return nothing_found(terms=terms, unchecked=unchecked)


def _by_kind(entries: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Those met exactly, and those met by nearness."""
    exact = [entry for entry in entries if entry.kind is MatchKind.EXACT]
    return exact, [entry for entry in entries if entry.kind is MatchKind.NEAR]


def blocks(verdict: Verdict) -> bool:
    """Whether it is an exact match and the advice is to block."""
    return verdict.status is AnswerStatus.LISTED and verdict.action is Action.BLOCK


def held_back(verdict: Verdict) -> Verdict:
    """The same match, told as `held` and nothing more."""
    return replace(verdict, status=AnswerStatus.HELD, action=Action.REVIEW)


def nothing_found(*, terms: PolicyTerms, unchecked: AnswerStatus | None) -> Verdict:
    """The verdict on a picture that met nothing: never `none` for one not looked at in full."""
    if unchecked is not None:
        return Verdict(unchecked, terms.unchecked_action)
    return _NOT_LISTED


def near_counts(*, media_status: Status | None, pdq_quality: int | None) -> bool:
    """Whether a PDQ may match by itself. One whose quality is unknown may not."""
    if media_status in _NO_NEAR:
        return False
    return pdq_quality is not None and pdq_quality >= LEAST_NEAR_QUALITY


def unchecked_status(
    *, media_status: Status | None, has_pdq: bool, pdq_quality: int | None
) -> AnswerStatus | None:
    """Why finding nothing would say nothing, or None when it says `not_listed`.

    A PDQ of low quality is as good as none, so that picture is `flat`, also where a digest was
    looked up beside it: a digest misses every edited copy.
    """
    if media_status is not None and media_status in _UNCHECKED:
        return _UNCHECKED[media_status]
    if has_pdq and not near_counts(media_status=None, pdq_quality=pdq_quality):
        return AnswerStatus.FLAT
    return None


def independent_sources(entries: Sequence[Found], facts: ListFacts) -> int:
    """How many organisations say so: those behind the lists, or those one entry itself counts.

    The two are not added up, as a list that counts its sources may have counted the others.
    """
    lists = frozenset(entry.list_no for entry in entries)
    return max(facts.origins.independent(lists), *(entry.sources for entry in entries))


def _listed(
    exact: Sequence[Found], near: Sequence[Found], terms: PolicyTerms, facts: ListFacts
) -> Verdict:
    action = Action.BLOCK if _blocks(exact, terms, facts) else Action.REVIEW
    listed = _verdict(AnswerStatus.LISTED, action, exact, facts)
    return replace(listed, others=tuple(near))


def _near_action(near: Sequence[Found], terms: PolicyTerms, facts: ListFacts) -> Action:
    """What the key's terms say of a near match; `block` only as near, and on as much, as they say.

    A near match is judged by each entry that is near enough, and by what stands behind those.
    """
    within_bits = terms.blocks_within_bits
    if within_bits is None:
        return terms.near_action
    close = [entry for entry in near if entry.distance_bits <= within_bits and entry.may_block_near]
    return Action.BLOCK if _blocks(close, terms, facts) else Action.REVIEW


def _blocks(entries: Sequence[Found], terms: PolicyTerms, facts: ListFacts) -> bool:
    """Whether enough stands behind one of these.

    Only lists that may block say so: one that asks for a look, however many there are of it, is
    nobody's word that the picture is illegal.
    """
    blocking = [entry for entry in entries if entry.purpose in BLOCKING]
    if not blocking:
        return False
    sources = independent_sources(blocking, facts)
    return any(_agreed(entry, sources, terms, facts) for entry in blocking)


def _agreed(entry: Found, sources: int, terms: PolicyTerms, facts: ListFacts) -> bool:
    # One colleague's finding alone stops nothing: a second person must have agreed to it.
    if entry.list_no in facts.own:
        return entry.quorum >= max(OWN_QUORUM, terms.min_reviewers)
    return sources >= terms.min_sources and entry.quorum >= terms.min_reviewers


def _verdict(
    status: AnswerStatus, action: Action, entries: Sequence[Found], facts: ListFacts
) -> Verdict:
    # By nothing that depends on the distance: which of two entries lies nearer would be told by the
    # reference, and so where a listed hash lies.
    ranked = sorted(entries, key=lambda e: (e.purpose not in BLOCKING, _gravity(e), e.entry_id))
    return Verdict(status, action, tuple(ranked), independent_sources(entries, facts))


def gravest(entries: Sequence[Found]) -> Category:
    """The category to name for several entries; unknown only when all are."""
    return min(entries, key=_gravity).category


def _gravity(entry: Found) -> int:
    """0 for the gravest; unknown comes last."""
    return entry.category.number or len(Category)
