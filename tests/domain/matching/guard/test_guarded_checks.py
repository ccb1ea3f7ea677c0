"""The guard in the checker: what is told, what other processes learn, and what a restart keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.listing import ANALYST, a_key, a_list, asked, digest, flipped, known, put
from tocsin.base.accounts.actions import revoke_key
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.base.audit.models import AuditRow
from tocsin.base.letters.models import Letter
from tocsin.domain.hashlists.types import Kind, Purpose
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard.types import LIMITS, Step
from tocsin.domain.matching.models import GuardBall, GuardDay, GuardStanding
from tocsin.domain.matching.queries import key_view, keys_noticed
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    ListsSeen,
    Outcome,
    PolicyTerms,
    Query,
)

pytestmark = pytest.mark.django_db

EDGE_ANSWERS = LIMITS[Tier.ACTION].edge_answers


@pytest.fixture
def issued(checker: Checker, now: datetime) -> IssuedKey:
    return a_key(now, tier=Tier.ACTION)


@pytest.fixture
def provider(checker: Checker, issued: IssuedKey, now: datetime) -> CheckKey:
    """A key of the tier `action` and a listed picture, `beach`."""
    put(now, a_list(now), "beach")
    checker.follow(now)
    checker.keys.refresh(at=now)
    return known(checker, issued, now)


def check(
    checker: Checker, key: CheckKey, now: datetime, queries: Sequence[Query]
) -> tuple[Outcome, ...]:
    answer = checker.check(key, queries, door=Door.CHECKS, at=now)
    assert answer.problem is None
    return answer.outcomes


def around(name: str, count: int) -> list[Query]:
    """As many different hashes at the edge of a match with `name`: half match, half do not."""
    start = digest(Kind.PDQ, name)
    moved = [int.from_bytes(flipped(start, 26 if n % 2 else 34), "big") for n in range(count)]
    return [
        Query(f"t-{n}", pdq=(value ^ 0b11 << 2 * n).to_bytes(32, "big"), pdq_quality=90)
        for n, value in enumerate(moved)
    ]


def again(now: datetime) -> Checker:
    """Another process, or this one after a restart."""
    other = Checker.from_settings()
    other.follow(now)
    other.share_guard(now)
    return other


def test_around_a_tried_edge_every_answer_is_held_and_tells_nothing(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    trials = around("beach", 80)
    first = check(checker, provider, now, trials)
    assert {o.status for o in first[:EDGE_ANSWERS]} <= {"near", "not_listed"}
    second = check(checker, provider, now, trials)
    assert {(o.status, o.action, o.match) for o in second} == {
        (AnswerStatus.HELD, Action.REVIEW, None)
    }
    # The very file is found as ever, and other pictures are too.
    exact, other = check(checker, provider, now, [asked("beach"), asked("hill")])
    assert (exact.status, exact.action) == (AnswerStatus.LISTED, Action.BLOCK)
    assert other.status is AnswerStatus.NOT_LISTED


def test_another_process_and_one_after_a_restart_know_it_too(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    check(checker, provider, now, around("beach", 80))
    checker.share_guard(now)
    other = again(now)
    assert {o.status for o in check(other, provider, now, around("beach", 40))} == {"held"}
    assert GuardBall.objects.get().closed_at == now
    other.stop()


def test_two_processes_add_up_what_each_has_seen(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    other = again(now)
    trials = around("beach", 40)
    check(checker, provider, now, trials[:16])
    check(other, provider, now, trials[16:32])
    for process in (checker, other, checker):
        process.share_guard(now)
    assert GuardBall.objects.get().answers > EDGE_ANSWERS
    for process in (checker, other):
        assert {o.status for o in check(process, provider, now, trials[32:])} == {"held"}
    other.stop()


def test_the_hashes_of_a_key_are_sealed_in_the_table(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    trials = around("beach", 10)
    check(checker, provider, now, trials)
    checker.share_guard(now)
    sealed = GuardBall.objects.get().sealed_hashes
    assert not any(query.pdq and query.pdq.hex() in sealed for query in trials)


def test_the_days_number_survives_a_restart_and_counts_repeats_once(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    questions = [asked(f"picture {n}") for n in range(300)]
    check(checker, provider, now, questions)
    checker.share_guard(now)
    other = again(now)
    check(other, provider, now, questions + [asked(f"more {n}") for n in range(300)])
    other.share_guard(now)
    assert GuardDay.objects.get().asked == pytest.approx(600, rel=0.1)
    other.stop()


def test_a_key_that_asked_its_days_hashes_is_told_to_come_back_tomorrow(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    few = replace(provider, terms=PolicyTerms(daily_hashes=100))
    check(checker, few, now, [asked(f"picture {n}") for n in range(150)])
    checker.share_guard(now)
    checker.keys.refresh(at=now)
    standing = key_view(provider.key_id, at=now).standing
    assert standing.spent_until == datetime(2026, 3, 4, tzinfo=now.tzinfo)


def test_who_tries_many_edges_is_slowed_then_paused_and_people_are_told(
    checker: Checker, now: datetime
) -> None:
    number = a_list(now)
    names = [f"known {n}" for n in range(14)]
    for name in names:
        put(now, number, name)
    key = a_key(now, tier=Tier.ACTION)
    checker.follow(now)
    checker.keys.refresh(at=now)
    found: list[Step] = []
    for some in (names[:1], names[1:5], names[5:]):
        for name in some:
            check(checker, known(checker, key, now), now, around(name, 60))
        checker.share_guard(now)
        checker.keys.refresh(at=now)
        found.append(known(checker, key, now).standing.step)
    assert found == [Step.NOTICED, Step.SLOWED, Step.PAUSED]
    assert Letter.objects.filter(purpose="guard").count() == 2
    assert AuditRow.objects.filter(action="matching.guard_key").count() == 3
    [view] = keys_noticed(at=now)
    assert (view.key_id, view.step) == (key.key_id, Step.PAUSED)
    revoke_key(key_id=key.key_id, actor=ANALYST, at=now)
    assert keys_noticed(at=now) == []


def test_a_slowed_key_has_a_tenth_of_its_speed_and_hears_no_near_match(
    checker: Checker, issued: IssuedKey, provider: CheckKey, now: datetime
) -> None:
    GuardStanding.objects.create(
        key_id=provider.key_id, step="slowed", sign="edges", since=now, ends_at=now + timedelta(1)
    )
    checker.keys.refresh(at=now)
    slowed = known(checker, issued, now)
    assert slowed.per_second == provider.per_second / 10
    near = Query("n", pdq=flipped(digest(Kind.PDQ, "beach"), 4), pdq_quality=90)
    [outcome] = check(checker, slowed, now, [near])
    assert (outcome.status, outcome.action, outcome.match) == ("held", "review", None)


def test_keys_of_the_test_lists_are_not_watched(checker: Checker, now: datetime) -> None:
    put(now, a_list(now, "trial", purpose=Purpose.TEST), "drawing")
    issued = a_key(now, PolicyTerms(lists=ListsSeen.TEST), tier=Tier.ACTION)
    checker.follow(now)
    checker.keys.refresh(at=now)
    trying = known(checker, issued, now)
    outcomes = check(checker, trying, now, around("drawing", 80))
    assert AnswerStatus.HELD not in {o.status for o in outcomes}
    checker.share_guard(now)
    assert not GuardBall.objects.exists()


def test_the_distance_is_told_a_few_times_and_then_only_the_radius(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    checker.follow(now)
    start = int.from_bytes(digest(Kind.PDQ, "beach"), "big")
    inside = [
        Query(f"{n}", pdq=(start ^ (0b111 << 3 * n)).to_bytes(32, "big"), pdq_quality=90)
        for n in range(30)
    ]
    told = [o.match.distance_bits for o in check(checker, key, now, inside) if o.match]
    assert told[:16] == [3] * 16
    assert told[16:] == [31] * 14
