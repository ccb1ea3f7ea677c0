"""A service that names a new member with each record makes no list of each: a person is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.domain.exchanges.scenes import add_ncmec, counting, fails, pull, seconds, value
from tests.domain.exchanges.stand_ins import Ncmec, image
from tests.domain.hashlists.lists import ANALYST
from tests.doors import staff
from tests.doors.console.reading import read
from tocsin.base.accounts.types import Role
from tocsin.base.letters.models import Letter
from tocsin.domain.exchanges import actions, queries, rules
from tocsin.domain.exchanges.models import Exchange
from tocsin.domain.exchanges.types import PullState, Trouble
from tocsin.domain.hashlists.models import HashList
from tocsin.site.cli import main

pytestmark = [pytest.mark.django_db, pytest.mark.server]


def of_members(now: datetime, *members: str) -> list[dict[str, object]]:
    """A record of each of these members."""
    return [
        image(f"e{name}", seconds(now, hours=3), prints={"md5": value(name, 16)}, member=name)
        for name in members
    ]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three new members of a window, and five in all, get lists by themselves."""
    monkeypatch.setattr(rules, "MOST_NEW_MEMBERS", 3)
    monkeypatch.setattr(rules, "MOST_MEMBERS", 5)


@pytest.mark.parametrize(
    ("known", "new", "allowed", "may"),
    [
        (0, 3, 0, True), (0, 4, 0, False), (3, 2, 0, True), (3, 3, 0, False), (9, 0, 0, True),
        (0, 9, 9, True), (0, 10, 9, False), (9, 1, 9, False), (2, 1, 9, True),
    ],
)  # fmt: skip
def test_how_many_get_a_list_by_themselves(known: int, new: int, allowed: int, may: bool) -> None:
    assert rules.may_have_lists(known=known, new=new, allowed=allowed) is may


def test_too_many_wait_whole_and_make_no_list(now: datetime) -> None:
    manager = staff.person("mina", Role.MANAGER, now)
    manager.email = "mina@x.example"
    manager.save()
    entries = of_members(now, "1", "2", "3", "4")
    them = Ncmec(entries=entries, clock=lambda: now)
    with them.serving() as peer:
        row = add_ncmec(peer.url, now)
        assert fails(row, now) is Trouble.MEMBERS

        assert HashList.objects.count() == 0
        assert row.state == PullState.DEAD
        assert Letter.objects.get().to == "mina@x.example"
        [shown] = queries.exchanges(at=now)
        assert shown.members_named == 4
        asked = len(them.asked)
        assert fails(row, now + timedelta(hours=1)) is Trouble.MEMBERS
        # Its pages lie here: it is not asked for them again.
        assert len(them.asked) == asked

        assert not actions.let_members_in(slug="ncmec", in_all=3, actor=ANALYST, at=now)
        assert actions.let_members_in(slug="ncmec", in_all=4, actor=ANALYST, at=now)
        assert pull(row, now).released
    assert set(counting()) == {(f"ncmec-{n}", f"e{n}") for n in "1234"}
    assert queries.exchanges(at=now)[0].members_named == 0


def test_a_person_keeps_to_those_that_have_a_list(now: datetime) -> None:
    them = Ncmec(entries=of_members(now, "1", "2"), clock=lambda: now)
    with them.serving() as peer:
        row = add_ncmec(peer.url, now)
        pull(row, now)
        later = now + timedelta(days=1)
        them.clock = lambda: later
        them.entries += of_members(later, *"3456")
        assert fails(row, later) is Trouble.MEMBERS

        assert main(["exchanges", "members", "ncmec", "--keep", "5"]) == 2
        assert main(["exchanges", "members", "ncmec", "--keep", "6"]) == 0
        assert pull(row, later).released
    assert set(counting()) == {("ncmec-1", "e1"), ("ncmec-2", "e2")}


def test_where_no_member_has_a_list_nobody_can_keep_to_them(now: datetime) -> None:
    row = add_ncmec("https://ncmec.example/x", now)
    Exchange.objects.update(trouble=Trouble.MEMBERS, members_named=9)
    assert not actions.keep_to_known_members(slug=row.slug, in_all=9, actor=ANALYST, at=now)


def test_a_manager_decides_on_the_page(client: Client, now: datetime) -> None:
    row = add_ncmec("https://ncmec.example/x", now)
    Exchange.objects.update(state=PullState.DEAD, trouble=Trouble.MEMBERS, members_named=900)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = read(client.get("/console/exchanges/").content)
    assert "Let 900 members in all have lists" in page.words
    told = {"decision": "let_in", "in_all": 899}
    client.post("/console/exchanges/ncmec/members", told)
    row.refresh_from_db()
    assert row.members_allowed == 0
    client.post("/console/exchanges/ncmec/members", {**told, "in_all": 900})
    row.refresh_from_db()
    assert (row.members_allowed, row.state) == (900, PullState.FAILING)
    assert client.post("/console/exchanges/ncmec/members", {}).status_code == 422
