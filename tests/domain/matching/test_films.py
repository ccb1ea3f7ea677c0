"""A film by its frames: which listed films it shares enough with, and what that allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.domain.listing import (
    ANALYST,
    Told,
    a_list,
    digest,
    flipped,
    put,
)
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import FingerprintValue, Kind, Serve
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    Frame,
    Outcome,
    PolicyTerms,
    Query,
)

pytestmark = pytest.mark.django_db

VIDEO = 2


def frame(film: str, number: int, bits: int = 0) -> bytes:
    return flipped(digest(Kind.PDQ, f"{film} frame {number}"), bits)


def listed_film(now: datetime, list_no: int, name: str = "harbour", frames: int = 20) -> int:
    prints = tuple(
        FingerprintValue(Kind.PDQ, frame(name, n), 90, n=n, offset_seconds=2.0 * n)
        for n in range(frames)
    )
    return put(now, list_no, name, Told(media_type=VIDEO, fingerprints=prints))


def film(*frames: bytes, quality: int = 90) -> Query:
    return Query(
        "f", frames=tuple(Frame(value, quality, 1.0 * n) for n, value in enumerate(frames))
    )


def ask(checker: Checker, key: CheckKey, now: datetime, *queries: Query) -> tuple[Outcome, ...]:
    checker.follow(now)
    answer = checker.check(key, queries, door=Door.CHECKS, at=now)
    assert answer.problem is None
    return answer.outcomes


@pytest.fixture(params=["as it came in", "as it was built"])
def listed(request: pytest.FixtureRequest, checker: Checker, now: datetime) -> int:
    """A listed film of 20 frames, in this process's memory and in the files of the index."""
    entry_id = listed_film(now, a_list(now))
    if request.param == "as it was built":
        build_index(at=now)
    checker.follow(now)
    return entry_id


def test_a_film_that_shares_most_of_its_frames_is_near_and_the_shares_are_told(
    checker: Checker, key: CheckKey, listed: int, now: datetime
) -> None:
    shared = [frame("harbour", n, 6) for n in range(9)]
    [found] = ask(checker, key, now, film(*shared, frame("other", 1)))
    assert (found.status, found.action) == (AnswerStatus.NEAR, Action.REVIEW)
    assert found.match is not None
    assert found.match.entry_ids == (listed,)
    assert found.match.film == (0.9, 0.45, 9, "vpdq")
    assert found.match.distance_bits == 6


def test_a_film_with_one_scene_in_common_is_for_review_and_with_none_is_not_listed(
    checker: Checker, key: CheckKey, listed: int, now: datetime
) -> None:
    scene = film(*(frame("harbour", n) for n in range(3)), *(frame("x", n) for n in range(9)))
    nothing = film(*(frame("x", n) for n in range(9)))
    short = film(frame("harbour", 1), *(frame("x", n) for n in range(9)))
    found, other, brief = ask(checker, key, now, scene, nothing, short)
    assert found.match is not None
    assert found.match.film is not None
    assert found.match.film.rule == "part of the query"
    assert [other.status, brief.status] == [AnswerStatus.NOT_LISTED] * 2


def test_a_frame_of_a_listed_film_never_answers_for_a_picture(
    checker: Checker, key: CheckKey, listed: int, now: datetime
) -> None:
    picture = Query("p", pdq=frame("harbour", 3), pdq_quality=90)
    assert ask(checker, key, now, picture)[0].status is AnswerStatus.NOT_LISTED


def test_a_frame_that_shows_a_listed_picture_is_found_as_a_picture_is(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    shown = film(frame("x", 1), flipped(digest(Kind.PDQ, "beach"), 4), frame("x", 2))
    [found] = ask(checker, key, now, shown)
    assert found.status is AnswerStatus.NEAR
    assert found.match is not None
    assert found.match.film is None


@pytest.mark.parametrize(
    ("shared", "near_block_bits", "action"),
    [(9, 31, Action.BLOCK), (9, 4, Action.REVIEW), (3, 31, Action.REVIEW)],
)
def test_a_film_blocks_only_where_the_terms_and_a_rule_for_blocking_say_so(
    checker: Checker,
    key: CheckKey,
    listed: int,
    now: datetime,
    shared: int,
    near_block_bits: int,
    action: Action,
) -> None:
    terms = PolicyTerms(near_action=Action.BLOCK, near_block_bits=near_block_bits)
    frames = [frame("harbour", n, 8) for n in range(shared)]
    others = [frame("x", n) for n in range(10 - shared)]
    [found] = ask(checker, replace(key, terms=terms), now, film(*frames, *others))
    assert (found.status, found.action) == (AnswerStatus.NEAR, action)


def test_a_withdrawn_film_is_found_no_more(
    checker: Checker, key: CheckKey, listed: int, now: datetime
) -> None:
    asked = film(*(frame("harbour", n) for n in range(8)))
    assert ask(checker, key, now, asked)[0].status is AnswerStatus.NEAR
    hashlists.withdraw_entry(entry_id=listed, reason="wrong", actor=ANALYST, at=now)
    assert ask(checker, key, now, asked)[0].status is AnswerStatus.NOT_LISTED
    build_index(at=now)
    assert ask(checker, key, now, asked)[0].status is AnswerStatus.NOT_LISTED


def test_a_film_on_a_list_that_serves_exact_matches_alone_is_not_met(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    listed_film(now, a_list(now, serve=Serve.EXACT))
    asked = film(*(frame("harbour", n) for n in range(8)))
    assert ask(checker, key, now, asked)[0].status is AnswerStatus.NOT_LISTED


def test_silent_frames_find_nothing_and_a_film_of_them_is_flat(
    checker: Checker, key: CheckKey, listed: int, now: datetime
) -> None:
    dark = film(*(frame("harbour", n) for n in range(8)), quality=10)
    [found] = ask(checker, key, now, dark)
    assert (found.status, found.action) == (AnswerStatus.FLAT, Action.HOLD)


def test_a_lists_films_do_not_crowd_out_those_a_key_may_see(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    hidden = a_list(now, "hidden", serve=Serve.EXACT)
    for n in range(20):
        prints = tuple(FingerprintValue(Kind.PDQ, frame("harbour", m), 90, n=m) for m in range(20))
        put(now, hidden, f"copy {n}", Told(media_type=VIDEO, fingerprints=prints))
    seen = listed_film(now, a_list(now, "seen"))
    [found] = ask(checker, key, now, film(*(frame("harbour", n) for n in range(8))))
    assert found.match is not None
    assert found.match.entry_ids == (seen,)
