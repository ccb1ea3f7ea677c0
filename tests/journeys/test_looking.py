"""A real browser looks: by keys, never at the live site, until the time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.domain.visits.scenes import LANDSCAPE, MANAGER, may_fetch, out_to
from tests.doors import staff
from tests.journeys.conftest import away
from tocsin.base.accounts.types import Role
from tocsin.domain.matching import ourselves
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import Channel, IncomingReport
from tocsin.domain.viewing import actions as viewing
from tocsin.domain.viewing.models import Look
from tocsin.domain.visits import ways
from tocsin.site.rehearsal.sites import Sites

pytestmark = [pytest.mark.browser, pytest.mark.journey]


@pytest.fixture(scope="module", autouse=True)
def decoders() -> Iterator[None]:
    yield
    ways.close_decoders()


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Sites]:
    at = datetime.now(UTC)
    build_index(at=at)
    made = Checker.from_settings()
    made.follow(at)
    monkeypatch.setattr(ourselves, "checker", lambda: made)
    with out_to(Sites(404), monkeypatch) as world:
        may_fetch(at)
        viewing.state_mandate(basis="Article 1", until=None, actor=MANAGER, at=at)
        # A busy machine takes long to start them, and the browser waits only so long.
        assert ways.decoders().containment.limits
        yield world
    made.stop()


@pytest.fixture
def item(sites: Sites) -> tuple[str, str]:
    """An item that ada has taken, and the cookie of her session."""
    at = datetime.now(UTC)
    ada = staff.person("ada", Role.ANALYST, at)
    report = IncomingReport(sites.put(LANDSCAPE), Channel.CONSOLE)
    number = reports.receive_report(report=report, actor=MANAGER, at=at).item_number
    reports.take(number=number, actor=staff.actor(ada), at=at)
    client = Client()
    staff.enter(client, ada)
    return number, client.cookies["tocsin_session"].value


def test_a_picture_is_shown_by_keys_and_goes_when_its_time_is_over(
    item: tuple[str, str], live_server: LiveServer, browser: Browser
) -> None:
    number, session = item
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "tocsin_session", "value": session, "url": live_server.url}])
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"/console/items/{number}")
    page.wait_for_selector("#look .steps button:not([disabled])")
    assert page.locator("#look button:not([disabled])").count() == 1
    page.keyboard.press("1")
    page.wait_for_selector("#seen img")
    assert _width(page) == 240
    with page.expect_response(lambda answer: answer.url.endswith("/beat")) as beat:
        pass
    assert beat.value.status == 204
    assert page.locator("#seen img").count() == 1

    away(lambda: viewing.end_mandate(actor=MANAGER, at=datetime.now(UTC)))
    page.wait_for_selector("#seen img", state="detached")
    assert "Viewing is off" in page.inner_text("#seen")
    assert away(lambda: Look.objects.filter(ended_at=None).count()) == 0
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
    context.close()


def test_a_picture_nobody_vouches_for_goes_by_itself(
    item: tuple[str, str], live_server: LiveServer, browser: Browser
) -> None:
    number, session = item
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "tocsin_session", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/console/items/{number}/look")
    page.keyboard.press("1")
    page.wait_for_selector("#seen img")
    context.set_offline(True)
    page.wait_for_selector("#seen img", state="detached")
    context.close()


def _width(page: Page) -> int:
    return int(page.locator("#seen img").evaluate("picture => picture.naturalWidth"))
