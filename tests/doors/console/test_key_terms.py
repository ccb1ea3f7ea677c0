"""The page of a key's terms: what near matches are worth, the guard, what was found harmless."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.conf import settings
from django.test import Client

from tests.doors import staff
from tests.doors.console.reading import read
from tests.doors.console.test_office import KEY
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import Tier
from tocsin.base.secrets import reference
from tocsin.domain.matching.actions import build_index, issue_provider_key
from tocsin.domain.matching.models import CheckCount, GuardStanding, Harmless, KeyPolicy
from tocsin.domain.matching.types import PolicyTerms
from tocsin.domain.reports.types import MatchKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(today: datetime) -> str:
    """The address of a live key, without its last word; one picture is listed."""
    staff.report("https://a.picbin.example/1.jpg", today, match=MatchKind.EXACT)
    build_index(at=today)
    issued = issue_provider_key(
        party_id=staff.party("Picbin", today),
        terms=KeyTerms(Tier.ACTION),
        policy=PolicyTerms(),
        actor=staff.TESTER,
        at=today,
    )
    return f"/console/keys/{issued.key_id}/"


def key_id(url: str) -> str:
    return url.split("/")[3]


def test_a_key_that_checked_little_is_shown_the_published_rate(
    administrator: Client, url: str
) -> None:
    page = read(administrator.get(f"{url}terms").content).text
    assert "1 in 23 250 uploads" in page
    assert "measured bound" in page
    assert "extrapolated" in page


def test_a_key_that_checked_enough_is_shown_its_own(
    administrator: Client, url: str, today: datetime
) -> None:
    for status, n in (("not_listed", 492_000), ("listed", 200), ("near", 50)):
        CheckCount.objects.create(
            day=today.date(), key_id=key_id(url), door="v2-checks", status=status, n=n
        )
    page = read(administrator.get(f"{url}terms").content).text
    assert "1 in 2 461 uploads is known" in page
    assert "200 of them listed by an exact match" in page


def test_terms_are_changed_and_wrong_ones_are_not(administrator: Client, url: str) -> None:
    terms = {**KEY, "near_radius_bits": "44", "near_action": "block", "near_block_bits": "12"}
    assert administrator.post(f"{url}terms", {**terms, "shadow": "on"}).status_code == 302
    row = KeyPolicy.objects.get()
    assert (row.near_radius_bits, row.near_block_bits, row.shadow) == (44, 12, True)
    assert administrator.post(f"{url}terms", {**terms, "near_block_bits": "32"}).status_code == 422
    assert "shadow mode" in read(administrator.get(f"{url}terms").content).text


def test_a_paused_key_is_shown_and_let_go_on_with_a_reason(
    administrator: Client, manager: Client, url: str, today: datetime
) -> None:
    GuardStanding.objects.create(key_id=key_id(url), step="paused", sign="edges", since=today)
    for client, page in ((administrator, "/console/keys/"), (manager, "/console/system/")):
        assert "it tried where matches end" in read(client.get(page).content).text
    assert administrator.post(f"{url}go-on", {"reason": ""}).status_code == 422
    assert manager.post(f"{url}go-on", {"reason": "seen"}).status_code == 403
    assert administrator.post(f"{url}go-on", {"reason": "a test of theirs"}).status_code == 302
    assert GuardStanding.objects.get().step == "open"


def test_what_a_party_found_harmless_is_written_down_and_taken_away(
    administrator: Client, url: str
) -> None:
    ring = settings.TOCSIN_KEYS.ring("reference")
    told = reference(ring, 17, audience=key_id(url))
    named = f"{told}\nsha256:{'ab' * 32}\n"
    assert administrator.post(f"{url}harmless", {"named": named}).status_code == 302
    assert Harmless.objects.count() == 2
    assert administrator.post(f"{url}harmless", {"named": "ab" * 16}).status_code == 422
    line = Harmless.objects.first()
    assert line is not None
    administrator.post(f"{url}harmless/{line.pk}/remove")
    assert Harmless.objects.count() == 1
