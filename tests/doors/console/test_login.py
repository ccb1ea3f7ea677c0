"""Nobody gets in with a password alone, and no secret lies about in the clear."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.doors import staff
from tests.doors.staff import PASSWORD
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.models import OneTimeLink, Person
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow

pytestmark = pytest.mark.django_db


def type_password(client: Client, username: str, password: str = PASSWORD) -> str:
    """Where the log-in page sends somebody."""
    response = client.post("/account/login", {"login": username, "password": password})
    return response.headers.get("Location", "")


def new_secret_on(client: Client) -> str:
    page = client.get(reverse("mfa_activate_totp"))
    return str(page.context["form"].secret)


def test_the_first_log_in_leads_to_setting_up_the_second_factor(ada: Person) -> None:
    client = Client()
    assert type_password(client, "ada") == "/console/"
    assert client.get("/console/items/").headers["Location"] == reverse("mfa_activate_totp")
    secret = new_secret_on(client)
    done = client.post(reverse("mfa_activate_totp"), {"code": staff.code_of(secret)})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get("/console/items/").status_code == 200


def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret_shown(ada: Person) -> None:
    client = Client()
    type_password(client, "ada")
    secret = new_secret_on(client)
    page = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert page.status_code == 200
    assert page.context["form"].secret == secret
    assert not Authenticator.objects.exists()


def test_with_an_authenticator_the_password_alone_opens_nothing(ada: Person) -> None:
    secret = staff.give_authenticator(ada)
    client = Client()
    assert type_password(client, "ada") == reverse("mfa_authenticate")
    assert "/account/login" in client.get("/console/items/").headers["Location"]
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    assert "/account/login" in client.get("/console/items/").headers["Location"]
    client.post(reverse("mfa_authenticate"), {"code": staff.code_of(secret)})
    assert client.get("/console/items/").status_code == 200


def test_a_code_opens_once_and_a_phone_may_be_half_a_minute_off(ada: Person) -> None:
    secret = staff.give_authenticator(ada)
    while time.time() % 30 > 25:  # a code must not grow old under way
        time.sleep(0.2)
    late = staff.code_of(secret, time.time() - 30)
    for code, opens in ((late, True), (late, False), (staff.code_of(secret), True)):
        client = Client()
        type_password(client, "ada")
        cache.clear()  # as in another process
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert (client.get("/console/items/").status_code == 200) is opens


def test_a_recovery_code_opens_once(ada: Person) -> None:
    staff.give_authenticator(ada)
    kept = Authenticator.objects.get(user=ada, type=Authenticator.Type.RECOVERY_CODES)
    code = kept.wrap().get_unused_codes()[0]
    for opens in (True, False):
        client = Client()
        type_password(client, "ada")
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert (client.get("/console/items/").status_code == 200) is opens


def test_a_session_from_before_the_authenticator_must_show_it_too(ada: Person) -> None:
    early = Client()
    type_password(early, "ada")
    staff.give_authenticator(ada)
    for page in (
        "/console/items/",
        reverse("mfa_activate_totp"),
        reverse("account_change_password"),
    ):
        response = early.get(page)
        assert response.status_code == 302
        assert reverse("mfa_reauthenticate") in response.headers["Location"] or (
            reverse("account_reauthenticate") in response.headers["Location"]
        )
    early.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    again = early.get(reverse("mfa_activate_totp"))
    assert reverse("mfa_reauthenticate") in again.headers["Location"]


def test_no_secret_of_an_authenticator_lies_in_a_table_in_the_clear(ada: Person) -> None:
    client = Client()
    type_password(client, "ada")
    secret = new_secret_on(client)
    sessions = [str(Session.objects.get(pk=row.pk).get_decoded()) for row in Session.objects.all()]
    assert sessions
    assert all(secret not in text for text in sessions)
    client.post(reverse("mfa_activate_totp"), {"code": staff.code_of(secret)})
    kept = Authenticator.objects.get(user=ada, type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)
    assert kept.wrap().validate_code(staff.code_of(secret))


def test_opening_a_one_time_link_uses_nothing_up(today: datetime) -> None:
    secret = accounts.invite(
        username="eve", role=Role.ANALYST, language="nl", actor=staff.TESTER, at=today
    )
    url = reverse("console:welcome", args=[secret])
    for _ in range(3):
        assert Client().get(url).status_code == 200
    assert OneTimeLink.objects.get().used_at is None


def test_a_one_time_link_sets_the_password_once(today: datetime) -> None:
    secret = accounts.invite(
        username="eve", role=Role.ANALYST, language="en", actor=staff.TESTER, at=today
    )
    url = reverse("console:welcome", args=[secret])
    client = Client()
    differ = client.post(url, {"password": PASSWORD, "again": "another four words"})
    weak = client.post(url, {"password": "password1234", "again": "password1234"})
    assert (differ.status_code, weak.status_code) == (422, 422)
    done = client.post(url, {"password": PASSWORD, "again": PASSWORD})
    assert done.headers["Location"] == reverse("mfa_activate_totp")
    assert client.post(url, {"password": PASSWORD, "again": PASSWORD}).status_code == 410
    assert Client().get(url).status_code == 410


def test_a_renewed_link_changes_the_password_but_passes_no_second_factor(
    ada: Person, today: datetime
) -> None:
    staff.give_authenticator(ada)
    secret = accounts.renew_link(username="ada", actor=staff.TESTER, at=today)
    client = Client()
    done = client.post(
        reverse("console:welcome", args=[secret]),
        {"password": "four other words", "again": "four other words"},
    )
    assert done.headers["Location"] == reverse("account_login")
    assert type_password(client, "ada", "four other words") == reverse("mfa_authenticate")


def test_a_link_older_than_two_days_is_too_late(today: datetime) -> None:
    secret = accounts.invite(
        username="eve",
        role=Role.ANALYST,
        language="en",
        actor=staff.TESTER,
        at=today - timedelta(hours=49),
    )
    assert Client().get(reverse("console:welcome", args=[secret])).status_code == 410


def test_replacing_the_authenticator_later_asks_again_and_leaves_one(ada: Person) -> None:
    secret = staff.give_authenticator(ada)
    client = Client()
    type_password(client, "ada")
    client.post(reverse("mfa_authenticate"), {"code": staff.code_of(secret)})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    session = client.session
    session["tocsin.second_factor_at"] -= 301
    session.save()
    asked = client.get(reverse("mfa_activate_totp"))
    assert reverse("account_reauthenticate") in asked.headers["Location"]
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    new = new_secret_on(client)
    client.post(reverse("mfa_activate_totp"), {"code": staff.code_of(new)})
    kept = Authenticator.objects.get(user=ada, type=Authenticator.Type.TOTP)
    assert kept.wrap().validate_code(staff.code_of(new))


def test_what_somebody_does_to_their_log_in_is_in_the_audit(ada: Person) -> None:
    client = Client()
    type_password(client, "ada")
    secret = new_secret_on(client)
    client.post(reverse("mfa_activate_totp"), {"code": staff.code_of(secret)})
    client.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "yet four more words",
            "password2": "yet four more words",
        },
    )
    client.post(reverse("account_reauthenticate"), {"password": "yet four more words"})
    client.post(reverse("mfa_generate_recovery_codes"))
    client.post(reverse("usersessions_list"))
    told = set(AuditRow.objects.filter(subject=f"user:{ada.pk}").values_list("action", flat=True))
    assert told >= {
        "accounts.log_in",
        "accounts.set_up_second_factor",
        "accounts.change_password",
        "accounts.new_recovery_codes",
        "accounts.end_other_sessions",
    }


def test_a_shut_out_person_is_out_at_once(analyst: Client, ada: Person, today: datetime) -> None:
    assert analyst.get("/console/items/").status_code == 200
    accounts.deactivate(person_id=ada.pk, actor=staff.TESTER, at=today)
    assert analyst.get("/console/items/").status_code == 302
    assert type_password(Client(), "ada") in {"", reverse("account_inactive")}


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_reset_password",
        "account_email",
        "mfa_deactivate_totp",
        "mfa_index",
    ],
)
def test_pages_of_allauth_that_are_not_used_do_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
