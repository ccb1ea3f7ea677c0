"""The words of corrections: what providers say, how appeals and floods stand, what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.domain.hashlists.types import EntryView, Standing

MOST_WORDS = 4_000
HITS_IN_ONE = 500
"""The most hits one correction names; what concerns more comes as several."""


class Verdict(StrEnum):
    """A provider's word on an entry: it is right, it is wrong, or only that it was looked at."""

    UP = "up"
    DOWN = "down"
    SEEN = "seen"


STOPNCII: Mapping[str, tuple[Verdict, str]] = {
    "None": (Verdict.SEEN, "none"),
    "QualityUnknown": (Verdict.SEEN, "quality_unknown"),
    "PendingReview": (Verdict.SEEN, "pending_review"),
    "Blocked": (Verdict.UP, "blocked"),
    "NotBlocked": (Verdict.DOWN, "not_violating"),
    "Withdrawn": (Verdict.DOWN, "withdrawn_by_owner"),
    "Deleted": (Verdict.SEEN, "deleted"),
}
"""`feedbackValue` of StopNCII v1 in our words."""


class Scope(StrEnum):
    """Which fingerprint of the entry a word is about."""

    ALL = "all"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    PHOTODNA = "photodna"


class AppealState(StrEnum):
    """Life of an appeal. `upheld`: the entry was wrong. `moot`: it went before anybody decided."""

    OPENED = "opened"
    BEING_REVIEWED = "being_reviewed"
    NEEDS_SOURCE = "needs_source"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    MOOT = "moot"


class Origin(StrEnum):
    """Who appealed."""

    PROVIDER = "provider"
    PERSON = "person"
    STAFF = "staff"
    VOTES = "votes"


class HeldFor(StrEnum):
    """Who asks that an entry be held. `nobody`: a person lets it count."""

    APPEAL = "appeal"
    FLOOD = "flood"
    BOTH = "both"
    NOBODY = "nobody"


class FloodState(StrEnum):
    """Life of a brake: `held` until somebody lifts it or withdraws the entry."""

    HELD = "held"
    LIFTED = "lifted"
    WITHDRAWN = "withdrawn"
    MOOT = "moot"


class EndpointState(StrEnum):
    """Life of a webhook: nothing goes to it before it has proved that it listens to us."""

    WAITING = "waiting"
    PROVEN = "proven"
    DEAD = "dead"
    LAPSED = "lapsed"
    REMOVED = "removed"


class What(StrEnum):
    """What a correction says of the entry that a hit rested on."""

    LISTED = "listed"
    HELD = "held"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_DISMISSED = "appeal_dismissed"
    APPEAL_MOOT = "appeal_moot"


class Now(StrEnum):
    """What a hit amounts to now, all the entries it rests on taken together."""

    LISTED = "listed"
    HELD = "held"
    CHECK_AGAIN = "check_again"
    NOT_LISTED = "not_listed"


class Kept(StrEnum):
    """What became of one word of a provider."""

    KEPT = "kept"
    REPLACED = "replaced"
    REPEATED = "repeated"
    UNKNOWN_REFERENCE = "unknown_reference"
    NOT_FOR_TEST_KEYS = "not_for_test_keys"


class UnknownAppeal(Exception):
    """There is no appeal of that number."""


class UnknownFlood(Exception):
    """There is no flood of that number."""


class AlreadyAppealed(Exception):
    """An appeal of this entry is open; `number` names it."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} is open for this entry already.")
        self.number = number


class NothingToAppeal(Exception):
    """The entry does not count any more, so there is nothing to decide."""


class ReviewedByAnother(Exception):
    """Somebody else reviews this appeal, or nobody does; `by` is the actor, or nothing."""

    def __init__(self, by: str) -> None:
        super().__init__("Take the appeal first: somebody else has it, or nobody.")
        self.by = by


class NotHeld(Exception):
    """The entry is not held, so there is nothing to lift."""


class StillAsked(Exception):
    """An open appeal or brake asks for the hold: it is decided there. `held_for` says by which."""

    def __init__(self, held_for: HeldFor) -> None:
        super().__init__(f"The hold is asked for by: {held_for}.")
        self.held_for = held_for


class WordsNeeded(Exception):
    """A decision needs a reason, of at most MOST_WORDS characters."""


class NoEndpoint(Exception):
    """The party has no webhook that is in service."""


class NotTaken(Exception):
    """The party's webhook did not take what it was sent; the text is a fixed word."""


class UnusableEndpoint(Exception):
    """Corrections cannot be sent there; the text says what is needed."""


@dataclass(frozen=True, slots=True, repr=False)
class Word:
    """One word of a provider on the entry behind a reference it was given.

    `dispute` asks for a decision; `for_person`: on behalf of somebody the hit concerned.
    """

    reference: str
    verdict: Verdict
    reason: str
    scope: Scope = Scope.ALL
    dispute: bool = False
    for_person: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a word, and how the entry stands now; None for an unknown reference."""

    reference: str
    kept: Kept
    now: Now | None = None
    appeal: str | None = None


@dataclass(frozen=True, slots=True)
class WordView:
    """A provider's word as reviewers read it; `replaced`: it was taken back or changed later."""

    party_name: str
    key_id: str
    verdict: Verdict
    reason: str
    scope: Scope
    dispute: bool
    for_person: bool
    words: str = field(repr=False)
    at: datetime = field(kw_only=True)
    replaced_at: datetime | None = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class AppealView:
    """A line of the table of appeals. `attention`: how often its clock ran out unanswered."""

    number: str
    entry_id: int
    state: AppealState
    origin: Origin
    reason: str
    holds: bool
    opened_by: str
    opened_at: datetime
    reviewer: str
    due_at: datetime | None
    attention: int
    decided_by: str
    decided_at: datetime | None
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an entry has gone: hits and parties that were told, and the latest of them."""

    parties: int
    hits: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppealDetail:
    """An appeal opened for a reviewer: what is said of the entry, by whom, and how far it went."""

    appeal: AppealView
    words: str = field(repr=False)
    outcome: str = field(repr=False)
    entry: EntryView
    standing: Standing
    ups: int
    downs: int
    said: tuple[WordView, ...]
    reach: Reach


@dataclass(frozen=True, slots=True)
class HeldView:
    """An entry that is held, and who asks for it. `appeal`: the number of the one that does.

    `like`: an entry with one of its fingerprints that was found wrong here, or is doubted.
    """

    entry: EntryView
    since: datetime
    held_for: HeldFor
    appeal: str | None
    like: int | None


@dataclass(frozen=True, slots=True)
class FloodView:
    """One brake: the figures that tripped it, the entry, and what became of it."""

    number: int
    entry: EntryView
    state: FloodState
    parties: int
    hits: int
    party_limit: int
    hit_limit: int
    usual_hits_an_hour: float
    held_at: datetime
    attention: int
    decided_by: str
    decided_at: datetime | None
    outcome: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HitTold:
    """One hit in a correction: the provider's own id for the upload, and what it amounts to now."""

    id: str
    at: datetime
    now: Now
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """One correction as the party reads it, in the feed and by webhook alike.

    `references` are all words the key may know the entry by, newest first. `no` grows by at least
    one with each correction of a party and never comes late.
    """

    id: str
    no: int
    at: datetime
    key_id: str
    what: What
    references: tuple[str, ...]
    appeal: str | None
    rehearsal: bool
    hits: tuple[HitTold, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """What a party has not worked in: behind which number, how many, and the first of them."""

    after: int
    count: int
    first: tuple[CorrectionView, ...]


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Part of a party's feed: `cursor` is what to ask after next time."""

    corrections: tuple[CorrectionView, ...]
    cursor: int
    more: bool


@dataclass(frozen=True, slots=True)
class EndpointView:
    """A party's webhook. `behind`: how many corrections it has not taken yet."""

    id: int
    party_id: int
    party_name: str
    url: str = field(repr=False)
    state: EndpointState
    made_at: datetime
    proven_at: datetime | None
    attempts: int
    next_try_at: datetime | None
    last_error: str
    last_sent_at: datetime | None
    behind: int
