"""Types of the desk: what it asks, how it is set up, who looks a second time, who appeals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Look(StrEnum):
    """Which pair of eyes made a finding; `cluster`: it follows from a finding on another item."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    CLUSTER = "cluster"


class PoliceReason(StrEnum):
    """Why the police should come first: the reasons Dutch practice knows."""

    BAD_HOSTER = "bad_hoster"
    NEW_HOSTER = "new_hoster"
    COUNTRY = "country"
    NEW_VICTIM = "new_victim"
    NO_HOTLINE = "no_hotline"
    NOT_TRACEABLE = "not_traceable"
    UNREACHABLE = "unreachable"
    ASKED = "asked"


class SkipReason(StrEnum):
    """Why somebody who had taken an item puts it back without deciding."""

    NOT_NOW = "not_now"
    TOO_HARD = "too_hard"
    KNOWS_IT = "knows_it"
    LANGUAGE = "language"
    OTHER = "other"


class ClusterEventKind(StrEnum):
    JOINED = "joined"
    MERGED = "merged"
    SPLIT = "split"


class Predecide(StrEnum):
    """What becomes of a new item in a cluster that is decided: a person presses one key, or none.

    `automatic` concerns only the very same file (SHA-256) and never what a person set apart.
    """

    PROPOSE = "propose"
    AUTOMATIC = "automatic"


class AppealOrigin(StrEnum):
    HOSTER = "hoster"
    UPLOADER = "uploader"
    PUBLISHER = "publisher"


class ItemAppealState(StrEnum):
    OPENED = "opened"
    BEING_REVIEWED = "being_reviewed"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    MOOT = "moot"


class ReasonNeeded(Exception):
    """This is not done without saying why, in at most 4,000 characters."""


class NoSuchCluster(Exception):
    """The item is in no cluster, or nothing of its cluster is decided."""


class UnusableSetup(Exception):
    """The desk cannot be set up like this; `field` names where."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.field = name


class SetupMovedOn(Exception):
    """Somebody else has changed the set-up meanwhile: look again."""


class UnknownItemAppeal(Exception):
    """There is no appeal of that number."""


class NothingToAppealHere(Exception):
    """No unlawful finding stands on this item."""


class NotIndependent(Exception):
    """Whoever made or shared the finding cannot review an appeal against it."""


class BadAnswer(Exception):
    """An answer that the question set does not know; `question` names which."""

    def __init__(self, question: str, words: str) -> None:
        super().__init__(words)
        self.question = question


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: of which set and version, to which question, and what.

    `values` are codes of the question's answers, or one free text.
    """

    question_set: str
    version: str
    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What managers have set of how the desk decides.

    `second_for_new`: pictures on no list need a second person before action. `second_for_police`:
    holding something back for the police does. `question_sets`: names, in order.
    """

    second_for_new: bool = False
    second_for_police: bool = False
    police_hold: timedelta = timedelta(hours=24)
    longest_hold: timedelta = timedelta(hours=72)
    predecide: Predecide = Predecide.PROPOSE
    question_sets: tuple[str, ...] = ("nl", "inhope")


@dataclass(frozen=True, slots=True)
class SetupVersion:
    """One version of weights or rules: who made it, when, why."""

    version: int
    by: str
    at: datetime
    why: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """An item of a dry view: its place now and under other weights."""

    number: str
    place_now: int
    place_then: int
    priority_now: int
    priority_then: int


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """An item of a cluster, as a line."""

    id: int
    number: str
    state: str
    distance_bits: int | None
    lead: bool


@dataclass(frozen=True, slots=True)
class ClusterView:
    """Items with the same or nearly the same fingerprints. `decided`: the item whose finding stands
    for them, if there is one, and what it says."""

    id: int
    members: tuple[ClusterMember, ...]
    total: int
    waiting: int
    decided_by: str | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two raters agree: Cohen's kappa with a 95 % interval, None where it has no meaning.

    `table` counts pairs: (first, second) verdict to how many.
    """

    pairs: int
    same: int
    kappa: float | None
    low: float | None
    high: float | None
    table: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """Golden items and second reviews of one person."""

    name: str
    golden: int
    golden_right: int
    reviewed: int
    upheld: int
    skips: int


@dataclass(frozen=True, slots=True)
class QualityPage:
    """What quality sees: agreement of first with second, of everybody with golden items."""

    second: Agreement
    golden: Agreement
    waiting_second: int
    disagreed: int
    settled_for_first: int
    settled_for_second: int
    people: tuple[PersonQuality, ...]


@dataclass(frozen=True, slots=True)
class GoldenView:
    """A golden item as quality sees it."""

    number: str
    expected: str
    planted: int
    answered: int
    right: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A handover note: what the next shift should know."""

    by: str
    at: datetime
    words: str

    def __repr__(self) -> str:
        return f"Note({self.by})"


@dataclass(frozen=True, slots=True)
class MyDay:
    """What somebody did since midnight of the organisation's zone, and what they hold."""

    findings: Mapping[str, int]
    reviews: int
    skips: int
    held: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class ItemAppealView:
    """An appeal against a finding on an item, opened for whoever reviews it."""

    number: str
    item_number: str
    origin: AppealOrigin
    state: ItemAppealState
    words: str
    contact: str
    outcome: str
    opened_at: datetime
    due_at: datetime | None
    reviewer: str | None
    decided_by: str | None
    decided_at: datetime | None
    rehearsal: bool

    def __repr__(self) -> str:
        return f"ItemAppealView({self.number})"
