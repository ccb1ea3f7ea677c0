from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from tests.domain.hashlists.lists import ANALYST, bring, entry, make, write
from tests.support import run_worker_round
from tocsin.base.audit import queries as audit
from tocsin.domain.hashlists import actions, queries
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import WITHDRAWALS_FILE, ChangeKind, EntryStatus

pytestmark = pytest.mark.django_db


def one(tmp_path: Path, now: datetime, **changes: object) -> int:
    """The number of an entry just imported."""
    make(now)
    bring(write(tmp_path / "list", entry("a", **changes)), now)
    return Entry.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_is_a_change_and_a_line_outside(
    tmp_path: Path, data_folder: Path, now: datetime
) -> None:
    entry_id = one(tmp_path, now)

    assert actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
    assert not actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)

    assert queries.entry(entry_id).status is EntryStatus.WITHDRAWN
    assert queries.indexable([entry_id])[0].visible is False
    assert [(c.kind, c.entry_id) for c in queries.changes_after(1, 9)] == [
        (ChangeKind.WITHDRAW, entry_id)
    ]
    lines = (data_folder / "outside" / WITHDRAWALS_FILE).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "entry_id": entry_id,
            "list": "test",
            "member": "m1",
            "source_entry_id": "a",
            "version": 1,
            "at": now.isoformat(),
        }
    ]
    (row,) = audit.history(f"entry:{entry_id}")
    assert row.personal == {"reason": "wrong"}


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_that_is_rolled_back_is_not_told_outside(
    tmp_path: Path, data_folder: Path, now: datetime
) -> None:
    entry_id = one(tmp_path, now)
    with transaction.atomic():
        actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
        transaction.set_rollback(True)

    assert queries.entry(entry_id).status is EntryStatus.ACTIVE
    assert not (data_folder / "outside" / WITHDRAWALS_FILE).exists()


@pytest.mark.django_db(transaction=True)
def test_a_restored_copy_is_told_of_withdrawals_it_does_not_know(
    tmp_path: Path, data_folder: Path, now: datetime
) -> None:
    entry_id = one(tmp_path, now)
    actions.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
    lines = (data_folder / "outside" / WITHDRAWALS_FILE).read_text().splitlines()
    Entry.objects.update(status=EntryStatus.ACTIVE.number)  # as an older copy would have it
    unknown = json.dumps({**json.loads(lines[0]), "source_entry_id": "never came in"})

    assert actions.replay_withdrawals(lines=[*lines, unknown], actor=ANALYST, at=now) == 1
    assert actions.replay_withdrawals(lines=lines, actor=ANALYST, at=now) == 0

    assert queries.entry(entry_id).status is EntryStatus.WITHDRAWN


def test_withdrawing_an_old_version_takes_the_newer_ones_along(
    tmp_path: Path, now: datetime
) -> None:
    old = one(tmp_path, now)
    bring(write(tmp_path / "list", entry("a", status="disputed")), now)
    staged = bring(write(tmp_path / "list", entry("a", classifications=[])), now, release=False)

    actions.withdraw_entry(entry_id=old, reason="wrong", actor=ANALYST, at=now)
    actions.release(run_id=staged.run_id or 0, actor=ANALYST, at=now)

    ids = list(Entry.objects.order_by("version").values_list("pk", flat=True))
    assert len(ids) == 3
    assert not any(item.visible for item in queries.indexable(ids))


def test_holding_and_letting_go_are_policy_changes(tmp_path: Path, now: datetime) -> None:
    entry_id = one(tmp_path, now)

    assert actions.hold_entry(entry_id=entry_id, reason="flood", actor=ANALYST, at=now)
    assert not actions.hold_entry(entry_id=entry_id, reason="flood", actor=ANALYST, at=now)
    assert queries.indexable([entry_id])[0].policy.flags & 1
    assert actions.release_hold(entry_id=entry_id, reason="fine", actor=ANALYST, at=now)
    assert not actions.release_hold(entry_id=entry_id, reason="fine", actor=ANALYST, at=now)

    assert not queries.indexable([entry_id])[0].policy.flags & 1
    assert [c.kind for c in queries.changes_after(1, 9)] == [ChangeKind.POLICY] * 2


def test_an_entry_past_its_time_stops_counting_by_itself(tmp_path: Path, now: datetime) -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC)
    entry_id = one(tmp_path, now, valid_until=until.isoformat())

    run_worker_round(until - timedelta(seconds=1))
    assert queries.indexable([entry_id])[0].visible
    run_worker_round(until + timedelta(seconds=1))

    assert queries.entry(entry_id).status is EntryStatus.EXPIRED
    assert not queries.indexable([entry_id])[0].visible
    assert queries.changes_after(1, 9)[0].kind is ChangeKind.WITHDRAW


def test_an_entry_that_is_not_there_is_told(now: datetime) -> None:
    for act in (actions.withdraw_entry, actions.hold_entry, actions.release_hold):
        with pytest.raises(actions.NoSuchEntry):
            act(entry_id=77, reason="x", actor=ANALYST, at=now)
    with pytest.raises(queries.NoSuchEntry):
        queries.entry(77)


def test_asking_for_a_new_index_is_a_change(now: datetime) -> None:
    number = actions.ask_rebuild(actor=ANALYST, at=now)

    assert queries.changes_after(number - 1, 9)[0].kind is ChangeKind.REBUILD
