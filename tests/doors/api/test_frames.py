"""A film on `/v2/checks`: by its frames, as vPDQ hashes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.domain.listing import a_list
from tests.domain.matching.test_films import frame, listed_film
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tests.doors.api.test_receipts import given
from tocsin.base.accounts.types import Tier
from tocsin.domain.matching.checker import Checker
from tocsin.engine.receipts import NotProven

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"


@pytest.fixture(autouse=True)
def harbour(checker: Checker, now: datetime) -> None:
    listed_film(now, a_list(now))
    checker.follow(now)


def film(shared: int = 7, **more: Any) -> dict[str, Any]:
    values = [frame("harbour", n) for n in range(shared)]
    values += [frame("x", n) for n in range(10 - shared)]
    frames = [
        {"pdq": value.hex(), "quality": 90, "offset_s": 1.5 * n} for n, value in enumerate(values)
    ]
    return {"id": "f", "frames": frames, **more}


def test_the_tier_detail_hears_how_much_of_a_film_was_found(client: Client, issue: Issue) -> None:
    asking = client.with_bearer(issue(Tier.DETAIL))
    [result] = asking.post_json(PATH, {"items": [film()]}).json["results"]
    assert (result["status"], result["action"]) == ("near", "review")
    assert result["match"]["film"] == {
        "share_of_query": 0.7,
        "share_of_listed": 0.35,
        "frames": 7,
        "rule": "part of the query",
    }
    [plain] = (
        client.with_bearer(issue(Tier.ACTION)).post_json(PATH, {"items": [film()]}).json["results"]
    )
    assert (plain["status"], plain["match"]) == ("near", None)


def test_at_the_level_exact_frames_are_not_asked(client: Client, issue: Issue) -> None:
    asked = {"items": [film(md5="ab" * 16)], "level": "exact"}
    [result] = client.with_bearer(issue()).post_json(PATH, asked).json["results"]
    assert result["status"] == "not_listed"


@pytest.mark.parametrize(
    "frames",
    [
        [{"pdq": "ab", "quality": 3}],
        [{"pdq": "ab" * 32}],
        [{"pdq": "ab" * 32, "quality": 101}],
        [{"pdq": "ab" * 32, "quality": 90, "offset_s": -1}],
        [{"pdq": "ab" * 32, "quality": 90, "when": 1}],
        [{"pdq": "ab" * 32, "quality": 90}] * 2_001,
        "frames",
    ],
)
def test_wrong_frames_are_named(client: Client, issue: Issue, frames: object) -> None:
    said = client.with_bearer(issue()).post_json(PATH, {"items": [film(frames=frames)]})
    assert said.status == 422
    assert said.json["error"]["items"][0]["field"] == "frames"


def test_no_frame_at_all_is_no_fingerprint(client: Client, issue: Issue) -> None:
    said = client.with_bearer(issue()).post_json(PATH, {"items": [{"id": "f", "frames": []}]})
    assert said.json["error"]["items"][0]["message"] == "At least one fingerprint is needed."


@pytest.mark.parametrize("level", ["exact", "near", "thorough", None])
def test_a_receipt_proves_what_was_asked_at_its_level(
    client: Client, issue: Issue, level: str | None
) -> None:
    picture = {"id": "p", "sha1": "CD" * 20, "pdq": "ef" * 32, "pdq_quality": 77.9}
    varied = {**picture, "pdq_variants": ["AB" * 32, "12" * 32]}
    request = {"items": [film(md5="AB" * 16), varied], "receipt": True, "level": level}
    said = client.with_bearer(issue()).post_json(PATH, request)
    receipt = given(client, said)
    receipt.prove(request)
    other = film(shared=6, md5="AB" * 16)
    if level == "exact":
        receipt.prove({**request, "items": [other, picture]})
    else:
        with pytest.raises(NotProven):
            receipt.prove({**request, "items": [other, varied]})
    with pytest.raises(NotProven):
        receipt.prove({**request, "level": "deep"})
    with pytest.raises(NotProven):
        receipt.prove(
            {**request, "items": [film(md5="AB" * 16, frames=[3]), varied], "level": None}
        )
