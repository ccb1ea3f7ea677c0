"""The page of exchanges: how pulls go, trying again, votes that did not get there."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests.domain.exchanges.scenes import add_ncmec, add_stopncii
from tests.doors import staff
from tocsin.base.accounts.types import Role
from tocsin.domain.exchanges.models import Exchange, Vote
from tocsin.domain.exchanges.types import PullState, Trouble, VoteState
from tocsin.domain.hashlists.types import Kind

pytestmark = pytest.mark.django_db


def troubled(now: datetime) -> Exchange:
    """One that does not answer and does not take a vote; and one that is well."""
    row = add_ncmec("https://ncmec.example/x", now)
    Exchange.objects.update(state=PullState.DEAD, trouble=Trouble.REFUSED, failures=4,
                            next_try_at=now + timedelta(hours=1), pages=3)  # fmt: skip
    Vote.objects.create(exchange=row, entry_id=9, member="42", own_id="a", kind=Kind.MD5,
                        direction="down", cast_by="user:1", cast_at=now, state=VoteState.DEAD,
                        trouble=Trouble.NO_REASON)  # fmt: skip
    add_stopncii("https://stopncii.example/v1", now)
    return row


def test_the_page_says_what_is_wrong_and_lets_people_try_again(
    client: Client, now: datetime
) -> None:
    row = troubled(now)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = client.get("/console/exchanges/").content.decode()
    assert "It does not accept our keys." in page
    assert "It has no reason of that name" in page
    client.post("/console/exchanges/ncmec/try")
    row.refresh_from_db()
    assert row.next_try_at is not None
    assert row.next_try_at != now + timedelta(hours=1)
    client.post(f"/console/exchanges/votes/{Vote.objects.get().pk}")
    assert Vote.objects.get().state == VoteState.WAITING


def test_a_manager_says_whether_votes_are_sent_and_with_which_reason(
    client: Client, now: datetime
) -> None:
    row = troubled(now)
    Exchange.objects.filter(pk=row.pk).update(reasons_heard="Adult\nNot <CSAM>")
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = client.get("/console/exchanges/").content.decode()
    assert "Not &lt;CSAM&gt;" in page
    assert 'name="send" id="id_ncmec_send"' in page
    client.post("/console/exchanges/ncmec/votes", {"send": "on", "reason": "Adult"})
    row.refresh_from_db()
    assert (row.sends_votes, row.reason_against) == (True, "Adult")
    assert Vote.objects.get().state == VoteState.WAITING
    client.post("/console/exchanges/ncmec/votes", {"reason": ""})
    row.refresh_from_db()
    assert (row.sends_votes, row.reason_against) == (False, "")
    assert "are not sent" in client.get("/console/exchanges/").content.decode()
    client.post("/console/exchanges/ncmec/votes", {"send": "on", "reason": "x" * 81})
    row.refresh_from_db()
    assert not row.sends_votes


def test_an_administrator_sees_how_it_goes_and_not_the_switch(
    client: Client, now: datetime
) -> None:
    troubled(now)
    staff.enter(client, staff.person("ada", Role.ADMINISTRATOR, now))
    assert "id_ncmec_send" not in client.get("/console/exchanges/").content.decode()


def test_no_page_tells_an_address_or_a_key(client: Client, now: datetime) -> None:
    troubled(now)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = client.get("/console/exchanges/").content.decode()
    assert "example/x" not in page
    assert "subscription" not in page


def test_the_table_of_votes_has_a_head(client: Client, now: datetime) -> None:
    troubled(now)
    staff.enter(client, staff.person("mina", Role.MANAGER, now))
    page = client.get("/console/exchanges/").content.decode()
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    assert re.findall(r"<th scope=\"col\">(.*?)</th>", head) == [
        "Entry", "Exchange", "Vote", "Why", '<span class="unseen">What to do</span>',
    ]  # fmt: skip
