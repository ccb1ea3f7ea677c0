"""`tocsin people`: the first ones are let in from the command line."""

from __future__ import annotations

import argparse
import re

import pytest
from django.test import Client

from tocsin.base.accounts.models import OneTimeLink, Person
from tocsin.base.audit.models import AuditRow
from tocsin.site.commands import Stop, people

pytestmark = pytest.mark.django_db


def people_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    people.arguments(parser)
    return people.run(parser.parse_args(words))


def test_somebody_invited_gets_a_link_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    people_command("invite", "eve", "--role", "manager", "--language", "nl")
    [link] = re.findall(r"http://localhost:\d+(/console/welcome/\S+)", capsys.readouterr().out)
    assert Client().get(link).status_code == 200
    eve = Person.objects.get()
    assert (eve.role, eve.language) == ("manager", "nl")
    assert AuditRow.objects.get(action="accounts.invite").actor == "system:command line"


def test_the_same_name_twice_is_refused_and_says_what_to_do() -> None:
    people_command("invite", "eve", "--role", "analyst")
    with pytest.raises(Stop, match="renew-link"):
        people_command("invite", "eve", "--role", "analyst")


def test_a_renewed_link_ends_the_older_one(capsys: pytest.CaptureFixture[str]) -> None:
    people_command("invite", "eve", "--role", "analyst")
    people_command("renew-link", "eve")
    old, new = re.findall(r"(/console/welcome/\S+)", capsys.readouterr().out)
    assert Client().get(old).status_code == 410
    assert Client().get(new).status_code == 200
    assert OneTimeLink.objects.count() == 1


def test_renewing_for_nobody_says_who_there_is() -> None:
    with pytest.raises(Stop, match="people list"):
        people_command("renew-link", "nobody")


def test_the_list_names_everybody_and_who_is_shut_out(capsys: pytest.CaptureFixture[str]) -> None:
    people_command("invite", "eve", "--role", "analyst")
    Person.objects.create(username="bob", role="manager", is_active=False)
    capsys.readouterr()
    people_command("list")
    assert capsys.readouterr().out.splitlines() == [
        "bob (shut out)  manager  en",
        "eve  analyst  en",
    ]
