"""The audit chain: whatever is changed, cut out or cut off afterwards is named."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.support import in_threads
from tocsin.base.audit import actions, queries
from tocsin.base.audit.models import AuditRow, ChainHead, ChainLock
from tocsin.base.audit.types import Actor, system

pytestmark = pytest.mark.django_db


def write(count: int, at: datetime, **personal: str) -> None:
    for number in range(count):
        with transaction.atomic():
            actions.record(
                actor=Actor("user", "7"),
                action="items.take",
                subject=f"item:{number}",
                at=at + timedelta(seconds=number),
                facts={"number": number, "share": 0.1, "words": ["é", None, True]},
                personal=personal or None,
            )


def sealed(count: int, at: datetime, **personal: str) -> None:
    write(count, at, **personal)
    actions.seal_waiting(at=at)


def pushed(at: datetime) -> Path:
    actions.sign_head(at=at)
    actions.push_heads(at=at)
    path: Path = settings.TOCSIN_OUTSIDE / actions.HEADS_FILE
    return path


def problem() -> str:
    found = queries.verify_chain().problem
    assert found is not None
    return found


def test_a_chain_nobody_touched_is_sound(now: datetime) -> None:
    write(5, now, name="Ada")
    assert queries.verify_chain().waiting == 5
    assert actions.seal_waiting(at=now) == 5
    pushed(now)
    sealed(3, now)
    verdict = queries.verify_chain()
    assert (verdict.rows, verdict.waiting, verdict.heads, verdict.sound) == (8, 0, 1, True)


def test_an_empty_chain_is_sound(now: datetime) -> None:
    assert queries.verify_chain().sound
    assert actions.seal_waiting(at=now) == 0
    assert actions.sign_head(at=now) is None
    assert actions.push_heads(at=now) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"number": 99}},
        {"actor": "user:8"},
        {"action": "items.look"},
        {"subject": "item:99"},
        {"commitment": "0" * 64},
    ],
)
def test_a_row_changed_after_sealing_is_named(now: datetime, change: dict[str, object]) -> None:
    sealed(5, now, name="Ada")
    AuditRow.objects.filter(chain_no=3).update(**change)
    assert problem() == "row 3 was changed after it was sealed"


def test_a_moved_time_is_named(now: datetime) -> None:
    sealed(5, now)
    AuditRow.objects.filter(chain_no=2).update(at=now + timedelta(microseconds=1))
    assert problem() == "row 2 was changed after it was sealed"


def test_a_row_cut_out_of_the_middle_is_named(now: datetime) -> None:
    sealed(5, now)
    AuditRow.objects.filter(chain_no=3).delete()
    assert problem() == "row 3 is missing: the next one found is 4"


def test_a_row_cut_out_and_the_rest_renumbered_is_named(now: datetime) -> None:
    sealed(3, now)
    AuditRow.objects.filter(chain_no=2).delete()
    AuditRow.objects.filter(chain_no=3).update(chain_no=2)
    assert problem() == "row 2 does not follow from row 1"


def test_a_tail_cut_off_is_named_from_the_count_of_sealed_rows(now: datetime) -> None:
    sealed(5, now)
    AuditRow.objects.filter(chain_no__gt=3).delete()
    assert problem() == "row 4 is missing: 5 rows were sealed"


def test_a_tail_cut_off_with_all_its_traces_is_named_from_the_head_outside(now: datetime) -> None:
    sealed(5, now)
    pushed(now)
    AuditRow.objects.filter(chain_no__gt=3).delete()
    ChainHead.objects.all().delete()
    last = AuditRow.objects.get(chain_no=3)
    ChainLock.objects.update(last_chain_no=3, last_hash=last.row_hash)
    assert problem() == "row 5 is missing: a signed head says the chain reached it"


def test_a_chain_written_anew_is_named_from_the_head_outside(now: datetime) -> None:
    sealed(2, now)
    pushed(now)
    AuditRow.objects.all().delete()
    ChainHead.objects.all().delete()
    ChainLock.objects.all().delete()
    sealed(2, now + timedelta(days=1))
    assert problem() == "row 2 is not the one a signed head was made over"


def test_a_head_that_was_forged_or_is_unreadable_is_named(now: datetime) -> None:
    sealed(2, now)
    file = pushed(now)
    line = file.read_text("utf-8")
    file.write_text(line.replace('"chain_no": 2', '"chain_no": 1'), "utf-8")
    assert problem() == "line 1 of the pushed heads is not signed by us"
    file.write_text(line + "half a li", "utf-8")
    assert problem() == "line 2 of the pushed heads cannot be read"
    file.write_text(line, "utf-8")
    ChainHead.objects.update(signed_at=now + timedelta(seconds=1))
    assert problem() == "the signature of the head at row 2 does not hold"


def test_personal_words_that_were_changed_are_named(now: datetime) -> None:
    sealed(3, now, name="Ada")
    AuditRow.objects.filter(chain_no=2).update(personal={"name": "Bob"})
    assert problem() == "row 2: its personal part was changed after it was sealed"


def test_personal_words_may_be_erased_and_the_chain_stays_whole(now: datetime) -> None:
    sealed(3, now, name="Ada")
    AuditRow.objects.filter(chain_no=2).update(personal=None, salt="")
    assert queries.verify_chain().sound


def test_a_commitment_does_not_tell_the_same_words_apart_from_others(now: datetime) -> None:
    sealed(2, now, name="Ada")
    first, second = AuditRow.objects.values_list("commitment", flat=True)
    assert first != second


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_refused(now: datetime) -> None:
    with pytest.raises(actions.NotInTransaction):
        actions.record(actor=system("test"), action="a.b", subject="c:1", at=now)


def test_a_head_is_signed_and_pushed_once_per_move_of_the_chain(now: datetime) -> None:
    sealed(2, now)
    assert actions.sign_head(at=now) is not None
    assert actions.sign_head(at=now) is None
    assert (actions.push_heads(at=now), actions.push_heads(at=now)) == (1, 0)
    sealed(1, now)
    assert actions.sign_head(at=now) is not None


def test_what_happened_to_one_subject_is_read_in_order(now: datetime) -> None:
    write(3, now)
    write(1, now + timedelta(days=1))
    assert [row.at.day for row in queries.history("item:0")] == [3, 4]


def after_the_first_has_a_number(first_wrote: threading.Event, go: threading.Event) -> None:
    with transaction.atomic():
        actions.record(actor=system("slow"), action="a.b", subject="c:1", at=_at())
        first_wrote.set()
        assert go.wait(20)
    connection.close()


def _at() -> datetime:
    return datetime.fromisoformat("2026-03-03T10:00:00+00:00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_the_sealer_does_not_miss_a_row_that_is_committed_late(now: datetime) -> None:
    first_wrote, go = threading.Event(), threading.Event()
    slow = threading.Thread(target=after_the_first_has_a_number, args=(first_wrote, go))
    slow.start()
    assert first_wrote.wait(20)
    write(1, now)
    assert actions.seal_waiting(at=now) == 1
    go.set()
    slow.join()
    early, late = AuditRow.objects.order_by("id")
    assert (early.chain_no, late.chain_no) == (None, 1)
    assert actions.seal_waiting(at=now) == 1
    early.refresh_from_db()
    assert early.chain_no == 2
    assert queries.verify_chain().sound


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_number_every_row_once(now: datetime) -> None:
    write(60, now)
    counts = in_threads(*[lambda: actions.seal_waiting(at=now)] * 3)
    assert sorted(counts, key=str) == [0, 0, 60]
    assert queries.verify_chain().rows == 60
    assert queries.verify_chain().sound
