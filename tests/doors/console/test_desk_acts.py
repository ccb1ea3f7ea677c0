"""What else is done at the desk: the next item, putting back, clusters, blind looks, the police,
searches, set-up, quality, appeals, hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.doors import staff
from tests.doors.console.conftest import entered
from tests.doors.console.reading import read
from tests.support import run_worker_round
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.domain.reports import actions, pressing, queries
from tocsin.domain.reports.desk_types import DeskRules
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import Channel, IncomingReport, ItemState

pytestmark = pytest.mark.django_db

URL = "https://img.picbin.example/i/8842a.jpg?size=full"
FINDING = {
    "verdict": "unlawful",
    "category": "A2",
    "ground": "stated_by_authority",
    "ground_detail": "Police, case 118",
    "note": "",
}


@pytest.fixture
def number(db: None, today: datetime) -> str:
    return staff.report(URL, today)


@pytest.fixture
def police(db: None, today: datetime) -> Client:
    return entered(staff.person("pol", Role.POLICE_LIAISON, today))


@pytest.fixture
def quality(db: None, today: datetime) -> Client:
    return entered(staff.person("quin", Role.QUALITY, today))


def post(client: Client, path: str, data: dict[str, Any] | None = None) -> int:
    return client.post(f"/console/{path}", data or {}).status_code


def text(client: Client, path: str) -> str:
    return read(client.get(f"/console/{path}").content).text


def state(number: str) -> ItemState:
    return queries.item(number).state


def same_picture(today: datetime, n: int) -> str:
    report = IncomingReport(
        url=f"https://img.picbin.example/{n}",
        channel=Channel.API,
        fingerprints=staff.fingerprints("one picture"),
    )
    made = actions.receive_report(report=report, actor=staff.TESTER, at=today)
    run_worker_round(today)
    return made.item_number


def two_must_agree(today: datetime) -> None:
    desk = DeskRules(second_for_new=True)
    actions.set_rules(desk=desk, after=0, why="new", actor=staff.TESTER, at=today)


def test_the_next_item_is_taken_with_one_key(analyst: Client, number: str) -> None:
    answer = analyst.post("/console/items/next")
    assert answer.headers["Location"] == f"/console/items/{number}"
    assert state(number) is ItemState.TAKEN
    assert analyst.post("/console/items/next").headers["Location"] == "/console/items/"


def test_what_is_put_back_with_a_reason_is_not_offered_again(
    analyst: Client, second_analyst: Client, number: str
) -> None:
    post(analyst, f"items/{number}/take")
    assert post(analyst, f"items/{number}/skip", {"reason": "nonsense"}) == 422
    assert post(analyst, f"items/{number}/skip", {"reason": "too_hard"}) == 302
    assert analyst.post("/console/items/next").headers["Location"] == "/console/items/"
    answer = second_analyst.post("/console/items/next")
    assert answer.headers["Location"] == f"/console/items/{number}"


def test_what_happens_now_goes_first(analyst: Client, number: str, today: datetime) -> None:
    other = staff.report("https://img.picbin.example/other", today)
    assert post(analyst, f"items/{other}/live") == 302
    shown = text(analyst, "items/")
    assert shown.index(other) < shown.index(number)
    assert "happening now" in shown


def test_the_same_picture_is_confirmed_with_one_key(analyst: Client, today: datetime) -> None:
    one, two = same_picture(today, 1), same_picture(today, 2)
    post(analyst, f"items/{one}/take")
    assert "1 more item with this picture waits" in text(analyst, f"items/{one}")
    post(analyst, f"items/{one}/assess", FINDING)
    assert "The same here" in text(analyst, f"items/{two}")
    assert post(analyst, f"items/{two}/follow") == 302
    assert state(two) is ItemState.UNLAWFUL
    assert post(analyst, f"items/{two}/follow") == 409


def test_a_decision_for_all_with_this_picture(analyst: Client, today: datetime) -> None:
    numbers = [same_picture(today, n) for n in range(3)]
    post(analyst, f"items/{numbers[0]}/take")
    post(analyst, f"items/{numbers[0]}/assess", {**FINDING, "with_cluster": "on"})
    run_worker_round(today + timedelta(minutes=5))
    assert {state(number) for number in numbers} == {ItemState.UNLAWFUL}


def test_an_item_is_taken_out_of_its_cluster_with_a_reason(
    analyst: Client, today: datetime
) -> None:
    _one, two = same_picture(today, 1), same_picture(today, 2)
    assert post(analyst, f"items/{two}/apart", {"why": ""}) == 422
    assert post(analyst, f"items/{two}/apart", {"why": "another picture"}) == 302
    assert Item.objects.get(number=two).cluster_id is None
    assert post(analyst, f"items/{two}/apart", {"why": "again"}) == 409


def test_two_items_are_put_together_by_their_numbers(analyst: Client, today: datetime) -> None:
    one = staff.report("https://img.picbin.example/1", today)
    two = staff.report("https://img.picbin.example/2", today)
    refusals = {
        "T-1": "A number such as",
        "T-2026-999999": "There is no item of this number.",
        one: "These two cannot stand together.",
    }
    for other, why in refusals.items():
        answer = analyst.post(f"/console/items/{one}/together", {"other": other})
        assert (answer.status_code, why in answer.content.decode()) == (422, True)
    assert post(analyst, f"items/{one}/together", {"other": f" {two.lower()} "}) == 302
    assert len(set(Item.objects.values_list("cluster_id", flat=True)) - {None}) == 1
    assert "2 items in all" in text(analyst, f"items/{one}")


def test_answers_to_questions_are_kept_and_imply_what_was_observed(
    analyst: Client, number: str
) -> None:
    post(analyst, f"items/{number}/take")
    answers = {
        "asked-inhope-age": "prepubescent",
        "asked-inhope-payment": ["visa", "other"],
        "asked-nl-not_unlawful_because": "AD",
    }
    assert post(analyst, f"items/{number}/assess", {**FINDING, **answers}) == 302
    finding = queries.item(number).findings[0]
    told = {answer.question: answer.values for answer in finding.answers}
    assert told == {"age": ("prepubescent",), "payment": ("visa", "other")}
    assert finding.observed.age_band == "prepubescent"


def test_questions_are_asked_in_the_readers_language(today: datetime, number: str) -> None:
    client = entered(staff.person("fleur", Role.ANALYST, today, language="fr"))
    post(client, f"items/{number}/take")
    assert "prépubère" in client.get(f"/console/items/{number}").content.decode()


def test_the_second_look_is_blind(
    analyst: Client, second_analyst: Client, number: str, today: datetime
) -> None:
    two_must_agree(today)
    post(analyst, f"items/{number}/take")
    post(analyst, f"items/{number}/assess", {**FINDING, "note": "clearly so"})
    assert state(number) is ItemState.SECOND_REVIEW
    shown = text(second_analyst, f"items/{number}")
    assert "clearly so" not in shown
    assert "Judge it by yourself" in shown
    assert "Somebody who has not judged it" in text(analyst, f"items/{number}")
    assert post(analyst, f"items/{number}/review", FINDING) == 409
    assert post(second_analyst, f"items/{number}/review", {"verdict": "unlawful"}) == 422
    assert post(second_analyst, f"items/{number}/review", FINDING) == 302
    assert state(number) is ItemState.UNLAWFUL
    assert "clearly so" in text(second_analyst, f"items/{number}")


def test_a_second_reviewer_reviews_and_does_not_assess(
    analyst: Client, number: str, today: datetime
) -> None:
    two_must_agree(today)
    post(analyst, f"items/{number}/take")
    post(analyst, f"items/{number}/assess", FINDING)
    sec = entered(staff.person("sec", Role.SECOND_REVIEWER, today))
    assert post(sec, f"items/{number}/take") == 403
    assert post(sec, f"items/{number}/review", FINDING) == 302


def test_the_police_hold_is_extended_with_a_reason_and_let_go(
    analyst: Client, police: Client, number: str
) -> None:
    post(analyst, f"items/{number}/take")
    post(analyst, f"items/{number}/assess", {**FINDING, "police": "new_victim"})
    assert state(number) is ItemState.FIRST_POLICE
    assert "Begin now" not in text(analyst, f"items/{number}")
    assert "Begin now" in text(police, f"items/{number}")
    assert post(police, f"items/{number}/hold", {"hours": "48", "why": ""}) == 422
    assert post(police, f"items/{number}/hold", {"hours": "48", "why": "arrest"}) == 302
    assert post(police, f"items/{number}/hold", {"hours": "1", "why": "shorter"}) == 409
    assert post(police, f"items/{number}/release") == 302
    assert state(number) is ItemState.UNLAWFUL


def test_a_search_is_a_post_and_finds_an_address_however_spelled(
    analyst: Client, number: str
) -> None:
    spelled = "hxxps://IMG[.]picbin[.]example/i/8842a.jpg?size=full"
    answer = analyst.post("/console/desk/day/search", {"words": spelled})
    assert answer.headers["Location"] == f"/console/items/{number}"
    assert analyst.get("/console/desk/day/search").status_code == 405
    nothing = analyst.post("/console/desk/day/search", {"words": "nobody"})
    assert "Nothing is known of that" in read(nothing.content).text


def test_a_note_is_read_by_the_next_shift(analyst: Client, second_analyst: Client) -> None:
    assert post(analyst, "desk/day/note", {"words": "<b>Two</b> live ones"}) == 302
    assert "<b>Two</b> live ones" in text(second_analyst, "desk/day")
    assert post(analyst, "desk/day/note", {"words": " "}) == 422


def test_weights_are_tried_before_they_count(manager: Client, number: str) -> None:
    asked = {code.value: str(n) for code, n in pressing.DEFAULT_WEIGHTS.items()}
    asked |= {"after": "0", "why": "", "reported": "700"}
    tried = manager.post("/console/desk/setup/weights", {**asked, "do": "try"})
    assert number in read(tried.content).text
    assert queries.setup_version("weights") == 0
    assert post(manager, "desk/setup/weights", {**asked, "do": "set"}) == 422
    assert post(manager, "desk/setup/weights", {**asked, "do": "set", "why": "more"}) == 302
    assert post(manager, "desk/setup/weights", {**asked, "do": "set", "why": "late"}) == 409
    run_worker_round(datetime.now().astimezone())
    assert queries.item(number).priority == 850
    assert "more" in text(manager, "desk/setup")


def test_the_rules_of_the_desk_are_set_with_a_reason(manager: Client) -> None:
    rules = {
        "rules-second_for_new": "on",
        "rules-police_hold": "12",
        "rules-longest_hold": "48",
        "rules-predecide": "automatic",
        "rules-question_sets": ["nl"],
        "rules-after": "0",
    }
    assert post(manager, "desk/setup/rules", rules) == 422
    rules["rules-why"] = "as the board decided"
    assert post(manager, "desk/setup/rules", {**rules, "rules-police_hold": "72"}) == 422
    assert post(manager, "desk/setup/rules", rules) == 302
    assert queries.desk_rules().police_hold == timedelta(hours=12)
    assert post(manager, "desk/setup/rules", rules) == 409


def test_golden_items_are_made_planted_and_told_to_nobody_else(
    quality: Client, analyst: Client, number: str
) -> None:
    assert post(quality, "desk/quality/golden", {"number": number}) == 422
    post(analyst, f"items/{number}/take")
    post(analyst, f"items/{number}/assess", FINDING)
    assert post(quality, "desk/quality/golden", {"number": number.lower()}) == 302
    assert post(quality, f"desk/quality/golden/{number}/plant") == 302
    planted = Item.objects.get(golden__isnull=False).number
    assert planted in text(analyst, "items/")
    assert "olden" not in text(analyst, f"items/{planted}")
    assert post(quality, f"desk/quality/golden/{number}/retire") == 302
    assert post(quality, f"desk/quality/golden/{number}/plant") == 404


def test_an_appeal_is_reviewed_by_somebody_who_did_not_judge(
    analyst: Client, manager: Client, number: str, today: datetime
) -> None:
    post(analyst, f"items/{number}/take")
    post(analyst, f"items/{number}/assess", FINDING)
    told = {"origin": "hoster", "words": "<i>a toy shop</i>", "contact": ""}
    assert post(analyst, f"items/{number}/appeal", {**told, "words": ""}) == 422
    opened = analyst.post(f"/console/items/{number}/appeal", told)
    where = opened.headers["Location"].removeprefix("/console/")
    assert "<i>a toy shop</i>" in text(analyst, where)
    assert where.split("/")[-1] in text(analyst, "items/appeals/")
    assert post(manager, f"{where}/decide", {"verdict": "uphold", "words": "yes"}) == 409
    assert post(manager, f"{where}/take") == 302
    other = entered(staff.person("mo", Role.MANAGER, today))
    assert post(other, f"{where}/take") == 409
    assert post(manager, f"{where}/give-back") == 302
    assert post(other, f"{where}/take") == 302
    assert post(other, f"{where}/decide", {"verdict": "uphold", "words": ""}) == 422
    assert post(other, f"{where}/decide", {"verdict": "uphold", "words": "toys"}) == 302
    assert state(number) is ItemState.NOT_UNLAWFUL


def hours_that_are_not_now(now: datetime) -> dict[int, tuple[time, time]]:
    """Only three days from now, when no test runs."""
    return {(now.weekday() + 3) % 7: (time(9), time(17))}


def test_nobody_works_outside_their_hours_until_let_in(
    ada: Person, analyst: Client, manager: Client, number: str, today: datetime
) -> None:
    accounts.set_hours(
        person_id=ada.pk, hours=hours_that_are_not_now(today), actor=staff.TESTER, at=today
    )
    assert analyst.get("/console/items/").status_code == 403
    assert post(analyst, f"items/{number}/take") == 403
    assert "Outside your hours" in text(analyst, "items/")
    assert post(manager, f"desk/hours/{ada.pk}/admit", {"hours": "2", "why": ""}) == 422
    assert post(manager, f"desk/hours/{ada.pk}/admit", {"hours": "2", "why": "busy"}) == 302
    assert analyst.get("/console/items/").status_code == 200
    assert AuditRow.objects.filter(action="accounts.admit").count() == 1


def test_a_log_in_outside_the_hours_is_refused_and_written_down(
    ada: Person, today: datetime
) -> None:
    accounts.set_hours(
        person_id=ada.pk, hours=hours_that_are_not_now(today), actor=staff.TESTER, at=today
    )
    client = Client()
    answer = client.post("/account/login", {"login": "ada", "password": staff.PASSWORD})
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session
    assert AuditRow.objects.filter(action="accounts.out_of_hours").count() == 1


def test_hours_are_written_down_as_a_week(manager: Client, ada: Person, today: datetime) -> None:
    url = f"desk/hours/{ada.pk}"
    assert post(manager, url, {"0": "nine to five"}) == 422
    assert post(manager, url, {"0": "09:00-09:00"}) == 422
    assert post(manager, url, {"0": "09:00 - 17:30", "4": "22:00\u201306:00"}) == 302
    [row] = [r for r in accounts_hours(today) if r.person_id == ada.pk]
    assert row.hours[0].ends == time(17, 30)
    assert row.hours[4].over_midnight
    page = manager.get("/console/desk/hours").content.decode()
    assert "09:00-17:30" in page


def accounts_hours(today: datetime) -> Any:
    from tocsin.base.accounts.queries import everybodys_hours

    return everybodys_hours(at=today)


def test_after_some_wrong_passwords_even_the_right_one_is_refused(ada: Person) -> None:
    from django.core.cache import cache

    cache.clear()
    client = Client()
    for _ in range(6):
        client.post("/account/login", {"login": "ada", "password": "wrong"})
    client.post("/account/login", {"login": "ada", "password": staff.PASSWORD})
    assert "_auth_user_id" not in client.session
    cache.clear()
