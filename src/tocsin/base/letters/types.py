"""What a letter is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TEXT_TYPES = frozenset({"text/plain", "text/csv", "application/json"})


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"  # taken by a server on the way, and returned by a later one


class NotText(Exception):
    """An attachment that is not plain text, CSV or JSON was refused."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Text beside the letter. Raises NotText for any other kind: pictures never travel."""

    filename: str
    media_type: str
    text: str

    def __post_init__(self) -> None:
        if self.media_type not in TEXT_TYPES:
            raise NotText(f"a letter cannot carry {self.media_type}")


@dataclass(frozen=True, slots=True)
class Content:
    """What the receiver reads."""

    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as rooms and doors see it."""

    id: int
    message_id: str
    purpose: str
    about: str
    to: str
    language: str
    state: LetterState
    attempts: int
    last_error: str
    transport: str
    receipt: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    bounce_status: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who we are in letters: name, the address answers go to, its domain, ISO country code."""

    name: str
    email: str
    domain: str
    country: str
