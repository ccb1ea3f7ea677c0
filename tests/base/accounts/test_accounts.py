"""People, one-time links, parties and their keys."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError

from tests.support import in_threads
from tocsin.base.accounts import actions, queries, rules
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.models import ApiKey, OneTimeLink, Person
from tocsin.base.accounts.types import PartyKind, Permission, Role, Tier
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor, system

pytestmark = pytest.mark.django_db

SETUP = system("setup")
PASSWORD = "seven-herons-at-dawn"


def invite(username: str, role: Role, now: datetime) -> str:
    return actions.invite(username=username, role=role, language="en", actor=SETUP, at=now)


def party(now: datetime, name: str = "Provider") -> int:
    return actions.make_party(
        name=name, kind=PartyKind.PROVIDER, contact_email="a@b.example", actor=SETUP, at=now
    )


def issue(party_id: int, now: datetime, expires_at: datetime | None = None) -> str:
    terms = KeyTerms(Tier.DETAIL, expires_at=expires_at)
    return actions.issue_key(party_id=party_id, terms=terms, actor=SETUP, at=now).key_id


def test_a_one_time_link_sets_the_first_password_once(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    assert actions.check_link(secret=secret, at=now) == "ada"
    person = actions.use_link(secret=secret, password=PASSWORD, at=now)
    assert authenticate(username="ada", password=PASSWORD) == person
    with pytest.raises(actions.LinkUnusable):
        actions.use_link(secret=secret, password="another-long-password", at=now)
    assert authenticate(username="ada", password="another-long-password") is None


@pytest.mark.django_db(transaction=True)
def test_a_link_used_by_two_at_once_works_for_one(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    passwords = [f"{PASSWORD}-{n}" for n in range(3)]
    results = in_threads(
        *[lambda p=p: actions.use_link(secret=secret, password=p, at=now) for p in passwords]
    )
    assert sum(isinstance(result, Person) for result in results) == 1
    assert sum(isinstance(result, actions.LinkUnusable) for result in results) == 2


def test_a_link_ends_after_two_days_and_looking_at_it_changes_nothing(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    last = now + timedelta(hours=48) - timedelta(seconds=1)
    assert actions.check_link(secret=secret, at=last) == "ada"
    with pytest.raises(actions.LinkUnusable):
        actions.check_link(secret=secret, at=last + timedelta(seconds=1))


def test_a_weak_password_is_refused_and_the_link_stays_good(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    with pytest.raises(ValidationError):
        actions.use_link(secret=secret, password="short", at=now)
    assert actions.check_link(secret=secret, at=now) == "ada"


def test_a_new_link_makes_the_older_one_useless(now: datetime) -> None:
    old = invite("ada", Role.ANALYST, now)
    new = actions.renew_link(username="ada", actor=SETUP, at=now)
    with pytest.raises(actions.LinkUnusable):
        actions.check_link(secret=old, at=now)
    assert actions.check_link(secret=new, at=now) == "ada"


def test_somebody_nobody_knows_is_said_to_be_unknown(now: datetime) -> None:
    with pytest.raises(actions.UnknownPerson):
        actions.deactivate(person_id=9_999, actor=SETUP, at=now)
    with pytest.raises(actions.UnknownPerson):
        actions.renew_link(username="nobody", actor=SETUP, at=now)


def test_a_link_of_somebody_shut_out_is_useless(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    actions.deactivate(person_id=Person.objects.get().pk, actor=SETUP, at=now)
    with pytest.raises(actions.LinkUnusable):
        actions.check_link(secret=secret, at=now)


def test_a_secret_is_kept_only_as_its_digest(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    assert OneTimeLink.objects.get().secret_digest == rules.digest(secret)
    issued = actions.issue_key(
        party_id=party(now), terms=KeyTerms(Tier.BOOLEAN), actor=SETUP, at=now
    )
    assert ApiKey.objects.get().secret_digest == rules.digest(issued.secret)
    told = str(list(AuditRow.objects.values_list("facts", "personal", "subject")))
    assert secret not in told
    assert issued.secret not in told


def test_a_name_is_given_once(now: datetime) -> None:
    invite("ada", Role.ANALYST, now)
    with pytest.raises(actions.NameTaken):
        invite("ada", Role.MANAGER, now)
    party(now)
    with pytest.raises(actions.NameTaken):
        party(now)


def test_the_last_administrator_stays(now: datetime) -> None:
    invite("root", Role.ADMINISTRATOR, now)
    root = Person.objects.get()
    with pytest.raises(actions.LastAdministrator):
        actions.deactivate(person_id=root.pk, actor=SETUP, at=now)
    invite("second", Role.ADMINISTRATOR, now)
    actions.deactivate(person_id=root.pk, actor=SETUP, at=now)
    second = Person.objects.get(username="second")
    with pytest.raises(actions.LastAdministrator):
        actions.deactivate(person_id=second.pk, actor=SETUP, at=now)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_shut_each_other_out_leave_one(now: datetime) -> None:
    for name in ("ada", "bob"):
        invite(name, Role.ADMINISTRATOR, now)
    ada, bob = Person.objects.order_by("username")

    def shut_out(who: Person, by: Person) -> None:
        actions.deactivate(person_id=who.pk, actor=Actor("user", str(by.pk)), at=now)

    results = in_threads(lambda: shut_out(ada, bob), lambda: shut_out(bob, ada))
    assert sum(isinstance(result, actions.LastAdministrator) for result in results) == 1
    assert Person.objects.filter(is_active=True).count() == 1


def test_a_party_has_at_most_two_live_keys(now: datetime) -> None:
    number = party(now)
    first, second = issue(number, now), issue(number, now)
    with pytest.raises(actions.TooManyKeys):
        issue(number, now)
    assert actions.revoke_key(key_id=first, actor=SETUP, at=now)
    assert not actions.revoke_key(key_id=first, actor=SETUP, at=now)
    third = issue(number, now)
    assert set(queries.live_keys(at=now)) == {second, third}


def test_a_key_that_ran_out_is_neither_live_nor_counted(now: datetime) -> None:
    number = party(now)
    soon = now + timedelta(hours=1)
    issue(number, now, expires_at=soon)
    kept = issue(number, now)
    with pytest.raises(actions.TooManyKeys):
        issue(number, soon - timedelta(seconds=1))
    assert set(queries.live_keys(at=soon)) == {kept}
    issue(number, soon)


@pytest.mark.django_db(transaction=True)
def test_four_who_issue_keys_at_once_make_two(now: datetime) -> None:
    number = party(now)
    results = in_threads(*[lambda: issue(number, now)] * 4)
    assert sum(isinstance(result, actions.TooManyKeys) for result in results) == 2
    assert ApiKey.objects.count() == 2


def test_every_act_leaves_one_audit_row(now: datetime) -> None:
    secret = invite("ada", Role.ANALYST, now)
    actions.use_link(secret=secret, password=PASSWORD, at=now)
    person_id = Person.objects.get().pk
    actions.set_language(person_id=person_id, language="fr", actor=SETUP, at=now)
    actions.renew_link(username="ada", actor=SETUP, at=now)
    actions.deactivate(person_id=person_id, actor=SETUP, at=now)
    key_id = issue(party(now), now)
    actions.revoke_key(key_id=key_id, actor=SETUP, at=now)
    told = list(AuditRow.objects.order_by("id").values_list("action", flat=True))
    assert told == [
        "accounts.invite",
        "accounts.use_link",
        "accounts.set_language",
        "accounts.renew_link",
        "accounts.deactivate",
        "accounts.make_party",
        "accounts.issue_key",
        "accounts.revoke_key",
    ]


def test_the_administrator_sees_no_items_and_the_others_hand_out_no_rights() -> None:
    items = {Permission.SEE_ITEMS, Permission.ASSESS, Permission.CORRECT, Permission.SEE_NOTICES}
    rights = {Permission.KEEP_PEOPLE, Permission.KEEP_KEYS}
    assert not rules.MAY[Role.ADMINISTRATOR] & items
    for role in (Role.ANALYST, Role.MANAGER):
        assert not rules.MAY[role] & rights
    assert set(rules.MAY) == set(Role)
    assert set().union(*rules.MAY.values()) == set(Permission)


def test_somebody_shut_out_may_nothing() -> None:
    for role in Role:
        person = Person(username="x", role=role, is_active=False)
        assert not any(person.may(permission) for permission in Permission)
