"""The words of providers: where one stands, how it shows a domain, what it may be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.base.accounts.types import OutagePolicy, Tier


class ProviderState(StrEnum):
    """Where a provider stands. `trying`: its keys ask the test lists; `proven`: its domain is
    shown, and keys may ask lists that count; `lost`: the proof was gone when it was last looked
    for; `paused`: it stayed away, so such keys were revoked; `suspended`: by a manager."""

    ASKED = "asked"
    TRYING = "trying"
    PROVEN = "proven"
    LOST = "lost"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    GONE = "gone"


class Application(StrEnum):
    """Whether somebody has asked to be vetted, and what was said."""

    NONE = "none"
    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


class ProofWay(StrEnum):
    """How a domain is shown: by a TXT record, or by a file on its web server."""

    DNS = "dns"
    FILE = "file"


class Lamp(StrEnum):
    """What is wrong with a provider's checks."""

    STOPPED = "stopped"
    ERRORS = "errors"
    ONLY_SHA256 = "only_sha256"
    NO_CANARY = "no_canary"
    NO_HITS = "no_hits"


class LinkUse(StrEnum):
    """What a one-time link is for."""

    CONFIRM = "confirm"
    ENTER = "enter"


class WrongDomain(Exception):
    """That is no name of a host on the open internet."""


class LinkUnusable(Exception):
    """The one-time link is unknown, used, or too old."""


class NotSo(Exception):
    """The provider does not stand where this can be done."""


class TooManyKeysToday(Exception):
    """So many keys were made in a day that more would be a way around their limits."""


class NotTheirKey(Exception):
    """The key is none of this provider's live ones."""


class TooSoon(Exception):
    """The proof was looked for a moment ago."""


class NoSuchProvider(Exception):
    """There is no provider of that number."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody tells who signs up. `domain` as they wrote it."""

    email: str
    organisation: str
    domain: str
    outage_policy: OutagePolicy
    language: str


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider for its own page and for managers."""

    id: int
    party_id: int | None
    organisation: str
    domain: str
    email: str
    language: str
    state: ProviderState
    outage_policy: OutagePolicy
    application: Application
    application_words: str
    tier: Tier
    proof_name: str
    proof_url: str
    proof_text: str
    proof_way: ProofWay | None
    proven_at: datetime | None
    looked_at: datetime | None
    pauses_at: datetime | None
    made_at: datetime
