"""The navigation: everybody is led to the pages she may open, and to no other."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import resolve, reverse

from tests.doors.console.conftest import entered
from tests.doors.staff import person
from tocsin.base.accounts.queries import permissions_of
from tocsin.base.accounts.types import Role
from tocsin.doors.console import places

_CURRENT = re.compile(r'aria-current="([a-z]+)">([^<]+)<')
PAGES = [page for group in places.GROUPS for page in group.pages]


@pytest.mark.parametrize("role", Role)
def test_whoever_follows_the_groups_comes_to_each_page_she_may_open(role: Role) -> None:
    may = permissions_of(role).__contains__
    groups = places.open_to(may)
    found = set()
    for group in places.groups(groups, "/") or places.beside(groups, "/"):
        found |= {resolve(place.url).view_name for place in places.beside(groups, group.url)}
    assert found == {page.name for page in PAGES if may(page.permission)}


def test_a_page_stands_in_one_group_and_no_address_is_in_two() -> None:
    assert len({page.name for page in PAGES}) == len(PAGES)
    for page in PAGES:
        here = [place for place in places.groups(places.GROUPS, _url(page)) if place.here]
        beside = [place for place in places.beside(places.GROUPS, _url(page)) if place.here]
        assert ([place.url for place in beside], len(here)) == ([_url(page)], 1)


def test_a_page_reached_from_another_is_shown_in_its_group() -> None:
    hours = places.beside(places.GROUPS, "/console/desk/hours")
    assert [place.url for place in hours if place.here] == ["/console/desk/setup"]


@pytest.mark.django_db
def test_a_page_says_where_one_is(manager: Client) -> None:
    shown = _CURRENT.findall(manager.get("/console/rechecks/").content.decode())
    assert shown == [("true", "Takedown"), ("page", "Still there?")]


@pytest.mark.django_db
def test_who_has_one_group_sees_its_pages_and_no_groups(today: datetime) -> None:
    regulator = entered(person("rex", Role.REGULATOR, today))
    shown = _CURRENT.findall(regulator.get("/console/figures/").content.decode())
    assert ("page", "Figures") in shown
    assert "true" not in dict(shown)


def _url(page: places.Page) -> str:
    return reverse(page.name)
