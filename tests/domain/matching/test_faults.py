"""What answers when something is missing, broken or away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from tests.domain.listing import ANALYST, a_key, a_list, asked, known, put
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists import queries as hashlists_queries
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.checker import checker as checker_of_this_process
from tocsin.domain.matching.models import CheckCount
from tocsin.domain.matching.types import (
    Action,
    Answer,
    AnswerStatus,
    CheckKey,
    Door,
    KeysUnknown,
)

pytestmark = pytest.mark.django_db


def ask(checker: Checker, key: CheckKey, at: datetime, name: str = "beach") -> Answer:
    return checker.check(key, [asked(name)], door=Door.CHECKS, at=at)


def opened_anew(now: datetime) -> Checker:
    fresh = Checker.from_settings()
    fresh.follow(now)
    return fresh


def assert_unavailable(answer: Answer, *words: str) -> None:
    assert answer.problem is not None
    for word in words:
        assert word in answer.problem
    assert {o.status for o in answer.outcomes} == {AnswerStatus.UNAVAILABLE}
    assert {o.action for o in answer.outcomes} == {Action.HOLD}


def test_a_missing_index_answers_unavailable_and_names_the_cure(
    checker: Checker, key: CheckKey, data_folder: Path, now: datetime
) -> None:
    shutil.rmtree(data_folder / "index")
    assert_unavailable(ask(opened_anew(now), key, now), "tocsin index rebuild")


def test_a_truncated_segment_answers_unavailable_and_names_the_cure(
    checker: Checker, key: CheckKey, data_folder: Path, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    build_index(at=now)
    for segment in (data_folder / "index").glob("generation-*/exact-md5.seg"):
        os.truncate(segment, segment.stat().st_size - 1)
    assert_unavailable(ask(opened_anew(now), key, now), "tocsin index rebuild")


def test_an_index_of_a_newer_tocsin_answers_unavailable_and_says_so(
    checker: Checker, key: CheckKey, data_folder: Path, now: datetime
) -> None:
    manifest = data_folder / "index" / "MANIFEST.json"
    manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 9'))
    assert_unavailable(ask(opened_anew(now), key, now), "format 9", "tocsin index rebuild")


def test_an_index_that_comes_back_is_served_without_a_restart(
    checker: Checker, key: CheckKey, data_folder: Path, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    shutil.rmtree(data_folder / "index")
    fresh = opened_anew(now)
    assert ask(fresh, key, now).problem is not None
    build_index(at=now)
    fresh.follow(now)
    assert ask(fresh, key, now).outcomes[0].status is AnswerStatus.LISTED


def test_an_open_index_stays_in_service_when_its_folder_goes(
    checker: Checker, key: CheckKey, data_folder: Path, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    build_index(at=now)
    checker.follow(now)
    shutil.rmtree(data_folder / "index")
    checker.follow(now)
    assert ask(checker, key, now).outcomes[0].status is AnswerStatus.LISTED


def test_without_the_database_the_last_copy_answers_for_15_minutes_and_says_it_is_stale(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)
    assert not ask(checker, key, now).stale

    def away() -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(hashlists_queries, "last_change_no", away)
    for minutes in (1, 15):
        at = now + timedelta(minutes=minutes)
        with pytest.raises(OperationalError):
            checker.follow(at)
        answer = ask(checker, key, at)
        assert answer.stale
        assert answer.outcomes[0].status is AnswerStatus.LISTED
    assert_unavailable(ask(checker, key, now + timedelta(minutes=15, seconds=1)), "database")
    monkeypatch.undo()
    back = now + timedelta(minutes=20)
    checker.follow(back)
    assert ask(checker, key, back).outcomes[0].status is AnswerStatus.LISTED


def test_a_process_that_never_reached_the_database_lets_nobody_in(now: datetime) -> None:
    with pytest.raises(KeysUnknown):
        Checker.from_settings().keys.authenticate("tk_a", "b", at=now)


def test_a_journal_that_cannot_be_written_turns_the_hit_into_unavailable(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)

    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert_unavailable(ask(checker, key, now), "journal", "disk")
        # What is not a hit needs no journal.
        assert ask(checker, key, now, "hill").outcomes[0].status is AnswerStatus.NOT_LISTED
    assert ask(checker, key, now).outcomes[0].status is AnswerStatus.LISTED


def test_checks_are_counted_by_day_key_door_and_outcome(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)
    for name in ("beach", "hill", "hill"):
        ask(checker, key, now, name)
    checker.flush()
    ask(checker, key, now, "hill")
    checker.flush()
    counted = CheckCount.objects.values_list("day", "key_id", "door", "status", "n")
    assert set(counted) == {
        (now.date(), key.key_id, "v2-checks", "listed", 1),
        (now.date(), key.key_id, "v2-checks", "not_listed", 3),
    }


def test_counts_that_could_not_be_written_are_written_later(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(checker, key, now)

    def away(counts: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("tocsin.domain.matching.counting.count_checks", away)
        with pytest.raises(OperationalError):
            checker.flush()
    checker.flush()
    assert CheckCount.objects.get().n == 1


SERVER = """
import sys, time
import django
from datetime import UTC, datetime
from pathlib import Path
django.setup(set_prefix=False)
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[2]
from tests.support import use_data_folder
use_data_folder(settings, Path(sys.argv[1]))
from tests.domain.listing import asked
from tocsin.domain.matching.checker import checker
from tocsin.domain.matching.types import Door
mine = checker()
key = mine.keys.authenticate(sys.argv[3], sys.argv[4], at=datetime.now(UTC))
print("ready", flush=True)
for line in sys.stdin:
    answer = mine.check(key, [asked(line.strip())], door=Door.CHECKS, at=datetime.now(UTC))
    print(answer.outcomes[0].status.value, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_another_process_follows_adds_and_withdrawals_within_a_second_without_a_builder(
    data_folder: Path, now: datetime
) -> None:
    build_index(at=now)
    issued = a_key(now)
    arguments = [str(data_folder), str(connection.settings_dict["NAME"])]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments, issued.key_id, issued.secret],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"

        def answered(status: str) -> bool:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("beach\n")
            process.stdin.flush()
            return process.stdout.readline().strip() == status

        def seconds_until(status: str) -> float:
            began = time.monotonic()
            while not answered(status) and time.monotonic() - began < 10:
                time.sleep(0.02)
            return time.monotonic() - began

        assert answered("not_listed")
        entry_id = put(now, a_list(now), "beach")
        assert seconds_until("listed") < 1.0
        hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
        assert seconds_until("not_listed") < 1.0
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_the_checker_of_a_process_starts_by_itself_and_follows(now: datetime) -> None:
    build_index(at=now)
    issued = a_key(now)
    mine = checker_of_this_process()
    try:
        assert checker_of_this_process() is mine
        at = datetime.now(now.tzinfo)
        key = known(mine, issued, at)
        put(now, a_list(now), "beach")
        deadline = time.monotonic() + 5
        while ask(mine, key, at).outcomes[0].status is not AnswerStatus.LISTED:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while not CheckCount.objects.exists():
            assert time.monotonic() < deadline + 5
            time.sleep(0.05)
    finally:
        mine.stop()
        checker_of_this_process.forget()
