"""A manager keeps the table of hosters; nobody else does."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.doors import staff
from tests.doors.console.reading import read
from tocsin.domain.hosters import queries

pytestmark = pytest.mark.django_db

FILLED = {
    "name": "Picbin BV",
    "abuse_email": "abuse@picbin.example",
    "country": "nl",
    "language": "nl",
    "places": "picbin.example\n192.0.2.0/24",
    "reachable": "on",
}


def test_a_hoster_is_written_down_and_shown(manager: Client) -> None:
    answer = manager.post("/console/hosters/new", FILLED, follow=True)
    [hoster] = queries.hosters()
    assert (hoster.country, len(hoster.places), hoster.rehearsal) == ("NL", 2, False)
    assert "192.0.2.0/24" in read(answer.content).words


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("country", "Netherlands", "Two letters"),
        ("places", "not a place!", "Give domains, networks or host:port"),
        ("abuse_email", "nobody", "valid email address"),
        ("name", "", "required"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(
    manager: Client, field: str, value: str, said: str
) -> None:
    answer = manager.post("/console/hosters/new", {**FILLED, field: value})
    assert answer.status_code == 422
    assert said in read(answer.content).text
    assert queries.hosters() == []


def test_a_place_of_another_hoster_is_refused_by_name(manager: Client, today: datetime) -> None:
    staff.hoster("Older Host", "picbin.example", today)
    answer = manager.post("/console/hosters/new", FILLED)
    assert answer.status_code == 422
    assert "picbin.example belongs to Older Host already." in read(answer.content).words


def test_a_hoster_is_changed_and_taken_out_of_use(manager: Client, today: datetime) -> None:
    number = staff.hoster("Picbin", "picbin.example", today)
    url = f"/console/hosters/{number}"
    assert b"abuse@picbin.example" in manager.get(url).content
    manager.post(url, {**FILLED, "name": "Picbin Two"})
    assert queries.hoster(number).name == "Picbin Two"
    manager.post(f"{url}/remove")
    assert queries.hosters() == []
    assert manager.get("/console/hosters/77").status_code == 404


def test_analysts_and_administrators_do_not_keep_hosters(
    analyst: Client, administrator: Client
) -> None:
    for client in (analyst, administrator):
        assert client.get("/console/hosters/").status_code == 403
        assert client.post("/console/hosters/new", FILLED).status_code == 403
    assert queries.hosters() == []
