"""Hits on disk before the answer leaves, and from there into the database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.domain.listing import ACTOR, a_key, a_list, asked, prints, put
from tests.support import run_worker_round
from tocsin.base.accounts.actions import make_party
from tocsin.base.accounts.types import PartyKind
from tocsin.base.audit.queries import history
from tocsin.base.outbox.models import Message
from tocsin.base.secrets import Keyrings
from tocsin.domain.matching import actions, queries
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.drain import Drain
from tocsin.domain.matching.hits import NewHit
from tocsin.domain.matching.journal import Journal
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    JournalFailed,
    MatchKind,
    NoSuchHit,
)

URL = "https://pictures.example/a/b.jpg"


@pytest.fixture
def keys(data_folder: Path) -> Keyrings:
    return Keyrings(data_folder / "keys")


@pytest.fixture
def folder(data_folder: Path) -> Path:
    return data_folder / "journal"


@pytest.fixture
def journal(folder: Path, keys: Keyrings) -> Iterator[Journal]:
    made = Journal(folder, keys.ring("journal"))
    yield made
    made.close()


@pytest.fixture
def hit(db: None, now: datetime) -> NewHit:
    party = make_party(
        name="Big Cloud", kind=PartyKind.PROVIDER, contact_email="", actor=ACTOR, at=now
    )
    return a_hit(now, party)


def a_hit(now: datetime, party: int) -> NewHit:
    return NewHit(
        id=uuid4(),
        key_id="tk_abc",
        party_id=party,
        at=now,
        kind=MatchKind.EXACT,
        status=AnswerStatus.LISTED,
        action=Action.BLOCK,
        entry_ids=(3, 5),
        distance_bits=0,
        client_id="u-1",
        url=URL,
        fingerprints=prints("beach"),
        uploaded_at=now,
        list_version=12,
        rehearsal=False,
    )


def drained(folder: Path, keys: Keyrings, now: datetime, drain: Drain | None = None) -> int:
    return (drain or Drain()).run(folder=folder, ring=keys.ring("journal"), at=now)


def test_a_hit_comes_home_whole(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    journal.append((hit,))
    assert drained(folder, keys, now) == 1
    view = queries.hit(str(hit.id))
    assert view.url == URL
    assert view.fingerprints == hit.fingerprints
    assert (view.entry_ids, view.at, view.list_version) == ((3, 5), now, 12)
    assert [m.payload for m in Message.objects.filter(topic=actions.HIT)] == [
        {"hit_id": str(hit.id)}
    ]
    assert len(history(f"hits:{hit.id}")) == 1


def test_nothing_in_a_journal_can_be_read_without_the_key(
    journal: Journal, folder: Path, hit: NewHit
) -> None:
    journal.append((hit,))
    (file,) = folder.glob("*.log")
    content = file.read_bytes()
    assert b"pictures.example" not in content
    assert hit.fingerprints[0].value.hex().encode() not in content
    assert file.stat().st_mode & 0o077 == 0


def test_a_hit_is_kept_once_however_often_it_is_drained(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    journal.append((hit,))
    journal.append((hit, replace(hit, id=uuid4())))
    assert drained(folder, keys, now) == 2
    assert drained(folder, keys, now) == 0  # a worker that has just started reads it all again
    assert Hit.objects.count() == 2
    assert Message.objects.filter(topic=actions.HIT).count() == 2


def test_only_a_hit_with_an_address_is_news_for_the_desk(hit: NewHit, now: datetime) -> None:
    held = replace(hit, id=uuid4(), status=AnswerStatus.HELD)
    without = replace(hit, id=uuid4(), url=None)
    assert actions.keep_hits(hits=[held, without], at=now) == 2
    assert not Message.objects.filter(topic=actions.HIT).exists()


def test_what_was_held_back_from_its_key_is_news_for_the_desk_all_the_same(
    hit: NewHit, now: datetime
) -> None:
    told_held = replace(hit, status=AnswerStatus.HELD, withheld_ids=hit.entry_ids)
    for found, opens in [
        (AnswerStatus.LISTED, True),
        (AnswerStatus.NEAR, True),
        (AnswerStatus.HELD, False),
        (None, False),  # a journal of before
    ]:
        one = replace(told_held, id=uuid4(), found=found)
        assert actions.keep_hits(hits=[one], at=now) == 1
        assert Message.objects.filter(payload={"hit_id": str(one.id)}).exists() is opens


def test_a_torn_last_record_is_left_until_it_is_whole(
    folder: Path, journal: Journal, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    journal.append((hit,))
    (file,) = folder.glob("*.log")
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    drain = Drain()
    assert drained(folder, keys, now, drain) == 1
    assert drained(folder, keys, now, drain) == 0
    assert Hit.objects.count() == 1


def test_a_file_goes_away_when_its_writer_is_gone_and_not_before(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    drain = Drain()
    journal.append((hit,))
    drained(folder, keys, now, drain)
    assert len(list(folder.glob("*.log"))) == 1
    journal.close()
    drained(folder, keys, now, drain)
    assert list(folder.iterdir()) == []


def test_a_record_no_key_opens_is_kept_for_a_worker_that_has_the_key(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime, tmp_path: Path
) -> None:
    journal.append((hit,))
    journal.close()
    stranger = Keyrings(tmp_path / "other-keys")
    assert drained(folder, stranger, now) == 0
    assert len(list(folder.glob("*.log"))) == 1
    assert drained(folder, keys, now) == 1


def test_a_record_the_database_refuses_does_not_keep_the_others_out(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    journal.append((replace(hit, id=uuid4(), client_id="x" * 10, key_id="k" * 400, party_id=-1),))
    journal.append((hit,))
    journal.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tocsin.domain.matching.drain.keep_hits", refuse_party_minus_one)
        assert drained(folder, keys, now) == 1
    assert Hit.objects.filter(pk=hit.id).exists()
    assert len(list(folder.glob("*.log"))) == 1


def refuse_party_minus_one(*, hits: list[NewHit], at: datetime) -> int:
    if any(hit.party_id == -1 for hit in hits):
        from django.db import DataError

        raise DataError("too long")
    return actions.keep_hits(hits=hits, at=at)


def test_a_full_disk_refuses_the_hit_and_the_next_one_starts_a_new_file(
    journal: Journal,
    folder: Path,
    keys: Keyrings,
    hit: NewHit,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal.append((hit,))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(JournalFailed, match="full"):
            journal.append((replace(hit, id=uuid4()),))
    last = replace(hit, id=uuid4())
    journal.append((last,))
    drained(folder, keys, now)
    assert {hit.id, last.id} <= set(Hit.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("call", ["write", "fdatasync", "fsync"])
def test_a_full_disk_gathers_no_empty_files(
    journal: Journal, folder: Path, hit: NewHit, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        for _ in range(3):
            with pytest.raises(JournalFailed):
                journal.append((hit,))
        assert list(folder.iterdir()) == []
    journal.append((hit,))
    assert len(list(folder.glob("*.log"))) == 1


def test_a_journal_is_begun_anew_when_it_has_grown(
    folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    journal = Journal(folder, keys.ring("journal"), rotate_bytes=1)
    for _ in range(3):
        journal.append((replace(hit, id=uuid4()),))
    assert len(list(folder.glob("*.log"))) == 3
    assert drained(folder, keys, now) == 3
    assert len(list(folder.glob("*.log"))) == 1  # the one still written to
    journal.close()


def test_many_threads_write_at_once_and_every_hit_is_there(
    journal: Journal, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    hits = [replace(hit, id=uuid4(), url=None) for _ in range(64)]
    threads = [threading.Thread(target=journal.append, args=((one,),)) for one in hits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drained(folder, keys, now) == 64


WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
import django
django.setup(set_prefix=False)
from tests.domain.matching.test_journal import a_hit
from tocsin.base.secrets import Keyrings
from tocsin.domain.matching.journal import Journal
folder, party = Path(sys.argv[1]), int(sys.argv[2])
journal = Journal(folder / "journal", Keyrings(folder / "keys").ring("journal"))
while True:
    hit = a_hit(datetime.now(UTC), party)
    journal.append((hit,))
    print(hit.id, flush=True)
"""


def test_every_hit_that_was_answered_for_survives_a_kill(
    data_folder: Path, folder: Path, keys: Keyrings, hit: NewHit, now: datetime
) -> None:
    keys.ring("journal")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data_folder), str(hit.party_id)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert process.stdout is not None
    answered = [UUID(process.stdout.readline().strip()) for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    answered += [UUID(line) for line in process.stdout.read().split() if len(line) == 36]
    process.wait()
    drained(folder, keys, now)
    assert set(answered) <= set(Hit.objects.values_list("pk", flat=True))
    assert list(folder.iterdir()) == []


def test_the_same_hit_twice_at_once_is_two_hits_and_one_item_later(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)
    query = replace(asked("beach"), url=URL)
    threads = [
        threading.Thread(
            target=checker.check, args=(key, [query]), kwargs={"door": Door.CHECKS, "at": now}
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_worker_round(now)
    assert Hit.objects.count() == 2
    from tocsin.domain.reports.queries import counts, queue

    page = queue(limit=10, offset=0)
    assert page.total == 1
    assert page.rows[0].report_count == 2
    assert counts()


def test_who_got_an_entry_is_known_by_key(now: datetime, hit: NewHit) -> None:
    issued = a_key(now, party="Second")
    other = replace(hit, id=uuid4(), key_id=issued.key_id, entry_ids=(5,))
    actions.keep_hits(hits=[hit, replace(hit, id=uuid4()), other], at=now)
    assert [(g.key_id, g.hits) for g in queries.who_got(3)] == [("tk_abc", 2)]
    assert {(g.key_id, g.hits) for g in queries.who_got(5)} == {("tk_abc", 2), (issued.key_id, 1)}
    assert {g.party_name for g in queries.who_got(5)} == {"Big Cloud"}
    assert queries.who_got(4) == []


def test_a_hit_nobody_knows_is_said_to_be_unknown(db: None) -> None:
    with pytest.raises(NoSuchHit):
        queries.hit(str(uuid4()))
    with pytest.raises(NoSuchHit):
        queries.hit("not a number")
