"""Appeals, floods and webhooks as people work on them."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.domain.corrections.scenes import ACTOR, a_list, provider, put, say, work
from tests.doors.console.doubts import fill_with_doubts, flood
from tests.doors.console.reading import read
from tocsin.base.accounts.models import Person
from tocsin.domain.corrections import actions, queries
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.types import AppealState, FloodState
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(today: datetime) -> int:
    return put(today, a_list(today), "logo")


@pytest.fixture
def one(today: datetime) -> Speaker:
    return provider(today)


def appealed(today: datetime, one: Speaker, entry: int) -> str:
    number = say(today, one, entry, dispute=True, words="our own logo").appeal
    assert number is not None
    return number


def text(client: Client, url: str) -> str:
    return read(client.get(url).content).text


def test_a_manager_takes_an_appeal_and_withdraws_the_entry(
    manager: Client, today: datetime, one: Speaker, entry: int
) -> None:
    number = appealed(today, one, entry)
    assert number in text(manager, "/console/appeals/")
    page = text(manager, f"/console/appeals/{number}")
    assert "our own logo" in page
    assert "Big Cloud" in page
    manager.post(f"/console/appeals/{number}/take")
    answer = manager.post(
        f"/console/appeals/{number}/decide", {"verdict": "uphold", "words": "a logo"}
    )
    assert answer.status_code == 302
    assert queries.appeal(number).appeal.state is AppealState.UPHELD
    assert Entry.objects.get(pk=entry).status == 4
    assert "a logo" in text(manager, f"/console/appeals/{number}")
    assert number in text(manager, "/console/appeals/?state=decided")


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("dismiss", AppealState.DISMISSED), ("ask", AppealState.NEEDS_SOURCE)],
)
def test_the_other_decisions(
    verdict: str,
    state: AppealState,
    manager: Client,
    today: datetime,
    one: Speaker,
    entry: int,
) -> None:
    number = appealed(today, one, entry)
    manager.post(f"/console/appeals/{number}/take")
    manager.post(f"/console/appeals/{number}/decide", {"verdict": verdict, "words": "w"})
    assert queries.appeal(number).appeal.state is state


def test_what_cannot_be_done_is_said(
    manager: Client, analyst: Client, today: datetime, one: Speaker, entry: int, root: Person
) -> None:
    number = appealed(today, one, entry)
    decide = f"/console/appeals/{number}/decide"
    answer = manager.post(decide, {"verdict": "uphold", "words": "w"})
    assert answer.status_code == 409
    assert "Take it first." in read(answer.content).text
    assert manager.post(decide, {"verdict": "burn", "words": "w"}).status_code == 422
    assert manager.post(decide, {"verdict": "uphold"}).status_code == 422
    from tocsin.base.audit.types import Actor

    other = Actor("user", str(root.pk))
    actions.take(number=number, actor=other, at=today)
    answer = manager.post(f"/console/appeals/{number}/take")
    assert answer.status_code == 409
    assert "root is reviewing it." in read(answer.content).text
    actions.dismiss(number=number, words="w", actor=other, at=today)
    answer = manager.post(decide, {"verdict": "uphold", "words": "w"})
    assert "decided in the meantime" in read(answer.content).text
    assert "A manager decides" not in text(analyst, f"/console/appeals/{number}")


def test_an_analyst_opens_an_appeal_and_sees_that_a_manager_decides(
    analyst: Client, entry: int
) -> None:
    form = {"entry": entry, "reason": "meme", "words": "seen it before"}
    answer = analyst.post("/console/appeals/new", form)
    assert answer.status_code == 302
    page = text(analyst, answer.headers["Location"])
    assert "A manager decides on appeals." in page
    again = analyst.post("/console/appeals/new", form)
    assert again.headers["Location"] == answer.headers["Location"]
    asked = analyst.get(f"/console/appeals/new?entry={entry}").content.decode()
    assert f'value="{entry}"' in asked
    assert (
        f"/console/appeals/new?entry={entry}"
        in analyst.get(f"/console/lists/entries/{entry}").content.decode()
    )
    missing = analyst.post("/console/appeals/new", {**form, "entry": 9_999})
    assert missing.status_code == 422


def test_a_flood_is_on_every_page_until_somebody_decides(
    manager: Client, administrator: Client, today: datetime, entry: int
) -> None:
    number = flood(today, entry)
    assert "it suddenly matches for many" in text(manager, "/console/items/")
    assert "it suddenly matches for many" not in text(administrator, "/console/people/")
    decide = f"/console/floods/{number}/decide"
    assert manager.post(decide, {"verdict": "lift"}).status_code == 422
    assert manager.post(decide, {"verdict": "lift", "words": "news"}).status_code == 302
    assert queries.floods()[0].state is FloodState.LIFTED
    assert manager.post(decide, {"verdict": "withdraw", "words": "w"}).status_code == 409
    assert "it suddenly matches for many" not in text(manager, "/console/items/")
    assert "news" in text(manager, "/console/floods/")


def test_an_entry_that_nobody_asks_about_any_more_is_shown_and_let_count(
    manager: Client, analyst: Client, today: datetime, entry: int
) -> None:
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=today)
    work(today)
    let_count = f"/console/appeals/holds/{entry}/let-count"
    assert "A manager lets it count again, or withdraws it." in text(
        analyst, "/console/appeals/holds"
    )
    assert "/console/appeals/holds" in analyst.get("/console/appeals/").content.decode()
    assert let_count in manager.get("/console/appeals/holds").content.decode()
    assert (
        "/console/appeals/holds" in analyst.get(f"/console/lists/entries/{entry}").content.decode()
    )
    assert manager.post(let_count).status_code == 422
    assert manager.post(let_count, {"words": "it is right"}).status_code == 302
    assert not Entry.objects.get(pk=entry).held
    assert "No entry is held." in text(manager, "/console/appeals/holds")


def test_an_entry_that_nobody_asks_about_any_more_is_withdrawn_as_wrong(
    manager: Client, analyst: Client, today: datetime, entry: int
) -> None:
    hashlists.hold_entry(entry_id=entry, reason="odd", actor=ACTOR, at=today)
    work(today)
    withdraw = f"/console/appeals/holds/{entry}/withdraw"
    assert withdraw in manager.get("/console/appeals/holds").content.decode()
    assert withdraw not in analyst.get("/console/appeals/holds").content.decode()
    assert manager.post(withdraw).status_code == 422
    assert manager.post(withdraw, {"words": "the same logo"}).status_code == 302
    assert Entry.objects.get(pk=entry).status == 4
    assert manager.post(withdraw, {"words": "again"}).status_code == 404


def test_what_an_appeal_or_the_brake_holds_is_decided_there(
    manager: Client, today: datetime, entry: int
) -> None:
    flood(today, entry)
    work(today)
    assert "/console/floods/" in manager.get("/console/appeals/holds").content.decode()
    answer = manager.post(f"/console/appeals/holds/{entry}/let-count", {"words": "w"})
    assert answer.status_code == 409
    assert Entry.objects.get(pk=entry).held


def test_a_flood_ends_in_withdrawal_too(manager: Client, today: datetime, entry: int) -> None:
    number = flood(today, entry)
    manager.post(f"/console/floods/{number}/decide", {"verdict": "withdraw", "words": "theme"})
    assert Entry.objects.get(pk=entry).status == 4


def test_a_webhook_is_set_tried_again_and_taken_away(administrator: Client, one: Speaker) -> None:
    page = f"/console/webhooks/{one.party_id}"
    assert administrator.post(page, {"url": "http://x.example/"}).status_code == 422
    assert administrator.post(page, {"url": "https://x.example/in"}).status_code == 302
    assert "https://x.example/in" in text(administrator, page)
    assert "Big Cloud" in text(administrator, "/console/webhooks/")
    assert administrator.post(f"{page}/resend").status_code == 302
    administrator.post(page, {"url": ""})
    assert queries.endpoint_of(one.party_id) is None


def test_webhooks_given_up_on_stand_first_and_can_be_tried_again(
    manager: Client, today: datetime
) -> None:
    fill_with_doubts(today)
    first = queries.endpoints()[0]
    assert first.state.value == "dead"
    assert "given up on" in text(manager, "/console/webhooks/")
    manager.post(f"/console/webhooks/{first.party_id}/resend")
    assert queries.endpoint_of(first.party_id).state.value == "proven"  # type: ignore[union-attr]
