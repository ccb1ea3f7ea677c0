"""A process gives receipts and brings them to the log; what happens when something is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import OperationalError

from tests.domain.receipts.giving import KEY, LATER, give, keys, proven
from tests.support import child_environment, in_threads, run_worker_round
from tocsin.domain.matching.types import Door, Query
from tocsin.domain.receipts import issuing, queries, rules
from tocsin.domain.receipts.actions import keep_batches
from tocsin.domain.receipts.issuing import Issuer
from tocsin.domain.receipts.models import Batch
from tocsin.domain.receipts.types import Issued, NewBatch, NotInLog
from tocsin.engine import receipts
from tocsin.engine.fingerprints import Status


@pytest.mark.django_db
def test_receipts_of_a_second_are_one_row(now: datetime) -> None:
    issuer = Issuer.from_settings()
    given = [give(issuer, now, str(n)) for n in range(5)]
    issuer.flush(now)
    assert Batch.objects.get().size == 5
    run_worker_round(now)
    assert {proven(one).size for one in given} == {1}


@pytest.mark.django_db
def test_a_second_in_which_nobody_asked_leaves_no_row(now: datetime) -> None:
    Issuer.from_settings().flush(now)
    assert not Batch.objects.exists()


@pytest.mark.django_db
def test_threads_that_ask_at_once_all_get_places_of_their_own(now: datetime) -> None:
    issuer = Issuer.from_settings()

    def ask() -> list[Issued]:
        return [give(issuer, now, str(n)) for n in range(20)]

    given: list[Issued] = []
    for each in in_threads(*[ask] * 4):
        assert isinstance(each, list)
        given += each
    issuer.flush(now)
    run_worker_round(now)
    assert len({one.id for one in given}) == 80
    assert len({one.salt for one in given}) == 80
    assert all(proven(one) for one in given)


@pytest.mark.django_db
def test_a_database_that_is_away_makes_nobody_wait_and_loses_nothing(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer.from_settings()
    first = give(issuer, now)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "keep_batches", away)
        for _ in range(2):
            with pytest.raises(OperationalError):
                issuer.flush(now)
    second = give(issuer, now)
    issuer.flush(now)
    issuer.flush(now)
    run_worker_round(now)
    assert proven(first) == proven(second)
    assert Batch.objects.count() == 2


@pytest.mark.django_db
def test_a_batch_that_arrived_though_nobody_heard_is_there_once(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer.from_settings()
    given = give(issuer, now)

    def arrives(*arguments: object, **named: object) -> None:
        keep_batches(*arguments, **named)  # type: ignore[arg-type]
        raise OperationalError("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(issuing, "keep_batches", arrives)
        with pytest.raises(OperationalError):
            issuer.flush(now)
    issuer.flush(now)
    run_worker_round(now)
    assert proven(given).size == Batch.objects.count() == 1


@pytest.mark.django_db
def test_what_waits_too_long_is_given_up_from_the_oldest(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "MOST_OF_BATCH", 2)
    monkeypatch.setattr(issuing, "MOST_WAITING", 4)
    issuer = Issuer.from_settings()
    given = [give(issuer, now) for _ in range(7)]
    issuer.flush(now)
    run_worker_round(now)
    for lost in given[:4]:
        with pytest.raises(NotInLog):
            queries.log_proof(lost.id)
        receipts.open_receipt(lost.jws, keys(), now=LATER)
    assert all(proven(one) for one in given[4:])


@pytest.mark.django_db(transaction=True)
def test_the_issuer_of_a_process_starts_by_itself_and_flushes(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = threading.Event()

    def keep(batches: Sequence[NewBatch], *, at: datetime) -> None:
        keep_batches(batches, at=at)
        if batches:
            flushed.set()

    monkeypatch.setattr(issuing, "keep_batches", keep)
    mine = queries.issuer()
    try:
        assert queries.issuer() is mine
        given = give(mine, now)
        assert flushed.wait(10)
    finally:
        mine.stop()
        queries.issuer.forget()
    run_worker_round(now)
    assert proven(given).size == 1


KILLED = """
import sys
from datetime import UTC, datetime
import django
django.setup(set_prefix=False)
from tests.domain.receipts.giving import give
from tocsin.domain.receipts.actions import keep_batches
from tocsin.domain.receipts.issuing import Issuer
issuer = Issuer.from_settings()
for word in sys.stdin:
    if word == "flush\\n":
        issuer.flush(datetime.now(UTC))
        print("flushed", flush=True)
    else:
        given = give(issuer, datetime.now(UTC))
        print(given.id, given.jws, given.salt, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_a_log_and_one_that_is_killed_loses_its_last_second_only(
    data_folder: Path,
) -> None:
    environment = child_environment(data_folder) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(2)
    ]

    def say(child: subprocess.Popen[str], word: str) -> str:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{word}\n")
        child.stdin.flush()
        return child.stdout.readline().strip()

    try:
        kept = [Issued(*say(child, "give").split()) for child in children for _ in range(3)]
        for child in children:
            assert say(child, "flush") == "flushed"
        lost = [Issued(*say(child, "give").split()) for child in children]
    finally:
        for child in children:
            child.send_signal(signal.SIGKILL)
            child.wait()
            for pipe in (child.stdin, child.stdout):
                assert pipe is not None
                pipe.close()
    run_worker_round(datetime.now(UTC))
    assert {proven(one).size for one in kept} == {2}
    for one in lost:
        # It holds by itself, and what it is about can still be proven.
        receipts.open_receipt(one.jws, keys(), now=LATER)
        with pytest.raises(NotInLog):
            queries.log_proof(one.id)
    assert queries.verify_log(at=LATER).sound


def test_the_content_is_everything_that_was_asked_in_a_fixed_order() -> None:
    query = Query(
        "u",
        pdq=b"\xab" * 32,
        md5=b"\x01" * 16,
        sha256=b"\x02" * 32,
        pdq_quality=0,
        photodna=b"\x03" * 144,
        media_status=Status.OK,
        url="https://img.example/1.jpg",
    )
    lines = rules.content_of(query, Door.CHECKS).decode().splitlines()
    names = [line.partition("=")[0] for line in lines]
    assert names == ["md5", "sha256", "pdq", "pdq_quality", "photodna", "media_status"]
    assert lines[3] == "pdq_quality=0"
    assert rules.content_of(query, Door.MEDIA) == b"sha256=" + b"02" * 32 + b"\n"


def test_the_door_of_files_has_the_name_that_the_engine_knows() -> None:
    assert receipts.MEDIA_DOOR == Door.MEDIA
    assert KEY.terms.outage_policy == "hold"
