"""Where an item is and whether it is still there, as people see and act on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.domain import desk
from tests.domain.hosting.outside import ROUTING, Outside
from tests.domain.rechecks import scenes
from tests.domain.rechecks.scenes import World
from tests.doors.console.reading import read
from tocsin.base.accounts.models import Person
from tocsin.base.audit.models import AuditRow
from tocsin.domain.rechecks import queries
from tocsin.domain.rechecks.models import Follow
from tocsin.domain.rechecks.types import FollowState
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits.types import Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(
    db: None, tmp_path: Path, settings: Settings, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> World:
    settings.TOCSIN_HOSTING_RECORDED = tmp_path / "recorded"
    settings.TOCSIN_ROUTING_URL = ROUTING
    scenes.at_hoster(Outside(tmp_path / "recorded"), "192.0.2.10", 64500)
    made = World()
    monkeypatch.setattr(visits, "visit", made.visit)
    start = today - timedelta(days=30)
    visits.permit(basis="Mandate", until=None, actor=desk.SYSTEM, at=start)
    return made


def item(today: datetime, world: World, outcome: Outcome = Outcome.PRESENT) -> str:
    """An item found unlawful some days ago, and looked at; its number."""
    world.outcome = outcome
    item_id = scenes.found(today - timedelta(days=1))
    if outcome is not Outcome.PRESENT:
        scenes.until(item_id, FollowState.UNCERTAIN)
    return str(scenes.follow(item_id).item.number)


def url(number: str, act: str = "") -> str:
    return f"/console/items/{number}/whereabouts{act}"


def test_the_chain_and_the_looks_are_shown_and_nothing_of_them_is_a_link(
    analyst: Client, world: World, today: datetime
) -> None:
    page = read(analyst.get(url(item(today, world))).content)
    for told in ("AS64500", "abuse@as64500.example", "registry, the address", "80 %", "there"):
        assert told.replace(" ", "\N{NO-BREAK SPACE}") in page.text or told in page.words
    assert desk.URL not in page.text


def test_an_item_that_nobody_follows_says_so(analyst: Client, today: datetime, db: None) -> None:
    number = desk.report(today)
    words = read(analyst.get(url(number)).content).text
    assert "It is not followed" in words
    assert "Nobody has asked yet where this is" in words


def test_a_person_says_what_looks_cannot_tell(
    analyst: Client, world: World, today: datetime
) -> None:
    number = item(today, world, Outcome.LOGIN_WALL)
    assert number in read(analyst.get("/console/rechecks/").content).words
    without = analyst.post(url(number, "/rule"), {"ruling": "gone", "why": ""})
    assert without.status_code == 422
    answer = analyst.post(url(number, "/rule"), {"ruling": "gone", "why": "by phone"}, follow=True)
    assert "Your word is written down." in read(answer.content).words
    assert queries.counts()[FollowState.WATCHING] == 1
    again = analyst.post(url(number, "/rule"), {"ruling": "gone", "why": "by phone"})
    assert again.status_code == 409


def test_a_look_can_be_asked_for_and_put_off(
    analyst: Client, world: World, today: datetime
) -> None:
    number = item(today, world)
    for act, said in (
        ("/look", "looked at as soon as"),
        ("/pause", "not looked at for two weeks"),
        ("/go-on", "looked at again"),
    ):
        assert said in read(analyst.post(url(number, act), follow=True).content).text
    assert analyst.post(url(number, "/abroad"), {"said": "handed_over"}).status_code == 409
    assert analyst.post(url(number, "/abroad"), {"said": "sold"}).status_code == 422


def test_a_manager_stops_all_looks_and_lets_them_go_on(
    manager: Client, mia: Person, db: None
) -> None:
    assert manager.post("/console/rechecks/stop", {"why": ""}).status_code == 422
    page = manager.post("/console/rechecks/stop", {"why": "line is full"}, follow=True)
    words = read(page.content).words
    assert "line is full" in words
    assert "mia" in words
    manager.post("/console/rechecks/resume")
    assert queries.stopped() is None
    acts = set(AuditRow.objects.values_list("action", flat=True))
    assert {"rechecks.stop_traffic", "rechecks.resume_traffic"} <= acts


def test_hops_stand_in_a_ledger(analyst: Client, world: World, today: datetime) -> None:
    assert "Nothing has moved." in read(analyst.get("/console/rechecks/hops").content).words
    first = item(today, world)
    world.gone = {desk.URL}
    scenes.until(Follow.objects.get().item_id, FollowState.WATCHING)
    at = today - timedelta(hours=3)
    scenes.found(at, "https://img.bighost.example/other/2.jpg")
    scenes.run(at + timedelta(seconds=2))
    words = read(analyst.get("/console/rechecks/hops").content).words
    assert first in words
    assert "the same picture at another address" in words
