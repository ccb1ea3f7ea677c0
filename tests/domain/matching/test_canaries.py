"""The canary is told as found to every key, and is never a hit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.domain.listing import a_key, a_list, asked, known, put
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching import queries as matching
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import CheckCount, Hit
from tocsin.domain.matching.types import (
    CheckKey,
    Door,
    ListsSeen,
    MatchKind,
    PolicyTerms,
    Query,
    says_true,
)
from tocsin.domain.providers.queries import canaries
from tocsin.engine import fingerprint


def canary(name: str) -> Query:
    """What fingerprinting says of one of the two files."""
    return matching.query_of(fingerprint(canaries()[name]), name)


def key_of(checker: Checker, now: datetime, lists: ListsSeen) -> CheckKey:
    issued = a_key(now, PolicyTerms(lists=lists), tier=Tier.BOOLEAN, party=lists.value)
    checker.keys.refresh(at=now)
    return known(checker, issued, now)


@pytest.mark.parametrize("lists", list(ListsSeen))
def test_every_key_is_told_of_it_and_nothing_is_kept(
    checker: Checker, now: datetime, lists: ListsSeen
) -> None:
    key = key_of(checker, now, lists)
    put(now, a_list(now), "beach")
    checker.follow(now)
    batch = [asked("hill", "a"), canary("exact.jpg"), asked("beach", "c"), canary("near.jpg")]
    answer = checker.check(key, batch, door=Door.CHECKS, at=now)

    assert [outcome.client_id for outcome in answer.outcomes] == [q.client_id for q in batch]
    told = [outcome.status.value for outcome in answer.outcomes]
    beach = "listed" if lists is ListsSeen.LIVE else "not_listed"
    near = "not_listed" if lists is ListsSeen.OPEN else "near"
    assert told == ["not_listed", "listed", beach, near]
    assert says_true(answer.outcomes[1])

    checker.flush()
    assert not Hit.objects.exists()
    counted = sum(CheckCount.objects.values_list("n", flat=True))
    assert counted == (3 if lists is ListsSeen.OPEN else 2)
    seen = matching.canaries_seen([key.key_id])
    assert seen[MatchKind.EXACT] == now.date()
    assert (MatchKind.NEAR in seen) is (lists is not ListsSeen.OPEN)


def test_by_one_digest_it_is_found_too(checker: Checker, key: CheckKey, now: datetime) -> None:
    whole = canary("exact.jpg")
    for name in ("md5", "sha1", "sha256"):
        query = Query("a", **{name: getattr(whole, name)})
        [outcome] = checker.check(key, [query], door=Door.CHECKS, at=now).outcomes
        assert outcome.status.value == "listed"
    far = replace(whole, md5=None, sha1=None, sha256=None, pdq=bytes(32), pdq_512=None,
                  pdq_oriented=None)  # fmt: skip
    [outcome] = checker.check(key, [far], door=Door.CHECKS, at=now).outcomes
    assert outcome.status.value == "not_listed"


def test_while_nothing_can_be_looked_up_it_is_unavailable(
    db: None, checker: Checker, key: CheckKey, now: datetime
) -> None:
    away = Checker.from_settings()
    answer = away.check(key, [asked("a"), canary("exact.jpg")], door=Door.CHECKS, at=now)
    assert [outcome.status.value for outcome in answer.outcomes] == ["unavailable"] * 2
    away.stop()
