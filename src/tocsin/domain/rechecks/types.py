"""What other rooms know of whether an item is still there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.domain.visits.types import Outcome, Standing


class FollowState(StrEnum):
    CHECKING = "checking"  # it was there when last looked
    MAYBE_GONE = "maybe_gone"  # somebody saw it gone; nobody else has yet
    UNCERTAIN = "uncertain"  # looks tell neither that it is there nor that it is gone
    MOVED = "moved"  # still there, at another hoster than was told
    WATCHING = "watching"  # gone, confirmed; looked at for ninety days more
    MAYBE_BACK = "maybe_back"  # gone before, and seen again once
    PAUSED = "paused"  # not looked at: the police asked, or a person did
    ENDED = "ended"


class OpenedBy(StrEnum):
    """Why a stay at a hoster began."""

    FOUND = "found"
    BACK = "back"
    MOVED = "moved"


class ClosedBy(StrEnum):
    """Why a stay at a hoster ended; NOTHING while it lasts."""

    NOTHING = ""
    REMOVED = "removed"
    MOVED = "moved"
    CORRECTED = "corrected"  # it was none; counts for nobody


class HopKind(StrEnum):
    MOVED = "moved"  # the same address, at another hoster
    FRONTED = "fronted"  # the same address, now behind a service that hides the server
    RESURFACED = "resurfaced"  # the same picture, at another address


class Abroad(StrEnum):
    """What became of an item outside our country; never an end by itself."""

    NOT = ""
    SEEN = "seen"  # found to be abroad; nobody there has been told yet
    HANDED_OVER = "handed_over"
    ACKNOWLEDGED = "acknowledged"
    REMOVED_THERE = "removed_there"


class Ruling(StrEnum):
    """What a person says of an item of which looks cannot tell."""

    THERE = "there"
    GONE = "gone"


class NotFollowed(Exception):
    """The item is not followed: nothing unlawful was found of it."""


class NothingToRule(Exception):
    """The item does not wait for a person's word (any more)."""


class RulingRefused(Exception):
    """The word cannot be taken as given; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the network as hops and figures tell of it; empty where it is not known.

    `hoster_id` is of the hand-kept table. `cdn`: who stands in front where the server is hidden.
    """

    hoster_id: int | None = None
    name: str = ""
    asn: int | None = None
    network: str = ""
    country: str = ""
    cdn: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One or several equal looks in a row, from one place: the last at `last_at`.

    `standing` is what the outcome and the comparison say together. `distance_bits`: of the picture
    nearest to ours, where two could be compared.
    """

    first_at: datetime
    last_at: datetime
    times: int
    vantage: str
    agent: str
    outcome: Outcome
    standing: Standing
    distance_bits: int | None = None
    visit_id: int | None = None


@dataclass(frozen=True, slots=True)
class HopView:
    """A step across networks: from where to where, and on what evidence. `to_item`: its number."""

    item_number: str
    at: datetime
    kind: HopKind
    before: Spot
    after: Spot
    to_item: str
    visit_id: int | None


@dataclass(frozen=True, slots=True)
class FollowView:
    """Whether an item is still there, as a page shows it."""

    item_id: int
    item_number: str
    state: FollowState
    since: datetime
    started_at: datetime
    last_look_at: datetime | None
    next_look_at: datetime | None
    ends_at: datetime | None
    removed_at: datetime | None
    times_back: int
    abroad: Abroad
    abroad_at: datetime | None
    rehearsal: bool
    seen: tuple[Seen, ...] = ()
    hops: tuple[HopView, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """One stay of an item at one hoster, bounded as figures need it.

    It began by `started_at`. It was there at `last_present_at`, and gone at `first_gone_at` (None
    while it is not): the removal lies between the two. `back_at`: when it was seen again at the
    same place. `censored_at`: until when it was followed without being gone, None once it is.
    """

    item_id: int
    opened_by: OpenedBy
    closed_by: ClosedBy
    spot: Spot
    rehearsal: bool
    found_at: datetime
    started_at: datetime
    last_present_at: datetime
    first_gone_at: datetime | None
    back_at: datetime | None
    censored_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """All looks stand still: since when, by whom (audit text), and why."""

    since: datetime
    by: str
    why: str
