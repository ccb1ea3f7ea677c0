"""The public's form in a real browser, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.doors.staff import TESTER
from tests.journeys.conftest import away, free_port, start, wait_for
from tests.support import child_environment, run_worker_round
from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.models import BegunForm, Conversation
from tocsin.domain.reporters.types import Pace
from tocsin.domain.reports import queries as reports

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.journey]

LAKE = "https://pictures.example/lake.jpg"


@dataclass
class Public:
    """The public's pages: where, in which browser, what it asked for and complained of."""

    url: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def visitor(self, *, javascript: bool = True) -> Page:
        """A fresh browser window that knows nobody."""
        context = self.browser.new_context(
            base_url=self.url, java_script_enabled=javascript, locale="en-GB"
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)


@pytest.fixture
def public(browser: Browser, data_folder: Path) -> Iterator[Public]:
    port = free_port()
    environment = {
        **child_environment(data_folder),
        "TOCSIN_DOORS": "public",
        "TOCSIN_PUBLIC_EXIT": f"http://localhost:{port}/fr/",
    }
    server = start("wsgi", port, environment)
    try:
        wait_for(f"http://localhost:{port}/healthz")
        shown = Public(f"http://localhost:{port}", browser)
        yield shown
        cookies = [cookie for context in browser.contexts for cookie in context.cookies()]
        for context in browser.contexts:
            context.close()
        assert cookies == []
        assert shown.complaints == []
        assert [url for url in shown.asked if not url.startswith(shown.url)] == []
    finally:
        server.terminate()
        server.wait(20)


def receipt_on(page: Page) -> str:
    return page.locator("p.receipt").inner_text().replace(" ", "")


def talk_of(receipt: str) -> int:
    return away(lambda: queries.find(receipt))


def test_with_a_script_it_is_one_form_that_proves_its_work(public: Public) -> None:
    page = public.visitor()
    page.goto("/en/report")
    expect(page.locator("[data-step]")).to_have_count(0)
    page.get_by_label("Where is it?").fill(f"{LAKE}\nthe one below")
    page.get_by_label("Pictures or films of the abuse of a child").check()
    expect(page.locator("[data-kept]")).to_have_text("Kept.")
    expect(page.locator("[data-lines]")).to_contain_text("kept as words: 1")
    expect(page.locator("[data-complete]")).to_contain_text("65 of 100")
    assert away(lambda: BegunForm.objects.get().state) == "open"
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("second queue")).to_have_count(0)
    talk = talk_of(receipt_on(page))
    assert away(lambda: queries.talk(talk).row.pace) is Pace.QUICK
    # Nothing is kept in the browser either.
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_form_that_is_typed_and_left_becomes_a_report(public: Public) -> None:
    page = public.visitor()
    page.goto("/fr/report")
    page.locator("#whole_urls").fill(LAKE)
    page.locator("#whole_words").focus()
    expect(page.locator("[data-complete]")).to_contain_text("50")
    page.close()
    away(lambda: run_worker_round(datetime.now(UTC) + timedelta(minutes=21)))
    assert away(lambda: len(reports.queue().rows)) == 1


def test_without_a_script_it_is_one_question_a_page(public: Public) -> None:
    page = public.visitor(javascript=False)
    page.goto("/en/report")
    step = page.locator("[data-step]")
    expect(page.locator("[data-whole]")).to_be_hidden()
    expect(page.get_by_text("goes into a second queue")).to_be_visible()
    step.get_by_label("Where is it?").fill(LAKE)
    step.get_by_role("button", name="Go on").click()
    step.get_by_label("Pictures or films of the abuse of a child").check()
    page.keyboard.press("Enter")  # as people do: it must go on, not back
    expect(page.get_by_text("Question 3 of 7")).to_be_visible()
    step.get_by_role("button", name="Back").click()
    expect(step.get_by_label("Pictures or films of the abuse of a child")).to_be_checked()
    for _ in range(5):
        step.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This is what you tell us")).to_be_visible()
    assert page.url == f"{public.url}/en/report"
    step.get_by_role("button", name="Send").click()
    expect(page.get_by_text("second queue")).to_be_visible()
    talk = talk_of(receipt_on(page))
    assert away(lambda: queries.talk(talk).row.pace) is Pace.SLOW


@pytest.mark.parametrize("javascript", [True, False])
def test_by_the_receipt_one_sees_and_talks(public: Public, javascript: bool) -> None:
    page = public.visitor(javascript=javascript)
    page.goto("/nl/report")
    if javascript:
        page.locator("#whole_urls").fill(LAKE)
        page.locator("[data-whole] button.main").click()
    else:
        page.locator("#step_urls").fill(LAKE)
        for _ in range(6):
            page.locator("button[value=next]").click()
        page.locator("button[value=send]").click()
    receipt = receipt_on(page)
    talk = talk_of(receipt)

    page.goto("/en/receipt")
    page.get_by_label("The 16 digits").fill(f"{receipt[:8]} {receipt[8:]}")
    page.keyboard.press("Enter")
    expect(page.locator(".states li")).to_have_count(1)
    assert receipt not in page.url
    page.get_by_label("Write to us").fill("It is on the next page too.")
    page.get_by_role("button", name="Send, or see").click()
    expect(page.locator(".messages li")).to_have_count(1)
    away(lambda: actions.answer(talk_id=talk, words="Thanks.", actor=TESTER, at=datetime.now(UTC)))
    page.get_by_role("button", name="Send, or see").click()
    expect(page.locator(".messages li.desk")).to_contain_text("Thanks.")


def test_leaving_leaves_nothing_to_go_back_to(public: Public) -> None:
    page = public.visitor()
    page.goto("/en/")
    page.goto("/en/report")
    page.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url("**/fr/")
    page.go_back()
    assert page.url == f"{public.url}/en/"  # the form is not in the history
    page.goto("/en/receipt")
    page.locator("#receipt").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/fr/")


def test_the_whole_form_is_filled_in_by_keyboard_alone(public: Public) -> None:
    page = public.visitor()
    page.goto("/en/report")
    order = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(document.activeElement.name || document.activeElement.className"
            " || document.activeElement.tagName) + ''"
        )
        order.append(name)
        if name == "urls":
            page.keyboard.type(LAKE)
        if name == "main":
            break
    assert order[0] == "skip"
    assert order.index("exit") < order.index("urls")
    fields = [name for name in order if name in {"urls", "theme", "site", "where", "seen", "words"}]
    assert fields == ["urls", "theme", "site", "where", "seen", "words"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert away(Conversation.objects.count) == 1


CONTRAST = """
() => {
    const linear = (c) => (c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    const channel = (c) => linear(c / 255);
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) { return colour; }
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !element.checkVisibility() || element.closest(".skip")) { continue; }
        const ink = light(parse(getComputedStyle(element).color));
        const paper = light(behind(element));
        const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
        if (ratio < 4.5) { found.push(`${element.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`); }
    }
    return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_and_nothing_runs_over_on_a_phone(
    public: Public, scheme: str
) -> None:
    page = public.visitor()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/en/", "/nl/report", "/fr/receipt"):
        page.goto(path)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto("/fr/report")
    page.locator("#whole_urls").fill(LAKE)
    page.locator("[data-whole] button.main").click()
    page.wait_for_selector("p.receipt")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert re.fullmatch(r"[0-9]{16}", receipt_on(page))
