"""A provider reads its own terms, and what its near matches are worth on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError

from tests.domain.listing import ANALYST, a_list, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.test_corrections import valid
from tocsin.base.accounts.actions import revoke_key
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.actions import CountKey, build_index, count_checks, set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.queries import key_view
from tocsin.domain.matching.types import Action, AnswerStatus, Door, PolicyTerms

pytestmark = pytest.mark.django_db


def test_a_key_reads_its_own_terms(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    key = issue(Tier.ACTION)
    issue(Tier.DETAIL)  # another party's
    policy = PolicyTerms(
        min_sources=2, near_radius_bits=40, near_action=Action.BLOCK, near_block_bits=20
    )
    set_terms(key_id=key.key_id, policy=replace(policy, shadow=True), actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    told = client.with_bearer(key).ask("GET", "/v2/terms")
    assert told.status == 200
    assert valid("TermsTold", told.json)
    wanted = {
        "key_id": key.key_id,
        "tier": "action",
        "lists": "live",
        "shadow": True,
        "min_sources": 2,
        "near_radius_bits": 40,
        "outage_policy": "hold",
        "private_delta": True,
        "near_action": "block",
        "near_block_bits": 20,
    }
    assert {name: told.json[name] for name in wanted} == wanted
    assert told.json["expected"] == []
    assert "nothing to be near to" in told.json["estimated"][1]


def test_what_it_may_expect_is_what_its_page_shows_to_two_digits(
    client: Client, issue: Issue, now: datetime
) -> None:
    list_no, key = a_list(now), issue()
    for name in "abc":
        put(now, list_no, name)
    build_index(at=now)
    told: Any = client.with_bearer(key).ask("GET", "/v2/terms").json
    view = key_view(key.key_id, at=now)
    assert told["base_rate"]["measured"] is False
    assert "too little" in told["estimated"][0]
    assert "one upload in 23,250" in told["estimated"][0]
    assert [one["within_bits"] for one in told["expected"]] == [
        one.radius_bits for one in view.expected
    ]
    for one, shown in zip(told["expected"], view.expected, strict=True):
        assert one["false_positives"] == pytest.approx(shown.chance, rel=0.05)
        assert one["precision"] == pytest.approx(shown.precision, rel=0.05)
        assert one["precision_low"] <= one["precision"] <= one["precision_high"]


def test_the_base_rate_is_measured_where_the_key_has_checked_enough(
    client: Client, issue: Issue, now: datetime
) -> None:
    key = issue()
    for status, n in ((AnswerStatus.LISTED, 60), (AnswerStatus.NOT_LISTED, 199_940)):
        count_checks({CountKey(now.date(), key.key_id, Door.CHECKS, status): n})
    told: Any = client.with_bearer(key).ask("GET", "/v2/terms").json
    rate = told["base_rate"]
    assert (rate["measured"], rate["checks"], rate["found"]) == (True, 200_000, 60)
    assert (rate["value"], rate["days"]) == (0.0003, 90)
    assert rate["low"] < rate["value"] < rate["high"]
    assert "200,000 checks" in told["estimated"][0]


def test_nobody_else_reads_them(client: Client, issue: Issue, now: datetime) -> None:
    assert client.ask("GET", "/v2/terms").status == 401
    key = issue()
    assert client.with_bearer(key).post_json("/v2/terms", {}).status == 405
    revoke_key(key_id=key.key_id, actor=ANALYST, at=now)
    assert client.with_bearer(key).ask("GET", "/v2/terms").code == "unknown_key"


def test_a_lost_database_is_said(
    client: Client, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseError

    key = issue()
    monkeypatch.setattr("tocsin.domain.matching.queries.key_view", away)
    assert client.with_bearer(key).ask("GET", "/v2/terms").status == 503
