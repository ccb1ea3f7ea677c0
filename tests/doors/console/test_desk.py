"""The analyst's desk: the queue, the item, the finding, the second person, the correction."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client

from tests.doors import staff
from tests.doors.console.reading import read
from tocsin.base.accounts.models import Person
from tocsin.domain.reports import queries
from tocsin.domain.reports.types import ItemState, MatchKind

pytestmark = pytest.mark.django_db

URL = "https://img.picbin.example/i/8842a.jpg?size=full"
UNLAWFUL = {
    "verdict": "unlawful",
    "category": "A2",
    "ground": "stated_by_authority",
    "ground_detail": "Police, case 118",
    "note": "",
}


@pytest.fixture
def number(db: None, today: datetime) -> str:
    return staff.report(URL, today)


def test_the_queue_shows_what_waits_and_why(analyst: Client, today: datetime) -> None:
    exact = staff.report(URL, today, match=MatchKind.EXACT)
    plain = staff.report("https://img.picbin.example/other", today)
    text = read(analyst.get("/console/items/").content).text
    assert text.index(exact) < text.index(plain)
    assert "exact match with a list" in text
    assert "within 23 hours" in text


def test_the_queue_can_be_looked_at_by_state(analyst: Client, number: str) -> None:
    assert number in analyst.get("/console/items/?state=new").content.decode()
    assert number not in analyst.get("/console/items/?state=unlawful").content.decode()
    assert number in analyst.get("/console/items/?state=nonsense&page=-3").content.decode()


def test_the_queue_shows_no_address(analyst: Client, number: str) -> None:
    assert "picbin" not in analyst.get("/console/items/").content.decode()


def test_an_item_shows_its_address_as_text_and_no_picture(analyst: Client, number: str) -> None:
    page = read(analyst.get(f"/console/items/{number}").content)
    assert URL in page.words
    assert not [link for link in page.links if "picbin" in link]
    assert page.pictures == ["/static/console/bell.svg"]
    assert "Viewing is off" in page.text


def test_the_match_stands_before_the_address(analyst: Client, today: datetime) -> None:
    number = staff.report(URL, today, match=MatchKind.NEAR)
    text = read(analyst.get(f"/console/items/{number}").content).text
    assert text.index("Near match.") < text.index(URL)
    assert "14 of 256 bits differ" in text


def test_words_of_reporters_are_shown_and_never_run(analyst: Client, today: datetime) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    partner = staff.party(attack, today)
    number = staff.report(
        f"https://evil.example/{attack}",
        today,
        words=attack,
        party_id=partner,
        reference=attack,
        category_hint="<b>A1</b>",
    )
    for url in ("/console/items/", f"/console/items/{number}"):
        page = read(analyst.get(url).content)
        assert page.inline == []
        assert page.pictures == ["/static/console/bell.svg"]
    assert page.text.count("<script>alert(1)</script>") >= 2


def test_words_that_turn_the_reading_direction_keep_to_themselves(
    analyst: Client, today: datetime
) -> None:
    turned = "\N{RIGHT-TO-LEFT OVERRIDE}gpj.1"
    partner = staff.party(f"party {turned}", today)
    number = staff.report(
        URL,
        today,
        words=f"words {turned}",
        party_id=partner,
        category_hint="their hint",
    )
    queue = analyst.get("/console/items/").content.decode()
    item = analyst.get(f"/console/items/{number}").content.decode()
    assert queue.count(turned) == queue.count(f"<bdi>party {turned}</bdi>") == 1
    for told in (f"party {turned}", f"words {turned}", "their hint"):
        assert f"<bdi>{told}</bdi>" in item
    assert item.count(turned) == len(re.findall(f"<bdi>[^<]*{turned}</bdi>", item))


def test_the_reference_of_a_reporter_stands_by_itself(analyst: Client, today: datetime) -> None:
    number = staff.report(URL, today, party_id=staff.party("Hotline", today), reference="H-17")
    assert "<bdi>H-17</bdi>" in analyst.get(f"/console/items/{number}").content.decode()


def test_notes_of_colleagues_are_shown_and_never_run(analyst: Client, number: str) -> None:
    attack = "<script>alert(3)</script>"
    analyst.post(f"/console/items/{number}/take")
    filled = {**UNLAWFUL, "ground_detail": attack, "note": attack}
    analyst.post(f"/console/items/{number}/assess", filled)
    page = read(analyst.get(f"/console/items/{number}").content)
    assert page.inline == []
    assert page.text.count(attack) == 2


def test_taking_an_item_gives_the_form_for_a_finding(analyst: Client, number: str) -> None:
    taken = analyst.post(f"/console/items/{number}/take", follow=True)
    page = read(taken.content)
    assert "Record a finding" in page.text
    assert "It matches a list" not in page.text


def test_a_second_analyst_is_told_who_has_it(
    analyst: Client, second_analyst: Client, number: str
) -> None:
    analyst.post(f"/console/items/{number}/take")
    for act in ("take", "give-back"):
        answer = second_analyst.post(f"/console/items/{number}/{act}")
        assert answer.status_code == 409
        assert "ada" in read(answer.content).words
    answer = second_analyst.post(f"/console/items/{number}/assess", UNLAWFUL)
    assert answer.status_code == 409
    assert queries.item(number).findings == ()


def test_a_finding_needs_the_item_to_be_taken(analyst: Client, number: str) -> None:
    answer = analyst.post(f"/console/items/{number}/assess", UNLAWFUL)
    assert answer.status_code == 409
    assert "moved on" in read(answer.content).text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"verdict": ""}, "Choose a finding."),
        ({"ground": ""}, "Say what the finding rests on."),
        ({"category": ""}, "An unlawful finding has a category"),
        ({"verdict": "not_unlawful"}, "An unlawful finding has a category"),
        ({"ground": "matched_list"}, "This item matches no list."),
        ({"ground_detail": ""}, "Name the authority and its reference."),
        ({"ground": "none"}, "Say what the finding rests on."),
        ({"verdict": "cannot_tell", "category": "", "ground": "none"}, "write why"),
    ],
)
def test_a_finding_that_cannot_be_recorded_says_what_to_do(
    analyst: Client, number: str, changed: dict[str, str], said: str
) -> None:
    analyst.post(f"/console/items/{number}/take")
    answer = analyst.post(f"/console/items/{number}/assess", {**UNLAWFUL, **changed})
    assert answer.status_code == 422
    assert said in read(answer.content).text
    assert queries.item(number).state is ItemState.TAKEN


def test_nobody_can_claim_to_have_seen_it(analyst: Client, number: str) -> None:
    analyst.post(f"/console/items/{number}/take")
    answer = analyst.post(f"/console/items/{number}/assess", {**UNLAWFUL, "ground": "seen"})
    assert answer.status_code == 422
    assert queries.item(number).findings == ()


def test_a_finding_is_recorded_and_shown(analyst: Client, number: str) -> None:
    analyst.post(f"/console/items/{number}/take")
    page = read(analyst.post(f"/console/items/{number}/assess", UNLAWFUL, follow=True).content)
    assert queries.item(number).state is ItemState.UNLAWFUL
    assert "A2: prepubescent child, lascivious exhibition" in page.text
    assert "Until a second person agrees" in page.text


def test_giving_an_item_back_leads_to_the_queue(analyst: Client, number: str) -> None:
    analyst.post(f"/console/items/{number}/take")
    answer = analyst.post(f"/console/items/{number}/give-back")
    assert answer.headers["Location"] == "/console/items/"
    assert queries.item(number).state is ItemState.NEW


def test_only_somebody_else_can_be_the_second_person(
    analyst: Client, second_analyst: Client, number: str
) -> None:
    analyst.post(f"/console/items/{number}/take")
    analyst.post(f"/console/items/{number}/assess", UNLAWFUL)
    assert "I agree" not in read(analyst.get(f"/console/items/{number}").content).words
    assert "I agree" in read(second_analyst.get(f"/console/items/{number}").content).words
    assert analyst.post(f"/console/items/{number}/agree").status_code == 409
    agreed = second_analyst.post(f"/console/items/{number}/agree", follow=True)
    assert "noor agreed" in read(agreed.content).text
    assert second_analyst.post(f"/console/items/{number}/agree").status_code == 409


def test_a_correction_needs_a_manager_and_a_reason(
    analyst: Client, manager: Client, number: str
) -> None:
    analyst.post(f"/console/items/{number}/take")
    analyst.post(f"/console/items/{number}/assess", UNLAWFUL)
    url = f"/console/items/{number}/correct"
    assert "The finding was wrong" not in analyst.get(f"/console/items/{number}").content.decode()
    assert analyst.post(url, {"why": "Wrong."}).status_code == 403
    assert manager.post(url, {"why": "  "}).status_code == 422
    page = read(manager.post(url, {"why": "An adult."}, follow=True).content)
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL
    assert "was wrong" in page.text
    assert "An adult." in page.words


def test_a_correction_sent_twice_does_not_undo_itself(
    analyst: Client, manager: Client, number: str
) -> None:
    analyst.post(f"/console/items/{number}/take")
    analyst.post(f"/console/items/{number}/assess", UNLAWFUL)
    shown = manager.get(f"/console/items/{number}").content.decode()
    assert '<input type="hidden" name="was" value="unlawful"' in shown
    twice = {"why": "An adult.", "was": "unlawful"}
    assert manager.post(f"/console/items/{number}/correct", twice).status_code == 302
    assert manager.post(f"/console/items/{number}/correct", twice).status_code == 409
    assert queries.item(number).state is ItemState.NOT_UNLAWFUL


def test_correcting_what_is_not_decided_is_refused(manager: Client, number: str) -> None:
    assert manager.post(f"/console/items/{number}/correct", {"why": "x"}).status_code == 409


@pytest.mark.parametrize("act", ["", "/take", "/give-back", "/assess", "/agree", "/correct"])
def test_an_item_that_is_not_there_is_not_found(manager: Client, act: str) -> None:
    url = f"/console/items/T-2020-000009{act}"
    filled = {**UNLAWFUL, "why": "x"}
    answer = manager.post(url, filled) if act else manager.get(url)
    assert answer.status_code == 404


def test_an_administrator_sees_no_items_and_is_told_why(administrator: Client, number: str) -> None:
    for url in ("/console/items/", f"/console/items/{number}", "/console/notices/"):
        answer = administrator.get(url)
        assert answer.status_code == 403
        assert "Whoever hands out rights sees no items" in read(answer.content).text
        assert "picbin" not in answer.content.decode()
    assert administrator.post(f"/console/items/{number}/take").status_code == 403
    assert administrator.get("/console/").headers["Location"] == "/console/people/"


def test_nothing_changes_on_a_get(analyst: Client, number: str) -> None:
    for act in ("take", "give-back", "assess", "agree", "correct"):
        assert analyst.get(f"/console/items/{number}/{act}").status_code == 405
    assert queries.item(number).state is ItemState.NEW


def test_a_post_without_the_token_is_refused(ada: Person, number: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    staff.enter(strict, ada)
    answer = strict.post(f"/console/items/{number}/take")
    assert answer.status_code == 403
    assert "Please try again" in read(answer.content).words
    assert queries.item(number).state is ItemState.NEW


def test_htmx_is_sent_to_the_log_in_as_a_whole_page(number: str) -> None:
    answer = Client().post(f"/console/items/{number}/take", HTTP_HX_REQUEST="true")
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/account/login")


def test_a_file_in_a_form_is_refused(analyst: Client, number: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("a.jpg", b"\xff\xd8\xff", "image/jpeg")
    answer = analyst.post(f"/console/items/{number}/assess", {**UNLAWFUL, "file": picture})
    assert answer.status_code == 400
