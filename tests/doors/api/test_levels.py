"""How much of what an item carries is asked: exact, near, thorough."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import msgspec
import pytest

from tests.domain.listing import ACTOR, a_list, digest, flipped, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import Action, PolicyTerms, Query
from tocsin.doors.api.http import NDJSON
from tocsin.doors.api.v2.levels import weight_of

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"


@pytest.fixture
def provider(client: Client, issue: Issue, checker: Checker, now: datetime) -> Client:
    put(now, a_list(now), "beach")
    checker.follow(now)
    return client.with_bearer(issue(Tier.DETAIL, per_second=0.01))


def pdq(name: str, bits: int = 0) -> str:
    return flipped(digest(Kind.PDQ, name), bits).hex()


def mirrored_copy(**more: Any) -> dict[str, Any]:
    """Its own hash is like nothing; one of its variants lies near the beach."""
    return {
        "id": "copy",
        "sha256": "cd" * 32,
        "pdq": pdq("mirrored beach"),
        "pdq_quality": 90,
        "pdq_variants": [pdq("hill"), pdq("beach", 6), pdq("lake")],
        **more,
    }


def statuses(said: Any) -> list[str]:
    return [result["status"] for result in said.json["results"]]


def left(said: Any) -> int:
    return int(said.headers["RateLimit"].split("r=")[1].split(";")[0])


def test_a_variant_finds_what_the_picture_itself_does_not(provider: Client) -> None:
    said = provider.post_json(PATH, {"items": [mirrored_copy()]})
    [result] = said.json["results"]
    assert (result["status"], result["action"]) == ("near", "review")
    assert result["match"]["distance_bits"] == 8
    said = provider.post_json(PATH, {"items": [mirrored_copy(pdq_variants=None)]})
    assert statuses(said) == ["not_listed"]


@pytest.mark.parametrize(
    ("level", "copy", "edit"),
    [
        ("exact", "not_listed", "not_listed"),
        ("near", "not_listed", "near"),
        ("thorough", "near", "near"),
        (None, "near", "near"),
    ],
)
def test_a_level_says_how_much_of_the_items_is_asked(
    provider: Client, level: str | None, copy: str, edit: str
) -> None:
    near = mirrored_copy(id="edit", pdq=pdq("beach", 4), pdq_variants=None)
    asked = {"items": [mirrored_copy(), near], "level": level}
    assert statuses(provider.post_json(PATH, asked)) == [copy, edit]


def test_a_stream_has_its_level_in_a_header(provider: Client) -> None:
    lines = msgspec.json.Encoder().encode_lines([mirrored_copy(), {"id": "b", "pdq": pdq("a")}])
    told = {"CONTENT_TYPE": NDJSON, "HTTP_TOCSIN_LEVEL": "exact"}
    chunks = b"".join(
        provider.app(
            {
                **provider.environ,
                "REQUEST_METHOD": "POST",
                "PATH_INFO": PATH,
                "QUERY_STRING": "",
                "CONTENT_LENGTH": str(len(lines)),
                "wsgi.input": io.BytesIO(lines),
                **told,
            },
            lambda *_: None,
        )
    )
    first, wrong, end = (msgspec.json.decode(line) for line in chunks.splitlines())
    assert (first["status"], wrong["status"], end) == ("not_listed", "refused", {"end": 2})


def test_what_only_a_variant_finds_never_blocks(
    client: Client, issue: Issue, checker: Checker, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    key = issue(Tier.DETAIL)
    terms = PolicyTerms(near_action=Action.BLOCK)
    set_terms(key_id=key.key_id, policy=terms, actor=ACTOR, at=now)
    checker.keys.refresh(at=now)
    checker.follow(now)
    plain = mirrored_copy(id="plain", pdq=pdq("beach", 10))
    said = client.with_bearer(key).post_json(PATH, {"items": [mirrored_copy(), plain]})
    # The second one's variant lies nearer, which must not turn its block into a look.
    assert [r["action"] for r in said.json["results"]] == ["review", "block"]


def test_exact_needs_a_digest(provider: Client) -> None:
    item = {"id": "a", "pdq": pdq("beach"), "pdq_quality": 90}
    said = provider.post_json(PATH, {"items": [item], "level": "exact"})
    assert (said.status, said.code) == (422, "wrong_items")
    told = provider.post_json(PATH, {"items": [item], "level": "exact", "on_error": "item"})
    assert told.json["results"][0]["error"]["message"].startswith("The level exact")


def test_an_unknown_level_is_refused(provider: Client) -> None:
    said = provider.post_json(PATH, {"items": [mirrored_copy()], "level": "deep"})
    assert (said.status, said.code) == (422, "wrong_batch")
    lines = provider.post(PATH, b"{}", CONTENT_TYPE=NDJSON, HTTP_TOCSIN_LEVEL="deep")
    assert (lines.status, lines.code) == (400, "wrong_level")


@pytest.mark.parametrize("variants", [["ab"], [pdq("a")] * 401, "ab"])
def test_wrong_variants_are_named(provider: Client, variants: object) -> None:
    said = provider.post_json(PATH, {"items": [mirrored_copy(pdq_variants=variants)]})
    assert said.status == 422
    assert said.json["error"]["items"][0]["field"] == "pdq_variants"


def test_variants_need_the_picture_itself_beside_them(provider: Client) -> None:
    item = {"id": "a", "md5": "ab" * 16, "pdq_variants": [pdq("beach")]}
    said = provider.post_json(PATH, {"items": [item]})
    assert said.json["error"]["items"][0]["message"] == "pdq_variants needs pdq beside it."


def test_variants_of_a_flat_picture_are_asked_and_else_it_stays_flat(provider: Client) -> None:
    flat = mirrored_copy(pdq_quality=10, media_status="flat")
    nothing = mirrored_copy(pdq_quality=10, media_status="flat", pdq_variants=[pdq("hill")])
    small = mirrored_copy(pdq_quality=10, media_status="too_small")
    said = provider.post_json(PATH, {"items": [flat, nothing, small]})
    assert statuses(said) == ["near", "flat", "too_small"]


def test_variants_cost_as_further_items(provider: Client) -> None:
    plain = Query("a", md5=bytes(16))
    varied = Query("b", pdq=bytes(32), pdq_variants=(bytes(32),) * 300)
    assert weight_of([plain] * 7) == 7
    assert weight_of([plain, varied]) == 2 + 100
    many = mirrored_copy(pdq_variants=[pdq(f"v{n}") for n in range(400)])
    before = left(provider.post_json(PATH, {"items": [mirrored_copy()]}))
    after = left(provider.post_json(PATH, {"items": [many] * 3}))
    assert before - after == 5


def test_a_batch_says_its_level_in_its_body_alone(provider: Client) -> None:
    said = provider.post_json(PATH, {"items": [mirrored_copy()]}, HTTP_TOCSIN_LEVEL="near")
    assert (said.status, said.code) == (400, "wrong_level")
