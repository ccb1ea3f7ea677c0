"""What doors and other rooms see of what is handed to the police."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReferralState(StrEnum):
    WAITING_FOR_KEY = "waiting_for_key"  # nobody is on file to encrypt for, or to write to
    QUEUED = "queued"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CANCELLED = "cancelled"  # the finding was wrong before anything left
    CORRECTED = "corrected"  # the finding was wrong, and the police have been told


class Reason(StrEnum):
    """Why it goes to the police."""

    FIRST_POLICE = "first_police"  # the desk holds the notice back until they have looked
    ROUTINE = "routine"  # everything unlawful goes to them
    NEW_MATERIAL = "new_material"  # on no list: a child may have to be found
    HAPPENING_NOW = "happening_now"
    THREAT_TO_LIFE = "threat_to_life"
    ASKED_FOR = "asked_for"


class PoliceAnswer(StrEnum):
    """What they say, so that two inquiries do not cross."""

    NO_OBJECTION = "no_objection"
    KNOWN = "known"  # there is a case; the words name it
    LEAVE_IN_PLACE = "leave_in_place"  # nothing is removed, and nobody told, until a date
    TAKEN_OVER = "taken_over"
    NOT_OURS = "not_ours"


class HoldKind(StrEnum):
    LEAVE_IN_PLACE = "leave_in_place"  # notices stand still
    PRESERVE = "preserve"  # what we know is kept beyond its time


class KeyKind(StrEnum):
    AGE = "age"
    OPENPGP = "openpgp"


class ReferralRefused(Exception):
    """It cannot be done as told; `field` names where, the words say what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class UnknownReferral(Exception):
    """There is no referral, hold or key with that number."""


class PackageDamaged(Exception):
    """The bytes are no whole package of ours; the words say what is wrong."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """Whom packages for a party are encrypted to. `mark` is enough to compare by telephone."""

    number: int
    party_id: int
    kind: KeyKind
    mark: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class ReferralView:
    """A referral. `attention`: how often its clock ran out. `package_sha256`: of what left."""

    number: str
    item_number: str
    state: ReferralState
    party_id: int
    party_name: str
    reason: Reason
    words: str
    made_by: str
    made_at: datetime
    sent_at: datetime | None
    receipt: str
    package_sha256: str
    package_bytes: int
    acknowledged_at: datetime | None
    answer: PoliceAnswer | None
    answer_words: str
    answered_at: datetime | None
    attention: int
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class HoldView:
    """Something the police or a court want left, or kept. `until` is its end, whatever happens."""

    number: int
    item_number: str
    kind: HoldKind
    basis: str
    order_reference: str
    do_not_notify: bool
    since: datetime
    until: datetime
    released_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """A hold as it is asked for. `basis`: the law or order it rests on; `until`: aware."""

    kind: HoldKind
    basis: str
    order_reference: str
    until: datetime
    do_not_notify: bool = False
