"""`POST /v2/reports`: an address for the analysts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError

from tests.domain.intake.test_signatures import PUBLIC, signed
from tests.domain.listing import a_list, digest, flipped, put
from tests.doors.api.asking import Client
from tests.doors.api.conftest import Issue
from tocsin.base.audit.types import system
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.intake.actions import add_signature_key
from tocsin.domain.intake.queries import said_of
from tocsin.domain.intake.types import Said
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.queries import who_got
from tocsin.domain.reports.queries import item, queue
from tocsin.domain.reports.types import MatchKind

pytestmark = pytest.mark.django_db
PATH = "/v2/reports"
URL = "https://pictures.example/a.jpg"


@pytest.fixture
def hotline(client: Client, issue: Issue) -> Client:
    return client.with_bearer(issue())


def test_a_report_opens_an_item_and_tells_nothing_of_it(hotline: Client) -> None:
    said = hotline.post_json(
        PATH,
        {
            "url": URL,
            "words": "seen in a forum",
            "category_hint": "B1",
            "fingerprints": {"md5": "ab" * 16, "pdq": "cd" * 32, "pdq_quality": 90},
            "client_reference": "H-1",
            "first_seen_at": "2026-03-01T10:00:00Z",
        },
    )
    assert said.status == 202
    assert said.json.keys() == {"report", "repeated"}
    assert said.json["repeated"] is False
    assert queue(limit=10, offset=0).total == 1


def test_the_same_reference_is_the_same_report(hotline: Client) -> None:
    first, second = (
        hotline.post_json(PATH, {"url": URL, "client_reference": "H-1"}) for _ in range(2)
    )
    assert second.json == {"report": first.json["report"], "repeated": True}
    assert queue(limit=10, offset=0).rows[0].report_count == 1


def test_the_analyst_is_told_what_lists_say_of_a_reported_picture(
    hotline: Client, checker: Checker, now: datetime
) -> None:
    entry_id = put(now, a_list(now), "beach")
    checker.follow(now)
    pdq = flipped(digest(Kind.PDQ, "beach"), 9).hex()
    hotline.post_json(PATH, {"url": URL, "fingerprints": {"pdq": pdq, "pdq_quality": 80}})
    hotline.post_json(
        PATH, {"url": f"{URL}?2", "fingerprints": {"md5": digest(Kind.MD5, "hill").hex()}}
    )
    known, unknown = (
        item(row.number) for row in sorted(queue(limit=10, offset=0).rows, key=lambda r: r.number)
    )
    assert known.match_kind is MatchKind.NEAR
    assert [match.entry_id for match in known.matches] == [entry_id]
    assert not unknown.matches
    # A report is no upload: nothing was checked, so nobody "got a hit".
    assert not who_got(entry_id)


def test_a_report_of_a_test_key_is_a_rehearsal(client: Client, issue: Issue) -> None:
    client.with_bearer(issue(test=True)).post_json(PATH, {"url": URL})
    assert queue(limit=10, offset=0).rows[0].rehearsal


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "not an address"}, "url"),
        ({"url": "ftp://a.example/x"}, "url"),
        ({"url": 5}, "url"),
        ({"url": URL, "words": "x" * 4_001}, "words"),
        ({"url": URL, "category_hint": "worst"}, "category_hint"),
        ({"url": URL, "client_reference": "a\x07"}, "client_reference"),
        ({"url": URL, "fingerprints": {"md5": "ab"}}, "fingerprints.md5"),
        ({"url": URL, "fingerprints": {"pdq": "ab" * 32}}, "fingerprints"),
        ({"url": URL, "first_seen_at": "0001-01-01T00:00:00+10:00"}, "first_seen_at"),
        ({"url": URL, "picture": "…"}, None),
        ({}, "url"),
    ],
)
def test_a_wrong_report_is_refused_and_its_field_named(
    hotline: Client, body: dict[str, Any], field: str | None
) -> None:
    said = hotline.post_json(PATH, body)
    assert (said.status, said.code) == (422, "wrong_report")
    assert said.json["error"].get("field") == field
    assert queue(limit=10, offset=0).total == 0


def test_a_database_that_is_away_is_503_and_asks_to_send_it_again(
    hotline: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tocsin.doors.api.v2.reports.receive", away)
    said = hotline.post_json(PATH, {"url": URL})
    assert said.status == 503
    assert "client_reference" in said.json["error"]["message"]


def test_without_a_key_nobody_reports(client: Client) -> None:
    assert client.post_json(PATH, {"url": URL}).status == 401


def test_what_a_hotline_states_is_kept_as_an_observation(hotline: Client) -> None:
    stated = {
        "source": "police",
        "site_type": "imagehost",
        "referrer": "https://forum.example/t/1",
        "iccam_number": "50001",
        "classification": "baseline",
    }
    assert hotline.post_json(PATH, {"url": URL, "stated": stated}).status == 202
    [row] = queue().rows
    assert said_of(row.number) == [
        Said("police", "imagehost", "https://forum.example/t/1", "50001", "baseline")
    ]
    assert item(row.number).findings == ()


@pytest.mark.parametrize(
    "stated",
    [{"site_type": "shop"}, {"iccam_number": "x"}, {"classification": "A1"}, {"source": "x" * 41},
     {"referrer": 1}, {"colour": "blue"}],
)  # fmt: skip
def test_what_it_may_not_state_is_refused(hotline: Client, stated: dict[str, object]) -> None:
    said = hotline.post_json(PATH, {"url": URL, "stated": stated})
    assert (said.status, said.code) == (422, "wrong_report")
    assert queue().total == 0


def test_a_key_that_must_sign_is_heard_signed_and_once(
    client: Client, issue: Issue, now: datetime
) -> None:
    issued = issue()
    add_signature_key(
        key_id=issued.key_id, name="main", public_key=PUBLIC, actor=system("test"), at=now
    )
    partner = client.with_bearer(issued)
    body = b'{"url":"https://host.example/p/1"}'
    request = signed(now, body)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers.items()
        if name != "Content-Type"
    }
    environ = {**headers, "CONTENT_TYPE": "application/json"}
    assert partner.post(PATH, body, CONTENT_TYPE="application/json").code == "not_signed"
    assert partner.post(PATH, body + b" ", **environ).code == "not_signed"
    assert queue().total == 0
    assert partner.post(PATH, body, **environ).status == 202
    assert partner.post(PATH, body, **environ).code == "not_signed"
    assert queue().rows[0].report_count == 1
