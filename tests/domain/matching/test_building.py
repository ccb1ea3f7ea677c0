"""When the index is built again, and what stays in service when that fails."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.domain.listing import (
    ACTOR,
    ANALYST,
    a_key,
    a_list,
    asked,
    known,
    put,
    release_of,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.models import Change, Counter
from tocsin.domain.matching import building, due, live_lists
from tocsin.domain.matching.building import LOCK_NAME, Need
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.due import AGAIN_AFTER_FAILURE, Builder
from tocsin.domain.matching.queries import index_state
from tocsin.domain.matching.types import BuildBusy, BuildReport, CheckKey, Door
from tocsin.engine.index import PublishFailed, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(data_folder: Path) -> Path:
    return data_folder / "index"


def status(checker: Checker, key: CheckKey, now: datetime, name: str = "beach") -> str:
    checker.follow(now)
    answer = checker.check(key, [asked(name)], door=Door.CHECKS, at=now)
    return answer.outcomes[0].status.value


def test_a_fresh_installation_builds_its_first_index(root: Path, now: datetime) -> None:
    assert published(root) is None
    Builder().look(now)
    manifest = published(root)
    assert manifest is not None
    assert not Need().exists(root)


def test_a_built_index_holds_what_was_listed_and_not_what_was_withdrawn(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    put(now, number, "beach")
    gone = put(now, number, "hill")
    hashlists.withdraw_entry(entry_id=gone, reason="wrong", actor=ANALYST, at=now)
    report = building.build_index(at=now)
    assert report.fingerprints["md5"] == 1
    assert report.change_no == 3
    assert status(checker, key, now) == "listed"
    assert status(checker, key, now, "hill") == "not_listed"
    fresh = Checker.from_settings()
    fresh.follow(now)
    assert status(fresh, key, now) == "listed"


def test_few_changes_wait_and_many_ask_for_a_build(
    root: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "MOST_IN_MEMORY", 3)
    building.build_index(at=now)
    number, need = a_list(now), Need()
    for n in range(3):
        put(now, number, f"picture {n}")
        assert not need.exists(root)
    put(now, number, "one more")
    assert need.exists(root)
    building.build_index(at=now)
    assert not need.exists(root)


def test_a_large_release_waits_for_the_builder_and_a_small_one_does_not(
    checker: Checker, key: CheckKey, root: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_list(now)
    release_of(now, number, ["small"])
    assert status(checker, key, now, "small") == "listed"
    for module in (building, live_lists):
        monkeypatch.setattr(module, "MOST_IN_MEMORY", 3)
    release_of(now, number, ["beach", "b", "c", "d"])
    assert status(checker, key, now) == "not_listed"
    # The answer says itself that it does not hold the newest lists yet.
    answer = checker.check(key, [asked("beach")], door=Door.CHECKS, at=now)
    assert answer.list_version == 1
    assert Need().exists(root)
    Builder().look(now)
    assert status(checker, key, now) == "listed"
    assert checker.check(key, [asked("beach")], door=Door.CHECKS, at=now).list_version == 2


def test_somebody_who_asks_for_a_rebuild_gets_one(root: Path, now: datetime) -> None:
    building.build_index(at=now)
    hashlists.ask_rebuild(actor=ACTOR, at=now)
    assert Need().exists(root)


def test_an_index_of_another_database_is_not_served(
    checker: Checker, key: CheckKey, root: Path, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    building.build_index(at=now)
    Change.objects.all().delete()
    Counter.objects.filter(pk="change").update(value=0)
    fresh = Checker.from_settings()
    fresh.follow(now)
    answer = fresh.check(key, [asked("beach")], door=Door.CHECKS, at=now)
    assert answer.problem is not None
    assert "tocsin index rebuild" in answer.problem
    assert Need().exists(root)


def test_two_builders_on_one_machine_do_not_build_at_once(root: Path, now: datetime) -> None:
    root.mkdir(parents=True)
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(BuildBusy):
        building.build_index(at=now)
    Builder().look(now)  # says so in the log and comes again
    os.close(descriptor)
    assert building.build_index(at=now).generation == 1


def test_a_full_disk_while_publishing_leaves_the_old_index_in_service(
    checker: Checker, key: CheckKey, root: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(now, a_list(now), "beach")
    building.build_index(at=now)
    before = published(root)
    put(now, 1, "hill")

    def full(descriptor: int, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    builder = Builder()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(PublishFailed):
            building.build_index(at=now)
        hashlists.ask_rebuild(actor=ACTOR, at=now)
        builder.look(now)
    assert published(root) == before
    # Both, the old one mapped and the new one from the change log, still answer.
    assert status(checker, key, now) == "listed"
    assert status(checker, key, now, "hill") == "listed"
    # It is not tried twice a second on a full disk, but it is tried again.
    builder.look(now + timedelta(seconds=1))
    assert published(root) == before
    builder.look(now + AGAIN_AFTER_FAILURE)
    assert published(root) != before


def test_a_damaged_index_is_found_out_and_built_again(
    checker: Checker, key: CheckKey, root: Path, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    building.build_index(at=now)
    (segment,) = root.glob("generation-*2/exact-md5.seg")
    content = bytearray(segment.read_bytes())
    content[-1] ^= 1  # a bit that no sample at opening would notice
    segment.write_bytes(content)
    builder = Builder()
    builder.look(now)
    assert generation(root) == 3
    assert status(checker, key, now) == "listed"
    builder.look(now)
    assert generation(root) == 3


def test_an_index_of_a_newer_tocsin_is_left_alone(root: Path, now: datetime) -> None:
    building.build_index(at=now)
    manifest = root / "MANIFEST.json"
    newer = manifest.read_text().replace('"format": 2', '"format": 9')
    manifest.write_text(newer)
    Builder().look(now)
    assert manifest.read_text() == newer


def test_a_large_list_is_built_beside_the_workers_other_work(
    root: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    building.build_index(at=now)
    first = generation(root)
    started, go_on = threading.Event(), threading.Event()

    def slowly(*, at: datetime) -> BuildReport:
        started.set()
        go_on.wait(10)
        raise PublishFailed("full")

    monkeypatch.setattr(due, "ASIDE_ABOVE_ENTRIES", -1)
    monkeypatch.setattr(due, "build_index", slowly)
    hashlists.ask_rebuild(actor=ACTOR, at=now)
    builder = Builder()
    builder.look(now)
    assert started.wait(10)
    builder.look(now)  # one at a time
    go_on.set()
    assert builder._aside is not None
    builder._aside.join(10)
    assert generation(root) == first


def generation(root: Path) -> int:
    manifest = published(root)
    assert manifest is not None
    return manifest.generation


def test_the_state_of_the_index_is_told_in_words_and_numbers(root: Path, now: datetime) -> None:
    assert "tocsin index rebuild" in (index_state().problem or "")
    put(now, a_list(now), "beach")
    building.build_index(at=now)
    put(now, 1, "hill")
    state = index_state()
    assert state.problem is None
    assert (state.change_no, state.last_change_no, state.waiting_changes) == (1, 2, 1)
    assert state.fingerprints == {"pdq": 1, "md5": 1, "sha1": 1, "sha256": 0, "photodna": 0}


def test_a_key_without_a_policy_row_has_the_careful_defaults(
    checker: Checker, now: datetime
) -> None:
    from tocsin.domain.matching.models import KeyPolicy
    from tocsin.domain.matching.types import PolicyTerms

    issued = a_key(now)
    KeyPolicy.objects.all().delete()
    checker.keys.refresh(at=now)
    assert known(checker, issued, now).terms == PolicyTerms()
