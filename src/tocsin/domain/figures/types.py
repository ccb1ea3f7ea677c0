"""What figures are counted from, and what they come out as. No address, fingerprint or person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Origin(StrEnum):
    """Who told us first."""

    PUBLIC = "public"
    HOTLINE = "hotline"
    POLICE = "police"
    PROVIDER = "provider"
    SCANNER = "scanner"
    STAFF = "staff"
    OTHER = "other"


class Verdict(StrEnum):
    UNLAWFUL = "unlawful"
    NOT_UNLAWFUL = "not_unlawful"
    CANNOT_TELL = "cannot_tell"
    UNDECIDED = "undecided"


class WrongPeriod(ValueError):
    """The two dates are no period; the words say what to give."""


@dataclass(frozen=True, slots=True)
class ItemFact:
    """What figures know of one item. Times are aware UTC; `None` is not yet, `""` not known.

    A removal happened between `last_present_at` and `first_gone_at`. `hoster`: `hoster:7` of the
    table kept by hand, else its network as `AS64500`. `country`: two letters of where it stood when
    it was found. `networks` and `countries` count those it has stood in.
    """

    item: int
    reported_at: datetime
    origin: Origin
    reports: int
    verdict: Verdict
    decided_at: datetime | None = None
    corrected: bool = False
    category: str = ""
    site_type: str = ""
    country: str = ""
    hoster: str = ""
    police_at: datetime | None = None
    notice_at: datetime | None = None
    notices: int = 0
    answered_at: datetime | None = None
    last_present_at: datetime | None = None
    first_gone_at: datetime | None = None
    back_at: datetime | None = None
    handed_over_at: datetime | None = None
    networks: int = 1
    countries: int = 1
    exposures: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both counted, in the organisation's time zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise WrongPeriod("The last day comes before the first.")


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, and the 95 % interval of the share (Wilson); None of nothing."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a report: of this period and the one compared with.

    `change_percent` is None when there was none before. `definition` names its definition.
    """

    code: str
    label: str
    value: float | None
    unit: str
    before: float | None
    change_percent: float | None
    definition: str


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A report: what it is of, when it was counted, and all its numbers."""

    period: Period
    compared_with: Period
    zone: str
    counted_at: datetime
    sections: tuple[Section, ...]
    hosters: tuple[HosterFigures, ...]
    removal: tuple[tuple[float, float], ...]
    """Hours since the notice, and the share still there from then on."""
    facts_digest: str
    """SHA-256 of all that was counted: two reports with the same digest counted the same."""


@dataclass(frozen=True, slots=True)
class Within:
    """Which share was removed within so many hours of the notice, those still online counted.

    `share` is the estimate of Kaplan and Meier. `removed` and `still_online` count those
    whose time has passed either way; `too_new` those of which it cannot be known yet.
    """

    hours: int
    share: float | None
    low: float | None
    high: float | None
    removed: int
    still_online: int
    too_new: int


@dataclass(frozen=True, slots=True)
class MedianHours:
    """The median time to removal in hours with its 95 % interval; None where half is not reached.

    `earliest` is the same with every removal at the last moment it was still seen: the truth lies
    between the two.
    """

    value: float | None
    low: float | None
    high: float | None
    earliest: float | None


@dataclass(frozen=True, slots=True)
class HosterFigures:
    """One hoster in the monitor. `enough`: there are as many notices as the least number asks."""

    hoster: str
    notices: int
    enough: bool
    still_online: int
    median: MedianHours
    within: tuple[Within, ...]
    recidivism: Share
    ignored: Share
    hops: int


class NamingState(StrEnum):
    HEARING = "hearing"
    TO_DECIDE = "to_decide"
    NAMED = "named"
    NOT_NAMED = "not_named"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class UnknownNaming(Exception):
    """There is no proposal with that number."""


class TooFewNotices(Exception):
    """The hoster had too few notices for its figures to mean anything."""


class SamePerson(Exception):
    """Who proposed it cannot decide it."""


class WordsNeeded(Exception):
    """Reasons are missing, or too long."""


@dataclass(frozen=True, slots=True)
class NamingView:
    """A proposal to name a hoster. `words`: who said what, the hoster and who decided."""

    number: int
    hoster: str
    hoster_name: str
    period: Period
    state: NamingState
    proposed_by: str
    proposed_at: datetime
    hearing_until: datetime
    heard_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    words: tuple[tuple[str, str], ...]
    counted: dict[str, Any]
    signature: str
    key_id: str
