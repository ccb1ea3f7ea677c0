"""StopNCII: entries are known by a digest of their hash, and hashes of films are kept."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.domain.hashlists.formats.samples import put, records, submitted, visible
from tests.domain.hashlists.lists import ANALYST, bring, make, value
from tocsin.domain.hashlists import actions, queries
from tocsin.domain.hashlists.formats.carrying import from_entry, to_entry
from tocsin.domain.hashlists.formats.stopncii import STOPNCII, id_of_hash
from tocsin.domain.hashlists.formats.types import Context
from tocsin.domain.hashlists.models import Entry, Fingerprint
from tocsin.domain.hashlists.types import WITHDRAWALS_FILE, EntryStatus, Purpose

pytestmark = pytest.mark.django_db

CONTEXT = Context("stopncii-v1")
FILM = "tmk:" + "QUJD" * 50_000
"""As long as a TMK vector is in base64."""


@pytest.mark.django_db(transaction=True)
def test_no_hash_stands_in_an_id_on_a_page_or_outside(tmp_path: Path, now: datetime) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    bring(put(tmp_path / "1.json", records(submitted("a"))), now)
    row = Entry.objects.get()

    actions.withdraw_entry(entry_id=row.pk, reason="asked", actor=ANALYST, at=now)

    assert queries.entry(row.pk).source_entry_id == id_of_hash("ImagePDQ", value("a", 32))
    outside = (settings.TOCSIN_OUTSIDE / WITHDRAWALS_FILE).read_text()
    assert value("a", 32) not in outside + row.source_entry_id


def test_however_it_is_spelled_a_hash_is_the_same_entry(tmp_path: Path, now: datetime) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    bring(put(tmp_path / "1.json", records(submitted("a"))), now)
    upper = submitted("a", hashValue=value("a", 32).upper(), hashStatus="Deleted")

    assert bring(put(tmp_path / "2.json", records(upper)), now).changed == 1

    assert visible() == set()


def test_a_withdrawal_that_an_older_version_wrote_outside_is_still_understood(
    tmp_path: Path, now: datetime
) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    bring(put(tmp_path / "1.json", records(submitted("a"), submitted("b"))), now)
    old = {"list": "test", "member": "", "version": 1,
           "source_entry_id": f"ImagePDQ:{value('a', 32)}"}  # fmt: skip

    again = actions.replay_withdrawals(lines=[json.dumps(old)], actor=ANALYST, at=now)

    assert again == 1
    gone = Entry.objects.get(source_entry_id=id_of_hash("ImagePDQ", value("a", 32)))
    assert gone.status == EntryStatus.WITHDRAWN.number


def test_the_hash_of_a_film_is_kept_and_not_matched(tmp_path: Path, now: datetime) -> None:
    make(now, purpose=Purpose.VICTIM_SUBMITTED)
    film = submitted("film", signalType="VideoTMK", hashValue=FILM)

    report = bring(put(tmp_path / "1.json", records(film, submitted("a"))), now)

    assert (report.added, report.refused, report.left_out, report.unmatched) == (2, 0, 1, 1)
    assert Fingerprint.objects.count() == 1
    assert queries.runs("test")[0].unmatched == 1
    tried = bring(put(tmp_path / "2.json", records(submitted("b"), film)), now, dry_run=True)
    assert (tried.added, tried.unmatched) == (1, 0)


def test_nothing_of_a_film_is_lost_on_the_way() -> None:
    raw = json.dumps(submitted("film", signalType="VideoTMK", hashValue=FILM, extra={"a": 1}))

    entry = to_entry(STOPNCII, raw.encode(), CONTEXT)

    assert json.loads(from_entry(STOPNCII, entry, CONTEXT)) == json.loads(raw)
