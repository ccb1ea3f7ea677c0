"""More listed pictures than a key may be told of: an honest host with a dump, and an enumerator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from benchmarks.oracle_attackers import tag_of
from tests.domain.listing import ANALYST, Told, a_key, a_list, asked, digest, flipped, known, put
from tests.support import run_worker_round
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.base.letters.models import Letter
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.actions import let_key_go_on, set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard.types import LIMITS, Asked, Sign, Step, Words
from tocsin.domain.matching.guard.watch import Watch
from tocsin.domain.matching.models import Hit
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    Outcome,
    PolicyTerms,
    Query,
    says_true,
)
from tocsin.domain.reports import queries as reports

LIMITED = LIMITS[Tier.BOOLEAN]
DUMP = 300


@pytest.fixture
def issued(checker: Checker, now: datetime) -> IssuedKey:
    """A key of the tier `boolean`, and a list on which the whole dump of an offender stands."""
    number = a_list(now)
    for n in range(DUMP):
        put(now, number, f"dumped {n}")
    issued = a_key(now, tier=Tier.BOOLEAN)
    checker.follow(now)
    checker.keys.refresh(at=now)
    return issued


def check(
    checker: Checker, issued: IssuedKey, now: datetime, queries: Sequence[Query]
) -> tuple[Outcome, ...]:
    """Ask as a process does that then judges, and reads its keys again."""
    answer = checker.check(known(checker, issued, now), queries, door=Door.CHECKS, at=now)
    assert answer.problem is None
    checker.share_guard(now)
    checker.keys.refresh(at=now)
    return answer.outcomes


def dump(first: int = 0, last: int = DUMP) -> list[Query]:
    return [asked(f"dumped {n}") for n in range(first, last)]


def listed(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.status is AnswerStatus.LISTED for outcome in outcomes)


@pytest.mark.django_db
def test_a_dump_stops_no_small_host_and_none_of_it_is_let_through(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    speed = known(checker, issued, now).per_second
    for first in range(0, 10_000, 1_000):
        honest = [asked(f"holiday {n}") for n in range(first, first + 1_000)]
        assert {o.status for o in check(checker, issued, now, honest)} == {"not_listed"}
    outcomes = [
        outcome
        for first in range(0, DUMP, 10)
        for outcome in check(checker, issued, now, dump(first, first + 10))
    ]
    told = Counter((outcome.status, outcome.action) for outcome in outcomes)
    assert set(told) == {
        (AnswerStatus.LISTED, Action.BLOCK),
        (AnswerStatus.HELD, Action.REVIEW),
    }
    allowed = LIMITED.free_matches + LIMITED.match_rate * 10_300
    assert told[AnswerStatus.LISTED, Action.BLOCK] == pytest.approx(allowed, rel=0.15)
    key = known(checker, issued, now)
    assert (key.standing.step, key.standing.sign) == (Step.NOTICED, Sign.MATCHES)
    assert key.per_second == speed
    # What is not listed goes on as ever, and people are told once.
    assert check(checker, issued, now, [asked("holiday 1")])[0].status == "not_listed"
    [letter] = Letter.objects.filter(purpose="guard")
    assert letter.about == f"key:{issued.key_id}"


@pytest.mark.django_db
def test_beyond_the_allowance_nothing_but_held_is_told_and_v1_says_true(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    check(checker, issued, now, dump())
    [outcome] = check(checker, issued, now, dump(0, 1))
    assert (outcome.status, outcome.action, outcome.match) == ("held", "review", None)
    # `/v1` knows no third word, and "false" would let the picture through.
    assert says_true(outcome)


@pytest.mark.django_db
def test_an_address_beyond_the_allowance_comes_to_the_desk_and_a_doubted_entry_does_not(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    put(now, a_list(now, "doubted"), "logo", Told(held=True))
    check(checker, issued, now, dump())
    checker.follow(now)
    url = "https://pictures.example/7"
    beyond = replace(asked("dumped 0"), url=url)
    held = replace(asked("logo"), url="https://pictures.example/logo")

    for query in (beyond, held):
        [outcome] = check(checker, issued, now, [query])
        assert (outcome.status, outcome.action) == ("held", "review")
    run_worker_round(now)

    [row] = reports.queue().rows
    assert reports.item(row.number).url == url
    assert Hit.objects.exclude(sealed_url="").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [1, 50, DUMP])
def test_a_collection_learns_the_allowance_in_requests_of_any_size(
    checker: Checker, issued: IssuedKey, now: datetime, at_once: int
) -> None:
    told = sum(
        listed(check(checker, issued, now, dump(first, first + at_once)))
        for first in range(0, DUMP, at_once)
    )
    assert told == pytest.approx(LIMITED.free_matches, rel=0.15)


@pytest.mark.django_db
def test_another_process_and_another_day_know_what_was_found(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    check(checker, issued, now, dump(0, 230))
    tomorrow = now + timedelta(days=1)
    checker.follow(tomorrow)
    assert listed(check(checker, issued, tomorrow, dump(230))) == 0
    other = Checker.from_settings()
    other.follow(tomorrow)
    check(other, issued, tomorrow, [asked("holiday")])
    assert listed(check(other, issued, tomorrow, dump(230))) == 0
    other.stop()


@pytest.mark.django_db
def test_a_person_lets_it_go_on_or_allows_it_more(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    check(checker, issued, now, dump())
    later = now + timedelta(seconds=5)
    checker.follow(later)
    assert let_key_go_on(key_id=issued.key_id, reason="a dump", actor=ANALYST, at=later)
    check(checker, issued, later, [])
    assert listed(check(checker, issued, later, dump(0, 20))) == 20
    more = PolicyTerms(daily_matches=1_000)
    set_terms(key_id=issued.key_id, policy=more, actor=ANALYST, at=later)
    checker.keys.refresh(at=later)
    assert listed(check(checker, issued, later, dump())) == DUMP


@pytest.mark.django_db
def test_what_v1_was_told_by_true_can_be_taken_back_and_what_was_held_cannot(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    check(checker, issued, now, dump())
    for door in (Door.V1, Door.CHECKS):
        again = replace(asked("dumped 7"), client_id=door)
        checker.check(known(checker, issued, now), [again], door=door, at=now)
    run_worker_round(now)
    by_v1, by_v2 = (Hit.objects.get(client_id=door) for door in (Door.V1, Door.CHECKS))
    assert (by_v1.status, by_v1.withheld_ids) == ("listed", [])
    assert (by_v2.status, by_v2.withheld_ids) == ("held", by_v2.entry_ids)


@pytest.mark.django_db
def test_what_was_met_by_nearness_beside_a_digest_is_written_down_as_that(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    put(now, number, "beach")
    near = put(now, number, "hill")
    checker.follow(now)
    both = replace(
        asked("beach"), pdq=flipped(digest(Kind.PDQ, "hill"), 4), pdq_quality=90, client_id="both"
    )
    checker.check(key, [both], door=Door.CHECKS, at=now)
    run_worker_round(now)
    hit = Hit.objects.get()
    assert hit.beside_ids == [near]
    assert len(hit.entry_ids) == 2


@pytest.mark.django_db
def test_in_shadow_nothing_is_advised_and_v1_says_false(
    checker: Checker, issued: IssuedKey, now: datetime
) -> None:
    shadowed = a_key(now, PolicyTerms(shadow=True), tier=Tier.ACTION, party="Picbin")
    checker.keys.refresh(at=now)
    last = check(checker, shadowed, now, dump())[-1]
    assert (last.action, last.shadow_action) == (Action.NONE, Action.REVIEW)
    assert not says_true(last)


def exact_questions(names: Sequence[str]) -> Asked:
    """Questions by digests that each meet a picture of their own."""
    tags: Words = np.array([tag_of(name.encode()) for name in names], np.uint64)
    return Asked(
        names=tags,
        hashes=tags,
        words=np.empty((0, 4), np.uint64),
        places=np.empty(0, np.int64),
        near=[],
        exact={n: frozenset({n}) for n in range(len(names))},
        settled=frozenset(range(len(names))),
        matched=tags,
        matched_in=np.arange(len(names)),
        ball_bits=60,
    )


def test_three_thousand_pictures_over_weeks_are_told_as_far_as_the_window_allows(
    now: datetime,
) -> None:
    watch = Watch(tag_of)
    told = 0
    for day in range(28):
        names = [f"{day} {n}" for n in range(110)]
        withheld = watch.look(exact_questions(names), LIMITED, (now + timedelta(days=day)).date())
        told += len(names) - len(withheld.beyond)
        assert withheld.closed == frozenset()
    window = 4 * LIMITED.free_matches + LIMITED.match_rate * 28 * 110
    assert told <= 1.1 * window


def test_copies_of_one_picture_are_told_as_one(now: datetime) -> None:
    watch = Watch(tag_of)
    same = exact_questions(["beach"] * 500)
    assert watch.look(same, LIMITED, now.date()).beyond == frozenset()
