from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.domain.listing import a_key
from tests.doors.api.asking import Client
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.domain.receipts.queries import Issuer
from tocsin.doors.api.door import ApiDoor
from tocsin.doors.api.v2.media import Wanted
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import MediaOptions, fingerprint

Issue = Callable[..., IssuedKey]


@pytest.fixture
def checker(db: None, now: datetime) -> Iterator[Checker]:
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    yield made
    made.stop()


@pytest.fixture
def issuer(db: None) -> Issuer:
    """An issuer of receipts that flushes when told to."""
    return Issuer.from_settings()


@pytest.fixture
def client(checker: Checker, issuer: Issuer, now: datetime) -> Client:
    """The whole door over a checker that follows when told to; files are decoded here."""
    return Client(
        ApiDoor(
            checker=lambda: checker,
            fingerprint=fingerprint,
            look=look,
            now=lambda: now,
            issuer=lambda: issuer,
        )
    )


def look(data: bytes, wanted: Wanted) -> Fingerprints:
    """What the decoders of a web process do, in this one."""
    options = MediaOptions(battery=wanted.battery, data_uris=wanted.document)
    return fingerprint(data, options=options)


@pytest.fixture
def issue(checker: Checker, now: datetime) -> Issue:
    """Issue a key and let the checker know it."""

    def issued(
        tier: Tier = Tier.DETAIL,
        *,
        test: bool = False,
        per_second: float = 50.0,
        burst: int = 1_000,
    ) -> IssuedKey:
        lists = ListsSeen.TEST if test else ListsSeen.LIVE
        terms = KeyTerms(tier, per_second, burst)
        policy = PolicyTerms(lists=lists)
        key = a_key(now, policy, party=f"{tier} {test} {burst}", terms=terms)
        checker.keys.refresh(at=now)
        return key

    return issued
