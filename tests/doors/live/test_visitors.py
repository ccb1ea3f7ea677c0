"""Who may listen to the live stream, and from which pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client

from tests.doors import staff
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.types import Role
from tocsin.doors.live import visitors

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.ANALYST, True), (Role.MANAGER, True), (Role.ADMINISTRATOR, False)],
)
def test_only_those_who_see_items_may_listen(role: Role, allowed: bool) -> None:
    client = Client()
    staff.enter(client, staff.person("somebody", role, AT))
    assert visitors.may_listen(key_of(client)) is allowed


@pytest.mark.django_db
def test_a_session_without_the_second_factor_may_not_listen() -> None:
    client = Client()
    client.force_login(staff.person("ada", Role.ANALYST, AT))
    assert not visitors.may_listen(key_of(client))


@pytest.mark.django_db
def test_a_shut_out_person_and_an_unknown_session_may_not_listen() -> None:
    client = Client()
    ada = staff.person("ada", Role.ANALYST, AT)
    staff.enter(client, ada)
    accounts.deactivate(person_id=ada.pk, actor=staff.TESTER, at=AT)
    assert not visitors.may_listen(key_of(client))
    assert not visitors.may_listen("0123456789abcdef0123456789abcdef")


def test_the_session_is_found_among_other_cookies() -> None:
    name = settings.SESSION_COOKIE_NAME
    assert visitors.session_key(f"a=b; {name}=xyz; c=d") == "xyz"
    assert visitors.session_key("a=b") is None
    assert visitors.session_key("") is None


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://localhost:8000", "localhost:8001", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8001", True),
        ("http://localhost:8000", "127.0.0.1:8001", False),
        ("http://localhost:9000", "localhost:8001", False),
        ("http://evil.example:8000", "evil.example:8001", False),
        ("http://localhost.evil.example:8000", "localhost:8001", False),
        ("null", "localhost:8001", False),
        ("file://localhost:8000", "localhost:8001", False),
        ("http://localhost:x", "localhost:8001", False),
        ("http://[::1]:8000", "[::1]:8001", True),
        ("http://x", "[::", False),
        ("", "", False),
    ],
)
def test_only_pages_of_this_console_may_listen(origin: str, host: str, ours: bool) -> None:
    assert visitors.is_ours(origin, host) is ours
