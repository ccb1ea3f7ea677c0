"""Whole journeys at the desk, in a real browser against real processes."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.doors import staff
from tests.journeys.conftest import Console, away
from tests.support import run_worker_round
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.types import Role

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.journey]

URL = "https://img.picbin.example/i/8842a.jpg"


def now() -> datetime:
    return datetime.now(UTC)


def analyst(name: str = "ada") -> str:
    """A new analyst; the secret of her authenticator."""
    return away(lambda: staff.give_authenticator(staff.person(name, Role.ANALYST, now())))


def let_worker_work() -> None:
    for _ in range(4):
        away(lambda: run_worker_round(now()))


def log_in_by_keyboard(page: Page, secret: str, name: str = "ada") -> None:
    page.goto("/console/")
    page.locator("[name=login]").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(staff.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/code*")
    page.locator("[name=code]").focus()
    page.keyboard.type(staff.code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/items/")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the thing is reached: whatever cannot be reached so fails here."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_an_item_is_taken_judged_and_its_notice_read_by_keyboard_alone(console: Console) -> None:
    secret = analyst()
    away(lambda: staff.hoster("Picbin", "picbin.example", now()))
    number = away(lambda: staff.report(URL, now()))
    page = console.visitor()
    log_in_by_keyboard(page, secret)

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(number)
    expect(page.locator("#url")).to_have_text(URL)
    assert page.locator("main img, main video, main iframe").count() == 0

    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Record a finding")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("[name=category]")).to_be_hidden()
    page.keyboard.press("u")
    expect(page.locator("[name=verdict][value=unlawful]")).to_be_checked()
    tab_to(page, "[name=category]")
    page.keyboard.type("A2")
    tab_to(page, "[name=ground]")
    page.keyboard.press("Space")
    expect(page.locator("[value=stated_by_authority]")).to_be_checked()
    tab_to(page, "[name=ground_detail]")
    page.keyboard.type("Police, case 118")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is recorded")

    let_worker_work()
    page.reload()
    tab_to(page, "a[href^='/console/notices/N-']")
    page.keyboard.press("Enter")
    expect(page.locator("pre").first).to_contain_text("Article 16")
    expect(page.locator("pre").first).to_contain_text(URL)
    expect(page.locator(".state").first).to_have_text("sent")


def test_what_follows_from_observations_is_shown_while_they_are_filled_in(
    console: Console,
) -> None:
    secret = analyst()
    number = away(lambda: staff.report(URL, now()))
    page = console.visitor()
    log_in_by_keyboard(page, secret)
    page.goto(f"/console/items/{number}")
    page.get_by_role("button", name="Take").click()
    page.get_by_text("What was observed").click()
    page.select_option("[name=seen-age_band]", "prepubescent")
    page.select_option("[name=seen-act]", "sexualised_exhibition")
    expect(page.locator("#follows")).to_contain_text("lascivious exhibition")
    page.select_option("[name=category]", "B1")
    expect(page.locator("#follows")).to_contain_text("B1 was asserted, but A2 follows")
    assert "csrf" not in page.url
    assert console.complaints == []


def test_a_new_item_appears_on_an_open_queue_by_itself(console: Console) -> None:
    secret = analyst()
    first = away(lambda: staff.report(URL, now()))
    page = console.visitor()
    log_in_by_keyboard(page, secret)
    page.keyboard.press("j")
    page.wait_for_timeout(1_500)  # the stream has told how things stood
    second = away(lambda: staff.report("https://img.picbin.example/i/2.jpg", now()))
    expect(page.locator(f"[data-row='{second}']")).to_be_visible(timeout=10_000)
    expect(page.locator(f"[data-row='{first}'] a.open")).to_be_focused()


def test_a_taken_item_says_by_whom_without_leaving_the_page(console: Console) -> None:
    ada, noor = analyst("ada"), analyst("noor")
    number = away(lambda: staff.report(URL, now()))
    pages = [console.visitor(), console.visitor()]
    for page, secret, name in zip(pages, (ada, noor), ("ada", "noor"), strict=True):
        log_in_by_keyboard(page, secret, name)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Take")).to_be_visible()
    pages[0].keyboard.press("t")
    expect(pages[0].get_by_role("heading", name="Record a finding")).to_be_visible()
    pages[1].keyboard.press("t")
    expect(pages[1].get_by_role("alert")).to_contain_text("ada has taken this item")
    assert pages[1].url.endswith(number)
    pages[0].keyboard.press("g")
    pages[0].wait_for_url("**/console/items/")
    expect(pages[0].get_by_role("status")).to_contain_text(f"{number} is given back")
    pages[1].reload()
    expect(pages[1].get_by_role("button", name="Take")).to_be_visible()
    # The browser notes every answer that is not a success; this one was meant.
    console.complaints[:] = [text for text in console.complaints if "409" not in text]


def test_the_desk_works_without_javascript(console: Console) -> None:
    secret = analyst()
    number = away(lambda: staff.report(URL, now()))
    page = console.visitor(javascript=False)
    log_in_by_keyboard(page, secret)
    page.get_by_role("link", name=number).click()
    page.get_by_role("button", name="Take").click()
    page.get_by_label("not unlawful").check()
    page.get_by_label("An authority states it").check()
    page.get_by_label("Which authority, list or law").fill("Police, case 7")
    page.get_by_role("button", name="Record").click()
    expect(page.locator(".heading .state")).to_have_text("not unlawful")


def test_a_new_colleague_gets_from_the_link_to_the_desk(console: Console) -> None:
    link = away(
        lambda: accounts.invite(
            username="eve", role=Role.ANALYST, language="nl", actor=staff.TESTER, at=now()
        )
    )
    page = console.visitor()
    page.goto(f"/console/welcome/{link}")
    page.locator("[name=password]").fill(staff.PASSWORD)
    page.locator("[name=again]").fill(staff.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/authenticator")
    expect(page.locator("h1")).to_have_text("Stel uw authenticator in")
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    secret = page.locator("#secret").inner_text()
    page.locator("[name=code]").fill(staff.code_of(secret, time.time()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/recovery-codes")
    expect(page.locator(".codes li")).to_have_count(10)
    page.locator("a.main").click()
    expect(page.locator("h1")).to_have_text("Wachtrij")
