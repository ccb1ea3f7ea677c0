"""Every address against every role; an address without a row in the table fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.house.permission_table import LOGIN, TABLE, Answer, Row
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import SECOND_FACTOR_MARK, Role

pytestmark = pytest.mark.django_db

VISITORS = (None, *Role)


def names_of(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """The full name of every address; raises for one without a name."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from names_of(pattern, inner)
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"the address {pattern.pattern} has no name"
            yield f"{space}{pattern.name}"


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(names_of(get_resolver())) == sorted(TABLE)


def person(role: Role) -> Person:
    return Person.objects.create(username=role.value, role=role.value)


def visitor(role: Role | None) -> Client:
    """A browser logged in with both factors as somebody in `role`; None: not logged in."""
    client = Client(raise_request_exception=False)
    if role is not None:
        somebody = person(role)
        Authenticator.objects.create(user=somebody, type=Authenticator.Type.TOTP, data={})
        client.force_login(somebody)
        session = client.session
        session[SECOND_FACTOR_MARK] = somebody.pk
        session.save()
    return client


def answer(response: Any) -> Answer:
    assert isinstance(response, HttpResponse)
    if response.headers.get("Location", "").startswith(reverse("account_login")):
        return LOGIN
    return response.status_code


def address(name: str, row: Row) -> str:
    return reverse(name, kwargs=dict(row.arguments))


@pytest.mark.parametrize("name", [name for name in TABLE if name != "account_logout"])
def test_each_role_gets_what_the_table_says(name: str) -> None:
    row = TABLE[name]
    url = address(name, row)
    clients = {role: visitor(role) for role in VISITORS}
    assert {role: answer(client.get(url)) for role, client in clients.items()} == row.get
    assert {role: answer(client.post(url)) for role, client in clients.items()} == row.post


def test_logging_out_is_by_post_only() -> None:
    row = TABLE["account_logout"]
    url = address("account_logout", row)
    for role in VISITORS:
        client = visitor(role)
        assert answer(client.get(url)) == row.get[role]
        if role is not None:
            assert answer(client.get(reverse("console:me"))) == 200
        assert answer(client.post(url)) == row.post[role]
        assert answer(client.get(reverse("console:me"))) == LOGIN


CLOSED = [name for name, row in TABLE.items() if LOGIN in {row.get[None], row.post[None]}]
# The pages of log-in itself, on which the second factor is shown or set up.
BETWEEN = {"account_reauthenticate", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp"}


@pytest.mark.parametrize("name", [name for name in CLOSED if name not in BETWEEN])
@pytest.mark.parametrize("has_authenticator", [False, True])
def test_a_password_alone_opens_nothing(name: str, has_authenticator: bool) -> None:
    somebody = person(Role.MANAGER)
    if has_authenticator:
        Authenticator.objects.create(user=somebody, type=Authenticator.Type.TOTP, data={})
    client = Client(raise_request_exception=False)
    client.force_login(somebody)
    row = TABLE[name]
    wanted = reverse("mfa_reauthenticate" if has_authenticator else "mfa_activate_totp")
    for method, closed in ((client.get, row.get[None]), (client.post, row.post[None])):
        response: Any = method(address(name, row))
        if closed == LOGIN:
            assert response.status_code == 302
            assert response["Location"].startswith(wanted)
        else:
            assert response.status_code == closed
