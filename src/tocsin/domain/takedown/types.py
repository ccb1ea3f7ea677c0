"""What doors and other rooms see of notices and of the ladder they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.base.audit.types import Json
from tocsin.base.letters.types import Attachment, LetterView


class NoticeState(StrEnum):
    WAITING_FOR_CONTACT = "waiting_for_contact"
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    DONE = "done"  # nothing more is asked of this place: it is gone, or was never theirs
    RECALLING = "recalling"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class TakedownState(StrEnum):
    """How far the getting-rid of one item is."""

    CLIMBING = "climbing"  # notices and reminders go out as the ladder says
    HELD = "held"  # the police have asked that nobody be told
    DISPUTED = "disputed"  # a hoster disputes the finding: somebody looks, for a day at most
    REMOVED = "removed"  # seen to be gone; watched
    CLOSED = "closed"  # gone, and the watch is over
    ENDED = "ended"  # the finding was wrong


class Rung(StrEnum):
    """Who is told, in the order of the ladder."""

    HOTLINE = "hotline"  # the partner in the country where it is
    HOSTER = "hoster"
    SITE_OWNER = "site_owner"
    UPSTREAM = "upstream"
    REGISTRAR = "registrar"
    REGULATOR = "regulator"  # a file on a notice that was not followed
    RESELLER = "reseller"  # no rung of its own: whom the hoster has passed the notice on to


class Where(StrEnum):
    """What the country of the server means for the ladder."""

    HOME = "home"
    ABROAD = "abroad"  # and nobody there to hand it to
    HANDED_OVER = "handed_over"  # abroad, and a partner hotline there has it


class Channel(StrEnum):
    MAIL = "mail"
    MACHINE = "machine"  # signed JSON to the hoster's own address for notices


class AnswerKind(StrEnum):
    """What a hoster can say to a notice."""

    ACKNOWLEDGE = "acknowledge"
    REMOVED = "removed"
    NOT_OURS = "not_ours"
    MOVED = "moved"
    DISPUTE = "dispute"
    BETTER_CONTACT = "better_contact"
    PASS_ON = "pass_on"
    QUESTION = "question"


class OfficeKind(StrEnum):
    HOTLINE = "hotline"
    REGULATOR = "regulator"


class PostState(StrEnum):
    """A notice on its way to a hoster's own address for notices."""

    WAITING = "waiting"
    TAKEN = "taken"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


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


class NotIndependent(Exception):
    """Whoever made the finding cannot decide a dispute about it."""


class NoDispute(Exception):
    """The notice has no dispute that waits for a decision."""


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
class NoticeView:
    """A line of the table of notices. `attention`: how often its clock ran out unanswered."""

    number: str
    item_number: str
    state: NoticeState
    hoster_name: str | None
    to: str | None
    language: str
    created_at: datetime
    sent_at: datetime | None
    receipt: str
    deadline_at: datetime | None
    attention: int
    machine_readable: bool
    rehearsal: bool
    rung: Rung = Rung.HOSTER
    confirmed: bool = True
    source: str = ""
    confidence: float = 1.0
    channel: Channel = Channel.MAIL
    reminders: int = 0
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    answer: AnswerKind | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeLetter:
    """A letter of a notice with the words as they left."""

    letter: LetterView
    subject: str
    text: str
    attachments: tuple[Attachment, ...]

    def __repr__(self) -> str:
        return f"NoticeLetter({self.letter.id})"


@dataclass(frozen=True, slots=True)
class PostView:
    """A sending by machine: how it stands, and what was answered."""

    id: int
    state: PostState
    attempts: int
    said: str
    made_at: datetime
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a hoster said, opened. `outcome` of a dispute: upheld or dismissed, empty until then."""

    id: int
    kind: AnswerKind
    words: str
    name: str
    email: str
    at: datetime
    by_machine: bool
    outcome: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None

    def __repr__(self) -> str:
        return f"AnswerView({self.id}, {self.kind})"


@dataclass(frozen=True, slots=True)
class EventView:
    """One step of a takedown."""

    at: datetime
    kind: str
    notice: str
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RungView:
    """A rung as it stands for one item: when it is due, and the notices it has."""

    rung: Rung
    due_at: datetime | None
    notices: tuple[NoticeView, ...]


@dataclass(frozen=True, slots=True)
class TakedownView:
    """The getting-rid of one item, as a page shows it."""

    finding_id: int
    item_id: int
    item_number: str
    state: TakedownState
    where: Where
    country: str
    since: datetime
    next_at: datetime | None
    removed_at: datetime | None
    rungs: tuple[RungView, ...]
    events: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """A notice with everything that left because of it, oldest first."""

    notice: NoticeView
    letters: tuple[NoticeLetter, ...]
    takedown: TakedownView | None = None
    posts: tuple[PostView, ...] = ()
    answers: tuple[AnswerView, ...] = ()


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
class Shown:
    """A notice as its receiver sees it behind a link."""

    number: str
    organisation: str
    email: str
    url: str
    whole_page: bool
    category: str
    ground: str
    digests: Mapping[str, str]
    found_at: datetime
    sent_at: datetime | None
    deadline_at: datetime | None
    state: NoticeState
    withdrawn: bool
    rehearsal: bool
    addressee: str
    language: str
    answers: tuple[AnswerView, ...]
    children: tuple[tuple[str, NoticeState], ...]

    def __repr__(self) -> str:
        return f"Shown({self.number})"


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
