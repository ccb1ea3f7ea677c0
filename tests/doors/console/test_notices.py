"""The pages of notices: the ladder, the switch, answers and what is written back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import Settings

from tests.domain.desk import hoster
from tests.domain.takedown.scenes import EVERYBODY, HOUR, Mail, hosted, the, turn, unlawful, until
from tocsin.domain.takedown import actions, queries
from tocsin.domain.takedown.models import Answer, Link, Notice
from tocsin.domain.takedown.types import AnswerKind, NoticeState, Said

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def mail(settings: Settings) -> Mail:
    server = Mail()
    settings.TOCSIN_MAIL = server
    return server


@pytest.fixture
def number(now: datetime, mail: Mail) -> str:
    """A notice that was sent, of an item with everybody known."""
    hoster(now)
    hosted(now, *EVERYBODY)
    return the(unlawful(now)).number


def said(number: str, **told: str) -> None:
    """Have its hoster answer."""
    from tocsin.domain.takedown import writing

    kind = AnswerKind(told.pop("kind"))
    at = datetime.now(UTC)
    secret = writing.new_link(Notice.objects.get(number=number), at)
    actions.say(secret=secret, said=Said(kind, **told), by_machine=False, at=at)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_notice_shows_its_ladder_with_times_and_every_step(
    analyst: Client, now: datetime, number: str
) -> None:
    until(now + 24 * HOUR, now + 25 * HOUR)
    shown = page(analyst, f"/console/notices/{number}")
    assert "owner of the site" in shown
    assert "N-" in shown
    assert "1 reminder" in shown
    assert "takedown begun" in shown
    assert "in our country" in shown


def test_a_contact_found_by_machine_is_shown_as_not_confirmed(
    analyst: Client, now: datetime, mail: Mail
) -> None:
    hosted(now, *EVERYBODY)
    found = the(unlawful(now)).number
    assert "contact not confirmed" in page(analyst, "/console/notices/")
    assert "found by machine (rdap_network, confidence 0.80)" in page(
        analyst, f"/console/notices/{found}"
    )


def test_an_answer_is_shown_and_written_back_to(analyst: Client, number: str, mail: Mail) -> None:
    said(number, kind="question", words="<b>Which account?</b>")
    shown = page(analyst, f"/console/notices/{number}")
    assert "&lt;b&gt;Which account?&lt;/b&gt;" in shown
    assert analyst.post(f"/console/notices/{number}/reply", {"words": ""}).status_code == 422
    sent = analyst.post(f"/console/notices/{number}/reply", {"words": "We do not know."})
    assert sent.status_code == 302
    turn(datetime.now(UTC))
    assert mail.ids()[-1] == f"{number}.a1"


def test_a_manager_sends_the_notice_to_the_contact_a_hoster_named(
    manager: Client, number: str, mail: Mail
) -> None:
    said(number, kind="better_contact", email="abuse@elsewhere.example")
    answer = Answer.objects.get().pk
    assert "Send the notice there" in page(manager, f"/console/notices/{number}")
    path = f"/console/notices/{number}/answers/{answer}/use"
    assert manager.post(path).status_code == 302
    turn(datetime.now(UTC))
    assert mail.taken[-1]["To"] == "abuse@elsewhere.example"
    assert manager.post(f"/console/notices/{number}/answers/9999/use").status_code == 404


def test_the_switch_is_pressed_and_lifted(manager: Client, now: datetime, mail: Mail) -> None:
    hoster(now)
    manager.post("/console/notices/stop", {"why": ""})
    assert queries.stopped() is None
    manager.post("/console/notices/stop", {"why": "a mistake in the letters"})
    assert "a mistake in the letters" in page(manager, "/console/notices/")
    item = unlawful(now)
    assert mail.taken == []
    manager.post("/console/notices/go-on")
    turn(datetime.now(UTC))
    assert the(item).state is NoticeState.SENT
    assert Link.objects.count() == 1


def fields(**changes: object) -> dict[str, object]:
    """The form of the ladder as it comes."""
    told: dict[str, object] = {"was": 0, "why": "as agreed"}
    for step in queries.steps():
        for column in ("home", "abroad", "handed_over", "remind"):
            hours = getattr(step, f"{column}_hours")
            told[f"{step.rung}_{column}"] = "" if hours is None else hours
    return told | changes


def test_a_manager_sets_other_hours(manager: Client, number: str) -> None:
    assert "as the house comes" in page(manager, "/console/notices/ladder")
    done = manager.post("/console/notices/ladder", fields(upstream_home=12))
    assert done.status_code == 302
    assert "as agreed" in page(manager, "/console/notices/ladder")
    assert queries.versions()[0].version == 1
    again = manager.post("/console/notices/ladder", fields(upstream_home=13))
    assert again.status_code == 409
    late = manager.post("/console/notices/ladder", fields(was=1, hoster_home=5))
    assert late.status_code == 422


def test_a_manager_keeps_offices(manager: Client, now: datetime) -> None:
    terms = {
        "kind": "hotline",
        "name": "Partner",
        "country": "de",
        "email": "desk@partner.example",
        "language": "de",
    }
    assert manager.post("/console/notices/offices", terms).status_code == 302
    [office] = queries.offices()
    assert (office.country, office.language) == ("DE", "de")
    assert "desk@partner.example" in page(manager, "/console/notices/ladder")
    manager.post(f"/console/notices/offices/{office.id}/remove")
    assert queries.offices() == []
