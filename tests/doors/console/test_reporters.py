"""Messages with reporters, as who takes reports in reads and answers them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.doors import staff
from tests.doors.console.reading import read
from tests.support import run_worker_round
from tocsin.base.accounts.types import Role
from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.actions import Form
from tocsin.domain.reporters.types import Pace, TalkState, Theme, Told
from tocsin.domain.reports import queries as reports

pytestmark = pytest.mark.django_db

LAKE = "https://pictures.example/lake.jpg"


@pytest.fixture
def intake(today: datetime) -> Client:
    client = Client()
    staff.enter(client, staff.person("ines", Role.INTAKE, today))
    return client


@pytest.fixture
def talk(today: datetime) -> int:
    """A conversation that waits: an address, and a line that is none."""
    told = Told(urls=f"{LAKE}\nask for the rest", theme=Theme.TRADE, words="See also hills.example")
    sent = actions.send(form=Form("a" * 32, "nl"), told=told, pace=Pace.QUICK, at=today)
    return queries.find(sent.receipt)


def said(client: Client, path: str, fields: dict[str, str] | None = None) -> str:
    return read(client.post(path, fields or {}, follow=True).content).text


def test_a_receipt_told_by_telephone_finds_its_conversation(
    intake: Client, today: datetime
) -> None:
    sent = actions.send(form=Form("c" * 32, "nl"), told=Told(urls=LAKE), pace=Pace.QUICK, at=today)
    found = intake.post("/console/reporters/find", {"receipt": sent.receipt})
    assert found["Location"] == f"/console/reporters/{queries.find(sent.receipt)}"
    for wrong in ("", "1234", "0" * 16):
        assert "no such receipt" in said(intake, "/console/reporters/find", {"receipt": wrong})


def test_those_that_wait_stand_in_the_list(intake: Client, talk: int) -> None:
    page = read(intake.get("/console/reporters/").content)
    assert f"/console/reporters/{talk}" in page.links
    actions.settle(talk_id=talk, actor=staff.TESTER, at=datetime.now(UTC))
    assert "No reporter waits" in read(intake.get("/console/reporters/").content).text
    everything = read(intake.get("/console/reporters/?state=all").content)
    assert f"/console/reporters/{talk}" in everything.links


def test_the_conversation_shows_what_was_told(intake: Client, talk: int) -> None:
    page = read(intake.get(f"/console/reporters/{talk}").content)
    for words in (
        "ask for the rest",
        "See also hills.example",
        "somebody offers",
        "with proof of work",
    ):
        assert words in page.text
    [number] = queries.talk(talk).items
    assert f"/console/items/{number}" in page.links


def test_an_answer_is_there_for_the_reporter(intake: Client, talk: int) -> None:
    where = f"/console/reporters/{talk}/answer"
    assert "The answer is there" in said(intake, where, {"words": "Dank u."})
    [line] = queries.plain_talk(talk).lines
    assert line.words == "Dank u."
    assert queries.talk(talk).row.state is TalkState.QUIET
    assert intake.post(where, {"words": ""}).status_code == 422
    assert intake.post(where, {"words": "x" * 4_001}).status_code == 422


def test_settling_twice_says_that_somebody_was_first(intake: Client, talk: int) -> None:
    where = f"/console/reporters/{talk}/settle"
    assert "Nothing waits" in said(intake, where)
    assert "done so already" in said(intake, where)


def test_an_address_in_the_words_becomes_an_item(intake: Client, talk: int) -> None:
    where = f"/console/reporters/{talk}/address"
    assert "Reported as T-" in said(intake, where, {"url": "https://hills.example/"})
    assert len(queries.talk(talk).items) == 2
    assert intake.post(where, {"url": "somewhere"}).status_code == 422
    assert intake.post(where, {}).status_code == 422


def test_bad_faith_is_set_aside_with_a_reason_and_put_back(intake: Client, talk: int) -> None:
    [number] = queries.talk(talk).items
    assert intake.post(f"/console/reporters/{talk}/set-aside", {"why": ""}).status_code == 422
    where = f"/console/reporters/{talk}/set-aside"
    assert "press no item" in said(intake, where, {"why": "A robot."})
    assert reports.item(number).report_count == 0
    assert "done so already" in said(intake, where, {"why": "A robot."})
    assert "count again" in said(intake, f"/console/reporters/{talk}/put-back")
    assert reports.item(number).report_count == 1


def test_the_page_of_an_item_leads_to_its_conversations(
    analyst: Client, talk: int, today: datetime
) -> None:
    [number] = queries.talk(talk).items
    page = read(analyst.get(f"/console/items/{number}").content)
    assert f"/console/reporters/{talk}" in page.links
    reviewer = Client()
    staff.enter(reviewer, staff.person("rex", Role.SECOND_REVIEWER, today))
    page = read(reviewer.get(f"/console/items/{number}").content)
    assert f"/console/reporters/{talk}" not in page.links


def test_a_left_form_says_that_no_answer_would_be_read(intake: Client, today: datetime) -> None:
    actions.keep(form=Form("b" * 32, "fr"), told=Told(urls=LAKE), at=today)
    run_worker_round(today + timedelta(minutes=21))
    [row] = queries.page().rows
    page = read(intake.get(f"/console/reporters/{row.id}").content)
    assert "Nobody has a receipt" in page.text
    assert [form for form in page.forms if str(form.get("action")).endswith("/answer")] == []
