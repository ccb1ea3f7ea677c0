"""A job is worked off piece by piece, by any worker, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from tests.domain.jobs.scenes import WRONG, a_job, let_in, question
from tests.domain.listing import ACTOR, digest
from tests.support import in_threads, run_worker_round
from tocsin.base.accounts.actions import revoke_key
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.jobs import actions, due, queries, rules, spool, types, working
from tocsin.domain.jobs.models import Job
from tocsin.domain.jobs.types import JobState, JobView, NoSuchJob, Problem
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard.types import Standing, Step
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import AnswerStatus, CheckKey

pytestmark = pytest.mark.django_db


def stands(key: CheckKey, job_id: UUID) -> JobView:
    return queries.job(party_id=key.party_id, job_id=job_id)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items a piece, and one piece a turn."""
    for room in (actions, queries, working):
        monkeypatch.setattr(room, "PIECE_ITEMS", 3)
    monkeypatch.setattr(working, "SLICE_SECONDS", 0.0)


def test_every_item_is_answered_in_its_place(key: CheckKey, now: datetime) -> None:
    job_id = a_job(key, [question("hill"), WRONG, question("beach")], now)
    before = stands(key, job_id)
    assert (before.state, before.done, before.ahead) == (JobState.WAITING, 0, 3)
    run_worker_round(now)
    after = stands(key, job_id)
    assert (after.state, after.done, after.ahead) == (JobState.DONE, 3, 0)
    assert after.counts == {"not_listed": 1, "refused": 1, "listed": 1}
    assert after.forget_at == now + rules.KEPT
    hill, wrong, beach = queries.results(after, offset=0, limit=10)
    assert hill.outcome is not None
    assert hill.outcome.status is AnswerStatus.NOT_LISTED
    assert wrong.refusal == WRONG.refusal
    assert beach.outcome is not None
    assert beach.outcome.match is not None
    assert beach.outcome.match.reference
    assert beach.outcome.match.entry_ids == ()


def test_a_long_job_takes_turns_and_its_first_answers_can_be_had_meanwhile(
    key: CheckKey, now: datetime, small_pieces: None
) -> None:
    job_id = a_job(key, [question(str(n)) for n in range(8)], now)
    done = []
    for turn in range(4):
        run_worker_round(now + turn * rules.NEXT_SLICE)
        done.append(stands(key, job_id).done)
    assert done == [3, 6, 8, 8]
    view = stands(key, job_id)
    for offset in range(10):
        names = [
            one.outcome.client_id
            for one in queries.results(view, offset=offset, limit=4)
            if one.outcome is not None
        ]
        assert names == [str(n) for n in range(8)][offset : offset + 4]


def test_jobs_of_two_parties_take_turns(
    checker: Checker, key: CheckKey, now: datetime, small_pieces: None
) -> None:
    other = let_in(checker, now, "Small Forum")
    first = a_job(key, [question(str(n)) for n in range(9)], now)
    second = a_job(other, [question("a")], now)
    assert stands(other, second).ahead == 10
    run_worker_round(now)
    assert stands(key, first).state is JobState.WORKING
    assert stands(other, second).state is JobState.DONE


def test_what_was_asked_is_let_go_of_when_all_is_answered(
    key: CheckKey, now: datetime, data_folder: Path
) -> None:
    a_job(key, [question("beach")], now)
    assert list(data_folder.rglob("asked-*"))
    run_worker_round(now)
    assert not list(data_folder.rglob("asked-*"))
    assert list(data_folder.rglob("given-*"))


def test_no_fingerprint_and_no_name_stands_in_the_clear(
    key: CheckKey, now: datetime, data_folder: Path
) -> None:
    a_job(key, [replace(question("beach"))], now)
    run_worker_round(now)
    md5 = digest(Kind.MD5, "beach")
    for path in (data_folder / "jobs").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0
            for needle in (md5, md5.hex().encode(), b"beach"):
                assert needle not in path.read_bytes()


def test_two_workers_at_once_do_each_piece_once(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    job_id = a_job(key, [question("beach"), question("hill")], now)
    working.work(job_id, checker=checker, at=now)
    job = Job.objects.get()
    job.state, job.done, job.counts = JobState.WORKING, 0, {}
    given = spool.given(job_id, 0)
    # It was done meanwhile, which this worker does not know.
    assert not working._count(job, given, 1, now)
    assert stands(key, job_id).counts == {"listed": 1, "not_listed": 1}


def test_hits_of_a_piece_that_is_answered_twice_are_written_down_once(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = a_job(key, [question("beach"), question("beach")], now)
    with monkeypatch.context() as patch:
        patch.setattr(spool, "put_given", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            working.work(job_id, checker=checker, at=now)
    assert stands(key, job_id).done == 0
    working.work(job_id, checker=checker, at=now)
    run_worker_round(now)
    assert Hit.objects.count() == 2


def test_a_job_waits_while_nothing_can_be_looked_up(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = a_job(key, [question("beach")], now)
    with monkeypatch.context() as patch:
        patch.setattr(checker, "_problem", lambda *_: "gone")
        run_worker_round(now)
        assert stands(key, job_id).state is JobState.WAITING
    run_worker_round(now + rules.AGAIN)
    assert stands(key, job_id).state is JobState.DONE


def test_a_piece_that_could_not_be_looked_up_is_not_called_anything(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = a_job(key, [question("beach")], now)
    with monkeypatch.context() as patch:
        patch.setattr(checker, "problem", lambda at: None)
        patch.setattr(checker, "_problem", lambda *_: "gone in between")
        run_worker_round(now)
    assert (stands(key, job_id).state, stands(key, job_id).done) == (JobState.WORKING, 0)
    run_worker_round(now + rules.AGAIN)
    assert stands(key, job_id).counts == {"listed": 1}


@pytest.mark.parametrize("paused", [True, False])
def test_a_key_that_the_guard_has_stopped_waits(
    checker: Checker, key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch, paused: bool
) -> None:
    job_id = a_job(key, [question("beach")], now)
    later = now + timedelta(minutes=10)
    standing = Standing(Step.PAUSED) if paused else replace(key.standing, spent_until=later)
    with monkeypatch.context() as patch:
        patch.setattr(checker.keys, "get", lambda key_id: replace(key, standing=standing))
        run_worker_round(now)
    assert stands(key, job_id).state is JobState.WAITING
    run_worker_round(later)
    assert stands(key, job_id).state is JobState.DONE


def test_a_job_of_a_revoked_key_is_given_up_and_says_so(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    job_id = a_job(key, [question("beach")], now)
    revoke_key(key_id=key.key_id, actor=ACTOR, at=now)
    checker.keys.refresh(at=now)
    run_worker_round(now)
    view = stands(key, job_id)
    assert (view.state, view.problem) == (JobState.FAILED, Problem.KEY_GONE)


def test_a_job_whose_files_are_elsewhere_waits_an_hour_for_them(
    key: CheckKey, now: datetime, data_folder: Path
) -> None:
    job_id = a_job(key, [question("beach")], now)
    (data_folder / "jobs").rename(data_folder / "elsewhere")
    run_worker_round(now)
    assert stands(key, job_id).state is JobState.WAITING
    run_worker_round(now + rules.SPOOL_LOST_AFTER + rules.AGAIN)
    assert stands(key, job_id).problem is Problem.SPOOL_LOST


def test_a_damaged_piece_gives_the_job_up(key: CheckKey, now: datetime, data_folder: Path) -> None:
    job_id = a_job(key, [question("beach")], now)
    (path,) = data_folder.rglob("asked-*")
    path.write_bytes(path.read_bytes()[:-9])
    run_worker_round(now)
    assert stands(key, job_id).problem is Problem.SPOOL_LOST


def test_a_job_is_forgotten_after_a_week_with_all_its_files(
    key: CheckKey, now: datetime, data_folder: Path
) -> None:
    job_id = a_job(key, [question("beach")], now)
    run_worker_round(now)
    run_worker_round(now + rules.KEPT - timedelta(seconds=1))
    assert stands(key, job_id).state is JobState.DONE
    run_worker_round(now + rules.KEPT)
    with pytest.raises(NoSuchJob):
        stands(key, job_id)
    assert not list((data_folder / "jobs").iterdir())
    actions_taken = AuditRow.objects.filter(action__startswith="jobs.").order_by("pk")
    assert list(actions_taken.values_list("action", flat=True)) == [
        "jobs.make", "jobs.begin", "jobs.finish", "jobs.delete",
    ]  # fmt: skip


def test_a_deleted_job_is_not_worked_off_and_leaves_nothing(
    checker: Checker, key: CheckKey, now: datetime, data_folder: Path
) -> None:
    job_id = a_job(key, [question("beach")], now)
    other = let_in(checker, now, "Small Forum")
    with pytest.raises(NoSuchJob):
        actions.delete(party_id=other.party_id, job_id=job_id, actor=ACTOR, at=now)
    actions.delete(party_id=key.party_id, job_id=job_id, actor=ACTOR, at=now)
    run_worker_round(now)
    assert not list((data_folder / "jobs").iterdir())
    working.work(job_id, checker=checker, at=now)


def test_files_of_a_job_that_was_never_taken_in_are_let_go_of(
    key: CheckKey, now: datetime, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PIECE_ITEMS", 1)
    intake = actions.Intake(party_id=key.party_id, key_id=key.key_id)
    intake.add(question("beach"))
    kept = a_job(key, [question("beach")], now)
    due.tidy(now)
    assert len(list((data_folder / "jobs").iterdir())) == 2
    due.tidy(datetime.now(now.tzinfo) + due.BROKEN_OFF_AFTER + timedelta(minutes=1))
    assert [path.name for path in (data_folder / "jobs").iterdir()] == [str(kept)]


def test_only_so_many_jobs_and_items_are_taken(
    key: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(types.MOST_UNFINISHED):
        a_job(key, [question("beach")], now)
    with pytest.raises(types.TooManyJobs):
        a_job(key, [question("beach")], now)
    run_worker_round(now)
    monkeypatch.setattr(actions, "MOST_ITEMS", 2)
    with pytest.raises(types.TooManyItems):
        a_job(key, [question("beach")] * 3, now)


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_the_same_job_at_the_same_moment_answer_it_once(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    job_id = a_job(key, [question("beach"), question("hill")], now)
    done = in_threads(*[lambda: working.work(job_id, checker=checker, at=now) for _ in range(4)])
    assert done == [None] * 4
    assert stands(key, job_id).counts == {"listed": 1, "not_listed": 1}
    assert AuditRow.objects.filter(action="jobs.finish").count() == 1
