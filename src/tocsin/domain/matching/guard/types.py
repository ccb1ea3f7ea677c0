"""The words of the guard: what it may let a key learn, and where a key stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from tocsin.base.accounts.types import Tier

Words = npt.NDArray[np.uint64]
"""PDQ hashes as uint64[n, 4]."""


TagOf = Callable[[bytes], int]
"""A keyed digest of 64 bits, the same in every process."""


class Step(StrEnum):
    """Where a key stands, from good to bad. Only a person brings a key back from `paused`."""

    OPEN = "open"
    NOTICED = "noticed"
    """People are told; answers are as ever, but for matches beyond the allowance."""
    SLOWED = "slowed"
    """A tenth of its speed, and near matches are told as `held` without details; for a day."""
    PAUSED = "paused"
    """Every check is refused until a person lets the key go on."""

    @property
    def weight(self) -> int:
        """0 for the best."""
        return _STEPS.index(self)


_STEPS: Final = tuple(Step)


class Sign(StrEnum):
    """What the guard noticed."""

    EDGES = "edges"
    """Around several listed pictures it was tried where a match ends."""
    MATCHES = "matches"
    """It found more different entries than uploads of its number would."""
    HASHES = "hashes"
    """It asked (nearly) as many different fingerprints as it may in a day."""
    RUN = "run"
    """Most of what it asks are near-identical hashes, though none of them matched yet."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a key may learn before something follows.

    `edge_answers`: different hashes around one listed picture that may be answered where a match
    ends; after that the picture's whole surroundings answer `held`. `distances`: near matches of
    one picture whose distance is told. `closed_balls` and `asked_for_one_more`: around how many
    listed pictures that may happen in 28 days, and for how many different questions once more. The
    key is told of `free_matches` different pictures a day (four times as many in 28 days), and
    `match_rate` for each different question it asks; what it finds beyond is `held`, at full speed,
    and people are told. `daily_hashes`: different fingerprints a day that are looked up, of
    whatever kind: each digest and each PDQ counts, as each is an answer. A host of 10 million
    uploads a day sends up to six of each.
    """

    daily_hashes: int = 100_000_000
    edge_answers: int = 24
    distances: int = 0
    closed_balls: int = 4
    asked_for_one_more: int = 5_000_000
    free_matches: int = 50
    match_rate: float = 0.002


LIMITS: Final[Mapping[Tier, Limits]] = {
    Tier.BOOLEAN: Limits(),
    Tier.ACTION: Limits(),
    # Hotlines and police check what was reported to them, so that half of it is known.
    Tier.DETAIL: Limits(distances=16, free_matches=1_000, match_rate=0.75),
}


@dataclass(frozen=True, slots=True)
class NearHit:
    """An entry met by nearness in a batch: by which query, by which row of the batch's PDQ hashes,
    and whether that lies at an edge, which is where one bit more or less changes the answer."""

    place: int
    row: int
    entry_id: int
    at_edge: bool


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A batch as the guard sees it.

    `names` uint64[n]: a keyed digest of all fingerprints of each query, the same for the same.
    `hashes` uint64[h]: the same of each fingerprint that was looked up.
    `words` uint64[m, 4] and `places` int64[m]: the PDQ hashes that were looked up, and of which
    query. `together` int64[k]: the rows of queries that carry variants of their picture, or frames
    of a film, and are one question all the same. `near`: every entry that a query met by nearness;
    `exact`: those it met by digests, about which its PDQ hashes teach nothing. `settled` queries
    are told `listed`, which their digests alone decide. `matched` uint64[k]: keyed digests of the
    pictures met, by whatever kind of match, and `matched_in` int64[k]: by which query, in their
    order.
    """

    names: Words
    hashes: Words
    words: Words
    places: npt.NDArray[np.int64]
    near: Sequence[NearHit]
    exact: Mapping[int, frozenset[int]]
    settled: frozenset[int]
    matched: Words
    matched_in: npt.NDArray[np.int64]
    ball_bits: int
    together: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Withheld:
    """Places in a batch whose answer says less: `closed` ones are `held` and nothing more, whether
    they matched or not; `blurred` ones tell no distance; `silent` ones are told what their digests
    met, and nothing, now or later, of what they met by nearness. `beyond` ones met more pictures
    than the key has left to be told of: `held` too."""

    closed: frozenset[int] = frozenset()
    blurred: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()
    beyond: frozenset[int] = frozenset()


NOTHING_WITHHELD: Final = Withheld()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands. `ends_at`: when a slowed key is let go by itself. `spent_until`: it asked
    its day's fingerprints, and may ask again then."""

    step: Step = Step.OPEN
    sign: Sign | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    spent_until: datetime | None = None

    def at(self, now: datetime) -> Standing:
        """The same as it is by now: a slowed key whose day is over stands open again."""
        over = self.ends_at is not None and self.ends_at <= now
        spent = self.spent_until if self.spent_until and self.spent_until > now else None
        if over:
            return Standing(Step.NOTICED, self.sign, self.since, None, spent)
        return Standing(self.step, self.sign, self.since, self.ends_at, spent)


GOOD_STANDING: Final = Standing()


@dataclass(frozen=True, slots=True)
class Totals:
    """What a key asked and found: different questions, fingerprints and pictures, today and in the
    last 28 days as a whole, estimated within 3 %; around how many listed pictures it was stopped;
    which part of its last hashes are in runs. All since it was last let go."""

    asked_today: int = 0
    hashes_today: int = 0
    matched_today: int = 0
    asked: int = 0
    matched: int = 0
    closed_balls: int = 0
    run_share: float = 0.0


@dataclass(frozen=True, slots=True)
class GuardView:
    """For people: a key that the guard noticed, and why."""

    key_id: str
    step: Step
    sign: Sign
    since: datetime
    ends_at: datetime | None
    totals: Totals = field(default_factory=Totals)
