"""The words of exchanges, and the frozen values that queries hand out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.domain.hashlists.types import Purpose


class ExchangeKind(StrEnum):
    """What is spoken with a service."""

    NCMEC = "ncmec-v2"
    STOPNCII = "stopncii-v1"


class PullState(StrEnum):
    """How the pulls of an exchange go. All but `off` are tried again by themselves."""

    WELL = "well"
    FAILING = "failing"
    DEAD = "dead"
    OFF = "off"


class Trouble(StrEnum):
    """What kept a pull or a vote from going through."""

    NONE = ""
    NO_KEY = "no_key"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    BUSY = "busy"
    SERVER = "server"
    REDIRECTED = "redirected"
    GONE = "gone"
    WRONG_TYPE = "wrong_type"
    BROKEN = "broken"
    ELSEWHERE = "elsewhere"
    SKIPPED = "skipped"
    ENDLESS = "endless"
    NOT_TAKEN = "not_taken"
    KNOWN_GOOD = "known_good"
    MEMBERS = "members"
    OURS = "ours"
    NO_REASON = "no_reason"


SENTENCES = {
    Trouble.NONE: "",
    Trouble.NO_KEY: "Our keys for it are not in the file of keys.",
    Trouble.REFUSED: "It does not accept our keys.",
    Trouble.UNREACHABLE: "It could not be reached.",
    Trouble.TOO_SLOW: "It took too long to answer.",
    Trouble.TOO_LARGE: "Its answer is larger than any page should be.",
    Trouble.BUSY: "It asked us to come back later.",
    Trouble.SERVER: "It answered that something broke over there.",
    Trouble.REDIRECTED: "It sent us to another address, which we do not follow with our keys.",
    Trouble.GONE: "It does not know the page that we asked for.",
    Trouble.WRONG_TYPE: "It answered with another kind of document than a page of entries.",
    Trouble.BROKEN: "A page stops before its end or is no page of entries.",
    Trouble.ELSEWHERE: "A page names a next page that is not of the same window.",
    Trouble.SKIPPED: "A page names a next page that leaves some records out.",
    Trouble.ENDLESS: "Its pages go on without an end, or lead back to one we had.",
    Trouble.NOT_TAKEN: "What it sent could not be taken into its list; an import may be open.",
    Trouble.KNOWN_GOOD: (
        "A known-good set here is damaged or missing, so that nothing new can be gone over. Put it "
        "back or make it anew (tocsin knowngood); what came is kept, and counts then."
    ),
    Trouble.MEMBERS: (
        "It names more new members than may each have a list without a person. What came is kept "
        "and counts when somebody has let them in (tocsin exchanges members)."
    ),
    Trouble.OURS: "Something broke here while it was taken in; the log of the worker says what.",
    Trouble.NO_REASON: "It has no reason of that name for a vote against.",
}
"""Each trouble in plain words, for the command line and letters; pages have their translations."""


class Direction(StrEnum):
    """A vote on an entry: it belongs on the list, or does not."""

    UP = "up"
    DOWN = "down"


class VoteState(StrEnum):
    """A vote on its way to the source."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class ExchangeTerms:
    """What is written down of a service.

    `members`: NCMEC members whose entries are wanted, none for all. `since`: nothing that changed
    before it is asked for.
    """

    slug: str
    kind: ExchangeKind
    base_url: str
    purpose: Purpose
    source: str
    environment: str = ""
    members: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the last whole window brought.

    `superseded`: records that a later one of the same window replaces, or that are older than what
    we have; `unreadable`: those that are no entry; `left_out`: fingerprints kept in the archive
    only, those given as an address among them.
    """

    pages: int = 0
    records: int = 0
    added: int = 0
    changed: int = 0
    superseded: int = 0
    unreadable: int = 0
    refused: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class RefusedReason:
    """Why records of an exchange were no entries, how many of those kept, and the last window."""

    reason: str
    records: int
    window_no: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """An exchange for people: how far it is, what went wrong, when it is tried again.

    `pulled_at`: the last page; `complete_at`: up to when nothing that the service had is missing.
    `reasons_heard`: the service's names of reasons for a vote against. `members_named`: where it
    waits for that, how many members there would be in all.
    """

    id: int
    slug: str
    kind: ExchangeKind
    environment: str
    state: PullState
    trouble: Trouble
    failures: int
    checkpoint: datetime | None
    window_pages: int
    pulled_at: datetime | None
    complete_at: datetime | None
    next_try_at: datetime | None
    being_pulled: bool
    stale: bool
    lists: tuple[str, ...]
    counts: Counts
    refused: tuple[RefusedReason, ...]
    sends_votes: bool
    reason_against: str
    reasons_heard: tuple[str, ...]
    votes_rest_until: datetime | None
    votes_waiting: int
    votes_dead: int
    members_named: int = 0


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one call of a pull did: pages fetched, whether a window came to its end and counts."""

    pages: int
    released: bool
    counts: Counts
    caught_up: bool
