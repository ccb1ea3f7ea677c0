"""What doors see of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.letters.types import Attachment, LetterView


class NoticeState(StrEnum):
    WAITING_FOR_CONTACT = "waiting_for_contact"
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    RECALLING = "recalling"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class UnknownNotice(Exception):
    """There is no notice with that number."""


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
class NoticeDetail:
    """A notice with everything that left because of it, oldest first."""

    notice: NoticeView
    letters: tuple[NoticeLetter, ...]
