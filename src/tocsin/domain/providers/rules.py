"""A provider's life and limits, what counts as a domain, what a key of theirs may ask. Plain
functions: no Django, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import idna

from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.base.clock.lifecycle import Lifecycle, Waiting, move
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.domain.providers.types import Application, ProviderState, WrongDomain

FORGET: Final = "providers.forget"
RECHECK: Final = "providers.recheck"
CLOSE: Final = "providers.close"

LINK_LASTS: Final = timedelta(hours=1)
SIGN_UP_LASTS: Final = timedelta(hours=48)
LOOKED_EACH: Final = timedelta(days=7)
LOST_LOOKED_EACH: Final = timedelta(days=1)
GRACE: Final = timedelta(days=14)
"""So long a proof may be gone before keys of lists that count are revoked."""

IDLE: Final = timedelta(days=90)
SUSPENDED_KEPT: Final = timedelta(days=365)
LOOK_AGAIN_AFTER: Final = timedelta(seconds=15)

LETTERS_AN_HOUR: Final = 3
SIGN_UPS_A_DAY: Final = 5
DOMAIN_A_DAY: Final = 20
"""Of one address, and for one domain: of more nobody hears, and nothing is sent."""

KEYS_A_DAY: Final = 6
UNVETTED_HASHES: Final = 200_000
UNVETTED_MATCHES: Final = 10

S = ProviderState
LIFE: Final = Lifecycle(
    states=ProviderState,
    first=S.ASKED,
    moves=(
        move("confirm", {S.ASKED}, S.TRYING),
        move("forget", {S.ASKED}, S.GONE),
        move("prove", {S.TRYING, S.LOST, S.PAUSED}, S.PROVEN),
        move("miss", {S.PROVEN}, S.LOST),
        move("pause", {S.LOST}, S.PAUSED),
        move("suspend", {S.TRYING, S.PROVEN, S.LOST, S.PAUSED}, S.SUSPENDED),
        move("let_back", {S.SUSPENDED}, S.TRYING),
        move("close", {S.TRYING, S.PROVEN, S.LOST, S.PAUSED, S.SUSPENDED}, S.CLOSED),
    ),
    final=frozenset({S.CLOSED, S.GONE}),
    waiting={
        S.ASKED: Waiting(SIGN_UP_LASTS, FORGET),
        S.TRYING: Waiting(IDLE, CLOSE),
        S.PROVEN: Waiting(LOOKED_EACH, RECHECK),
        S.LOST: Waiting(LOST_LOOKED_EACH, RECHECK),
        S.PAUSED: Waiting(IDLE, CLOSE),
        S.SUSPENDED: Waiting(SUSPENDED_KEPT, CLOSE),
    },
)
MAY_ENTER: Final = frozenset({S.TRYING, S.PROVEN, S.LOST, S.PAUSED, S.SUSPENDED})
MAY_TRY: Final = frozenset({S.TRYING, S.PROVEN, S.LOST, S.PAUSED})
MAY_GO_LIVE: Final = frozenset({S.PROVEN, S.LOST})

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NOT_OPEN = frozenset({"local", "localhost", "onion", "internal", "arpa", "invalid", "test"})


def domain_of(written: str) -> str:
    """A domain as name servers know it: lower case, without a dot at its end, in Punycode.

    Raises WrongDomain for what is no name of two labels or more that anybody could be asked for.
    """
    plain = written.strip().rstrip(".").lower()
    try:
        name = idna.encode(plain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise WrongDomain("no domain") from None
    labels = name.split(".")
    whole = len(name) <= 200 and len(labels) >= 2 and all(_LABEL.fullmatch(x) for x in labels)
    if not whole or labels[-1].isdigit() or labels[-1] in _NOT_OPEN:
        raise WrongDomain("no domain")
    return name


def proof_name(domain: str) -> str:
    """The name whose TXT record is read."""
    return f"_tocsin.{domain}"


def proof_url(domain: str) -> str:
    """The file that is read (RFC 8615)."""
    return f"https://{domain}/.well-known/tocsin.txt"


def says(lines: Iterable[str], token: str) -> bool:
    """Whether one of the lines is the proof, and nothing but it."""
    return any(line.strip() == token for line in lines)


def try_terms(outage_policy: OutagePolicy) -> PolicyTerms:
    """What a key for trying out asks."""
    return PolicyTerms(
        lists=ListsSeen.TEST, daily_hashes=UNVETTED_HASHES, outage_policy=outage_policy
    )


def live_terms(application: Application, outage_policy: OutagePolicy) -> PolicyTerms:
    """What a key of lists that count asks: all of them only for whom a manager has vouched."""
    if application is Application.GRANTED:
        return PolicyTerms(outage_policy=outage_policy)
    return PolicyTerms(
        lists=ListsSeen.OPEN,
        near_radius_bits=0,
        daily_hashes=UNVETTED_HASHES,
        daily_matches=UNVETTED_MATCHES,
        outage_policy=outage_policy,
    )


def live_tier(application: Application, granted: Tier) -> Tier:
    """How much such a key is told."""
    return granted if application is Application.GRANTED else Tier.BOOLEAN
