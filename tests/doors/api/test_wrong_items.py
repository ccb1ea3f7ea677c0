"""`on_error`: a wrong item refuses the batch, or by choice only itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.domain.listing import a_list, digest, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"
BEACH = {"id": "beach", "md5": digest(Kind.MD5, "beach").hex()}
HILL = {"id": "hill", "md5": digest(Kind.MD5, "hill").hex()}
WRONG: list[Any] = [
    {"id": "short", "md5": "ab"},
    {"id": "bare"},
    {"id": "alone", "pdq": "ab" * 32},
    "no object",
]


@pytest.fixture
def beach(checker: Checker, now: datetime) -> int:
    entry_id = put(now, a_list(now), "beach")
    checker.follow(now)
    return entry_id


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_item_is_refused_and_the_others_are_checked(
    provider: Client, beach: int, wrong: Any
) -> None:
    said = provider.post_json(PATH, {"items": [BEACH, wrong, HILL], "on_error": "item"})
    assert said.status == 200
    listed, refused, clear = said.json["results"]
    assert (listed["status"], clear["status"]) == ("listed", "not_listed")
    assert (refused["status"], refused["action"]) == ("refused", "hold")
    assert refused["error"]["index"] == 1
    assert refused["error"]["message"]
    assert "error" not in listed


@pytest.mark.parametrize("choice", [{}, {"on_error": "batch"}])
def test_without_the_choice_the_batch_is_refused(
    provider: Client, beach: int, choice: dict[str, str]
) -> None:
    said = provider.post_json(PATH, {"items": [BEACH, WRONG[0]], **choice})
    assert (said.status, said.code) == (422, "wrong_items")


def test_a_batch_of_wrong_items_alone_is_answered_too(provider: Client) -> None:
    said = provider.post_json(PATH, {"items": WRONG, "on_error": "item"})
    assert [one["status"] for one in said.json["results"]] == ["refused"] * 4
    assert [one["id"] for one in said.json["results"]] == ["short", "bare", "alone", None]


@pytest.mark.parametrize("batch", [{"items": []}, {"items": WRONG, "on_error": "else"}, [], {}])
def test_a_wrong_batch_is_refused_all_the_same(provider: Client, batch: Any) -> None:
    whole = {**batch, "on_error": "item"} if batch == {"items": []} else batch
    assert provider.post_json(PATH, whole).status == 422


def test_a_tier_that_hears_no_actions_hears_none_of_a_wrong_item(
    client: Client, issue: Issue
) -> None:
    boolean = client.with_bearer(issue(Tier.BOOLEAN))
    said = boolean.post_json(PATH, {"items": [WRONG[0]], "on_error": "item"})
    assert said.json["results"][0]["action"] is None


def test_a_batch_sent_again_with_its_key_writes_its_hits_once(
    provider: Client, beach: int, now: datetime
) -> None:
    def send(*items: Any, **more: str) -> None:
        assert provider.post_json(PATH, {"items": items}, **more).status == 200

    for _ in range(3):
        send(BEACH, BEACH, HTTP_IDEMPOTENCY_KEY='"a key"')
    run_worker_round(now)
    assert Hit.objects.count() == 2
    # Another body, another key, or none: asked anew.
    send(BEACH, HTTP_IDEMPOTENCY_KEY='"a key"')
    send(BEACH, BEACH, HTTP_IDEMPOTENCY_KEY="another-key")
    send(BEACH)
    run_worker_round(now)
    assert Hit.objects.count() == 2 + 1 + 2 + 1


def test_two_parties_with_the_same_key_do_not_meet(
    client: Client, issue: Issue, beach: int, now: datetime
) -> None:
    for tier in (Tier.ACTION, Tier.DETAIL):
        said = client.with_bearer(issue(tier)).post_json(
            PATH, {"items": [BEACH]}, HTTP_IDEMPOTENCY_KEY='"1"'
        )
        assert said.status == 200
    run_worker_round(now)
    assert Hit.objects.count() == 2


@pytest.mark.parametrize("wrong", ['"', '""', '"a', "ä", '"' + "x" * 201 + '"', "a\x00b"])
def test_a_key_that_is_no_string_is_refused(provider: Client, wrong: str) -> None:
    said = provider.post_json(PATH, {"items": [HILL]}, HTTP_IDEMPOTENCY_KEY=wrong)
    assert (said.status, said.code) == (400, "wrong_idempotency_key")


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("POST", PATH, b"[]", "application/json", 422),
        ("POST", PATH, b"x", "application/json", 400),
        ("POST", PATH, b"x", "text/plain", 415),
        ("POST", "/v2/media", b"x", "multipart/form-data", 415),
        ("POST", "/v2/reports", b"{}", "application/json", 422),
        ("GET", "/v2/corrections", b"", "", 200),
    ],
)
def test_every_answer_to_a_key_says_what_it_has_left(
    provider: Client, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    said = provider.ask(method, path, body, CONTENT_TYPE=kind)
    assert said.status == status
    assert said.headers["RateLimit"] == '"key";r=999;t=1'
    assert said.headers["RateLimit-Policy"] == '"key";q=1000;w=20'
