"""A manager vouches for who signed up, or takes their keys away."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.domain.providers.signing import World, proven
from tests.doors.console.reading import read
from tocsin.base.accounts.models import ApiKey
from tocsin.domain.providers import actions
from tocsin.domain.providers.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(today: datetime) -> Provider:
    provider = proven(today, World())
    actions.apply(provider_id=provider.pk, words="<b>We host pictures.</b>", at=today)
    return provider


def test_an_application_is_shown_as_it_was_written(manager: Client, applied: Provider) -> None:
    page = manager.get("/console/providers/").content
    assert "<b>We host pictures.</b>" in read(page).text
    assert b"<b>We" not in page


@pytest.mark.parametrize(("tier", "kept"), [("action", "action"), ("detail", "boolean")])
def test_a_grant_opens_all_lists(manager: Client, applied: Provider, tier: str, kept: str) -> None:
    where = f"/console/providers/{applied.pk}/grant"
    assert manager.post(where, {"tier": tier}).status_code == 302
    applied.refresh_from_db()
    assert (applied.application, applied.tier) == ("granted", kept)


def test_suspending_and_letting_back(manager: Client, applied: Provider) -> None:
    manager.post(f"/console/providers/{applied.pk}/suspend")
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    again = manager.post(f"/console/providers/{applied.pk}/grant", {"tier": "action"}, follow=True)
    assert "It does not stand where this can be done" in read(again.content).text
    manager.post(f"/console/providers/{applied.pk}/let-back")
    applied.refresh_from_db()
    assert applied.state == "trying"


def test_refusing_leaves_things_as_they_are(manager: Client, applied: Provider) -> None:
    manager.post(f"/console/providers/{applied.pk}/refuse")
    applied.refresh_from_db()
    assert (applied.application, applied.state) == ("refused", "proven")
