"""The words of ICCAM, by the numbers of its code lists, and the values that go in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from tocsin.domain.visits.types import IccamReason as Reason

__all__ = [
    "ActionType",
    "Age",
    "Assessment",
    "Classification",
    "ContentNow",
    "ContentType",
    "Filed",
    "Gender",
    "LinkState",
    "LinkTerms",
    "LinkView",
    "Listing",
    "NotConnected",
    "OutgoingContent",
    "OutgoingReport",
    "Pulled",
    "Reason",
    "ReportNow",
    "StepKind",
    "StepRefused",
    "StepState",
    "StepView",
    "Told",
    "Trouble",
    "WrongTerms",
]


class ActionType(IntEnum):
    """What was done about content. `Moved` is none of them: it is told by two other calls."""

    REPORTED_TO_LEA = 1
    REPORTED_TO_ISP = 2
    REMOVED = 3
    UNAVAILABLE = 4
    NOT_ILLEGAL = 6


class Classification(IntEnum):
    BASELINE = 1
    NATIONAL = 2
    IGNORE = 4


class Age(IntEnum):
    NOT_CATEGORISED = 1
    INFANT = 2
    PREPUBESCENT = 3
    PUBESCENT = 4


class Gender(IntEnum):
    NOT_DETERMINED = 1
    FEMALE = 2
    MALE = 3
    BOTH = 4


class ContentType(IntEnum):
    MEDIA = 1
    WEBSITE = 2


class Listing(StrEnum):
    """Which contents are asked for."""

    UNASSIGNED = "unassigned-to-hotline"
    UNASSESSED = "unassessed"
    UNACTIONED = "unactioned"
    OFFLINE = "offline"
    ORPHANED = "orphaned"
    NO_REFERENCE = "no-reference"


class LinkState(StrEnum):
    """How the exchange goes. All but `off` is tried again by itself."""

    WELL = "well"
    FAILING = "failing"
    OFF = "off"


class Trouble(StrEnum):
    """What kept a call, or a step, from going through."""

    NONE = ""
    NO_KEY = "no_key"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    BUSY = "busy"
    SERVER = "server"
    BROKEN = "broken"
    ENDLESS = "endless"
    OURS = "ours"
    # Of one step:
    NOT_TAKEN = "not_taken"
    NOT_ASSESSED = "not_assessed"
    NUMBER_UNKNOWN = "number_unknown"
    BASELINE_STANDS = "baseline_stands"
    CORRECTED = "corrected"
    # Why a step was passed over:
    NOT_OURS = "not_ours"
    SET_ALREADY = "set_already"
    TAKEN_BACK = "taken_back"
    BY_A_PERSON = "by_a_person"


SENTENCES = {
    Trouble.NONE: "",
    Trouble.NO_KEY: "Our name, password or certificate for it are not in the file of keys.",
    Trouble.REFUSED: "It does not accept our name and password, or our certificate.",
    Trouble.UNREACHABLE: "It could not be reached.",
    Trouble.TOO_SLOW: "It took too long to answer.",
    Trouble.BUSY: "It asked us to come back later.",
    Trouble.SERVER: "It answered that something broke over there.",
    Trouble.BROKEN: "It answered with something else than was asked for.",
    Trouble.ENDLESS: "It lists more at once than it lets be fetched, again and again.",
    Trouble.OURS: "Something broke here; the log of the worker says what.",
    Trouble.NOT_TAKEN: "It refused this step. What it has on file and what we want to say differ.",
    Trouble.NOT_ASSESSED: "It has no assessment of this content yet, so that no action is taken.",
    Trouble.NUMBER_UNKNOWN: (
        "It may have the report already, under a number that we were not told: look there, and "
        "tell us the number (tocsin iccam adopt)."
    ),
    Trouble.BASELINE_STANDS: "A baseline assessment stands there, which nobody can overrule.",
    Trouble.CORRECTED: (
        "Our finding was corrected after it had been told, and ICCAM takes nothing back: write to "
        "INHOPE, then pass this over."
    ),
    Trouble.NOT_OURS: "It is assigned to another country by now, whose hotline acts.",
    Trouble.SET_ALREADY: "Somebody has filled this in already; theirs stands.",
    Trouble.TAKEN_BACK: "Our finding was corrected before this was told.",
    Trouble.BY_A_PERSON: "Somebody here passed it over.",
}
"""Each in plain words, for the command line; pages have their translations."""


class StepKind(StrEnum):
    """One thing that is told."""

    FILE = "file"
    REFERENCE = "reference"
    SITE_TYPE = "site_type"
    COMMERCIALITY = "commerciality"
    PAYMENT_METHODS = "payment_methods"
    ASSESS = "assess"
    ACT = "act"
    HOSTING = "hosting"
    ASSIGN = "assign"


class StepState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    PASSED_OVER = "passed_over"


class WrongTerms(Exception):
    """What is to be noted down of the exchange cannot be used; the words say why."""


class NotConnected(Exception):
    """No exchange with ICCAM has been noted down."""


class StepRefused(Exception):
    """This cannot be told of this item; the words say why."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a hotline found of content. The three flags are yes or no, never a list of answers."""

    classification: Classification
    age: Age = Age.NOT_CATEGORISED
    gender: Gender = Gender.NOT_DETERMINED
    virtual: bool = False
    self_generated: bool = False
    child_modelling: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An action that is told. Types above 3 carry a reason, the others never do."""

    type: ActionType
    at: datetime
    reason: Reason | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an action with a reason it cannot have, or without one it must."""
        if (self.reason is not None) != (self.type > ActionType.REMOVED):
            raise ValueError("actions above 3 carry a reason, the others never do")


@dataclass(frozen=True, slots=True, repr=False)
class ContentNow:
    """Content as ICCAM has it now. `reference`: of the hotline that has taken it."""

    number: int
    report_number: int
    url: str
    is_source: bool
    hosting_country: str
    assigned_country: str
    reference: str
    assessments: tuple[Assessment, ...]
    actions: frozenset[int]
    listed_at: datetime | None = None

    @property
    def assessment(self) -> Assessment | None:
        """The one that is valid: the last."""
        return self.assessments[-1] if self.assessments else None


@dataclass(frozen=True, slots=True, repr=False)
class ReportNow:
    """A report as ICCAM has it now; 0 and nothing: not filled in. `contents`: their numbers."""

    number: int
    reference: str
    referrer: str
    site_type: int
    commerciality: int
    payment_methods: tuple[int, ...]
    contents: tuple[int, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OutgoingContent:
    """An address that we report."""

    url: str
    reference: str
    country: str
    ip: str
    organisation: str
    is_source: bool
    type: ContentType
    assessment: Assessment


@dataclass(frozen=True, slots=True, repr=False)
class OutgoingReport:
    """A report of ours for another country."""

    reference: str
    received_at: datetime
    site_type: int
    commerciality: int
    payment_methods: tuple[int, ...]
    contents: tuple[OutgoingContent, ...]


@dataclass(frozen=True, slots=True)
class Filed:
    """The numbers ICCAM gave a report and its contents, in the order they were sent."""

    number: int
    contents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """What is written down of the exchange. `files_abroad`: what is found unlawful and hosted in
    another country is reported by itself."""

    base_url: str
    country: str
    analyst: str
    party_id: int | None = None
    files_abroad: bool = False


@dataclass(frozen=True, slots=True)
class LinkView:
    """How the exchange goes."""

    base_url: str
    country: str
    state: LinkState
    trouble: Trouble
    failures: int
    checkpoint: datetime | None
    pulled_at: datetime | None
    sent_at: datetime | None
    next_try_at: datetime | None
    reports: int
    contents: int
    unusable: int
    waiting: int
    oldest_waiting_at: datetime | None
    dead: int
    files_abroad: bool


@dataclass(frozen=True, slots=True)
class StepView:
    """A step on its way, for people."""

    id: int
    report_number: int | None
    content_number: int | None
    item_number: str
    kind: StepKind
    what: str
    state: StepState
    trouble: Trouble
    attempts: int
    at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one round did."""

    listed: int = 0
    new: int = 0
    unusable: int = 0
    sent: int = 0
    passed_over: int = 0
    failed: int = 0
