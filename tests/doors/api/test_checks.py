"""`POST /v2/checks`: batches by fingerprint."""

from __future__ import annotations

import io
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.domain.listing import a_list, digest, flipped, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind, Purpose
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.queries import hit
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.media import fingerprint

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"
MD5 = "ab" * 16


@pytest.fixture
def beach(checker: Checker, now: datetime) -> int:
    entry_id = put(now, a_list(now), "beach")
    checker.follow(now)
    return entry_id


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


NOTHING = {"match": None, "reference": None}


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "md5": digest(Kind.MD5, name).hex(), **more}


def near(name: str, bits: int) -> dict[str, Any]:
    pdq = flipped(digest(Kind.PDQ, name), bits).hex()
    return {"id": f"{name} near", "pdq": pdq, "pdq_quality": 80}


def test_each_item_is_answered_in_its_place(provider: Client, beach: int) -> None:
    items = [item("hill"), item("beach"), near("beach", 9)]
    said = provider.post_json(PATH, {"items": items})
    assert said.status == 200
    assert said.json["list_version"] == 1
    assert said.json["stale"] is False
    assert said.json["outage_policy"] == "hold"
    hill, exact, edit = said.json["results"]
    assert hill == {"id": "hill", "status": "not_listed", "action": "none"} | NOTHING
    assert exact["status"] == "listed"
    assert exact["action"] == "block"
    assert exact["match"].keys() == {
        "kind",
        "category",
        "sources",
        "distance_bits",
    }
    assert edit["match"] == {
        "kind": "near",
        "category": "B1",
        "sources": 1,
        "distance_bits": 12,  # told in steps of 4
    }


def test_upper_case_digits_are_the_same_digits(provider: Client, beach: int) -> None:
    shouted = {"id": "x", "md5": digest(Kind.MD5, "beach").hex().upper()}
    said = provider.post_json(PATH, {"items": [shouted]})
    assert said.json["results"][0]["status"] == "listed"


@pytest.mark.parametrize(
    ("tier", "exact", "close"),
    [
        (Tier.BOOLEAN, ("listed", None), ("held", None)),
        (Tier.ACTION, ("listed", "block"), ("near", "review")),
        (Tier.DETAIL, ("listed", "block"), ("near", "review")),
    ],
)
def test_a_tier_is_told_no_more_than_it_may_know(
    client: Client, issue: Issue, beach: int, tier: Tier, exact: object, close: object
) -> None:
    asking = client.with_bearer(issue(tier))
    results = asking.post_json(PATH, {"items": [item("beach"), near("beach", 3)]}).json["results"]
    assert [(r["status"], r["action"]) for r in results] == [exact, close]
    assert all(r.keys() == {"id", "status", "action", "match", "reference"} for r in results)
    assert all((r["match"] is not None) == (tier is Tier.DETAIL) for r in results)
    assert all(r["reference"].startswith("k1.") for r in results)


def test_yes_or_no_says_listed_only_where_the_advice_is_to_block(
    client: Client, issue: Issue, checker: Checker, now: datetime
) -> None:
    put(now, a_list(now, "doubtful", purpose=Purpose.EXPLOITATIVE), "hill")
    checker.follow(now)
    for tier, told in ((Tier.BOOLEAN, "held"), (Tier.ACTION, "listed")):
        asking = client.with_bearer(issue(tier))
        [result] = asking.post_json(PATH, {"items": [item("hill")]}).json["results"]
        assert result["status"] == told


def test_no_answer_holds_a_hash_of_an_entry_or_its_number(provider: Client, beach: int) -> None:
    said = provider.post_json(PATH, {"items": [near("beach", 3)]})
    assert digest(Kind.PDQ, "beach").hex().encode() not in said.body
    assert digest(Kind.MD5, "beach").hex().encode() not in said.body
    assert "entry_ids" not in said.json["results"][0]["match"]


def test_a_hit_with_its_address_and_time_is_written_down(
    provider: Client, beach: int, now: datetime
) -> None:
    told = item("beach", url="https://a.example/1.jpg", uploaded_at="2026-03-01T12:00:00+01:00")
    provider.post_json(PATH, {"items": [told]})
    run_worker_round(now)
    view = hit(str(Hit.objects.get().pk))
    assert view.url == "https://a.example/1.jpg"
    assert view.uploaded_at is not None
    assert view.uploaded_at.isoformat() == "2026-03-01T11:00:00+00:00"
    assert [f.kind for f in view.fingerprints] == [Kind.MD5]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "w", "md5": MD5[:-1]}, "md5"),
        ({"id": "w", "md5": MD5 + " "}, "md5"),
        ({"id": "w", "md5": "zz" * 16}, "md5"),
        ({"id": "w", "md5": 5}, "md5"),
        ({"id": "w", "sha1": MD5}, "sha1"),
        ({"id": "w", "sha256": "ab" * 31}, "sha256"),
        ({"id": "w", "pdq": "ab" * 32}, "pdq_quality"),
        ({"id": "w", "pdq_quality": 80, "md5": MD5}, "pdq"),
        ({"id": "w", "pdq": "ab" * 32, "pdq_quality": 101}, "pdq_quality"),
        ({"id": "w", "md5": MD5, "pdq_oriented": "ab" * 32}, "pdq"),
        ({"id": "w", "md5": MD5, "pdq_512": "ab" * 32}, "pdq"),
        ({"id": "w", "pdq": "ab" * 32, "pdq_quality": 80, "pdq_512": "ab"}, "pdq_512"),
        ({"id": "w", "md5": MD5, "media_status": "fine"}, "media_status"),
        ({"id": "w", "md5": MD5, "uploaded_at": "yesterday"}, "uploaded_at"),
        ({"id": "w", "md5": MD5, "uploaded_at": "2026-03-01T12:00:00"}, "uploaded_at"),
        ({"id": "w", "md5": MD5, "uploaded_at": "0001-01-01T00:00:00+10:00"}, "uploaded_at"),
        ({"id": "w", "md5": MD5, "url": ""}, "url"),
        ({"id": "w"}, None),
        ({"id": "w", "md5": MD5, "sha_256": "x"}, None),
    ],
)
def test_a_wrong_item_is_named_and_nothing_is_checked(
    provider: Client, beach: int, now: datetime, wrong: dict[str, Any], field: str | None
) -> None:
    said = provider.post_json(PATH, {"items": [item("beach"), wrong]})
    assert said.status == 422
    (named,) = said.json["error"]["items"]
    assert (named["index"], named["id"], named["field"]) == (1, "w", field)
    assert named["message"].endswith(".")
    assert b"zz" not in said.body  # what was sent is not repeated
    run_worker_round(now)
    assert not Hit.objects.exists()


def test_the_first_20_wrong_items_are_named_and_all_are_counted(provider: Client) -> None:
    items = [{"id": str(n), "md5": MD5 if n % 2 else "no"} for n in range(60)]
    error = provider.post_json(PATH, {"items": items}).json["error"]
    assert error["wrong_items"] == 30
    assert [named["index"] for named in error["items"]] == list(range(0, 40, 2))
    assert "30 of 60" in error["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b'{"items": ["\xff"]}', 400, "not_json"),
        (b'{"items": ["\\ud800"]}', 400, "not_json"),
        (b'{"items": [' + b"[" * 100_000, 400, "not_json"),
        (b"[]", 422, "wrong_batch"),
        (b'{"items": []}', 422, "wrong_size"),
        (b'{"items": [], "more": 1}', 422, "wrong_batch"),
        (b'{"items": [5]}', 422, "wrong_items"),
        (b'{"items": [{"id": ""}]}', 422, "wrong_items"),
        (b'{"items": [{"id": "a\\u0000"}]}', 422, "wrong_items"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_in_words(
    provider: Client, body: bytes, status: int, code: str
) -> None:
    said = provider.post(PATH, body, CONTENT_TYPE="application/json")
    assert (said.status, said.code) == (status, code)


def test_ten_thousand_items_are_a_batch_and_one_more_is_not(provider: Client) -> None:
    items = [{"id": str(n), "md5": MD5} for n in range(10_001)]
    assert provider.post_json(PATH, {"items": items}).code == "wrong_size"
    said = provider.post_json(PATH, {"items": items[:-1]})
    assert said.status == 200
    assert len(said.json["results"]) == 10_000


def test_a_batch_costs_a_token_for_each_hundred_items(client: Client, issue: Issue) -> None:
    asking = client.with_bearer(issue(burst=10, per_second=1))
    items = [{"id": str(n), "md5": MD5} for n in range(501)]
    said = asking.post_json(PATH, {"items": items})
    assert said.headers["RateLimit"].startswith('"key";r=4;')
    assert asking.post_json(PATH, {"items": items}).status == 429


def test_only_json_is_taken(provider: Client) -> None:
    said = provider.post(PATH, b"{}", CONTENT_TYPE="text/plain")
    assert (said.status, said.code) == (415, "not_json")


def test_without_a_live_key_it_is_401(client: Client) -> None:
    for authorization in ("", "Bearer", "Bearer tk_x", "Bearer tk_x.y", "Basic eDp5"):
        said = client.post_json(PATH, {"items": []}, HTTP_AUTHORIZATION=authorization)
        assert said.status == 401
        assert said.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_batch_of_more_than_8_megabytes_is_413(provider: Client) -> None:
    assert provider.post(PATH, b" " * 8_000_001).status == 413


def test_a_length_that_lies_is_noticed(provider: Client) -> None:
    assert provider.post(PATH, b"{}", CONTENT_LENGTH="5").code == "body_cut_short"
    assert provider.post(PATH, b"{}", CONTENT_LENGTH="-1").code == "wrong_length"
    assert provider.post(PATH, b"", CONTENT_LENGTH=str(1 << 62)).status == 413


def test_a_chunked_body_is_read_to_its_end_and_no_further_than_the_limit(
    provider: Client, beach: int
) -> None:
    body = b'{"items": [{"id": "x", "md5": "' + digest(Kind.MD5, "beach").hex().encode() + b'"}]}'
    chunked: dict[str, Any] = {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_TYPE": "application/json",
    }
    assert provider.post(PATH, body, **chunked).json["results"][0]["status"] == "listed"
    endless = io.BytesIO(b" " * 8_000_100)
    said = provider.post(PATH, b"", **chunked, **{"wsgi.input": endless})
    assert said.status == 413


def test_no_index_answers_every_item_unavailable_with_503(
    provider: Client, data_folder: Path, now: datetime
) -> None:
    shutil.rmtree(data_folder / "index")
    fresh = Checker.from_settings()
    fresh.follow(now)
    door = ApiDoor(checker=lambda: fresh, fingerprint=fingerprint, now=lambda: now)
    said = Client(door, provider.environ).post_json(PATH, {"items": [item("a"), item("b")]})
    assert said.status == 503
    assert "tocsin index rebuild" in said.json["error"]["message"]
    assert said.json["list_version"] is None
    assert [(r["id"], r["status"], r["action"]) for r in said.json["results"]] == [
        ("a", "unavailable", "hold"),
        ("b", "unavailable", "hold"),
    ]
