"""What doors and other rooms hand to this room and get from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType

from tocsin.domain.hashlists.types import FingerprintValue


class Standing(StrEnum):
    """What an outcome says of the one question: is it still there?"""

    PRESENT = "present"
    GONE = "gone"
    CANNOT_TELL = "cannot_tell"


class Outcome(StrEnum):
    """What came of fetching one address, as far as one look can tell it."""

    PRESENT = "present"
    """An answer with something in it: a picture, a film, or a page that looks like itself."""
    GONE_404 = "gone_404"
    GONE_410 = "gone_410"
    LEGAL_451 = "legal_451"
    """Withheld for legal reasons: often for one country only, so no removal by itself."""
    FORBIDDEN = "forbidden"
    """403, or a hotlink refused: others may still be let in."""
    LOGIN_WALL = "login_wall"
    PLACEHOLDER = "placeholder"
    """A picture that stands in for another one: "image removed"."""
    SOFT_404 = "soft_404"
    """Status 200, and words or form of a page that says: not here."""
    GEO_BLOCKED = "geo_blocked"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    DNS_GONE = "dns_gone"
    """The name is not in the DNS (any more), or our resolver does not answer for it."""
    NO_ADDRESS = "no_address"
    """The name leads to no address out in the open; nothing was sent."""
    REFUSED = "refused"
    """Nobody takes connections there."""
    TIMEOUT = "timeout"
    TLS_FAILED = "tls_failed"
    REDIRECTED_AWAY = "redirected_away"
    """Sent on to the front page, or to where no file can be; moved files are followed instead."""
    NOT_MEDIA = "not_media"
    """An answer that is neither page nor picture nor film."""
    TOO_LARGE = "too_large"
    BROKEN = "broken"
    """Cut off, packed so that nobody can read it, or no HTTP."""
    REFUSED_ADDRESS = "refused_address"
    """An address that we do not call: onion, odd port, another scheme."""
    ECHO = "echo"
    """The address shows whatever it is asked to show (a proxy): it hosts nothing by itself."""
    OTHER_STATUS = "other_status"
    NOT_FETCHED = "not_fetched"
    """Fetching is off here: nobody stated that this organisation may, or it was stopped."""

    @property
    def standing(self) -> Standing:
        """What this says about whether it is still there."""
        return STANDINGS[self]

    @property
    def iccam(self) -> IccamReason | None:
        """The reason that ICCAM wants for it; None where it is there."""
        return ICCAM_REASONS[self]


class IccamReason(IntEnum):
    """ICCAM's reasons for an action above 3, by their ids."""

    OTHER = 1
    CONTENT_NOT_FOUND = 2
    REFERRER_NOT_KNOWN_OR_INCORRECT = 3
    UNABLE_TO_ACCESS = 4
    PASSWORD_PROTECTED = 5
    ACCOUNT_DISABLED = 6
    LEGALLY_UNABLE_TO_ACCESS = 7
    LINK_EXPIRED = 8
    NOT_FOUND_OR_SITE_DOWN = 9
    TEMPORARILY_UNAVAILABLE = 10
    PREMIUM_ACCOUNT_NECESSARY = 11
    MISSING_PARTS_TO_OPEN_FILE = 12
    REMOVED_BEFORE_ASSESSMENT = 13
    ADULT_PORNOGRAPHY = 14
    NUDISM_OR_NOT_SEXUALIZED = 15
    BELOW_THRESHOLD = 16
    IMAGES_TOO_SMALL = 17
    VIRTUAL = 18
    LINKING_NOT_ILLEGAL = 19
    AGE_UNCLEAR = 20
    AGE_OVER_NATIONAL_THRESHOLD = 21


# Only what the server itself says, or shows in the file's place, counts as gone. A refusal, a
# block or a failure says how we were met, and nothing of what others are shown.
STANDINGS: Mapping[Outcome, Standing] = MappingProxyType(
    {
        Outcome.PRESENT: Standing.PRESENT,
        Outcome.TOO_LARGE: Standing.PRESENT,
        Outcome.GONE_404: Standing.GONE,
        Outcome.GONE_410: Standing.GONE,
        Outcome.PLACEHOLDER: Standing.GONE,
        Outcome.SOFT_404: Standing.GONE,
        Outcome.DNS_GONE: Standing.GONE,
        Outcome.REDIRECTED_AWAY: Standing.GONE,
        Outcome.NOT_MEDIA: Standing.CANNOT_TELL,
        Outcome.LEGAL_451: Standing.CANNOT_TELL,
        Outcome.FORBIDDEN: Standing.CANNOT_TELL,
        Outcome.LOGIN_WALL: Standing.CANNOT_TELL,
        Outcome.GEO_BLOCKED: Standing.CANNOT_TELL,
        Outcome.RATE_LIMITED: Standing.CANNOT_TELL,
        Outcome.SERVER_ERROR: Standing.CANNOT_TELL,
        Outcome.NO_ADDRESS: Standing.CANNOT_TELL,
        Outcome.REFUSED: Standing.CANNOT_TELL,
        Outcome.TIMEOUT: Standing.CANNOT_TELL,
        Outcome.TLS_FAILED: Standing.CANNOT_TELL,
        Outcome.BROKEN: Standing.CANNOT_TELL,
        Outcome.REFUSED_ADDRESS: Standing.CANNOT_TELL,
        Outcome.ECHO: Standing.CANNOT_TELL,
        Outcome.OTHER_STATUS: Standing.CANNOT_TELL,
        Outcome.NOT_FETCHED: Standing.CANNOT_TELL,
    }
)

ICCAM_REASONS: Mapping[Outcome, IccamReason | None] = MappingProxyType(
    {
        Outcome.PRESENT: None,
        Outcome.TOO_LARGE: IccamReason.UNABLE_TO_ACCESS,
        Outcome.GONE_404: IccamReason.NOT_FOUND_OR_SITE_DOWN,
        Outcome.GONE_410: IccamReason.LINK_EXPIRED,
        Outcome.PLACEHOLDER: IccamReason.CONTENT_NOT_FOUND,
        Outcome.SOFT_404: IccamReason.CONTENT_NOT_FOUND,
        Outcome.DNS_GONE: IccamReason.NOT_FOUND_OR_SITE_DOWN,
        Outcome.REDIRECTED_AWAY: IccamReason.CONTENT_NOT_FOUND,
        Outcome.NOT_MEDIA: IccamReason.MISSING_PARTS_TO_OPEN_FILE,
        Outcome.LEGAL_451: IccamReason.LEGALLY_UNABLE_TO_ACCESS,
        Outcome.FORBIDDEN: IccamReason.UNABLE_TO_ACCESS,
        Outcome.LOGIN_WALL: IccamReason.PASSWORD_PROTECTED,
        Outcome.GEO_BLOCKED: IccamReason.UNABLE_TO_ACCESS,
        Outcome.RATE_LIMITED: IccamReason.TEMPORARILY_UNAVAILABLE,
        Outcome.SERVER_ERROR: IccamReason.TEMPORARILY_UNAVAILABLE,
        Outcome.NO_ADDRESS: IccamReason.UNABLE_TO_ACCESS,
        Outcome.REFUSED: IccamReason.NOT_FOUND_OR_SITE_DOWN,
        Outcome.TIMEOUT: IccamReason.TEMPORARILY_UNAVAILABLE,
        Outcome.TLS_FAILED: IccamReason.UNABLE_TO_ACCESS,
        Outcome.BROKEN: IccamReason.MISSING_PARTS_TO_OPEN_FILE,
        Outcome.REFUSED_ADDRESS: IccamReason.UNABLE_TO_ACCESS,
        Outcome.ECHO: IccamReason.LINKING_NOT_ILLEGAL,
        Outcome.OTHER_STATUS: IccamReason.OTHER,
        Outcome.NOT_FETCHED: IccamReason.UNABLE_TO_ACCESS,
    }
)


class ContentKind(StrEnum):
    """What stood at the address, by its first bytes; what the server claims counts for nothing."""

    NOTHING = ""
    PAGE = "page"
    PICTURE = "picture"
    FILM = "film"
    OTHER = "other"


class Place(StrEnum):
    """Where a picture was found."""

    ITSELF = "itself"
    """The address is the picture."""
    IMG = "img"
    SRCSET = "srcset"
    POSTER = "poster"
    VIDEO = "video"
    META = "meta"
    """What the page names for previews (og:image, twitter:image, link rel=image_src)."""
    LINK = "link"
    """A link that leads to a picture by its name."""
    DATA_URI = "data_uri"
    """Written into the page as text."""


@dataclass(frozen=True, slots=True)
class Vantage:
    """From where it is looked. `country`: two letters, empty where nobody said."""

    name: str
    country: str = ""


HOME = Vantage("home")
"""Straight from this machine."""


@dataclass(frozen=True, slots=True)
class Agent:
    """As whom it is asked: the name that evidence carries, and the words of `User-Agent`.

    Without words, it is the honest one: Tocsin, its version, and where to complain.
    """

    name: str
    text: str = ""


HONEST = Agent("tocsin")


@dataclass(frozen=True, slots=True)
class SeenImage:
    """A picture of a visit: where it was found, what came of it, and what it was in numbers.

    `number` counts the pictures of a visit from 0 (0 is the address itself, where that is one).
    `url` is its own address, empty for one written into the page. `fingerprints` are there when it
    could be read.
    """

    number: int
    place: Place
    url: str
    outcome: Outcome
    status: int | None = None
    fingerprints: tuple[FingerprintValue, ...] = ()
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    format: str = ""

    def __repr__(self) -> str:
        return f"<SeenImage {self.number} {self.place} {self.outcome}>"


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit found. `id` is None where nothing was fetched, and so nothing is on file.

    `url` is what was asked for, `final_url` where redirects led. `signs` are the fixed words that
    the outcome rests on. `evidence_digest` is the hex SHA-256 of the evidence's canonical record.
    `remote_address` is the IP address that answered, empty where none did.
    """

    id: int | None
    outcome: Outcome
    status: int | None
    at: datetime
    vantage: Vantage
    agent: Agent
    url: str
    final_url: str
    final_host: str
    kind: ContentKind
    images: tuple[SeenImage, ...]
    signs: tuple[str, ...] = ()
    redirects: int = 0
    remote_address: str = ""
    evidence_digest: str = ""

    @property
    def standing(self) -> Standing:
        return self.outcome.standing

    def __repr__(self) -> str:
        return f"<Visit {self.id} {self.outcome}>"


class UnknownVisit(Exception):
    """There is no visit with that number."""


class PermitRefused(Exception):
    """The statement cannot be kept; `field` names where, the words say what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class NothingInForce(Exception):
    """Fetching is off, so it cannot be stopped."""


@dataclass(frozen=True, slots=True)
class PermitView:
    """A statement that this organisation may fetch. `ends_at` as stated, `ended_at` as it was."""

    id: int
    basis: str
    stated_by: str
    stated_at: datetime
    ends_at: datetime | None
    ended_by: str
    ended_at: datetime | None
