"""Asking only about what came or changed after a list version."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.listing import ANALYST, a_list, digest, flipped, put, release_of
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching import live_lists
from tocsin.domain.matching.checker import Checker

pytestmark = pytest.mark.django_db
PATH = "/v2/checks"


@pytest.fixture
def list_no(now: datetime) -> int:
    return a_list(now)


@pytest.fixture
def provider(client: Client, issue: Issue, checker: Checker, list_no: int, now: datetime) -> Client:
    put(now, list_no, "beach")
    checker.follow(now)
    return client.with_bearer(issue(Tier.DETAIL))


def exact(name: str) -> dict[str, Any]:
    return {"id": name, "md5": digest(Kind.MD5, name).hex()}


def near(name: str) -> dict[str, Any]:
    pdq = flipped(digest(Kind.PDQ, name), 6).hex()
    return {"id": name, "pdq": pdq, "pdq_quality": 90, "media_status": "ok"}


def told(client: Client, since: int, *items: dict[str, Any]) -> tuple[Any, list[str]]:
    said = client.post_json(PATH, {"items": items, "since_version": since})
    assert said.status == 200
    return said.json, [result["status"] for result in said.json["results"]]


def test_only_what_came_after_the_version_is_told(
    provider: Client, checker: Checker, list_no: int, now: datetime
) -> None:
    whole, statuses = told(provider, 0, exact("beach"), near("beach"), exact("hill"))
    assert statuses == ["listed", "near", "nothing_new"]
    version = whole["list_version"]
    put(now, list_no, "hill")
    checker.follow(now)
    whole, statuses = told(provider, version, exact("beach"), near("beach"), near("hill"))
    assert statuses == ["nothing_new", "nothing_new", "near"]
    assert (whole["since_version"], whole["list_version"]) == (version, version + 1)
    # It may be listed since long: nothing is advised of it.
    assert whole["results"][0]["action"] is None
    assert told(provider, version + 1, near("hill"))[1] == ["nothing_new"]


def test_a_released_import_and_an_entry_that_changed_are_new(
    provider: Client, checker: Checker, list_no: int, now: datetime
) -> None:
    release_of(now, list_no, ["lake", "wood"])
    checker.follow(now)
    whole, statuses = told(provider, 1, near("lake"), exact("wood"), exact("beach"))
    assert statuses == ["near", "listed", "nothing_new"]
    version = whole["list_version"]
    beach = Entry.objects.get(source_entry_id="beach").pk
    hashlists.hold_entry(entry_id=beach, reason="disputed", actor=ANALYST, at=now)
    checker.follow(now)
    assert told(provider, version, exact("beach"), near("lake"))[1] == ["held", "nothing_new"]


def test_what_could_not_be_looked_at_is_nothing_new(provider: Client) -> None:
    flat = {**near("hill"), "pdq_quality": 3}
    assert told(provider, 0, flat)[1] == ["nothing_new"]


def test_a_version_that_is_not_yet_is_refused_and_an_old_one_is_sent_back(
    provider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = provider.post_json(PATH, {"items": [exact("a")], "since_version": 99})
    assert (said.status, said.code) == (422, "no_such_version")
    monkeypatch.setattr(live_lists, "MOST_CHANGED", 0)
    said = provider.post_json(PATH, {"items": [exact("a")], "since_version": 0})
    assert (said.status, said.code) == (410, "too_old")


def test_after_everything_was_built_anew_it_is_asked_in_full(
    provider: Client, checker: Checker, now: datetime
) -> None:
    hashlists.ask_rebuild(actor=ANALYST, at=now)
    checker.follow(now)
    said = provider.post_json(PATH, {"items": [exact("beach")], "since_version": 1})
    assert (said.status, said.code) == (410, "too_old")


def test_there_is_no_receipt_for_news(provider: Client) -> None:
    request = {"items": [exact("a")], "since_version": 1, "receipt": True}
    said = provider.post_json(PATH, request)
    assert (said.status, said.code) == (422, "no_receipt")
    wrong = provider.post_json(PATH, request | {"items": [{"id": "a"}], "on_error": "item"})
    assert wrong.code == "no_receipt"


def test_the_database_is_asked_once_for_a_version(
    provider: Client, django_assert_max_num_queries: Any
) -> None:
    told(provider, 0, exact("a"))
    with django_assert_max_num_queries(0):
        told(provider, 0, exact("b"))


def test_while_the_lists_are_away_everything_is_unavailable(
    client: Client, issue: Issue, checker: Checker, now: datetime
) -> None:
    key: IssuedKey = issue()
    checker._heard_at = now - timedelta(hours=1)
    said = client.with_bearer(key).post_json(PATH, {"items": [exact("a")], "since_version": 0})
    assert (said.status, said.json["results"][0]["status"]) == (503, "unavailable")


def test_another_process_may_be_a_moment_ahead(
    provider: Client, checker: Checker, list_no: int, now: datetime
) -> None:
    put(now, list_no, "hill")  # this process has not heard of it yet
    whole, statuses = told(provider, 2, exact("hill"))
    assert statuses == ["nothing_new"]
    assert whole["list_version"] == 1
