"""Somebody of each role, logged in, each with a browser of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import Settings

from tests.doors import staff
from tocsin.base.accounts.models import Person
from tocsin.base.accounts.types import Role


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Argon2 takes a hundred megabytes and a third of a second; here nobody guesses."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def today() -> datetime:
    """Now: the console takes the time at the door."""
    return datetime.now(UTC)


@pytest.fixture
def ada(db: None, today: datetime) -> Person:
    return staff.person("ada", Role.ANALYST, today)


@pytest.fixture
def noor(db: None, today: datetime) -> Person:
    return staff.person("noor", Role.ANALYST, today)


@pytest.fixture
def mia(db: None, today: datetime) -> Person:
    return staff.person("mia", Role.MANAGER, today)


@pytest.fixture
def root(db: None, today: datetime) -> Person:
    return staff.person("root", Role.ADMINISTRATOR, today)


def entered(somebody: Person) -> Client:
    client = Client()
    staff.enter(client, somebody)
    return client


@pytest.fixture
def analyst(ada: Person) -> Client:
    return entered(ada)


@pytest.fixture
def second_analyst(noor: Person) -> Client:
    return entered(noor)


@pytest.fixture
def manager(mia: Person) -> Client:
    return entered(mia)


@pytest.fixture
def administrator(root: Person) -> Client:
    return entered(root)
