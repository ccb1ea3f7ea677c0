"""What every public page keeps to: no cookie, nothing from elsewhere, one size, three languages."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.doors.console.reading import read
from tests.doors.public.filling import post, receipt_of, send, text, token
from tests.doors.staff import enter, person
from tocsin.base.accounts.types import Role
from tocsin.domain.reporters import queries
from tocsin.domain.reporters.models import Conversation
from tocsin.domain.reporters.types import PlainState, Site, Theme
from tocsin.domain.reports import queries as reports
from tocsin.doors.public import help_lines, pages, words
from tocsin.doors.public.forms import MISSING, SITE, THEME

pytestmark = pytest.mark.django_db

PAGES = ["", "report", "receipt"]
EVERY = [f"/{language}/{name}" for language in ("en", "nl", "fr") for name in PAGES]
LAKE = "https://pictures.example/lake.jpg"
# Each breaks out of another place: text, an attribute, a text area, a link, a template, a comment.
SCRIPTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "--><script>alert(1)</script>",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:8000/console/",
    "\u202e<b>gnp.ekal",
]


@pytest.mark.parametrize("path", EVERY)
def test_a_page_sets_no_cookie_and_is_kept_by_nobody(path: str, client: Client) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", EVERY)
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    path: str, client: Client
) -> None:
    page = read(client.get(path).content)
    assert page.inline == []
    assert page.pictures == []
    sources = re.findall(r'(?:src|href|action)="([^"]*)"', client.get(path).content.decode())
    assert sources
    assert [source for source in sources if not source.startswith(("/", "#"))] == []


@pytest.mark.parametrize("path", EVERY)
def test_a_page_speaks_its_language_whatever_the_browser_asks(path: str, client: Client) -> None:
    answer = client.get(path, HTTP_ACCEPT_LANGUAGE="fr")
    assert read(answer.content).language == path[1:3]
    assert answer["Content-Language"] == path[1:3]


@pytest.mark.parametrize(("asked", "path"), [("nl-BE", "/nl/"), ("fr", "/fr/"), ("de", "/en/")])
def test_the_front_leads_to_the_language_the_browser_asks_for(
    asked: str, path: str, client: Client
) -> None:
    answer = client.get("/report", HTTP_ACCEPT_LANGUAGE=asked)
    assert (answer.status_code, answer["Location"]) == (302, path)


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_two_languages_are_complete(language: str, client: Client) -> None:
    for name in PAGES:
        here, english = (client.get(f"/{spoken}/{name}").content for spoken in (language, "en"))
        same = set(_sentences(here)) & set(_sentences(english))
        assert not same, same


def _sentences(html: bytes) -> list[str]:
    """The texts of a page that are sentences and not names."""
    names = {line.name for line in help_lines.lines("fr")}
    return [word for word in read(html).words if word.count(" ") > 3 and word not in names]


def test_all_that_the_public_is_told_is_about_the_same_size(client: Client) -> None:
    receipt = receipt_of(send(client, urls=LAKE))
    answers: list[Any] = [
        client.get("/en/"),
        client.get("/en/report"),
        client.get("/fr/report"),
        send(client, urls=LAKE, words="w" * 2_000),
        send(client, words="short"),
        post(client, "/en/receipt", {"receipt": receipt}),
        post(client, "/en/receipt", {"receipt": "0" * 16}),
    ]
    assert {len(answer.content) for answer in answers} == {pages.STEP_BYTES}


def test_the_filling_is_never_the_same(client: Client) -> None:
    fillings = {re.findall(rb"<!--([0-9a-f]+)", client.get("/en/").content)[-1] for _ in range(3)}
    assert len(fillings) == 3


def test_a_file_is_refused_before_anything_of_it_is_read(client: Client) -> None:
    picture = io.BytesIO(b"\x89PNG not really a picture")
    picture.name = "lake.png"
    for path in ("/en/report", "/en/report/draft", "/en/receipt"):
        answer = client.post(path, {"urls": LAKE, "token": "x", "file": picture})
        assert answer.status_code == 415
        assert "We take no files" in answer.content.decode()
    plain = client.post("/en/report", json.dumps({"urls": LAKE}), content_type="application/json")
    assert plain.status_code == 415
    assert not Conversation.objects.exists()


def test_a_form_larger_than_memory_may_hold_says_what_to_do(client: Client) -> None:
    answer = send(client, urls="x" * 1_100_000)
    assert answer.status_code == 413
    assert "several parts" in text(answer)


def test_ten_thousand_fields_are_refused(client: Client) -> None:
    answer = post(client, "/en/report", {f"f{n}": "x" for n in range(2_000)})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("path", ["/en/report", "/en/receipt", "/en/"])
def test_other_methods_are_not_known(method: str, path: str, client: Client) -> None:
    assert getattr(client, method)(path).status_code == 405


def test_leaving_clears_what_the_browser_kept(client: Client, settings: Settings) -> None:
    answer = client.get("/en/leave")
    assert (answer.status_code, answer["Location"]) == (303, settings.TOCSIN_PUBLIC_EXIT)
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert answer["Referrer-Policy"] == "no-referrer"


def test_nobody_is_sent_from_the_onion_to_the_open_web(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["abcdef.onion"]
    settings.TOCSIN_PUBLIC_ONION = "http://abcdef.onion"
    client = Client(HTTP_HOST="abcdef.onion")
    for path in ("/en/leave", "/en/", "/en/report", "/report"):
        answer = client.get(path)
        assert "Onion-Location" not in answer.headers
        assert answer.headers.get("Location", "/").startswith("/")
        assert "Strict-Transport-Security" not in answer.headers
    assert client.get("/en/leave").status_code == 200


def test_the_open_web_names_the_onion_service(client: Client, settings: Settings) -> None:
    assert "Onion-Location" not in client.get("/en/report").headers
    settings.TOCSIN_PUBLIC_ONION = "http://abcdef.onion/"
    assert client.get("/en/report")["Onion-Location"] == "http://abcdef.onion/en/report"


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_in_every_field_come_out_as_text_everywhere(script: str, client: Client) -> None:
    fields = dict.fromkeys(("urls", "theme", "site", "where", "seen", "words"), script)
    fields["urls"] = f"{LAKE}?q={script}\n{script}"
    shown: list[Any] = []
    for go, step in (("next", "words"), ("back", "site"), ("next", "urls")):
        told = {"token": token(client), "go": go, "step": step, **fields}
        shown.append(post(client, "/en/report", told))
    sent = send(client, **fields)
    receipt = receipt_of(sent)
    talk = post(client, "/nl/receipt", {"receipt": receipt})
    let_in = re.findall(r'name="pass" value="([^"]+)"', text(talk))[0]
    shown += [sent, talk, post(client, "/nl/receipt", {"pass": let_in, "words": script})]
    shown.append(post(client, "/en/receipt", {"receipt": script, "token": script, "work": script}))
    shown.append(post(client, "/en/report", {"token": script, "step": script, "go": script}))

    staff = Client()
    enter(staff, person("ada", Role.ANALYST, Conversation.objects.get().sent_at))
    [talk_id] = Conversation.objects.values_list("pk", flat=True)
    paths = [f"/console/items/{row.number}" for row in reports.queue().rows]
    paths += ["/console/reporters/", f"/console/reporters/{talk_id}"]
    by_staff = [staff.get(path) for path in paths]
    assert {answer.status_code for answer in by_staff} == {200}
    shown += by_staff
    for answer in shown:
        page = answer.content.decode()
        assert answer.status_code < 500
        assert "<script>alert" not in page
        assert "<svg onload" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page
        assert "1414" not in re.sub(r"[0-9a-f]{64,}", "", page)
    assert queries.talk(talk_id).told.words == script


def test_every_field_has_a_label_and_every_part_a_name(client: Client) -> None:
    for path in ("/en/report", "/en/receipt"):
        page = client.get(path).content.decode()
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        labelled = set(re.findall(r'<label for="([^"]+)"', page))
        fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page)
        for field in fields:
            if 'type="hidden"' in field:
                continue
            found = re.search(r'id="([^"]+)"', field)
            assert found is not None, field
            assert found[1] in labelled, field
        for described in re.findall(r'aria-describedby="([^"]+)"', page):
            assert set(described.split()) <= set(ids)
        for named in re.findall(r'aria-labelledby="([^"]+)"', page):
            assert named in ids
        assert page.count("<main") == page.count("<h1") == page.count("<header") == 1
        assert page.index('class="skip"') < page.index("data-exit") < page.index("<main")


def test_every_choice_has_words() -> None:
    assert set(THEME) == set(Theme)
    assert set(SITE) == set(Site)
    assert set(words.PLAIN) == set(PlainState)
    assert set(MISSING) == {"urls", "theme", "site", "where", "seen"}


def test_help_lines_are_dated_and_each_is_for_something() -> None:
    assert re.fullmatch(r"20[0-9]{2}-[01][0-9]", help_lines.as_of())
    for language in ("en", "nl", "fr"):
        lines = help_lines.lines(language)
        assert {line.about for line in lines} == set(words.ABOUT)
        assert lines[0].about == "danger"


def test_the_script_asks_nobody_else_and_keeps_nothing() -> None:
    script = (Path(pages.__file__).parent / "static/public/public.js").read_text("utf-8")
    for word in ("http:", "https:", "localStorage", "sessionStorage", "cookie", "innerHTML",
                 "eval(", "document.write", "import "):  # fmt: skip
        assert word not in script
