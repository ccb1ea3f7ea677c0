"""`Idempotency-Key` on what writes: done once, answered again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.api.asking import Client, Said
from tests.doors.api.conftest import Issue
from tocsin.base.accounts.types import Tier
from tocsin.domain.jobs import actions as jobs
from tocsin.domain.reports.models import Report

pytestmark = pytest.mark.django_db
PATH = "/v2/reports"
REPORT = {"url": "https://img.example/1.jpg", "words": "in a public album"}


@pytest.fixture
def provider(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


def report(provider: Client, key: str = '"r-1"', **more: Any) -> Said:
    return provider.post_json(PATH, {**REPORT, **more}, HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_report_is_kept_once_and_answered_alike(provider: Client) -> None:
    first, again = report(provider), report(provider)
    assert (again.status, again.body) == (202, first.body)
    assert Report.objects.count() == 1
    report(provider, '"r-2"')
    assert Report.objects.count() == 2


def test_another_report_under_the_same_key_is_refused(provider: Client) -> None:
    report(provider)
    said = report(provider, words="something else")
    assert (said.status, said.code) == (422, "other_request")
    assert Report.objects.count() == 1


def test_a_refused_request_is_not_remembered(provider: Client) -> None:
    assert report(provider, url="no address").status == 422
    assert report(provider).status == 202


def test_a_request_that_is_still_answered_is_409(
    provider: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "finish", lambda *_, **__: None)
    report(provider)
    said = report(provider)
    assert (said.status, said.code) == (409, "still_answering")
    assert said.headers["Retry-After"] == "2"


def test_two_parties_with_the_same_key_do_not_meet(client: Client, issue: Issue) -> None:
    for tier in (Tier.ACTION, Tier.DETAIL):
        assert report(client.with_bearer(issue(tier))).status == 202
    assert Report.objects.count() == 2


def test_without_a_live_key_nothing_is_looked_up(client: Client) -> None:
    assert report(client).status == 401


def test_feedback_is_answered_again_too(provider: Client) -> None:
    words = {"items": [{"reference": "k1.unknown", "verdict": "down", "reason": "meme"}]}
    said = [provider.post_json("/v2/feedback", words, HTTP_IDEMPOTENCY_KEY="f-1") for _ in range(2)]
    assert said[0].status == 200
    assert said[0].body == said[1].body
