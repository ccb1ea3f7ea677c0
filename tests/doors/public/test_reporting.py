"""The report form, with and without a script, as a browser meets it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from tests.doors.public.filling import hidden, post, receipt_of, send, text, token
from tests.support import run_worker_round
from tocsin.base.secrets import Keyrings
from tocsin.domain.reporters import queries
from tocsin.domain.reporters.models import BegunForm, Conversation
from tocsin.domain.reporters.types import Pace, Site, Theme, Told
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.models import Report
from tocsin.doors.public import limits, tokens, work
from tocsin.doors.public.tokens import Purpose

pytestmark = pytest.mark.django_db

LAKE = "https://pictures.example/lake.jpg"
ANSWERS = {
    "urls": LAKE,
    "theme": "pictures",
    "site": "forum",
    "where": "second post",
    "seen": "today",
    "words": "A landscape.",
}


def only_talk() -> int:
    return Conversation.objects.get().pk


def test_one_question_a_page_ends_in_a_receipt(client: Client) -> None:
    answer = client.get("/en/report")
    said: dict[str, str] = {}
    for place, (name, value) in enumerate(ANSWERS.items(), start=1):
        assert f"Question {place} of 7" in text(answer)  # type: ignore[arg-type]
        assert hidden(answer, "step") == name  # type: ignore[arg-type]
        # What was answered before travels along in the page.
        for earlier, told in said.items():
            assert hidden(answer, earlier) == told  # type: ignore[arg-type]
        said[name] = value
        fields = {"token": hidden(answer, "token"), "step": name, "go": "next", **said}  # type: ignore[arg-type]
        answer = post(client, "/en/report", fields)  # type: ignore[assignment]
        assert answer.status_code == 200
    assert "This is what you tell us" in text(answer)  # type: ignore[arg-type]
    fields = {"token": hidden(answer, "token"), "step": "check", "go": "send", **said}  # type: ignore[arg-type]
    sent = post(client, "/en/report", fields)
    assert "1 address was taken." in text(sent)
    assert "second queue" in text(sent)
    assert queries.find(receipt_of(sent)) == only_talk()
    expected = Told(LAKE, Theme.PICTURES, Site.FORUM, "second post", "today", "A landscape.")
    assert queries.talk(only_talk()).told == expected


def test_back_leads_to_the_question_before_with_its_answer(client: Client) -> None:
    fields = {"token": token(client), "step": "site", "go": "back", **ANSWERS}
    answer = post(client, "/en/report", fields)
    assert "Question 2 of 7" in text(answer)
    assert 'value="pictures" id="step_theme_1"' in text(answer).replace(" checked", "")


@pytest.mark.parametrize("step", ["", "nowhere", "check"])
def test_a_step_that_is_none_leads_somewhere(step: str, client: Client) -> None:
    answer = post(client, "/en/report", {"token": token(client), "step": step, "go": "next"})
    assert answer.status_code == 200


def test_a_form_of_questions_that_is_left_becomes_a_report_too(client: Client) -> None:
    post(client, "/nl/report", {"token": token(client), "step": "urls", "urls": LAKE})
    run_worker_round(datetime.now(UTC) + timedelta(minutes=21))
    assert len(reports.queue().rows) == 1
    assert queries.page().rows[0].language == "nl"


def test_work_makes_it_quick(client: Client, easy: None) -> None:
    text_of_token = token(client)
    made = tokens.read(
        text_of_token, Purpose.REPORT, lasts=timedelta(hours=1), at=datetime.now(UTC)
    )
    fields = {"token": text_of_token, "whole": "1", "urls": LAKE, "work": work.solve(made)}
    sent = post(client, "/en/report", fields)
    assert "second queue" not in text(sent)
    assert queries.talk(only_talk()).row.pace is Pace.QUICK


@pytest.mark.parametrize("done", ["", "1,2,3,4,5,6,7,8", "x", "9" * 500, "1," * 8])
def test_without_work_it_is_slow_and_said_so(done: str, client: Client) -> None:
    sent = send(client, urls=LAKE, work=done)
    assert sent.status_code == 200
    assert "second queue" in text(sent)
    assert queries.talk(only_talk()).row.pace is Pace.SLOW


def test_who_comes_often_is_taken_slowly_and_never_refused(client: Client, easy: None) -> None:
    for n in range(limits.FORMS_AN_HOUR + 2):
        at = datetime.now(UTC)
        made = tokens.read(token(client), Purpose.REPORT, lasts=timedelta(hours=1), at=at)
        fields = {"token": made.text, "whole": "1", "urls": f"{LAKE}?p={n}"}
        post(client, "/en/report", {**fields, "work": work.solve(made)})
    paces = [talk.pace for talk in Conversation.objects.order_by("id")]
    assert paces == ["quick"] * limits.FORMS_AN_HOUR + ["slow"] * 2
    assert Report.objects.count() == limits.FORMS_AN_HOUR + 2


def test_those_who_come_through_the_onion_are_not_counted_together(
    client: Client, settings: Settings, easy: None
) -> None:
    settings.ALLOWED_HOSTS = ["abcdef.onion"]
    client = Client(HTTP_HOST="abcdef.onion")
    for n in range(limits.FORMS_AN_HOUR + 2):
        at = datetime.now(UTC)
        made = tokens.read(token(client), Purpose.REPORT, lasts=timedelta(hours=1), at=at)
        fields = {"token": made.text, "whole": "1", "urls": f"{LAKE}?p={n}"}
        post(client, "/en/report", {**fields, "work": work.solve(made)})
    assert {talk.pace for talk in Conversation.objects.all()} == {"quick"}


def test_a_flood_of_everybody_together_is_taken_slowly_and_whole(
    settings: Settings, client: Client, easy: None
) -> None:
    settings.TOCSIN_PUBLIC_PER_HOUR = 2
    for n in range(4):
        stranger = Client(REMOTE_ADDR=f"192.0.2.{n}")
        at = datetime.now(UTC)
        made = tokens.read(token(stranger), Purpose.REPORT, lasts=timedelta(hours=1), at=at)
        fields = {"token": made.text, "whole": "1", "urls": f"{LAKE}?p={n}"}
        post(stranger, "/en/report", {**fields, "work": work.solve(made)})
    assert [talk.pace for talk in Conversation.objects.order_by("id")] == [
        "quick", "quick", "slow", "slow",
    ]  # fmt: skip
    assert len(reports.queue().rows) == 4


def test_what_is_typed_is_kept_and_its_completeness_told(client: Client) -> None:
    fields = {"token": token(client), "whole": "1", "urls": f"{LAKE}\nthe second one"}
    answer = post(client, "/en/report/draft", fields)
    told = json.loads(answer.content)
    assert told["kept"] is True
    assert "Completeness: 50 of 100" in told["complete"]
    assert told["lines"].endswith(": 1.")
    assert BegunForm.objects.count() == 1
    fields |= ANSWERS
    told = json.loads(post(client, "/en/report/draft", fields).content)
    assert told["complete"] == "Your report has all that helps us."
    assert told["lines"] == ""
    assert BegunForm.objects.count() == 1


def test_drafts_with_no_token_of_ours_are_not_kept(client: Client) -> None:
    answer = post(client, "/en/report/draft", {"token": "v1.report.x", "urls": LAKE})
    assert json.loads(answer.content)["kept"] is False
    assert not BegunForm.objects.exists()


def test_answers_to_the_script_have_one_size(client: Client) -> None:
    sizes = set()
    for urls in ("", LAKE, "\n".join(f"no address {n}" for n in range(90))):
        fields = {"token": token(client), "urls": urls}
        sizes.add(len(post(client, "/fr/report/draft", fields).content))
    assert len(sizes) == 1


def test_an_empty_form_is_asked_for_one_of_the_two(client: Client) -> None:
    answer = send(client, theme="live")
    assert answer.status_code == 422
    assert "One of the two is enough." in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert not Conversation.objects.exists()


def test_a_field_that_is_too_long_comes_back_with_what_was_typed(client: Client) -> None:
    answer = send(client, urls=LAKE, where="w" * 1_001)
    assert answer.status_code == 422
    assert "at most 1000 characters" in text(answer)
    assert "w" * 1_001 in text(answer)
    assert LAKE in text(answer)


def test_a_page_that_lay_open_too_long_loses_nothing(
    client: Client, settings: Settings, data_folder: object
) -> None:
    at = datetime.now(UTC) - timedelta(hours=7)
    old = tokens.make(Purpose.REPORT, bits=2, at=at).text
    answer = post(client, "/en/report", {"token": old, "whole": "1", **ANSWERS})
    assert answer.status_code == 422
    assert "press “Send” once more" in text(answer)
    assert not Conversation.objects.exists()
    again = {"token": hidden(answer, "token"), "step": "check", "go": "send"}
    kept = {name: hidden(answer, name) for name in ANSWERS}
    assert kept == ANSWERS
    assert receipt_of(post(client, "/en/report", again | kept))


def test_a_token_of_another_installation_is_none_of_ours(
    client: Client, settings: Settings, data_folder: object
) -> None:
    ours = token(client)
    settings.TOCSIN_KEYS = Keyrings(settings.TOCSIN_DATA / "other-keys")
    assert send(client, urls=LAKE).status_code == 200
    answer = post(client, "/en/report", {"token": ours, "whole": "1", "urls": LAKE})
    assert answer.status_code == 422


def test_sent_twice_counts_once_and_gives_a_second_receipt(client: Client) -> None:
    fields = {"token": token(client), "whole": "1", **ANSWERS}
    first, second = post(client, "/en/report", fields), post(client, "/en/report", fields)
    assert "it counts once" in text(second)
    assert receipt_of(first) != receipt_of(second)
    assert Report.objects.count() == 1


def test_sent_again_much_later_is_told_that_it_is_here(client: Client) -> None:
    fields = {"token": token(client), "whole": "1", **ANSWERS}
    post(client, "/en/report", fields)
    BegunForm.objects.update(changed_at=datetime.now(UTC) - timedelta(minutes=16))
    again = post(client, "/en/report", fields)
    assert again.status_code == 409
    step = {"token": fields["token"], "step": "urls", "urls": LAKE}
    assert post(client, "/en/report", step).status_code == 409
    assert Report.objects.count() == 1


def test_danger_now_is_told_whom_to_call(client: Client) -> None:
    answer = send(client, urls=LAKE, theme="live")
    assert "Call 112 as well" in text(answer)


def test_words_alone_are_told_to_look_again(client: Client) -> None:
    answer = send(client, words="Somebody in a chat sells them.")
    assert "You gave no address" in text(answer)
    assert queries.waiting() == 1
