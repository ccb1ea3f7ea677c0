"""A picture with its variants, a film with its frames: one question, and every hash is counted."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from tests.domain.listing import a_key, a_list, digest, flipped, known, put
from tests.domain.matching.guard.test_guarded_checks import EDGE_ANSWERS, around, check
from tocsin.base.accounts.types import IssuedKey, Tier
from tocsin.domain.hashlists.types import Kind
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.guard.questions import MOST_HASHES, Questions
from tocsin.domain.matching.guard.shaping import as_asked, tag_maker
from tocsin.domain.matching.types import AnswerStatus, CheckKey, Frame, Query

pytestmark = pytest.mark.django_db

BEACH = digest(Kind.PDQ, "beach")


@pytest.fixture
def issued(checker: Checker, now: datetime) -> IssuedKey:
    return a_key(now, tier=Tier.ACTION)


@pytest.fixture
def provider(checker: Checker, issued: IssuedKey, now: datetime) -> CheckKey:
    put(now, a_list(now), "beach")
    checker.follow(now)
    checker.keys.refresh(at=now)
    return known(checker, issued, now)


def unrelated(name: str) -> bytes:
    return digest(Kind.PDQ, name)


def thorough(n: int, trial: bytes) -> Query:
    """A trial among variants that are like nothing."""
    others = [unrelated(f"{n} {m}") for m in range(30)]
    return Query(f"t-{n}", pdq=unrelated(f"own {n}"), pdq_quality=90, pdq_variants=(*others, trial))


def test_trials_hidden_among_variants_close_the_picture_as_plain_ones_do(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    trials = [thorough(n, q.pdq or b"") for n, q in enumerate(around("beach", 80))]
    told = [o.status for o in check(checker, provider, now, trials)]
    honest = [status for status in told if status is not AnswerStatus.HELD]
    assert len(honest) <= EDGE_ANSWERS + 2
    assert set(told[40:]) == {AnswerStatus.HELD}


def test_trials_among_variants_before_the_first_match_are_counted_when_it_comes(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    missed = [
        thorough(n, (int.from_bytes(flipped(BEACH, 34)) ^ 0b11 << 2 * n).to_bytes(32, "big"))
        for n in range(EDGE_ANSWERS)
    ]
    told = [o.status for o in check(checker, provider, now, missed)]
    assert set(told) == {AnswerStatus.NOT_LISTED}
    match = Query("m", pdq=flipped(BEACH, 28), pdq_quality=90)
    assert [o.status for o in check(checker, provider, now, [match])] == [AnswerStatus.HELD]


def test_one_thorough_question_about_an_edit_does_not_close_its_picture(
    checker: Checker, provider: CheckKey, now: datetime
) -> None:
    draw = random.Random(7)
    edit = flipped(BEACH, 40)
    alike = [
        (int.from_bytes(edit) ^ 1 << draw.randrange(200)).to_bytes(32, "big") for _ in range(200)
    ]
    asked = Query("a", pdq=edit, pdq_quality=90, pdq_variants=tuple(alike))
    assert check(checker, provider, now, [asked])[0].status is AnswerStatus.NOT_LISTED
    copy = Query("b", pdq=flipped(BEACH, 6), pdq_quality=90)
    assert check(checker, provider, now, [copy])[0].status is AnswerStatus.NEAR


def test_variants_and_frames_are_one_question_and_count_each_as_a_fingerprint(
    checker: Checker, provider: CheckKey
) -> None:
    tag_of = tag_maker(checker._references)
    varied = thorough(1, BEACH)
    film = Query("f", frames=tuple(Frame(unrelated(f"f{n}"), 90, float(n)) for n in range(9)))
    silent = Query("s", frames=(Frame(unrelated("black"), 10, 0.0),))
    asked = as_asked(provider, [varied, film, silent], {}, tag_of)
    assert len(asked.names) == 3
    assert len(asked.hashes) == len(asked.words) == 1 + 31 + 9
    assert asked.together.tolist() == list(range(41))
    assert asked.places.tolist() == [0] * 32 + [1] * 9


def test_a_question_without_further_hashes_counts_as_it_did_before(
    checker: Checker, provider: CheckKey
) -> None:
    tag_of = tag_maker(checker._references)
    plain = thorough(1, BEACH)
    [name] = as_asked(provider, [replace(plain, pdq_variants=())], {}, tag_of).names
    assert name == tag_of(b"|".join([b"", b"", b"", b"", plain.pdq or b"", b"", b""]))


def test_the_oldest_questions_are_forgotten_first() -> None:
    questions = Questions()
    words = np.zeros((MOST_HASHES // 2, 4), np.uint64)
    for tag in (1, 2, 3):
        questions.add(tag, words)
    assert list(questions.near(words[0], 0)) == [2, 3]
