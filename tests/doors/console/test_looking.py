"""Looking in the console: nothing by itself, step by step, counted, never from the live site."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any  # the test client's answer has no name of its own

import pytest
from django.test import Client

from tests.domain.visits.scenes import LANDSCAPE, MANAGER, may_fetch, out_to
from tests.doors import staff
from tests.doors.console.conftest import entered
from tests.doors.console.reading import read
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.domain.matching import ourselves
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports.types import Channel, IncomingReport
from tocsin.domain.viewing import actions as viewing
from tocsin.domain.viewing import queries as viewed
from tocsin.domain.viewing.models import Look
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits import queries as visited
from tocsin.domain.visits import ways
from tocsin.site.rehearsal.sites import Shown, Sites

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def decoders() -> Iterator[None]:
    yield
    ways.close_decoders()


@pytest.fixture
def sites(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None, today: datetime
) -> Iterator[Sites]:
    build_index(at=today)
    made = Checker.from_settings()
    made.follow(today)
    monkeypatch.setattr(ourselves, "checker", lambda: made)
    with out_to(Sites(55), monkeypatch) as world:
        yield world
    made.stop()


@pytest.fixture
def allowed(sites: Sites, today: datetime) -> None:
    may_fetch(today)
    viewing.state_mandate(basis="Article 1", until=None, actor=MANAGER, at=today)


def reported(url: str, at: datetime) -> str:
    report = IncomingReport(url, Channel.CONSOLE)
    return reports.receive_report(report=report, actor=MANAGER, at=at).item_number


@pytest.fixture
def taken(sites: Sites, ada: Person, today: datetime) -> str:
    """An item that ada has taken."""
    number = reported(sites.put(LANDSCAPE), today)
    reports.take(number=number, actor=staff.actor(ada), at=today)
    return number


def pictures(response: Any) -> list[bytes]:
    """The pictures written into a page, decoded."""
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', response.content.decode())
    return [base64.b64decode(one) for one in found]


def step(client: Client, number: str, veil: str, **more: str) -> Any:
    return client.post(f"/console/items/{number}/look", {"step": veil, **more})


def test_viewing_is_off_until_it_is_stated(analyst: Client, taken: str) -> None:
    page = analyst.get(f"/console/items/{taken}/look")
    assert "Viewing is off" in read(page.content).text
    item = analyst.get(f"/console/items/{taken}").content.decode()
    assert 'value="seen"' not in item
    refused = step(analyst, taken, "blur")
    assert (refused.status_code, pictures(refused)) == (409, [])
    assert not Look.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_opening_an_item_shows_nothing_and_counts_nothing(analyst: Client, taken: str) -> None:
    item = analyst.get(f"/console/items/{taken}")
    panel = analyst.get(f"/console/items/{taken}/look")
    assert pictures(item) == pictures(panel) == []
    assert read(item.content).pictures == ["/static/console/bell.svg"]
    assert not Look.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_a_step_shows_a_small_picture_in_the_answer_itself(
    analyst: Client, taken: str, sites: Sites
) -> None:
    answer = step(analyst, taken, "blur")
    (shown,) = pictures(answer)
    assert shown.startswith(b"\xff\xd8\xff")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "img-src 'self' data:" in answer.headers["Content-Security-Policy"]
    assert Look.objects.count() == 1
    text = answer.content.decode()
    assert not re.search(r'(?:src|href)="https?://', text)
    assert not [url for url in re.findall(r'src="([^"]+)"', text) if ".test" in url]


@pytest.mark.usefixtures("allowed")
def test_a_step_too_far_is_refused_in_words(analyst: Client, taken: str) -> None:
    refused = step(analyst, taken, "plain")
    assert refused.status_code == 409
    assert "step before it first" in read(refused.content).text


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    "wrong",
    [{"step": "naked"}, {}, {"step": "blur", "place": "77"}, {"step": "blur", "moment": "9"}],
)
def test_what_is_no_step_is_refused(analyst: Client, taken: str, wrong: dict[str, str]) -> None:
    refused = analyst.post(f"/console/items/{taken}/look", wrong)
    assert refused.status_code == 422
    assert not Look.objects.exists()


@pytest.mark.usefixtures("allowed")
def test_only_whoever_has_the_item_looks(second_analyst: Client, taken: str) -> None:
    refused = step(second_analyst, taken, "blur")
    assert refused.status_code == 409
    assert "Take the item first" in read(refused.content).text


@pytest.mark.usefixtures("allowed")
def test_of_a_page_each_picture_is_chosen(
    analyst: Client, ada: Person, sites: Sites, today: datetime
) -> None:
    number = reported(url := sites.put(LANDSCAPE, Shown.GALLERY), today)
    reports.take(number=number, actor=staff.actor(ada), at=today)
    visits.visit(url=url, at=today)
    chosen = [i for i in visited.of_address(url)[0].images if i.width == 400]
    place = str(chosen[0].number)

    page = read(analyst.get(f"/console/items/{number}/look").content)
    assert "a picture on the page" in page.text
    answer = step(analyst, number, "blur", place=place)
    assert len(pictures(answer)) == 1


@pytest.mark.usefixtures("allowed")
def test_signs_of_life_keep_it_and_the_end_takes_it_away(
    analyst: Client, taken: str, today: datetime
) -> None:
    step(analyst, taken, "blur")
    look = Look.objects.get()
    assert analyst.post(f"/console/looks/{look.pk}/beat").status_code == 204
    ended = analyst.post(f"/console/looks/{look.pk}/end")
    assert "Taken away" in read(ended.content).text
    over = analyst.post(f"/console/looks/{look.pk}/beat")
    assert (over.status_code, pictures(over)) == (200, [])
    assert 'id="seen"' in over.content.decode()


@pytest.mark.usefixtures("allowed")
def test_after_an_hour_the_answer_to_a_sign_of_life_takes_the_picture_away(
    analyst: Client, taken: str
) -> None:
    step(analyst, taken, "blur")
    look = Look.objects.get()
    an_hour_ago = look.opened_at - timedelta(minutes=61)
    Look.objects.update(opened_at=an_hour_ago, last_beat_at=look.opened_at)
    over = analyst.post(f"/console/looks/{look.pk}/beat")
    assert "take a break" in read(over.content).text


@pytest.mark.usefixtures("allowed")
def test_my_looks_are_mine_and_everybodys_are_for_quality(
    analyst: Client, second_analyst: Client, taken: str, today: datetime
) -> None:
    step(analyst, taken, "blur")
    assert taken in read(analyst.get("/console/looks/").content).text
    assert taken not in read(second_analyst.get("/console/looks/").content).text
    assert analyst.get("/console/looks/everybody").status_code == 403
    quality = entered(staff.person("qua", Role.QUALITY, today))
    text = read(quality.get("/console/looks/everybody").content).text
    assert "ada" in text
    assert "Looks per confirmed item" in text


@pytest.mark.usefixtures("allowed")
def test_whoever_wants_to_see_nothing_presses_one_button(
    analyst: Client, taken: str, ada: Person
) -> None:
    analyst.post("/console/looks/opt-out")
    assert viewed.opted_out(staff.actor(ada))
    assert step(analyst, taken, "blur").status_code == 409
    assert "as you asked" in read(analyst.get("/console/looks/").content).text
    analyst.post("/console/looks/opt-in")
    assert step(analyst, taken, "blur").status_code == 200


def test_a_manager_states_and_ends_both(manager: Client, sites: Sites, today: datetime) -> None:
    assert "Fetching is off" in read(manager.get("/console/mandate/").content).text
    stated = {"fetch-basis": "Article 2 of a law", "fetch-until": ""}
    manager.post("/console/mandate/fetch", stated)
    later = {"look-basis": "Letter of the prosecutor", "look-until": "2999-12-31"}
    manager.post("/console/mandate/look", later)
    now = today + timedelta(minutes=1)
    assert visited.may_fetch(at=now)
    assert viewed.viewing_is_on(at=now)
    text = read(manager.get("/console/mandate/").content).text
    assert "Article 2 of a law" in text
    assert "Letter of the prosecutor" in text
    manager.post("/console/mandate/fetch/stop")
    manager.post("/console/mandate/look/end")
    assert not visited.may_fetch(at=now)
    assert not viewed.viewing_is_on(at=now)


@pytest.mark.parametrize(
    "wrong",
    [{"basis": ""}, {"basis": "law", "until": "2001-01-01"}, {"basis": "law", "until": "soon"}],
)
def test_a_statement_that_cannot_be_is_said_to_be_so(
    manager: Client, wrong: dict[str, str], today: datetime
) -> None:
    for kind, page in (("fetch", "fetch"), ("look", "look")):
        told = {f"{kind}-{name}": value for name, value in wrong.items()}
        answer = manager.post(f"/console/mandate/{page}", told)
        assert answer.status_code == 422
    now = today + timedelta(minutes=1)
    assert not visited.may_fetch(at=now)
    assert not viewed.viewing_is_on(at=now)


def test_the_words_of_a_statement_are_shown_and_never_run(manager: Client) -> None:
    attack = "<script>alert(1)</script>"
    manager.post("/console/mandate/look", {"look-basis": attack, "look-until": ""})
    page = manager.get("/console/mandate/").content.decode()
    assert attack not in page
    assert "&lt;script&gt;" in page


@pytest.mark.usefixtures("allowed")
def test_a_finding_rests_on_having_seen_it_only_where_one_has(analyst: Client, taken: str) -> None:
    finding = {"verdict": "not_unlawful", "ground": "seen", "note": "a landscape"}
    assert 'value="seen"' in analyst.get(f"/console/items/{taken}").content.decode()
    refused = analyst.post(f"/console/items/{taken}/assess", finding)
    assert refused.status_code == 422
    assert "You have not looked at it here" in read(refused.content).text
    step(analyst, taken, "blur")
    assert analyst.post(f"/console/items/{taken}/assess", finding).status_code == 302
