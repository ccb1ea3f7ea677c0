"""A hoster reads a notice and answers it, with a keyboard and without scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.domain.desk import URL, hoster
from tests.domain.takedown.scenes import EVERYBODY, Mail, hosted, the, unlawful
from tests.journeys.conftest import Console, away
from tocsin.domain.takedown.models import Notice
from tocsin.domain.takedown.types import AnswerKind

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.journey]


def begin(mail: Mail) -> str:
    """Send a notice; the path of its link."""
    now = datetime.now(UTC)
    hoster(now)
    hosted(now, *EVERYBODY)
    unlawful(now)
    body = mail.taken[0].get_body()
    assert body is not None
    [path] = re.findall(r"https?://localhost:\d+(/notice/[\w-]{43})\s", body.get_content())
    return str(path)


def item_number() -> str:
    return str(Notice.objects.values_list("item_number", flat=True)[0])


@pytest.mark.parametrize("javascript", [True, False])
def test_a_hoster_answers_with_the_keyboard_alone(
    javascript: bool, console: Console, settings: Settings, data_folder: Path
) -> None:
    mail = Mail()
    settings.TOCSIN_MAIL = mail
    path = away(lambda: begin(mail))
    page = console.visitor(javascript=javascript)
    page.goto(f"{path}?language=en")
    assert URL not in page.content()
    page.get_by_role("button", name="Show the notice").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What we ask").wait_for()
    assert page.get_by_text(URL).is_visible()
    assert page.locator(f'a[href^="{URL}"]').count() == 0
    page.get_by_label("We have it and are acting on it").focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("It is gone").is_checked()
    page.get_by_role("button", name="Send the answer").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Your answer is noted.").wait_for()
    assert page.context.cookies() == []
    page.get_by_role("button", name="Nederlands").click()
    page.locator("html[lang=nl]").wait_for()
    page.set_viewport_size({"width": 360, "height": 740})
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "the page must fit a narrow window"
    shown = away(lambda: the(item_number()))
    assert (shown.answer, shown.opened_at is not None) == (AnswerKind.REMOVED, True)
