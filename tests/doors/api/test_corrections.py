"""Feedback, the feed of corrections and the webhook over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError
from jsonschema import Draft202012Validator

from tests.domain.corrections.scenes import work
from tests.domain.listing import ACTOR, a_key, a_list, asked, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.models import ApiKey
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.corrections.models import Endpoint, Feedback
from tocsin.domain.corrections.queries import endpoints
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Purpose
from tocsin.domain.matching.actions import issue_provider_key
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.drain import Drain
from tocsin.domain.matching.types import ListsSeen, PolicyTerms
from tocsin.doors.api.v2 import openapi

pytestmark = pytest.mark.django_db


def check(client: Client, checker: Checker, now: datetime, client_id: str = "u-1") -> Any:
    """A provider checks the picture `logo`; the one result."""
    query = asked("logo")
    assert query.md5 is not None
    checker.follow(now)
    body = {"items": [{"id": client_id, "md5": query.md5.hex()}]}
    return client.post_json("/v2/checks", body).json["results"][0]


def bring_home(now: datetime) -> None:
    from django.conf import settings

    Drain().run(folder=settings.TOCSIN_JOURNAL, ring=settings.TOCSIN_KEYS.ring("journal"), at=now)
    work(now)


def valid(schema: str, value: object) -> bool:
    document = openapi.document()
    reference = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return bool(Draft202012Validator(reference).is_valid(value))


def test_from_the_check_to_the_appeal_to_the_correction(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    entry = put(now, a_list(now), "logo")
    asking = client.with_bearer(issue())
    result = check(asking, checker, now)
    assert result["action"] == "block"
    reference = result["reference"]
    item = {"reference": reference, "verdict": "down", "reason": "not_csam", "dispute": True}
    said = asking.post_json("/v2/feedback", {"items": [item]})
    assert said.status == 200
    assert said.json["results"] == [
        {
            "reference": reference,
            "status": "kept",
            "now": "listed",
            "appeal": f"A-{now.year}-000001",
        }
    ]
    assert asking.post_json("/v2/feedback", {"items": [item]}).json["results"][0]["status"] == (
        "repeated"
    )
    # Withdrawn before the hit has even come home from the journal.
    hashlists.withdraw_entry(entry_id=entry, reason="logo", actor=ACTOR, at=now)
    bring_home(now)
    assert check(asking, checker, now)["status"] == "not_listed"
    feed = asking.ask("GET", "/v2/corrections")
    assert valid("CorrectionsAnswered", feed.json)
    told = {c["what"]: c for c in feed.json["corrections"]}
    assert set(told) == {"withdrawn", "appeal_moot"}
    [hit] = told["withdrawn"]["hits"]
    assert (hit["id"], hit["now"], hit["references"]) == ("u-1", "not_listed", [reference])
    assert told["appeal_moot"]["appeal"] == f"A-{now.year}-000001"


def test_the_feed_is_read_with_a_cursor_and_acknowledged(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    entry = put(now, a_list(now), "logo")
    asking = client.with_bearer(issue())
    check(asking, checker, now)
    hashlists.withdraw_entry(entry_id=entry, reason="logo", actor=ACTOR, at=now)
    bring_home(now)
    cursor = asking.ask("GET", "/v2/corrections").json["cursor"]
    rest = asking.ask("GET", "/v2/corrections", QUERY_STRING=f"after={cursor}").json
    assert rest == {"corrections": [], "cursor": cursor, "more": False}
    said = asking.post_json("/v2/corrections/acknowledge", {"cursor": cursor})
    assert said.json == {"cursor": cursor}
    other = client.with_bearer(issue(Tier.ACTION))
    assert other.ask("GET", "/v2/corrections").json["corrections"] == []


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=1e3", f"after={10**17}", "after=²"]
)
def test_a_cursor_is_a_whole_number(query: str, client: Client, issue: Issue) -> None:
    said = client.with_bearer(issue()).ask("GET", "/v2/corrections", QUERY_STRING=query)
    assert (said.status, said.code) == (422, "wrong_cursor")


@pytest.mark.parametrize(
    "item",
    [
        {"verdict": "down"},
        {"reason": "meme"},
        {},
        {"verdict": "down", "reason": "meme", "feedback_value": "Blocked"},
        {"verdict": "down", "feedback_value": "Blocked"},
        {"verdict": "up", "reason": "confirmed", "dispute": True},
        {"feedback_value": "Blocked", "dispute": True},
        {"verdict": "down", "reason": "Not CSAM"},
        {"verdict": "down", "reason": "meme", "secret": 1},
        {"verdict": "down", "reason": "meme", "fingerprint": "crc32"},
    ],
)
def test_half_a_word_is_refused_and_nothing_kept(
    item: dict[str, object], client: Client, issue: Issue
) -> None:
    good = {"reference": "k1.AAAA", "verdict": "down", "reason": "meme"}
    body = {"items": [good, {"reference": "k1.AAAA", **item}]}
    said = client.with_bearer(issue()).post_json("/v2/feedback", body)
    assert (said.status, said.code) == (422, "wrong_items")
    assert valid("ErrorAnswer", said.json)
    assert not Feedback.objects.exists()


def test_the_words_of_stopncii_are_taken(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    put(now, a_list(now), "logo")
    asking = client.with_bearer(issue())
    reference = check(asking, checker, now)["reference"]
    item = {"reference": reference, "feedback_value": "NotBlocked", "dispute": True}
    [result] = asking.post_json("/v2/feedback", {"items": [item]}).json["results"]
    assert result["appeal"]
    row = Feedback.objects.get()
    assert (row.verdict, row.reason) == ("down", "not_violating")


def test_a_guessed_reference_is_told_to_be_unknown(client: Client, issue: Issue) -> None:
    item = {"reference": "k1.AAAA", "verdict": "down", "reason": "meme"}
    said = client.with_bearer(issue()).post_json("/v2/feedback", {"items": [item]})
    assert said.json["results"][0]["status"] == "unknown_reference"


def test_a_webhook_is_set_looked_at_and_taken_away(client: Client, issue: Issue) -> None:
    asking = client.with_bearer(issue())
    nothing = asking.ask("GET", "/v2/webhook/state").json
    assert nothing["state"] is None
    said = asking.post_json("/v2/webhook", {"url": "https://hooks.example/in"})
    assert (said.status, said.json["state"]) == (200, "waiting")
    assert valid("WebhookTold", said.json)
    said = asking.post_json("/v2/webhook", {"url": "https://hooks.example/in", "after": 0})
    assert said.json["behind"] == 0
    said = asking.post_json("/v2/webhook", {"url": "https://hooks.example/in", "after": -1})
    assert said.status == 422
    for wrong in ("http://x.example/", "https://x.example:444/", "https://", 7):
        said = asking.post_json("/v2/webhook", {"url": wrong})
        assert (said.status, said.json["error"]["field"]) == (422, "url")
    assert asking.post_json("/v2/webhook", {"url": None}).json["state"] is None


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ("RefusedAddress: not_public", "no_public_address"),
        ("RefusedAddress: onion", "no_public_address"),
        ("Unreachable: no_such_name", "no_public_address"),
        ("TooSlow: look_up", "no_public_address"),
        ("Unreachable: no_connection", "Unreachable: no_connection"),
        ("status 500", "status 500"),
        ("", None),
    ],
)
def test_which_names_there_are_inside_is_not_told(
    client: Client, issue: Issue, noted: str, told: str | None
) -> None:
    asking = client.with_bearer(issue())
    asking.post_json("/v2/webhook", {"url": "https://localhost/"})
    Endpoint.objects.update(last_error=noted)
    assert asking.ask("GET", "/v2/webhook/state").json["last_error"] == told
    # Staff see the difference.
    assert endpoints()[0].last_error == noted


def test_the_public_keys_are_open_to_everybody(client: Client) -> None:
    said = client.ask("GET", "/v2/webhook/keys")
    assert said.status == 200
    assert valid("SigningKeys", said.json)
    [key] = said.json["keys"]
    assert (key["kid"], key["kty"], key["crv"]) == ("k1", "OKP", "Ed25519")
    assert len(key["x"]) == 43


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v2/corrections", None),
        ("POST", "/v2/corrections/acknowledge", {"cursor": 1}),
        ("POST", "/v2/webhook", {"url": None}),
        ("GET", "/v2/webhook/state", None),
        (
            "POST",
            "/v2/feedback",
            {"items": [{"reference": "k1.AAAA", "verdict": "up", "reason": "confirmed"}]},
        ),
    ],
)
def test_a_lost_database_is_said_and_nothing_is_pretended(
    method: str,
    path: str,
    body: object,
    client: Client,
    issue: Issue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseError

    asking = client.with_bearer(issue())
    for name in ("acknowledge", "remove_endpoint"):
        monkeypatch.setattr(f"tocsin.domain.corrections.actions.{name}", away)
    for name in ("feed", "endpoint_of"):
        monkeypatch.setattr(f"tocsin.domain.corrections.queries.{name}", away)
    monkeypatch.setattr("tocsin.doors.api.v2.feedback.give_feedback", away)
    said = asking.ask(method, path) if body is None else asking.post_json(path, body)
    assert (said.status, said.code) == (503, "unavailable")
    assert "Retry-After" in said.headers


def test_whoever_the_guard_keeps_from_learning_does_not_learn_it_from_the_feed(
    client: Client, checker: Checker, issue: Issue, now: datetime
) -> None:
    entry = put(now, a_list(now), "logo")
    asking = client.with_bearer(issue(Tier.ACTION))
    checker.follow(now)
    start = int.from_bytes(asked("logo").pdq or b"", "big")
    tried = [start ^ ((1 << (26 if n % 2 else 34)) - 1 << 222) ^ 0b11 << 2 * n for n in range(80)]
    items = [
        {"id": f"t-{n}", "pdq": value.to_bytes(32, "big").hex(), "pdq_quality": 90}
        for n, value in enumerate(tried)
    ]
    asking.post_json("/v2/checks", {"items": items})  # closes the ball
    held_back = [f"again-{n}" for n in range(80)]
    again = [{**item, "id": name} for item, name in zip(items, held_back, strict=True)]
    told = asking.post_json("/v2/checks", {"items": again}).json["results"]
    assert {(result["status"], result["reference"]) for result in told} == {("held", None)}
    bring_home(now)
    hashlists.withdraw_entry(entry_id=entry, reason="logo", actor=ACTOR, at=now)
    work(now)
    feed = asking.ask("GET", "/v2/corrections").json["corrections"]
    named = {hit["id"] for correction in feed for hit in correction["hits"]}
    assert named
    assert named.isdisjoint(held_back)


def test_a_test_key_reads_and_moves_nothing_of_its_partys_live_feed(
    client: Client, checker: Checker, now: datetime
) -> None:
    live, rehearsing = two_keys_of_one_party(now)
    entry = put(now, a_list(now), "logo")
    drawn = put(now, a_list(now, "drawn", purpose=Purpose.TEST), "logo")
    checker.keys.refresh(at=now)
    asking, trying = client.with_bearer(live), client.with_bearer(rehearsing)
    reference = check(asking, checker, now)["reference"]
    test_reference = check(trying, checker, now, "drawn-1")["reference"]
    for entry_id in (entry, drawn):
        hashlists.hold_entry(entry_id=entry_id, reason="odd", actor=ACTOR, at=now)
    bring_home(now)
    told = trying.ask("GET", "/v2/corrections").json["corrections"]
    assert [hit["id"] for correction in told for hit in correction["hits"]] == ["drawn-1"]
    assert len(asking.ask("GET", "/v2/corrections").json["corrections"]) == 2
    for path, body in (
        ("/v2/corrections/acknowledge", {"cursor": 9}),
        ("/v2/webhook", {"url": "https://hooks.example/in"}),
        ("/v2/webhook", {"url": None}),
    ):
        said = trying.post_json(path, body)
        assert (said.status, said.code) == (403, "test_key")
    assert trying.ask("GET", "/v2/webhook/state").code == "test_key"
    items = [
        {"reference": each, "verdict": "down", "reason": "meme", "dispute": True}
        for each in (reference, test_reference)
    ]
    said = trying.post_json("/v2/feedback", {"items": items})
    assert valid("FeedbackAnswered", said.json)
    assert [each["status"] for each in said.json["results"]] == ["not_for_test_keys", "kept"]
    assert [row.entry_id for row in Feedback.objects.all()] == [drawn]


def two_keys_of_one_party(now: datetime) -> tuple[IssuedKey, IssuedKey]:
    """A live key, and one for the test lists."""
    live = a_key(now)
    party_id = ApiKey.objects.get(key_id=live.key_id).party_id
    other = issue_provider_key(
        party_id=party_id,
        terms=KeyTerms(Tier.DETAIL),
        policy=PolicyTerms(lists=ListsSeen.TEST),
        actor=ACTOR,
        at=now,
    )
    return live, other
