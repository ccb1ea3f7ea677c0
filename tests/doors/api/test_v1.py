"""The Dutch wire, byte for byte."""

from __future__ import annotations

import base64
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.domain.listing import ANALYST, Told, a_list, digest, prints, put
from tests.doors.api.asking import Client, basic
from tests.doors.api.conftest import Issue
from tests.support import run_worker_round
from tocsin.domain.hashlists.types import Kind, Purpose
from tocsin.domain.matching.actions import set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import PolicyTerms
from tocsin.doors.api.door import ApiDoor
from tocsin.engine.media import fingerprint

pytestmark = pytest.mark.django_db
ALL = (Kind.MD5, Kind.SHA1, Kind.PHOTODNA)


@pytest.fixture
def beach(checker: Checker, now: datetime) -> int:
    """An entry on a live list."""
    entry_id = put(now, a_list(now), "beach", Told(fingerprints=prints("beach", *ALL)))
    checker.follow(now)
    return entry_id


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_basic(issue())


@pytest.mark.parametrize("kind", ALL)
def test_a_listed_hash_answers_exactly_true(provider: Client, beach: int, kind: Kind) -> None:
    said = provider.post(f"/v1/check/{kind.name.lower()}", digest(kind, "beach").hex().encode())
    assert (said.status, said.body) == (200, b"true")
    assert said.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("kind", ALL)
def test_an_unknown_hash_answers_exactly_false(provider: Client, beach: int, kind: Kind) -> None:
    said = provider.post(f"/v1/check/{kind.name.lower()}", digest(kind, "hill").hex().encode())
    assert (said.status, said.body) == (200, b"false")


@pytest.mark.parametrize("shape", ["{}\n", "  {}\r\n", "\t{}", "{}"])
def test_space_around_and_upper_case_are_fine(provider: Client, beach: int, shape: str) -> None:
    text = digest(Kind.MD5, "beach").hex()
    for value in (text, text.upper()):
        assert provider.post("/v1/check/md5", shape.format(value).encode()).body == b"true"


def test_a_photodna_hash_may_come_as_base64(provider: Client, beach: int) -> None:
    text = base64.b64encode(digest(Kind.PHOTODNA, "beach"))
    assert provider.post("/v1/check/photodna", text).body == b"true"


def test_the_content_type_of_curl_is_taken_as_it_is(provider: Client, beach: int) -> None:
    said = provider.post(
        "/v1/check/md5",
        digest(Kind.MD5, "beach").hex().encode(),
        CONTENT_TYPE="application/x-www-form-urlencoded",
    )
    assert said.body == b"true"


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"zz" * 16, b"ab" * 15, b"ab" * 17, b"ab" * 16 + b" " + b"ab" * 16, b"\xff" * 32],
)
def test_a_wrong_format_is_400_with_a_sentence(provider: Client, beach: int, body: bytes) -> None:
    said = provider.post("/v1/check/md5", body)
    assert said.status == 400
    assert "32 hexadecimal digits" in said.json["error"]["message"]
    assert said.body not in {b"true", b"false"}


def test_unknown_formats_and_methods_are_refused(provider: Client) -> None:
    assert provider.post("/v1/check/sha256", b"ab" * 32).status == 404
    said = provider.ask("GET", "/v1/check/md5")
    assert (said.status, said.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Bearer x.y", basic("tk_nobody", "x"), basic("é", "\ud7ff")],
)
def test_without_a_live_key_it_is_401(client: Client, authorization: str) -> None:
    said = client.post("/v1/check/md5", b"ab" * 16, HTTP_AUTHORIZATION=authorization)
    assert said.status == 401
    assert said.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_body_that_is_no_hash_by_far_is_413(provider: Client) -> None:
    assert provider.post("/v1/check/md5", b"a" * 5_000).status == 413


def test_live_keys_ask_the_test_lists_at_the_test_twin_only(
    provider: Client, checker: Checker, beach: int, now: datetime
) -> None:
    put(now, a_list(now, "trial", purpose=Purpose.TEST), "drawing")
    checker.follow(now)
    drawing = digest(Kind.MD5, "drawing").hex().encode()
    assert provider.post("/v1/check/md5", drawing).body == b"false"
    assert provider.post("/v1/test/check/md5", drawing).body == b"true"
    live = digest(Kind.MD5, "beach").hex().encode()
    assert provider.post("/v1/test/check/md5", live).body == b"false"


def test_a_test_key_is_sent_to_the_test_twin(client: Client, issue: Issue) -> None:
    tester = client.with_basic(issue(test=True))
    said = tester.post("/v1/check/md5", b"ab" * 16)
    assert said.status == 403
    assert "/v1/test/check/" in said.json["error"]["message"]
    assert tester.post("/v1/test/check/md5", b"ab" * 16).body == b"false"


def test_a_held_entry_is_false_here_and_written_down(
    provider: Client, checker: Checker, now: datetime
) -> None:
    put(now, a_list(now), "icon", Told(held=True))
    checker.follow(now)
    said = provider.post("/v1/check/md5", digest(Kind.MD5, "icon").hex().encode())
    assert said.body == b"false"
    run_worker_round(now)
    assert Hit.objects.get().status == "held"


def test_what_is_for_review_is_false_here_and_written_down(
    provider: Client, checker: Checker, now: datetime
) -> None:
    put(now, a_list(now, "doubtful", purpose=Purpose.EXPLOITATIVE), "beach")
    checker.follow(now)
    said = provider.post("/v1/check/md5", digest(Kind.MD5, "beach").hex().encode())
    assert said.body == b"false"
    run_worker_round(now)
    assert (Hit.objects.get().status, Hit.objects.get().action) == ("listed", "review")


def test_true_waits_for_as_many_sources_as_the_key_asks_for(
    client: Client, issue: Issue, checker: Checker, now: datetime
) -> None:
    key = issue()
    set_terms(key_id=key.key_id, policy=PolicyTerms(min_sources=2), actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    asking, said = client.with_basic(key), []
    for slug in ("police", "hotline"):
        put(now, a_list(now, slug, source=slug), "beach")
        checker.follow(now)
        beach = digest(Kind.MD5, "beach").hex().encode()
        said.append(asking.post("/v1/check/md5", beach).body)
    assert said == [b"false", b"true"]


def test_a_hit_is_written_down_for_whoever_must_be_told_of_a_correction(
    provider: Client, beach: int, now: datetime
) -> None:
    provider.post("/v1/check/md5", digest(Kind.MD5, "beach").hex().encode())
    run_worker_round(now)
    assert Hit.objects.get().entry_ids == [beach]


def test_no_index_is_503_and_never_false(
    provider: Client, issue: Issue, data_folder: Path, now: datetime
) -> None:
    shutil.rmtree(data_folder / "index")
    fresh = Checker.from_settings()
    fresh.follow(now)
    door = ApiDoor(checker=lambda: fresh, fingerprint=fingerprint, now=lambda: now)
    said = Client(door, provider.environ).post("/v1/check/md5", b"ab" * 16)
    assert said.status == 503
    assert said.body not in {b"true", b"false"}
    assert "tocsin index rebuild" in said.json["error"]["message"]
    assert int(said.headers["Retry-After"]) > 0


def test_too_many_requests_are_429_with_the_time_to_wait(client: Client, issue: Issue) -> None:
    slow = client.with_basic(issue(burst=2, per_second=0.5))
    for left in (1, 0):
        said = slow.post("/v1/check/md5", b"ab" * 16)
        assert said.headers["RateLimit"].startswith(f'"key";r={left};')
    said = slow.post("/v1/check/md5", b"ab" * 16)
    assert said.status == 429
    assert said.headers["Retry-After"] == "2"
    assert said.headers["RateLimit-Policy"] == '"key";q=2;w=4'
