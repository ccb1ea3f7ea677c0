"""What doors and other rooms hand to this room and get from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.engine.media import Veil as Veil  # noqa: PLC0414 - handed out here

MOST_A_DAY = timedelta(hours=4)
MOST_IN_A_ROW = timedelta(hours=1)
SHORTEST_BREAK = timedelta(minutes=10)


class MandateRefused(Exception):
    """The statement cannot be kept; `field` names where, the words say what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class NothingInForce(Exception):
    """Viewing is off, so it cannot be ended."""


class WhyNot(StrEnum):
    """Why somebody may not look now."""

    NO_MANDATE = "no_mandate"
    FETCHING_IS_OFF = "fetching_is_off"
    OPTED_OUT = "opted_out"
    KNOWN = "known"
    """A list knows this picture: it was judged once, and nobody needs to see it again."""
    LISTS_AWAY = "lists_away"
    """Whether a list knows it cannot be told at the moment, so it is not shown."""
    DECIDED = "decided"
    NOT_TAKEN = "not_taken"
    CLUSTER_SEEN = "cluster_seen"
    """Somebody has looked at one of its like: decide this one from that."""
    STEP_TOO_FAR = "step_too_far"
    """The step before it comes first."""
    BREAK = "break"
    DAY_IS_OVER = "day_is_over"
    SHIFT_ENDS = "shift_ends"
    NOT_THERE = "not_there"
    """Nothing at the address can be shown."""


class MayNotLook(Exception):
    """Nothing is shown: `why`, and from when on it may be asked again, where time settles it."""

    def __init__(self, why: WhyNot, until: datetime | None = None) -> None:
        super().__init__(f"may not look: {why}")
        self.why = why
        self.until = until


class LookIsOver(Exception):
    """The picture must go from the screen: `why`; None when another one was opened since."""

    def __init__(self, why: WhyNot | None = None) -> None:
        super().__init__("this look is over")
        self.why = why


@dataclass(frozen=True, slots=True)
class Limits:
    """How long somebody may look: a day, in a row, and how long a break is. Never more than four
    hours, an hour, or less than ten minutes. Raises ValueError."""

    a_day: timedelta = MOST_A_DAY
    in_a_row: timedelta = MOST_IN_A_ROW
    a_break: timedelta = SHORTEST_BREAK
    before_shift_ends: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.a_day <= MOST_A_DAY:
            raise ValueError("a day has at most 240 minutes of looking")
        if not timedelta(0) < self.in_a_row <= MOST_IN_A_ROW:
            raise ValueError("after at most 60 minutes of looking comes a break")
        if self.a_break < SHORTEST_BREAK:
            raise ValueError("a break is at least 10 minutes")


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something was on somebody's screen."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody may still look today and until the next break; `why_not` and `until` when
    nothing at the moment."""

    left_today: timedelta
    left_in_a_row: timedelta
    looked_today: timedelta
    why_not: WhyNot | None = None
    until: datetime | None = None

    @property
    def left(self) -> timedelta:
        """How long a look that begins now may last."""
        return min(self.left_today, self.left_in_a_row)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be looked at, as whoever asks knows it.

    `url` is the picture's own address, `referer` the page it stands on. `listed`: a list is known
    to hold it. `like` are the numbers of the items that look like it. `taken`: whoever asks has
    taken the item. `decided`: it has a finding.
    """

    item_id: int
    number: str
    url: str
    referer: str = ""
    place: int = 0
    listed: bool = False
    decided: bool = False
    taken: bool = False
    like: tuple[int, ...] = ()
    rehearsal: bool = False

    def __repr__(self) -> str:
        return f"Subject({self.number})"


@dataclass(frozen=True, slots=True)
class Ladder:
    """What may be shown of an item to somebody now: the steps down to the next one, or why none.

    `seen` are the steps this person has been shown of it. `moments` is how many there are of a
    film, as far as that is known (1 otherwise).
    """

    steps: tuple[Veil, ...]
    seen: tuple[Veil, ...] = ()
    why_not: WhyNot | None = None
    until: datetime | None = None
    seen_like: str = ""
    moments: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A small picture for one answer to one browser, and the look it belongs to; memory only."""

    look_id: int
    picture: bytes
    width: int
    height: int
    moments: int
    left_seconds: int

    def __repr__(self) -> str:
        return f"<Shown {self.look_id} {self.width}x{self.height}>"


@dataclass(frozen=True, slots=True)
class MandateView:
    """The organisation's statement that it may look. `ends_at` as stated, `ended_at` as it was."""

    id: int
    basis: str
    stated_by: str
    stated_at: datetime
    ends_at: datetime | None
    ended_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookView:
    """One line of the ledger."""

    id: int
    who: str
    item_number: str
    step: Veil
    opened_at: datetime
    seconds: int
    repeat: int


@dataclass(frozen=True, slots=True)
class PersonExposure:
    """What one person was shown in a time, and what is left of their day."""

    who: str
    items: int
    looks: int
    repeats: int
    seconds: int
    plain: int
    opted_out: bool = False
    allowance: Allowance | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Headline:
    """Looks per confirmed item: the figure that must go down. None where nothing was confirmed."""

    looks: int
    items_looked_at: int
    confirmed: int

    @property
    def per_confirmed(self) -> float | None:
        return self.looks / self.confirmed if self.confirmed else None
