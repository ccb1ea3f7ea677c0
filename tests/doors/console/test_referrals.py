"""The page of the police: referrals, holds and keys, by those who deal with them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyrage
import pytest
from django.test import Client

from tests.domain.desk import found, report
from tests.domain.desk import person as somebody
from tests.domain.referrals.test_referring import everything, identity, police
from tests.doors import staff
from tocsin.base.accounts.types import Role
from tocsin.domain.referrals import queries
from tocsin.domain.referrals.types import PoliceAnswer, ReferralState

pytestmark = pytest.mark.django_db


def liaison(client: Client, now: datetime) -> Client:
    staff.enter(client, staff.person("lia", Role.POLICE_LIAISON, now))
    return client


def test_an_item_is_handed_over_answered_and_held(client: Client, today: datetime) -> None:
    party = police(today)
    identity(today, party)
    number = report(today)
    found(number, somebody("ana"), today)
    browser = liaison(client, today)
    told = {"party": str(party), "reason": "new_material", "words": "<b>see file 12</b>"}
    assert browser.post(f"/console/police/items/{number}/refer", told).status_code == 302
    [mine] = queries.of_item(number)
    everything(today + timedelta(minutes=1))
    page = browser.get("/console/police/").content.decode()
    assert "&lt;b&gt;see file 12&lt;/b&gt;" in page
    assert mine.number in page
    browser.post(f"/console/police/{mine.number}/acknowledge")
    answered = {"answer": "leave_in_place", "words": "2026-117", "days": "3", "basis": "126n Sv"}
    browser.post(f"/console/police/{mine.number}/answer", answered)
    view = queries.referral(mine.number)
    assert (view.state, view.answer) == (ReferralState.ANSWERED, PoliceAnswer.LEAVE_IN_PLACE)
    [held] = queries.holds()
    assert held.do_not_notify
    assert browser.post(f"/console/police/holds/{held.number}/release").status_code == 302
    again = browser.post(f"/console/police/holds/{held.number}/release")
    assert again.status_code == 409


def test_what_is_missing_is_said_and_nothing_is_done(client: Client, today: datetime) -> None:
    party = police(today)
    number = report(today)
    found(number, somebody("ana"), today)
    browser = liaison(client, today)
    refused = browser.post(f"/console/police/items/{number}/refer", {"reason": "routine"})
    assert refused.status_code == 422
    assert "Choose a police force" in refused.content.decode()
    assert queries.of_item(number) == []
    key = {"party": str(party), "key": "ssh-ed25519 AAAA"}
    refused = browser.post("/console/police/keys", key)
    assert refused.status_code == 422
    assert "no public key of age or OpenPGP" in refused.content.decode()
    hold = {"kind": "leave_in_place", "basis": "law", "days": "200"}
    refused = browser.post(f"/console/police/items/{number}/hold", hold)
    assert refused.status_code == 422
    assert "at most 14 days" in refused.content.decode()


def test_a_key_is_added_compared_and_removed(client: Client, today: datetime) -> None:
    party = police(today)
    browser = liaison(client, today)
    text = str(pyrage.x25519.Identity.generate().to_public())
    added = browser.post("/console/police/keys", {"party": str(party), "key": text}, follow=True)
    assert f"Compare this by telephone: {text}" in added.content.decode()
    [key] = queries.police_keys()
    browser.post(f"/console/police/keys/{key.number}/remove")
    assert queries.police_keys() == []
    assert browser.post(f"/console/police/keys/{key.number}/remove").status_code == 404


def test_an_item_that_is_not_unlawful_goes_to_nobody(client: Client, today: datetime) -> None:
    party = police(today)
    number = report(today)
    browser = liaison(client, today)
    told = {"party": str(party), "reason": "routine"}
    assert browser.post(f"/console/police/items/{number}/refer", told).status_code == 404
