"""What the guard forgets: by time, when an entry is listed no more, and when a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import numpy as np
import pytest

from tests.domain.listing import ANALYST, a_key, a_list, asked, digest, known, put
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import let_key_go_on
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard import actions as guard
from tocsin.domain.matching.guard.balls import MOST_BALLS, Balls
from tocsin.domain.matching.guard.types import LIMITS, Step
from tocsin.domain.matching.models import GuardBall, GuardDay
from tocsin.domain.matching.queries import key_view
from tocsin.domain.matching.types import AnswerStatus, CheckKey, Door, Outcome, Query

pytestmark = pytest.mark.django_db

EDGE_ANSWERS = LIMITS[Tier.ACTION].edge_answers
DAY = timedelta(days=1)


@pytest.fixture
def issued(checker: Checker, now: datetime) -> IssuedKey:
    return a_key(now, tier=Tier.ACTION)


@pytest.fixture
def provider(checker: Checker, issued: IssuedKey, now: datetime) -> CheckKey:
    checker.keys.refresh(at=now)
    return known(checker, issued, now)


def check(
    checker: Checker, key: CheckKey, at: datetime, queries: Sequence[Query]
) -> tuple[Outcome, ...]:
    checker.follow(at)
    answer = checker.check(key, queries, door=Door.CHECKS, at=at)
    assert answer.problem is None
    return answer.outcomes


def trials(name: str, count: int, seed: int = 1) -> list[Query]:
    """So many hashes at the edge of a match with `name`, of which half match."""
    rng, start = Random(seed), int.from_bytes(digest(Kind.PDQ, name), "big")
    found = []
    for n in range(count):
        turned = sum(1 << bit for bit in rng.sample(range(256), 28 if n % 2 else 33))
        found.append(Query(f"t{n}", pdq=(start ^ turned).to_bytes(32, "big"), pdq_quality=90))
    return found


def statuses(outcomes: Sequence[Outcome]) -> set[AnswerStatus]:
    return {outcome.status for outcome in outcomes}


def again(at: datetime) -> Checker:
    """Another process, or this one after a restart."""
    other = Checker.from_settings()
    other.follow(at)
    other.share_guard(at)
    return other


def test_what_was_learned_is_forgiven_90_days_after_the_last_answer_that_was_counted(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    check(checker, provider, now, trials("beach", 80))
    checker.share_guard(now)
    # It goes round all the time, and is withheld all the time: that prolongs nothing.
    for days in (30, 60, 90):
        at = now + days * DAY
        assert statuses(check(checker, provider, at, trials("beach", 2, days))) == {"held"}
        checker.share_guard(at)
        assert guard.forget_old(at=at) == 0
    other = again(now + 90 * DAY)
    assert statuses(check(other, provider, now + 90 * DAY, trials("beach", 2))) == {"held"}
    later = now + 91 * DAY
    fresh = check(checker, provider, later, trials("beach", EDGE_ANSWERS, 5))
    assert AnswerStatus.HELD not in statuses(fresh)
    # What the database still holds of it, and what is asked from now on, begin anew too.
    checker.share_guard(later)
    row = GuardBall.objects.get()
    assert (row.closed_at, row.answers) == (None, EDGE_ANSWERS)
    assert statuses(check(checker, provider, later, trials("beach", 2, 6))) == {"held"}
    other.stop()


def test_a_closed_ball_that_is_forgiven_goes_from_the_table(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    check(checker, provider, now, trials("beach", 80))
    checker.share_guard(now)
    assert guard.forget_old(at=now + 90 * DAY) == 0
    assert guard.forget_old(at=now + 91 * DAY) == 1
    assert not GuardDay.objects.exists()


def test_one_in_which_nothing_was_learned_goes_after_28_days(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    close = Query("c", pdq=digest(Kind.PDQ, "beach"), pdq_quality=90)
    check(checker, provider, now, [close])
    checker.share_guard(now)
    assert guard.forget_old(at=now + 27 * DAY) == 0
    assert guard.forget_old(at=now + 29 * DAY) == 1


def test_around_an_entry_that_is_listed_no_more_nothing_is_withheld(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    entry_id = put(now, a_list(now), "beach")
    check(checker, provider, now, trials("beach", 80))
    checker.share_guard(now)
    hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
    assert statuses(check(checker, provider, now, trials("beach", 40))) == {"not_listed"}
    checker.share_guard(now)
    assert not GuardBall.objects.exists()
    assert key_view(provider.key_id, at=now).totals.closed_balls == 0


def test_a_newer_version_of_an_entry_is_no_new_chance(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    first = put(now, number, "beach")
    check(checker, provider, now, trials("beach", 80))
    checker.share_guard(now)
    hashlists.withdraw_entry(entry_id=first, reason="another comes", actor=ANALYST, at=now)
    newer = put(now, a_list(now, "later"), "beach")
    assert statuses(check(checker, provider, now, trials("beach", 40, 2))) == {"held"}
    checker.share_guard(now)
    assert GuardBall.objects.get().entry_id == newer


def test_a_picture_that_stands_on_three_lists_is_closed_around_once(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    for slug in ("police", "hotline", "abroad"):
        put(now, a_list(now, slug), "beach")
    put(now, a_list(now, "other"), "hill")
    check(checker, provider, now, trials("beach", 80))
    checker.share_guard(now)
    assert GuardBall.objects.exclude(closed_at=None).count() == 3
    assert key_view(provider.key_id, at=now).totals.closed_balls == 1
    check(checker, provider, now, trials("hill", 80))
    checker.share_guard(now)
    assert key_view(provider.key_id, at=now).totals.closed_balls == 2


def test_the_same_uploads_each_day_count_once_in_the_window(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    for n in range(20):
        put(now, number, f"known {n}")
    same = [asked(f"picture {n}") for n in range(200)] + [asked(f"known {n}") for n in range(20)]
    for days in range(5):
        check(checker, provider, now + days * DAY, same)
        checker.share_guard(now + days * DAY)
    totals = key_view(provider.key_id, at=now + 4 * DAY).totals
    assert totals.asked == pytest.approx(220, rel=0.1)
    assert totals.matched == pytest.approx(20, abs=1)
    assert totals.asked_today == pytest.approx(220, rel=0.1)


def test_every_fingerprint_that_is_looked_up_counts_for_the_day(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    def upload(n: int) -> Query:
        name = f"picture {n}"
        return Query(
            name,
            md5=digest(Kind.MD5, name),
            sha1=digest(Kind.SHA1, name),
            pdq=digest(Kind.PDQ, name),
            pdq_512=digest(Kind.PDQ, f"{name} shrunk"),
            pdq_oriented=digest(Kind.PDQ, name),
            pdq_quality=90 if n % 2 else 20,
        )

    check(checker, provider, now, [upload(n) for n in range(200)])
    checker.share_guard(now)
    totals = key_view(provider.key_id, at=now).totals
    assert totals.asked_today == pytest.approx(200, rel=0.1)
    # Two digests of each, and two different PDQ hashes of those of enough quality.
    assert totals.hashes_today == pytest.approx(600, rel=0.1)


def test_digests_of_five_pictures_in_one_question_are_five_pictures(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    for n in range(6):
        put(now, number, f"known {n}")
    mixed = Query("m", md5=digest(Kind.MD5, "known 0"), sha1=digest(Kind.SHA1, "known 1"))
    check(checker, provider, now, [mixed, asked("known 2")])
    checker.share_guard(now)
    assert key_view(provider.key_id, at=now).totals.matched == 3


def test_a_person_lets_a_key_go_on_and_it_begins_with_nothing(
    checker: Checker, provider: CheckKey, issued: IssuedKey, now: datetime
) -> None:
    number = a_list(now)
    for n in range(120):
        put(now, number, f"known {n}")
    other = again(now)
    for process in (checker, other):
        check(process, provider, now, [asked(f"known {n}") for n in range(120)])
        check(process, provider, now, trials("known 0", 80))
        process.share_guard(now)
    assert key_view(provider.key_id, at=now).standing.step is Step.NOTICED
    # Something is on its way to the database at that moment.
    check(other, provider, now, [asked(f"more {n}") for n in range(90)])
    assert let_key_go_on(key_id=provider.key_id, reason="a test", actor=ANALYST, at=now)
    assert not let_key_go_on(key_id=provider.key_id, reason="twice", actor=ANALYST, at=now)
    for process in (other, checker, other):
        process.share_guard(now)
    assert key_view(provider.key_id, at=now).totals.matched == 0
    assert not GuardBall.objects.exists()
    check(checker, provider, now, [asked("known 1")])
    checker.share_guard(now)
    view = key_view(provider.key_id, at=now)
    assert (view.standing.step, view.totals.asked, view.totals.matched) == (Step.OPEN, 1, 1)
    told = check(checker, provider, now, trials("known 0", EDGE_ANSWERS, 3))
    assert AnswerStatus.HELD not in statuses(told)
    other.stop()


def test_what_one_process_still_holds_of_a_key_that_was_let_go_is_not_written_again(
    checker: Checker, provider: CheckKey, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_list(now)
    for n in range(120):
        put(now, number, f"known {n}")
    check(checker, provider, now, [asked(f"known {n}") for n in range(120)])
    checker.share_guard(now)
    other = again(now)
    check(other, provider, now, [asked(f"known {n}") for n in range(100)])
    check(other, provider, now, trials("known 0", 80))
    # The other process has read who was let go, and then a person does it.
    monkeypatch.setattr("tocsin.domain.matching.guard.process.let_go_at", dict)
    assert let_key_go_on(key_id=provider.key_id, reason="a test", actor=ANALYST, at=now)
    other.share_guard(now)
    assert not GuardDay.objects.exists()
    assert not GuardBall.objects.exists()
    other.stop()


def test_closed_balls_and_those_that_taught_something_go_last() -> None:
    balls, rng = Balls(), np.random.default_rng(1)
    closed = balls.meet(1, rng.bytes(32))
    closed.closed, closed.fresh = True, False
    taught = balls.meet(2, rng.bytes(32))
    taught.edges.add(7)
    for n in range(MOST_BALLS + 50):
        balls.meet(n + 10, rng.bytes(32))
    balls.make_room()
    kept = {ball.entry_id for ball in balls}
    assert len(kept) == MOST_BALLS
    assert {1, 2, MOST_BALLS + 59} <= kept
