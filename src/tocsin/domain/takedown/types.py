"""What doors and other rooms see of notices and of the ladder they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.takedown.lives import (
    AnswerKind,
    Channel,
    NoticeState,
    OfficeKind,
    PostState,
    Rung,
    TakedownState,
    Where,
)
from tocsin.domain.takedown.shown_types import (
    AnswerView,
    EventView,
    NoticeDetail,
    NoticeLetter,
    NoticeView,
    PostView,
    RungView,
    Shown,
    TakedownView,
)

__all__ = [
    "Addressee",
    "AnswerKind",
    "AnswerRefused",
    "AnswerView",
    "Channel",
    "EventView",
    "LadderMovedOn",
    "LadderRefused",
    "LadderVersion",
    "LinkUnusable",
    "LogVerdict",
    "NoticeDetail",
    "NoticeLetter",
    "NoticeState",
    "NoticeView",
    "OfficeKind",
    "OfficeRefused",
    "OfficeTerms",
    "OfficeView",
    "PostState",
    "PostView",
    "Rung",
    "RungView",
    "Said",
    "Shown",
    "SignedNotice",
    "Step",
    "TakedownState",
    "TakedownView",
    "Taken",
    "Timing",
    "TooManyAnswers",
    "UnknownNotice",
    "Where",
    "WhyNeeded",
]


class UnknownNotice(Exception):
    """There is no notice with that number."""


class LinkUnusable(Exception):
    """The link belongs to no notice, or its time is over."""


class AnswerRefused(Exception):
    """The answer cannot be taken as given: `field` names where, the words say what to do."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.field = name


class TooManyAnswers(Exception):
    """More was said to this notice than anybody needs to say."""


class LadderRefused(Exception):
    """The ladder cannot be kept as given; `problems` names each rung and what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


class LadderMovedOn(Exception):
    """Somebody else has changed the ladder meanwhile: look again."""


class WhyNeeded(Exception):
    """This is not done without saying why."""


class OfficeRefused(Exception):
    """The office cannot be kept as given; `problems` names each field and what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with its hours: when it is told, counted from the decision, by where the server is.

    None: never there. `remind_hours`: how often it is told again until the item is gone.
    """

    rung: Rung
    home_hours: int | None
    abroad_hours: int | None
    handed_over_hours: int | None
    remind_hours: int | None

    def hours(self, where: Where) -> int | None:
        """After how many hours this rung is told."""
        return {
            Where.HOME: self.home_hours,
            Where.ABROAD: self.abroad_hours,
            Where.HANDED_OVER: self.handed_over_hours,
        }[where]


@dataclass(frozen=True, slots=True)
class LadderVersion:
    """The ladder as it was set: version 0 is the one the house comes with."""

    version: int
    steps: tuple[Step, ...]
    by: str
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a notice goes to. Not `confirmed`: found by machine, and nobody here has looked.

    `source` and `confidence` (0 to 1) say where it was found. `hoster_id`: on file with us.
    """

    rung: Rung
    name: str
    email: str
    country: str
    language: str
    channel: Channel = Channel.MAIL
    confirmed: bool = True
    source: str = "table"
    confidence: float = 1.0
    hoster_id: int | None = None

    def __repr__(self) -> str:
        return f"Addressee({self.rung}, {self.source})"


@dataclass(frozen=True, slots=True)
class Timing:
    """When what happened for one notice, for figures and rechecks; nothing in it names anybody."""

    number: str
    item_id: int
    finding_id: int
    rung: Rung
    hoster_id: int | None
    country: str
    decided_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    answered_at: datetime | None
    answer: AnswerKind | None
    reminders: int
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What a hoster fills in. `name` and `email`: of whoever it should go to instead."""

    kind: AnswerKind
    words: str = ""
    name: str = ""
    email: str = ""

    def __repr__(self) -> str:
        return f"Said({self.kind})"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer. `child_secret`: the link for the reseller, shown once."""

    kind: AnswerKind
    state: NoticeState
    child_secret: str = ""

    def __repr__(self) -> str:
        return f"Taken({self.kind})"


@dataclass(frozen=True, slots=True)
class OfficeView:
    """A partner hotline, or a regulator that takes files on notices not followed."""

    id: int
    kind: OfficeKind
    country: str
    name: str
    email: str
    language: str
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class OfficeTerms:
    """An office as a person writes it down."""

    kind: OfficeKind
    country: str
    name: str
    email: str
    language: str
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """What going over the send log found: how many rows, and the first thing wrong, if any."""

    rows: int
    waiting: int
    heads: int
    letters: int
    problem: str | None

    @property
    def sound(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class SignedNotice:
    """What a signed notice says, and whether we signed it and know it."""

    signed: bool
    known: bool
    number: str = ""
