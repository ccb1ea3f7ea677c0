"""The words of matching: what is asked, what is answered, what a key may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias
from uuid import UUID

from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.domain.hashlists.types import Category, FingerprintValue
from tocsin.domain.matching.door import FOR_TESTS, Door
from tocsin.domain.matching.expected import BaseRate, Expected
from tocsin.domain.matching.film_shares import FilmShares
from tocsin.domain.matching.guard.types import (
    GOOD_STANDING,
    GuardView,
    Sign,
    Standing,
    Step,
    Totals,
)
from tocsin.domain.matching.index_types import BuildReport, IndexState
from tocsin.domain.matching.measures import DayCount as DayCount  # noqa: PLC0414 - handed out here
from tocsin.domain.matching.measures import HourCount as HourCount  # noqa: PLC0414
from tocsin.domain.matching.measures import Measures as Measures  # noqa: PLC0414
from tocsin.domain.matching.refusals import (
    BuildBusy,
    JournalFailed,
    KeysUnknown,
    NoSuchHit,
    NoSuchKey,
    NotHarmless,
    ShadowNeedsActions,
    VersionTooOld,
    WrongPolicy,
    WrongVersion,
)
from tocsin.engine.fingerprints import Status
from tocsin.engine.search.further import MOST_FRAMES, MOST_VARIANTS, Frame

# Doors, words of guard and index, what may be refused or expected.
__all__ = [
    "FOR_TESTS",
    "MOST_FRAMES",
    "MOST_VARIANTS",
    "BaseRate",
    "BuildBusy",
    "BuildReport",
    "Door",
    "Expected",
    "FilmShares",
    "Frame",
    "GuardView",
    "IndexState",
    "JournalFailed",
    "KeysUnknown",
    "NoSuchHit",
    "NoSuchKey",
    "NotHarmless",
    "ShadowNeedsActions",
    "Sign",
    "Step",
    "Totals",
    "VersionTooOld",
    "WrongPolicy",
    "WrongVersion",
]

LIKE_ENOUGH_BITS = 31
"""Beyond this a near match never blocks: unrelated pictures begin to meet (PDQ's own rule)."""
WIDEST_BITS = 60
"""The widest radius a key may have, for people to look at; the index answers no further."""

MOST_DAILY_HASHES = 1_000_000_000


class ListsSeen(StrEnum):
    """Which lists a key asks: those that count, those of them that may answer a provider nobody has
    vetted (exact matches only), or those made for trying out."""

    LIVE = "live"
    OPEN = "open"
    TEST = "test"


class AnswerStatus(StrEnum):
    """What is known after a check. The last seven say why a picture could not be looked at."""

    LISTED = "listed"
    NEAR = "near"
    HELD = "held"
    NOT_LISTED = "not_listed"
    UNAVAILABLE = "unavailable"
    PARTIAL = "partial"
    FLAT = "flat"
    TOO_SMALL = "too_small"
    UNSUPPORTED = "unsupported"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"


class Action(StrEnum):
    """What the asker is advised to do with the upload."""

    BLOCK = "block"
    REVIEW = "review"
    HOLD = "hold"
    NONE = "none"


HarmlessAction: TypeAlias = Literal[Action.REVIEW, Action.NONE]
NearAction: TypeAlias = Literal[Action.REVIEW, Action.BLOCK, Action.HOLD]
UncheckedAction: TypeAlias = Literal[Action.HOLD, Action.REVIEW, Action.BLOCK]


class MatchKind(StrEnum):
    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """What a key sees and what it is advised. Raises `WrongPolicy` for terms that cannot be.

    Nothing blocks on fewer than `min_sources` independent organisations and `min_reviewers` people.
    A near match counts up to `near_radius_bits` (0 to 60) and means `near_action`; where that is
    `block`, it blocks up to `near_block_bits` (0 to 31) only and is for review beyond.
    `unchecked_action` answers for what could not be checked; it is never `none`.
    `harmless_action` (`review` or `none`) answers for what the party itself has found harmless.
    In `shadow` mode answers tell what would have been advised, and advise nothing.
    `daily_hashes` is how many different fingerprints a day it may ask, and `daily_matches` how many
    different entries it may meet before that is noticed; None: as its tier may. `outage_policy` is
    what the party does while nothing can be checked. `private_delta`: may it compare its own
    digests with what is new, unseen; None: as its tier may.
    """

    lists: ListsSeen = ListsSeen.LIVE
    min_sources: int = 1
    near_radius_bits: int = LIKE_ENOUGH_BITS
    near_action: Action = Action.REVIEW
    unchecked_action: Action = Action.HOLD
    min_reviewers: int = 0
    near_block_bits: int = LIKE_ENOUGH_BITS
    harmless_action: Action = Action.REVIEW
    shadow: bool = False
    daily_hashes: int | None = None
    daily_matches: int | None = None
    outage_policy: OutagePolicy = OutagePolicy.HOLD
    private_delta: bool | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.min_sources <= 255:
            raise WrongPolicy("a key asks for 1 to 255 independent sources")
        if not 0 <= self.min_reviewers <= 255:
            raise WrongPolicy("a key asks for 0 to 255 people who looked")
        if not 0 <= self.near_radius_bits <= WIDEST_BITS:
            raise WrongPolicy(f"the radius of a near match is 0 to {WIDEST_BITS} bits")
        if not 0 <= self.near_block_bits <= LIKE_ENOUGH_BITS:
            raise WrongPolicy(f"a near match blocks within 0 to {LIKE_ENOUGH_BITS} bits")
        if Action.NONE in {self.near_action, self.unchecked_action}:
            raise WrongPolicy("a near match and an unchecked file never answer `none`")
        if self.harmless_action not in {Action.REVIEW, Action.NONE}:
            raise WrongPolicy("what a party found harmless answers `review` or `none`")
        if self.daily_hashes is not None and not 1 <= self.daily_hashes <= MOST_DAILY_HASHES:
            raise WrongPolicy(f"a key asks 1 to {MOST_DAILY_HASHES:,} fingerprints a day")
        if self.daily_matches is not None and not 1 <= self.daily_matches <= MOST_DAILY_HASHES:
            raise WrongPolicy(f"a key meets 1 to {MOST_DAILY_HASHES:,} entries a day")

    @property
    def blocks_within_bits(self) -> int | None:
        """Up to how far a near match may block; None when none may."""
        if self.near_action is not Action.BLOCK:
            return None
        return min(self.near_block_bits, self.near_radius_bits)


@dataclass(frozen=True, slots=True, repr=False)
class Harmless:
    """What a party found harmless: entries, and keyed digests of SHA-256 and PDQ hashes."""

    entry_ids: frozenset[int] = frozenset()
    sha256: frozenset[str] = frozenset()
    pdq: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CheckKey:
    """A live key as the checker knows it. `per_second` and `burst` are those it has at the moment:
    the guard may have slowed it (`standing`)."""

    key_id: str
    party_id: int
    tier: Tier
    per_second: float
    burst: int
    expires_at: datetime | None
    secret_digest: str = field(repr=False)
    terms: PolicyTerms
    standing: Standing = GOOD_STANDING
    harmless: Harmless = field(default_factory=Harmless)

    @property
    def may_compare_unseen(self) -> bool:
        """Whether it may ask for private deltas. Who hears yes or no only may not by itself: what
        it met in that way would not be seen."""
        told = self.terms.private_delta
        return self.tier is not Tier.BOOLEAN if told is None else told


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """One picture, as fingerprints: md5 (16 bytes), sha1 (20), sha256 (32), photodna (144),
    pdq, pdq_512 and pdq_oriented (32, bit 255 first) with the quality of pdq, 0 to 100.
    `pdq_variants` (32 each) are hashes of what was made of the picture: what they alone find is for
    a person to look at. `frames` are those of a film, or further pictures of the file that are
    shown as the first is; each counts by itself, from the same quality on.
    `media_status` is what fingerprinting said of the file, where whoever asks knows it; `hasher`
    says who fingerprinted it. Asked again with the same `hit_id`, a hit is written down once.
    """

    client_id: str
    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    pdq_512: bytes | None = None
    pdq_oriented: bytes | None = None
    photodna: bytes | None = None
    url: str | None = None
    uploaded_at: datetime | None = None
    media_status: Status | None = None
    hasher: str = "client"
    hit_id: UUID | None = None
    pdq_variants: tuple[bytes, ...] = ()
    frames: tuple[Frame, ...] = ()

    def pdq_hashes(self) -> tuple[bytes, ...]:
        """The different PDQ hashes, in a fixed order; those of a small picture may be the same."""
        if self.pdq_512 is None and self.pdq_oriented is None:
            return () if self.pdq is None else (self.pdq,)
        all_three = (self.pdq, self.pdq_512, self.pdq_oriented)
        return tuple(dict.fromkeys(value for value in all_three if value is not None))


@dataclass(frozen=True, slots=True)
class Match:
    """What was found. `entry_ids` (at most 64, first the one that `reference` names) stay inside;
    only `reference`, which belongs to the asking key alone, may leave. `sources` counts independent
    organisations, `distance_bits` is that of the nearest, `film` says how much of a film."""

    kind: MatchKind
    category: Category
    sources: int
    entry_ids: tuple[int, ...]
    reference: str
    distance_bits: int | None
    film: FilmShares | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one picture. `shadow_action` is what would have been advised to a key in
    shadow mode, None for any other. `blocked_by`: it is told as `held`, since the key was told of
    enough pictures, but is an exact match to be blocked, with these entries; they stay inside.
    `/v1`, which has no word for `held`, says `true` of it."""

    client_id: str
    status: AnswerStatus
    action: Action
    match: Match | None = None
    shadow_action: Action | None = None
    blocked_by: tuple[int, ...] = ()


def says_true(outcome: Outcome) -> bool:
    """Whether `/v1` answers `true`, and the tier `boolean` hears `listed`: an exact match, and the
    advice is to block, or would be if the key were told. In shadow nothing is advised, so it is
    never true there."""
    plain = outcome.status is AnswerStatus.LISTED and outcome.action is Action.BLOCK
    return plain or bool(outcome.blocked_by)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for a batch, outcomes in the order asked.

    `list_version` is the number of the last change to the lists that counted. `stale`: the
    database has not been heard of for some seconds, so newer changes may be missing. `problem` says
    in words why everything is `unavailable`, and what to do; None when the check was made.
    """

    list_version: int | None
    stale: bool
    outcomes: tuple[Outcome, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class HitView:
    """A hit as other rooms see it; `url` in the clear, for those who open an item with it."""

    id: str
    key_id: str
    party_id: int
    at: datetime
    kind: MatchKind
    status: AnswerStatus
    action: Action
    entry_ids: tuple[int, ...]
    distance_bits: int | None
    client_id: str
    url: str | None = field(repr=False)
    fingerprints: tuple[FingerprintValue, ...] = field(repr=False)
    uploaded_at: datetime | None
    list_version: int
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class KeyView:
    """A live key for its page: terms, what near matches are worth, where it stands, what its party
    found harmless. `list_size` counts the PDQ hashes in service."""

    key_id: str
    party_id: int
    party_name: str
    tier: Tier
    terms: PolicyTerms
    base_rate: BaseRate
    list_size: int
    expected: tuple[Expected, ...]
    standing: Standing
    totals: Totals
    daily_hashes: int
    harmless: tuple[HarmlessView, ...]


@dataclass(frozen=True, slots=True)
class HarmlessView:
    """One line of what a party found harmless. `mark` tells lines of a kind apart, no more."""

    id: int
    kind: str
    mark: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class HitLine:
    """A hit as far as a correction needs it: nothing of it is sealed. Best entry first.

    `told_ids`: those of `entry_ids` that the answer told of; of no others may the key ever hear.
    `beside_ids`: those met by nearness only, where the answer rested on an exact match.
    """

    id: UUID
    key_id: str
    party_id: int
    at: datetime
    status: AnswerStatus
    entry_ids: tuple[int, ...]
    told_ids: tuple[int, ...]
    beside_ids: tuple[int, ...]
    client_id: str
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class PartyHit:
    """How often one key of a party was told of an entry, and when last."""

    party_id: int
    party_name: str
    key_id: str
    hits: int
    last_at: datetime
