from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tocsin.base.audit import queries as audit
from tocsin.base.audit.types import Actor
from tocsin.base.outbox.models import Message
from tocsin.domain.hosters import actions, queries
from tocsin.domain.hosters.types import HosterRefused, HosterTerms, PlaceTaken, UnknownHoster
from tocsin.site import cli

pytestmark = pytest.mark.django_db

MANAGER = Actor("user", "7")
BIG = HosterTerms(
    "Big Host", "NL", "nl", "abuse@big.example", ("big.example", "192.0.2.0/24", "2001:db8::/32")
)


def add(terms: HosterTerms, now: datetime) -> int:
    return actions.add(terms=terms, actor=MANAGER, at=now)


def test_a_host_is_found_by_the_longest_domain(now: datetime) -> None:
    big = add(BIG, now)
    reseller = add(replace(BIG, name="Reseller", places=("shop.big.example",)), now)
    for host, expected in {
        "big.example": big,
        "img.big.example": big,
        "a.shop.big.example": reseller,
        "shop.big.example:8080": reseller,
    }.items():
        found = queries.find_for_host(host, rehearsal=False)
        assert found is not None
        assert found.id == expected
    assert queries.find_for_host("notbig.example", rehearsal=False) is None


def test_an_address_is_found_by_the_narrowest_network(now: datetime) -> None:
    big = add(BIG, now)
    small = add(replace(BIG, name="Small", places=("192.0.2.128/25",)), now)
    for host, expected in {
        "192.0.2.1": big,
        "192.0.2.200": small,
        "[2001:db8::5]": big,
        "192.0.2.200:8080": small,
    }.items():
        found = queries.find_for_host(host, rehearsal=False)
        assert found is not None
        assert found.id == expected
    assert queries.find_for_host("198.51.100.1", rehearsal=False) is None


def test_rehearsal_and_real_hosters_are_never_given_for_each_other(now: datetime) -> None:
    add(BIG, now)
    fake = HosterTerms(
        "Fake", "NL", "en", "abuse@fake.example", ("127.0.0.1:8123",), rehearsal=True
    )
    number = add(fake, now)
    assert queries.find_for_host("big.example", rehearsal=True) is None
    assert queries.find_for_host("127.0.0.1:8123", rehearsal=False) is None
    found = queries.find_for_host("127.0.0.1:8123", rehearsal=True)
    assert found is not None
    assert found.id == number
    assert queries.find_for_host("127.0.0.1:8124", rehearsal=True) is None


def test_a_place_has_one_hoster_and_the_refusal_names_it(now: datetime) -> None:
    add(BIG, now)
    with pytest.raises(PlaceTaken, match="Big Host"):
        add(replace(BIG, name="Other", places=("free.example", "BIG.example")), now)
    assert [hoster.name for hoster in queries.hosters()] == ["Big Host"]


def test_wrong_terms_leave_nothing_behind(now: datetime) -> None:
    with pytest.raises(HosterRefused) as refused:
        add(replace(BIG, country="Netherlands", abuse_email="x"), now)
    assert set(refused.value.problems) == {"country", "abuse_email"}
    assert queries.hosters() == []


def test_a_hoster_cannot_write_lines_of_its_own_into_notices(now: datetime) -> None:
    with pytest.raises(HosterRefused) as refused:
        add(replace(BIG, name="Big\r\nBcc: all@x.example", abuse_email="a\x00b@x.example"), now)
    assert set(refused.value.problems) == {"name", "abuse_email"}


def test_an_update_replaces_places_but_not_the_world(now: datetime) -> None:
    number = add(BIG, now)
    changed = replace(BIG, abuse_email="new@big.example", places=("other.example",))
    actions.update(hoster_id=number, terms=changed, actor=MANAGER, at=now)
    assert queries.find_for_host("big.example", rehearsal=False) is None
    assert queries.hoster(number).abuse_email == "new@big.example"
    with pytest.raises(HosterRefused, match="two worlds"):
        actions.update(
            hoster_id=number, terms=replace(changed, rehearsal=True), actor=MANAGER, at=now
        )


def test_a_removed_hoster_frees_its_places_but_can_still_be_read(now: datetime) -> None:
    number = add(BIG, now)
    actions.remove(hoster_id=number, actor=MANAGER, at=now)
    assert queries.hosters() == []
    assert queries.find_for_host("big.example", rehearsal=False) is None
    assert queries.hoster(number).name == "Big Host"
    add(replace(BIG, name="Next owner"), now)
    with pytest.raises(UnknownHoster):
        actions.remove(hoster_id=number, actor=MANAGER, at=now)


def test_every_write_is_audited_and_told(now: datetime) -> None:
    number = add(BIG, now)
    actions.update(hoster_id=number, terms=BIG, actor=MANAGER, at=now)
    actions.remove(hoster_id=number, actor=MANAGER, at=now)
    rows = audit.history(f"hoster:{number}")
    assert [row.action for row in rows] == ["hosters.add", "hosters.update", "hosters.remove"]
    assert all(row.actor == "user:7" and "big" not in str(row.facts) for row in rows)
    assert Message.objects.filter(topic=actions.CHANGED).count() == 2


def test_the_command_adds_and_lists(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["hosters", "add", "--name", "Big", "--country", "NL", "--language", "nl"]
    places = ["--place", "big.example", "--place", "192.0.2.0/24"]
    status = cli.main([*arguments, "--email", "abuse@big.example", *places])
    assert status == 0
    assert cli.main(["hosters", "list"]) == 0
    shown = capsys.readouterr().out
    assert "192.0.2.0/24, big.example" in shown
    assert "1 hosters on file" in shown


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["hosters", "add", "--name", "Big", "--country", "NL", "--language", "pl"]
    assert cli.main([*arguments, "--email", "a@b.example", "--place", "b.example"]) == 2
    assert "en, nl, fr" in capsys.readouterr().err
