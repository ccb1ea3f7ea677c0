"""The same picture at two addresses: judged once, with questions answered, confirmed with a key."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.doors import staff
from tests.journeys.conftest import Console, away
from tests.journeys.test_desk import analyst, let_worker_work, log_in_by_keyboard, now, tab_to
from tocsin.domain.reports import actions, queries
from tocsin.domain.reports.types import Channel, IncomingReport

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.journey]


def same_picture(n: int) -> str:
    report = IncomingReport(
        url=f"https://img.picbin.example/i/{n}.jpg",
        channel=Channel.API,
        fingerprints=staff.fingerprints("one picture"),
    )
    return actions.receive_report(report=report, actor=staff.TESTER, at=now()).item_number


def test_a_picture_is_judged_once_and_confirmed_with_one_key(console: Console) -> None:
    secret = analyst()
    one, two = away(lambda: same_picture(1)), away(lambda: same_picture(2))
    let_worker_work()
    page = console.visitor()
    log_in_by_keyboard(page, secret)

    page.keyboard.press("x")
    expect(page.locator("h1")).to_have_text(one)
    page.keyboard.press("u")
    page.keyboard.press("a")
    expect(page.locator("[name=asked-nl-punishable]").first).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("[name=asked-nl-punishable][value=BA]")).to_be_checked()
    expect(page.locator("[data-when=not_unlawful]")).to_be_hidden()
    page.locator("[name=category]").select_option("A2")
    page.locator("[name=ground][value=stated_by_authority]").focus()
    page.keyboard.press("Space")
    tab_to(page, "[name=ground_detail]")
    page.keyboard.type("Police, case 118")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is recorded")
    let_worker_work()

    page.goto(f"/console/items/{two}")
    expect(page.get_by_role("button", name="The same here")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_role("status")).to_contain_text("is recorded")
    assert away(lambda: queries.item(two)).state == "unlawful"
