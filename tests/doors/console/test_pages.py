"""Every page, in every language, with its guards on."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pytest
from django.test import Client
from django.urls import reverse

from tests.doors import staff
from tests.doors.console.doubts import fill_with_doubts
from tests.doors.console.reading import Page, read
from tests.support import run_worker_round
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.domain.hashlists.classification import Act, AgeBand, Labels, Observations
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import FindingInput, FindingKind, Ground, MatchKind
from tools.translations import LANGUAGES, compiled, found, problems

pytestmark = pytest.mark.django_db

OPEN = ["/", "/account/login", "/console/welcome/nothing"]
STAFF = [
    "/console/me/",
    "/account/sessions",
    "/account/password",
    "/account/recovery-codes",
    "/account/recovery-codes/new",
    "/account/authenticator",
    "/account/again",
    "/account/code-again",
    "/account/logout",
    "/console/lists/",
]
DESK = [
    "/console/items/",
    "/console/items/?state=unlawful",
    "/console/items/T-{year}-000001",
    "/console/items/T-{year}-000002",
    "/console/items/T-{year}-000003",
    "/console/lists/entries/{entry}",
    "/console/lists/quarantine",
    "/console/notices/",
    "/console/notices/N-{year}-000001",
    "/console/appeals/",
    "/console/appeals/?state=decided",
    "/console/appeals/new",
    "/console/appeals/A-{year}-000001",
    "/console/appeals/A-{year}-000002",
    "/console/floods/",
    "/console/exchanges/",
    "/console/webhooks/",
    "/console/providers/",
    "/console/hosters/",
    "/console/hosters/new",
    "/console/hosters/{hoster}",
    "/console/desk/day",
    "/console/desk/setup",
    "/console/desk/hours",
    "/console/desk/quality",
    "/console/items/appeals/",
    "/console/system/",
    "/console/people/",
]
OFFICE = [
    "/console/exchanges/",
    "/console/webhooks/",
    "/console/webhooks/{party}",
    "/console/people/",
    "/console/keys/",
    "/console/keys/parties/{party}/new",
    "/console/system/",
    "/console/items/",
]


def fill(today: datetime) -> dict[str, int]:
    """A desk with an item of each kind on it; what fills the addresses in."""
    ada = staff.actor(staff.person("ada", Role.ANALYST, today))
    partner = staff.party("Picbin", today)
    hoster = staff.hoster("Picbin", "picbin.example", today)
    staff.report("https://a.picbin.example/1.jpg", today, match=MatchKind.EXACT, party_id=partner)
    staff.report("https://a.picbin.example/2.jpg", today, match=MatchKind.NEAR, words="Look.")
    number = staff.report("https://a.picbin.example/3.jpg", today)
    finding = FindingInput(
        FindingKind.UNLAWFUL,
        Ground.STATED_BY_AUTHORITY,
        Category.B1,
        "Police 7",
        "A note.",
        Observations(AgeBand.INFANT, Act.EXHIBITION, real_child=True, virtual_or_drawn=True),
        Labels.of(["some:label"]),
    )
    reports.take(number=number, actor=ada, at=today)
    item = reports.assess(number=number, finding=finding, actor=ada, at=today)
    fill_with_doubts(today)
    for _ in range(3):
        run_worker_round(today)
    return {
        "year": today.year,
        "party": partner,
        "hoster": hoster,
        "entry": item.findings[0].own_entry_id or 0,
    }


def pages(
    somebody: Person | None, paths: list[str], numbers: dict[str, int]
) -> list[tuple[str, Page]]:
    """Each page as somebody sees it, checked for what holds of all pages."""
    client = Client()
    shown = []
    if somebody is not None:
        staff.enter(client, somebody)
    for path in paths:
        url = path.format(**numbers)
        response = client.get(url, HTTP_ACCEPT_LANGUAGE=somebody.language if somebody else "nl")
        if response.status_code == 302:  # asked for the password once more
            client.post(reverse("account_reauthenticate"), {"password": staff.PASSWORD})
            response = client.get(url)
        assert response.status_code in {200, 403, 410}, (url, response.status_code)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        shown.append((url, read(response.content)))
    return shown


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (Role.ANALYST, STAFF + DESK),
        (Role.MANAGER, DESK),
        (Role.ADMINISTRATOR, OFFICE),
    ],
)
def test_every_page_speaks_one_language_and_keeps_the_policy(
    role: Role, paths: list[str], language: str, today: datetime
) -> None:
    numbers = fill(today)
    somebody = staff.person("reader", role, today, language)
    for url, page in pages(somebody, paths, numbers):
        assert page.language == language, url
        assert page.inline == [], url
        assert untranslated(page, language) == [], url


@pytest.mark.parametrize("path", OPEN)
def test_pages_before_the_log_in_follow_the_browsers_language(path: str) -> None:
    [(_, page)] = pages(None, [path], {})
    assert page.language == "nl"
    assert page.inline == []
    assert untranslated(page, "nl") == []


def test_whoever_is_not_logged_in_can_choose_a_language() -> None:
    client = Client()
    client.post("/language", {"language": "fr", "next": "/"})
    assert read(client.get("/").content).language == "fr"


def test_no_page_of_the_console_is_kept_by_a_browser(manager: Client, today: datetime) -> None:
    fill_number = staff.report("https://a.picbin.example/1.jpg", today)
    for url in ("/console/items/", f"/console/items/{fill_number}", "/console/notices/"):
        assert "no-store" in manager.get(url).headers["Cache-Control"]


def test_htmx_may_not_evaluate_style_or_remember_anything(manager: Client) -> None:
    page = manager.get("/console/items/").content.decode()
    for guard in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
        '"historyCacheSize":0',
        '"selfRequestsOnly":true',
    ):
        assert guard in page


def test_every_word_has_its_dutch_and_its_french() -> None:
    assert problems() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_translations_are_those_of_the_texts(language: str) -> None:
    assert len(compiled(language)) > 10_000


def untranslated(page: Page, language: str) -> list[str]:
    """English sentences of ours on a page that should speak another language."""
    return [text for text in page.words if language != "en" and text in english()]


@cache
def english() -> frozenset[str]:
    """Our English texts of more than one word: single words may be alike in two languages."""
    texts = {words.singular for words in found()}
    return frozenset(text for text in texts if " " in text and "%" not in text)
