"""With its database at hand, `tocsin check` knows what changed since the index was built."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.site.checking.lists import UPLOADS
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind, OwnEntry
from tocsin.domain.matching import actions as matching
from tocsin.domain.matching.types import ListsSeen
from tocsin.engine import fingerprint
from tocsin.site.checking.local import LocalLists
from tocsin.site.checking.types import CannotAsk, File, Known, Looked

pytestmark = pytest.mark.django_db(transaction=True)

ANALYST, COLLEAGUE = Actor("user", "1"), Actor("user", "2")
SNOW = UPLOADS / "exact" / "snow.jpg"
SMALLER = UPLOADS / "edited" / "snow-smaller.png"


def add_snow(at: datetime) -> int:
    prints = fingerprint(SNOW.read_bytes())
    assert prints.pdq is not None
    values = (
        FingerprintValue(Kind.SHA256, prints.sha256),
        FingerprintValue(Kind.PDQ, prints.pdq, prints.pdq_quality, prints.hasher, "full"),
    )
    entry = OwnEntry(values, Category.B1, "image", rehearsal=False, about="item:1")
    return hashlists.add_own_entry(entry=entry, actor=ANALYST, at=at)


def asked(lists: ListsSeen = ListsSeen.LIVE) -> list[Known]:
    looked = [
        Looked(File(str(path), 0, 1, 1), fingerprint(path.read_bytes())) for path in (SNOW, SMALLER)
    ]
    return LocalLists(settings.TOCSIN_INDEX, lists).ask(looked)


def test_what_was_added_agreed_and_withdrawn_since_the_build_counts_at_once(now: datetime) -> None:
    matching.build_index(at=now)
    assert [known.status for known in asked()] == ["not_listed", "not_listed"]
    entry = add_snow(now)
    assert [(known.status, known.action) for known in asked()] == [
        ("listed", "review"),
        ("near", "review"),
    ]
    hashlists.agree_entry(entry_id=entry, actor=COLLEAGUE, at=now)
    listed = asked()[0]
    assert (listed.status, listed.action, listed.category) == ("listed", "block", "B1")
    hashlists.withdraw_entry(entry_id=entry, reason="test", actor=COLLEAGUE, at=now)
    assert [known.status for known in asked()] == ["not_listed", "not_listed"]


def test_lists_for_tests_do_not_see_what_counts(now: datetime) -> None:
    matching.build_index(at=now)
    add_snow(now)
    assert asked(ListsSeen.TEST)[0].status == "not_listed"


def test_without_an_index_it_says_how_to_make_one(data_folder: Path) -> None:
    with pytest.raises(CannotAsk, match="tocsin index rebuild"):
        LocalLists(settings.TOCSIN_INDEX, ListsSeen.LIVE)
