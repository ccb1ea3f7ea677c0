"""Signing up: by letter, once, and without telling anybody who is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.providers.signing import MAIL, TOLD, confirmed, secrets_sent, sign_up, url_of
from tests.support import run_worker_round
from tocsin.base.accounts.models import ApiKey, Party
from tocsin.base.accounts.types import Tier
from tocsin.base.audit.models import AuditRow
from tocsin.base.letters.models import Letter
from tocsin.domain.matching.models import KeyPolicy
from tocsin.domain.providers import actions, queries, rules
from tocsin.domain.providers.models import Provider, ProviderLink
from tocsin.domain.providers.types import LinkUnusable, LinkUse, ProviderState, WrongDomain

pytestmark = pytest.mark.django_db


def test_signing_up_writes_a_letter_and_makes_no_party(now: datetime) -> None:
    sign_up(now)
    [secret] = secrets_sent(LinkUse.CONFIRM)
    assert queries.is_usable(secret, LinkUse.CONFIRM, now)
    assert not Party.objects.exists()
    assert secret not in str(list(ProviderLink.objects.values()))
    assert AuditRow.objects.filter(action="providers.sign_up").count() == 1


def test_confirming_gives_a_key_of_the_test_lists_once(now: datetime) -> None:
    sign_up(now)
    [secret] = secrets_sent(LinkUse.CONFIRM)
    number, key = actions.confirm(secret=secret, at=now)
    [row] = ApiKey.objects.all()
    assert (row.key_id, row.tier) == (key.key_id, Tier.BOOLEAN)
    assert KeyPolicy.objects.get().lists == "test"
    assert Provider.objects.get(pk=number).state == ProviderState.TRYING
    with pytest.raises(LinkUnusable):
        actions.confirm(secret=secret, at=now)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("late", [timedelta(hours=48), timedelta(days=10)])
def test_a_link_ends(now: datetime, late: timedelta) -> None:
    sign_up(now)
    [secret] = secrets_sent(LinkUse.CONFIRM)
    with pytest.raises(LinkUnusable):
        actions.confirm(secret=secret, at=now + late)


def test_a_link_of_one_kind_is_none_of_another(now: datetime) -> None:
    sign_up(now)
    [secret] = secrets_sent(LinkUse.CONFIRM)
    with pytest.raises(LinkUnusable):
        actions.enter(secret=secret, at=now)


def test_a_sign_up_that_nobody_confirms_is_forgotten(now: datetime) -> None:
    sign_up(now)
    run_worker_round(now + timedelta(hours=49))
    assert not Provider.objects.exists()
    assert AuditRow.objects.filter(action="providers.forget").count() == 1


def test_who_is_known_gets_a_way_in_instead(now: datetime) -> None:
    confirmed(now)
    sign_up(now, replace(TOLD, email=MAIL.upper()))
    assert len(secrets_sent(LinkUse.ENTER)) == 1
    assert Provider.objects.count() == 1


def test_a_way_in_lets_in_once_and_an_unknown_address_gets_none(now: datetime) -> None:
    provider = confirmed(now)
    actions.ask_link(email="nobody@host.example", url_of=url_of, at=now)
    actions.ask_link(email=MAIL, url_of=url_of, at=now)
    [secret] = secrets_sent(LinkUse.ENTER)
    assert not Letter.objects.filter(to="nobody@host.example").exists()
    assert actions.enter(secret=secret, at=now) == provider.pk
    with pytest.raises(LinkUnusable):
        actions.enter(secret=secret, at=now)


def test_few_letters_an_hour_are_sent(now: datetime) -> None:
    confirmed(now)
    for _again in range(6):
        actions.ask_link(email=MAIL, url_of=url_of, at=now)
    assert len(secrets_sent(LinkUse.ENTER)) == rules.LETTERS_AN_HOUR - 1
    later = now + timedelta(hours=1, seconds=1)
    actions.ask_link(email=MAIL, url_of=url_of, at=later)
    assert len(secrets_sent(LinkUse.ENTER)) == rules.LETTERS_AN_HOUR


def test_few_sign_ups_a_day_are_taken_of_one_address_and_for_one_domain(now: datetime) -> None:
    for number in range(9):
        sign_up(now, replace(TOLD, domain=f"h{number}.example"))
    assert Provider.objects.count() == rules.SIGN_UPS_A_DAY
    for number in range(30):
        sign_up(now, replace(TOLD, email=f"m{number}@host.example", domain="other.example"))
    assert Provider.objects.filter(domain="other.example").count() == rules.DOMAIN_A_DAY


def test_few_keys_a_day_are_made(now: datetime) -> None:
    provider = confirmed(now)
    for _again in range(rules.KEYS_A_DAY - 1):
        [live] = ApiKey.objects.filter(revoked_at=None)
        actions.revoke(provider_id=provider.pk, key_id=live.key_id, at=now)
        actions.make_try_key(provider_id=provider.pk, at=now)
    with pytest.raises(actions.TooManyKeysToday):
        actions.make_try_key(provider_id=provider.pk, at=now)
    actions.make_try_key(provider_id=provider.pk, at=now + timedelta(days=1, seconds=1))


def test_nobody_revokes_the_key_of_another(now: datetime) -> None:
    mine = confirmed(now)
    other = confirmed(now, replace(TOLD, email="x@y.example", domain="y.example"))
    key = ApiKey.objects.get(party=other.party_id)
    with pytest.raises(actions.NotTheirKey):
        actions.revoke(provider_id=mine.pk, key_id=key.key_id, at=now)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Host.Example", "host.example"),
        (" host.example. ", "host.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a.b.c.example", "a.b.c.example"),
    ],
)
def test_a_domain_is_read_as_name_servers_know_it(written: str, name: str) -> None:
    assert rules.domain_of(written) == name


@pytest.mark.parametrize(
    "written",
    ["", "example", "127.0.0.1", "[::1]", "http://a.example", "a.example/x", "a..example",
     "a.local", "-a.example", "a_b.example", "x.onion", "a.example:80", "u@a.example",
     "a" * 64 + ".example", "a." * 120 + "example", "localhost", "a b.example"],
)  # fmt: skip
def test_what_is_no_domain_is_refused(written: str) -> None:
    with pytest.raises(WrongDomain):
        rules.domain_of(written)
