"""The administrator's pages: people, keys, the system."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.domain.listing import a_list
from tests.doors import staff
from tests.doors.console.reading import read
from tests.support import run_worker_round
from tocsin.base.accounts.models import ApiKey, Party, Person
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import actions as clock
from tocsin.base.letters.models import Letter
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.matching.models import KeyPolicy

pytestmark = pytest.mark.django_db

KEY = {
    "tier": "action",
    "lists": "test",
    "near_action": "review",
    "unchecked_action": "hold",
    "min_sources": "1",
    "near_radius_bits": "31",
    "near_block_bits": "31",
    "min_reviewers": "0",
    "harmless_action": "review",
    "outage_policy": "closed",
    "private_delta": "false",
    "per_second": "50",
    "burst": "100",
}


def test_an_invitation_shows_its_link_once(administrator: Client) -> None:
    invited = {"username": "eve", "role": "analyst", "language": "fr"}
    answer = administrator.post("/console/people/invite", invited)
    [link] = re.findall(r"http://testserver(/console/welcome/[\w-]+)", answer.content.decode())
    assert "welcome/" not in administrator.get("/console/people/").content.decode()
    assert Client().get(link).status_code == 200
    assert Person.objects.get(username="eve").language == "fr"


@pytest.mark.parametrize(
    ("username", "status"), [("root", 409), ("x", 422), ("with space", 422), ("", 422)]
)
def test_an_invitation_under_a_wrong_name_is_refused(
    administrator: Client, username: str, status: int
) -> None:
    invited = {"username": username, "role": "analyst", "language": "en"}
    assert administrator.post("/console/people/invite", invited).status_code == status
    assert Person.objects.count() == 1


def test_a_lost_password_gets_a_new_link(administrator: Client, ada: Person) -> None:
    answer = administrator.post("/console/people/ada/link")
    assert re.search(r"/console/welcome/[\w-]+", answer.content.decode())
    assert administrator.post("/console/people/nobody/link").status_code == 404


def test_a_lost_phone_is_forgotten_with_its_sessions(
    administrator: Client, analyst: Client, ada: Person
) -> None:
    analyst.get("/console/items/")
    administrator.post(f"/console/people/{ada.pk}/authenticator")
    assert not Authenticator.objects.filter(user=ada).exists()
    assert analyst.get("/console/items/").status_code == 302
    row = AuditRow.objects.get(action="accounts.forget_second_factor")
    assert row.subject == f"user:{ada.pk}"


def test_shutting_somebody_out_and_the_last_administrator(
    administrator: Client, ada: Person, root: Person
) -> None:
    administrator.post(f"/console/people/{ada.pk}/deactivate")
    assert not Person.objects.get(pk=ada.pk).is_active
    answer = administrator.post(f"/console/people/{root.pk}/deactivate")
    assert answer.status_code == 409
    assert "Invite another administrator first." in read(answer.content).words
    assert administrator.post("/console/people/777/deactivate").status_code == 404


def test_a_party_gets_a_key_whose_secret_is_shown_once(administrator: Client) -> None:
    party = {"name": "Picbin", "kind": "provider", "contact_email": ""}
    administrator.post("/console/keys/parties", party)
    assert administrator.post("/console/keys/parties", party).status_code == 409
    number = Party.objects.get().pk
    answer = administrator.post(f"/console/keys/parties/{number}/new", KEY)
    [bearer] = re.findall(r"tk_[a-z2-7]{12}\.[\w-]{20,}", answer.content.decode())
    key = ApiKey.objects.get()
    assert bearer.startswith(key.key_id)
    policy = KeyPolicy.objects.get()
    assert (policy.lists, policy.outage_policy) == ("test", "closed")
    assert policy.private_delta is False
    assert bearer not in administrator.get("/console/keys/").content.decode()


def test_a_third_live_key_is_refused_until_one_is_revoked(
    administrator: Client, today: datetime
) -> None:
    number = staff.party("Picbin", today)
    url = f"/console/keys/parties/{number}/new"
    assert [administrator.post(url, KEY).status_code for _ in range(3)] == [200, 200, 409]
    key = ApiKey.objects.first()
    assert key is not None
    administrator.post(f"/console/keys/{key.key_id}/revoke")
    assert administrator.post(url, KEY).status_code == 200
    assert administrator.get("/console/keys/parties/99/new").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("near_radius_bits", "61"),
        ("near_block_bits", "32"),
        ("min_sources", "0"),
        ("outage_policy", ""),
    ],
)
def test_terms_that_no_key_may_have_are_refused(
    administrator: Client, today: datetime, field: str, value: str
) -> None:
    number = staff.party("Picbin", today)
    answer = administrator.post(f"/console/keys/parties/{number}/new", {**KEY, field: value})
    assert answer.status_code == 422
    assert not ApiKey.objects.exists()


def test_only_administrators_keep_people_and_keys(manager: Client, analyst: Client) -> None:
    for client in (manager, analyst):
        for page in ("/console/people/", "/console/keys/"):
            assert client.get(page).status_code == 403
        invited = {"username": "eve", "role": "administrator", "language": "en"}
        assert client.post("/console/people/invite", invited).status_code == 403
    assert not Person.objects.filter(username="eve").exists()


def test_the_system_page_verifies_the_audit_when_asked(manager: Client, today: datetime) -> None:
    run_worker_round(today)
    assert "The chain is whole." in read(manager.post("/console/system/audit").content).words
    AuditRow.objects.filter(chain_no=2).update(subject="user:9")
    answer = read(manager.post("/console/system/audit").content)
    assert "The chain is broken." in answer.words
    assert "row 2 was changed after it was sealed" in answer.text


def test_a_dead_letter_is_shown_and_tried_again(manager: Client, today: datetime) -> None:
    letter = Letter.objects.create(
        message_id="<a@b>",
        purpose="notice",
        about="notice:1",
        to="x@y.example",
        language="en",
        sealed_content="",
        state="dead",
        created_at=today,
        last_error="550 no such user",
    )
    assert "550 no such user" in read(manager.get("/console/system/").content).text
    manager.post(f"/console/system/letters/{letter.pk}/revive")
    letter.refresh_from_db()
    assert letter.state == "waiting"


def test_dead_news_is_shown_and_delivered_again(manager: Client, today: datetime) -> None:
    message = Message.objects.create(
        topic="reports.corrected", payload={}, state="dead", created_at=today
    )
    assert "reports.corrected" in read(manager.get("/console/system/").content).text
    manager.post(f"/console/system/messages/{message.pk}/revive")
    message.refresh_from_db()
    assert message.state == "waiting"


def test_every_page_says_that_clocks_stand_still(analyst: Client, today: datetime) -> None:
    clock.pause(why="restored", at=today)
    assert "Paused." in read(analyst.get("/console/items/").content).words


def test_the_console_speaks_another_language_when_asked(analyst: Client) -> None:
    assert read(analyst.get("/console/me/").content).language == "en"
    analyst.post("/console/me/language", {"language": "nl"})
    page = read(analyst.get("/console/me/").content)
    assert page.language == "nl"
    assert "Herstelcodes" in page.words
    assert analyst.post("/console/me/language", {"language": "xx"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "people/{}/authenticator",
        "people/{}/deactivate",
        "keys/parties/{}/new",
        "system/letters/{}/revive",
        "hosters/{}",
        "hosters/{}/remove",
    ],
)
@pytest.mark.parametrize("digits", [19, 20, 300])
def test_a_number_no_row_can_have_is_not_there(
    administrator: Client, manager: Client, path: str, digits: int
) -> None:
    somebody = manager if path.startswith("hosters") else administrator
    assert somebody.post("/console/" + path.format("9" * digits)).status_code == 404


def test_a_manager_says_which_lists_may_answer_whom_nobody_has_vetted(
    manager: Client, analyst: Client, today: datetime
) -> None:
    number = a_list(today)
    where = f"/console/lists/{number}/unvetted"
    assert "Its terms allow it" in manager.get("/console/lists/").content.decode()
    assert "Its terms allow it" not in analyst.get("/console/lists/").content.decode()

    assert analyst.post(where, {"answers": "yes"}).status_code == 403
    assert manager.post(where, {"answers": "yes"}).status_code == 302
    assert hashlists.unvetted_lists() == {number}
    assert manager.post(where, {"answers": "no"}).status_code == 302
    assert hashlists.unvetted_lists() == frozenset()
