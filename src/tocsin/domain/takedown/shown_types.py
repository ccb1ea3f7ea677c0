"""What pages see of notices and takedowns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.base.audit.types import Json
from tocsin.base.letters.types import Attachment, LetterView
from tocsin.domain.takedown.lives import (
    AnswerKind,
    Channel,
    NoticeState,
    PostState,
    Rung,
    TakedownState,
    Where,
)


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
    """What a hoster said, opened. A dispute's `appeal` is decided among the reports: `outcome` is
    upheld, dismissed or moot, empty until then."""

    id: int
    kind: AnswerKind
    words: str
    name: str
    email: str
    at: datetime
    by_machine: bool
    appeal: str = ""
    outcome: str = ""
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
