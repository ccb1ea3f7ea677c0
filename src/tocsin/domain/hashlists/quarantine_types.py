"""What the quarantine speaks of: reasons, states, what people see and decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LintReason(StrEnum):
    """Why an entry was set aside, or what was noted beside it."""

    KNOWN_SHA256 = "known_sha256"
    KNOWN_SHA1 = "known_sha1"
    KNOWN_MD5 = "known_md5"
    KNOWN_NEAR = "known_near"
    BLANK_FILE = "blank_file"
    VOID_PDQ = "void_pdq"
    BLANK_PDQ = "blank_pdq"
    FLAT_PDQ = "flat_pdq"
    PATTERNED_PDQ = "patterned_pdq"
    MD5_TWIN = "md5_twin"
    SHA1_TWIN = "sha1_twin"
    SHA256_TWIN = "sha256_twin"
    FEW_BYTES = "few_bytes"
    FEW_PIXELS = "few_pixels"


class QuarantineState(StrEnum):
    """Where an entry's quarantine stands."""

    WAITING = "waiting"
    RELEASED = "released"
    CONFIRMED = "confirmed"
    """It is benign: the entry was withdrawn."""
    MOOT = "moot"
    """The entry went by another way before anybody decided, or a newer version took its place."""


class Decision(StrEnum):
    """What a person decides of an entry in quarantine."""

    RELEASE = "release"
    CONFIRM = "confirm"


class WordsNeeded(Exception):
    """A decision needs a few words on why."""


def needed_words(words: str) -> str:
    """The words, at most a thousand characters of them; raises WordsNeeded."""
    if not words.strip():
        raise WordsNeeded("Write in a few words why.")
    return words.strip()[:1_000]


class NoSuchQuarantine(Exception):
    """There is no quarantine of that number."""


class DecidedAlready(Exception):
    """Somebody has decided in the meantime, or the entry is gone."""


class NoSuchKnownSet(Exception):
    """There is no known-good set of that name."""


class SetIsWell(Exception):
    """Nothing is wrong with the set, so there is no reason to go on without it."""


class SetState(StrEnum):
    """How a known-good set stands. Damaged and missing ones keep imports from being released; one
    that waits for a person sets nothing aside on the live lists."""

    ASKED = "asked"
    DAMAGED = "damaged"
    MISSING = "missing"
    LEFT_OUT = "left_out"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class BrakeView:
    """Why a set waits for a person: how many entries it would silence at once, or more, how many
    it may by itself, and since when it waits."""

    entries: int
    most: int
    since: datetime


@dataclass(frozen=True, slots=True)
class SetView:
    """A known-good set for people: how it stands, and who said to go on without it.

    `mark`: of one that waits for a person, what tells whether it is as it was.
    """

    name: str
    state: SetState
    trouble: str
    left_out_by: str
    left_out_at: datetime | None
    words: str
    mark: str = ""
    waits: BrakeView | None = None


@dataclass(frozen=True, slots=True)
class MutedView:
    """A digest of an entry that does not match, by the set that knows a benign file with it."""

    kind: str
    known_set: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What a lint did: entries looked at, set aside, noted, and muted in part or not any more."""

    looked: int = 0
    quarantined: int = 0
    noted: int = 0
    muted: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.looked + other.looked,
            self.quarantined + other.quarantined,
            self.noted + other.noted,
            self.muted + other.muted,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Entries in quarantine for one reason by one set, on one list. `through`: the newest of them,
    so that a decision on all reaches only those that were seen."""

    list_slug: str
    list_name: str
    reason: LintReason
    known_set: str
    entries: int
    since: datetime
    through: int


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """One reason for quarantine, for people. No fingerprint: nobody needs to read one.

    `reasons`: for how many the entry waits, this one among them.
    """

    number: int
    entry_id: int
    list_slug: str
    list_name: str
    run_id: int | None
    reason: LintReason
    known_set: str
    source: str
    bits: int | None
    alone: bool
    state: QuarantineState
    at: datetime
    decided_by: str
    decided_at: datetime | None
    words: str
    reasons: int = 1


@dataclass(frozen=True, slots=True)
class NoteView:
    """Something written beside an entry that keeps matching."""

    reason: LintReason
    known_set: str
    source: str
    bits: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LintView:
    """How far the lint over the live lists is."""

    finished_at: datetime | None
    under_way: bool
    looked: int
    quarantined: int
    noted: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """All entries that wait for one reason by one set on one list, up to number `through`."""

    list_slug: str
    reason: LintReason
    known_set: str
    through: int
