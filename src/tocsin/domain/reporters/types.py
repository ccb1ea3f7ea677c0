"""What the public door and the desk hand to this room and get from it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

FORM_LASTS = timedelta(hours=6)
"""How long a form may be written; its token says when it was begun."""


class Theme(StrEnum):
    """What a report is about, as the sender sees it."""

    NONE = ""
    PICTURES = "pictures"
    LIVE = "live"
    DRAWN = "drawn"
    CONTACT = "contact"
    MINE = "mine"
    TRADE = "trade"
    OTHER = "other"


class Site(StrEnum):
    """What kind of place it was found at."""

    NONE = ""
    WEBSITE = "website"
    PICTURE_HOST = "picture_host"
    FORUM = "forum"
    SOCIAL = "social"
    CHAT = "chat"
    FILES = "files"
    ONION = "onion"
    OTHER = "other"


class Pace(StrEnum):
    """How soon a form is looked at: with proof of work and no flood, or after the others."""

    QUICK = "quick"
    SLOW = "slow"


class FormState(StrEnum):
    """A form's life. LEFT: its writer went away, and what it said became a report."""

    OPEN = "open"
    LEFT = "left"
    SENT = "sent"


class TalkState(StrEnum):
    """Whether something a reporter wrote waits for somebody here."""

    QUIET = "quiet"
    WAITING = "waiting"


class PlainState(StrEnum):
    """What a reporter is told of an address, and nothing more."""

    RECEIVED = "received"
    LOOKED_AT = "looked_at"
    PASSED_ON = "passed_on"
    REMOVED = "removed"
    NOT_UNLAWFUL = "not_unlawful"


class Side(StrEnum):
    """Who wrote a message."""

    REPORTER = "reporter"
    DESK = "desk"


class NothingTold(Exception):
    """The form says neither where nor what."""


class TooMuch(Exception):
    """A field is longer than what is kept of it; `field` names it, `most` is how long it may be."""

    def __init__(self, field: str, most: int) -> None:
        super().__init__(f"{field} takes at most {most}")
        self.field = field
        self.most = most


class AlreadySent(Exception):
    """The form was sent, too long ago for another receipt."""


class NoSuchReceipt(Exception):
    """No conversation has this receipt."""


class NoSuchTalk(Exception):
    """There is no conversation with that number."""


class EmptyMessage(Exception):
    """A message needs words."""


class TooManyMessages(Exception):
    """The reporter wrote as often as one may in a day."""


class NotSo(Exception):
    """It is that way already: set aside, or counting."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a form says, field by field, as it was typed. `urls`: one address a line."""

    urls: str = ""
    theme: Theme = Theme.NONE
    site: Site = Site.NONE
    where: str = ""
    seen: str = ""
    words: str = ""

    def __repr__(self) -> str:
        return "Told(…)"


NOTHING = Told()
FIELDS = tuple(field.name for field in fields(Told))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The lines of a form's first field. `texts` are those that are no address."""

    urls: tuple[str, ...]
    texts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Addresses({len(self.urls)}, {len(self.texts)})"


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what helps is there: 0 to 100, and the fields that would help more."""

    score: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to a form. The receipt is shown now and never again.

    `repeated`: this form was here before, nothing was counted; its earlier receipt is void.
    """

    receipt: str
    addresses: int
    texts: int
    pace: Pace
    repeated: bool
    complete: Completeness

    def __repr__(self) -> str:
        return "Sent(…)"


@dataclass(frozen=True, slots=True)
class Line:
    """A message of a conversation. `by` is set for those of the desk, and shown only there."""

    at: datetime
    side: Side
    words: str
    by: str = ""

    def __repr__(self) -> str:
        return f"Line({self.side})"


@dataclass(frozen=True, slots=True)
class PlainTalk:
    """What a receipt opens: an address is told of by its place in the form only."""

    sent_at: datetime
    items: tuple[PlainState, ...]
    lines: tuple[Line, ...]
    read_by_desk: bool


@dataclass(frozen=True, slots=True)
class TalkRow:
    """A line of the desk's list of conversations."""

    id: int
    state: TalkState
    pace: Pace
    language: str
    sent_at: datetime
    last_at: datetime
    waits_since: datetime | None
    items: int
    messages: int
    set_aside: bool
    left: bool


@dataclass(frozen=True, slots=True)
class TalkPage:
    """Some conversations, those that wait first, and how many there are in all."""

    rows: tuple[TalkRow, ...]
    total: int
    waiting: int


@dataclass(frozen=True, slots=True)
class TalkView:
    """A conversation opened for the desk. `texts` are lines that are no address."""

    row: TalkRow
    told: Told
    texts: tuple[str, ...]
    items: tuple[str, ...]
    lines: tuple[Line, ...]
    has_receipt: bool

    def __repr__(self) -> str:
        return f"TalkView({self.row.id})"
