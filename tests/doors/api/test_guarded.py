"""What a key hears that the oracle guard has stopped, and one in shadow mode."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.listing import ANALYST, a_list, digest, flipped, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import GuardStanding
from tocsin.domain.matching.types import PolicyTerms

pytestmark = pytest.mark.django_db

ITEM = {"id": "a", "md5": digest(Kind.MD5, "beach").hex()}
NEAR = {"id": "b", "pdq": flipped(digest(Kind.PDQ, "beach"), 5).hex(), "pdq_quality": 80}


@pytest.fixture
def key(issue: Issue, checker: Checker, now: datetime) -> IssuedKey:
    put(now, a_list(now), "beach")
    checker.follow(now)
    return issue(Tier.DETAIL)


def stand(checker: Checker, key: IssuedKey, now: datetime, **values: object) -> None:
    GuardStanding.objects.create(
        **{"key_id": key.key_id, "step": "open", "sign": "edges", "since": now, **values}
    )
    checker.keys.refresh(at=now)


def test_a_paused_key_may_not_check_but_may_still_report(
    client: Client, key: IssuedKey, checker: Checker, now: datetime
) -> None:
    stand(checker, key, now, step="paused")
    said = client.with_bearer(key).post_json("/v2/checks", {"items": [ITEM]})
    assert (said.status, said.code) == (403, "key_paused")
    assert client.with_bearer(key).post("/v2/media", b"x").code == "key_paused"
    assert client.with_basic(key).post("/v1/check/md5", b"ab" * 16).code == "key_paused"
    report = client.with_bearer(key).post_json("/v2/reports", {"url": "https://a.example/1"})
    assert report.status == 202


def test_a_key_whose_day_is_spent_is_told_when_to_come_back(
    client: Client, key: IssuedKey, checker: Checker, now: datetime
) -> None:
    stand(checker, key, now, spent_until=now + timedelta(hours=14))
    said = client.with_bearer(key).post_json("/v2/checks", {"items": [ITEM]})
    assert (said.status, said.code) == (429, "day_spent")
    assert said.headers["Retry-After"] == "50400"


def test_a_slowed_key_hears_near_matches_as_a_plain_held(
    client: Client, key: IssuedKey, checker: Checker, now: datetime
) -> None:
    stand(checker, key, now, step="slowed", ends_at=now + timedelta(days=1))
    said = client.with_bearer(key).post_json("/v2/checks", {"items": [ITEM, NEAR]})
    exact, near = said.json["results"]
    assert exact["status"] == "listed"
    assert near == {
        "id": "b",
        "status": "held",
        "action": "review",
        "match": None,
        "reference": None,
    }


def test_beyond_what_it_may_be_told_of_a_key_hears_held_and_by_v1_true(
    client: Client, issue: Issue, checker: Checker, now: datetime
) -> None:
    number = a_list(now)
    for name in ("beach", "hill"):
        put(now, number, name)
    checker.follow(now)
    key = issue(Tier.ACTION)
    policy = PolicyTerms(daily_matches=1)
    set_terms(key_id=key.key_id, policy=policy, actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    hill = {"id": "c", "md5": digest(Kind.MD5, "hill").hex()}
    said = client.with_bearer(key).post_json("/v2/checks", {"items": [ITEM, hill]})
    assert said.json["results"][0]["status"] == "listed"
    beyond = said.json["results"][1]
    assert (beyond["status"], beyond["action"], beyond["reference"]) == ("held", "review", None)
    checker.share_guard(now)
    checker.keys.refresh(at=now)
    v1 = client.with_basic(key).post("/v1/check/md5", hill["md5"].encode())
    assert (v1.status, v1.body) == (200, b"true")


def test_in_shadow_every_result_says_what_would_have_been_advised(
    client: Client, key: IssuedKey, checker: Checker, now: datetime
) -> None:
    set_terms(key_id=key.key_id, policy=PolicyTerms(shadow=True), actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    said = client.with_bearer(key).post_json("/v2/checks", {"items": [ITEM, NEAR]})
    told = [(r["status"], r["action"], r["shadow_action"]) for r in said.json["results"]]
    assert told == [("listed", "none", "block"), ("near", "none", "review")]
    v1 = client.with_basic(key).post("/v1/check/md5", digest(Kind.MD5, "beach").hex().encode())
    assert v1.body == b"false"
