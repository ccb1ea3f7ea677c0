"""Whom nobody has vetted hears of exact matches on lists that may answer, and of no others."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.domain.listing import ACTOR, a_key, a_list, asked, edited, known, put
from tocsin.base.accounts.types import Tier
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Purpose
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import CheckKey, Door, ListsSeen, PolicyTerms, Query, says_true


@pytest.fixture
def stranger(checker: Checker, now: datetime) -> CheckKey:
    """A key of a party nobody has vetted."""
    issued = a_key(now, PolicyTerms(lists=ListsSeen.OPEN), tier=Tier.BOOLEAN, party="New")
    checker.keys.refresh(at=now)
    return known(checker, issued, now)


def told(checker: Checker, key: CheckKey, query: Query, now: datetime) -> bool:
    """Whether the key hears that the picture is listed; the lists are read anew first."""
    checker.follow(now)
    [outcome] = checker.check(key, [query], door=Door.CHECKS, at=now).outcomes
    assert outcome.status.value in {"listed", "not_listed"}
    return says_true(outcome)


def test_a_list_answers_only_when_its_terms_allow_it(
    checker: Checker, stranger: CheckKey, key: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    put(now, number, "beach")
    assert not told(checker, stranger, asked("beach"), now)
    assert told(checker, key, asked("beach"), now)

    assert hashlists.let_answer_unvetted(number=number, actor=ACTOR, at=now)
    assert not hashlists.let_answer_unvetted(number=number, actor=ACTOR, at=now)
    assert told(checker, stranger, asked("beach"), now)

    assert hashlists.keep_from_unvetted(number=number, actor=ACTOR, at=now)
    assert not told(checker, stranger, asked("beach"), now)


@pytest.mark.parametrize("rebuilt", [False, True])
def test_no_near_match_is_told_of(
    checker: Checker, stranger: CheckKey, key: CheckKey, now: datetime, rebuilt: bool
) -> None:
    number = a_list(now)
    hashlists.let_answer_unvetted(number=number, actor=ACTOR, at=now)
    put(now, number, "beach")
    if rebuilt:
        build_index(at=now)
    checker.follow(now)
    for bits in (0, 1, 20):
        query = edited("beach", bits)
        assert not told(checker, stranger, query, now)
        [seen] = checker.check(key, [query], door=Door.CHECKS, at=now).outcomes
        assert seen.status.value == "near"


def test_the_same_picture_on_a_closed_list_adds_nothing(
    checker: Checker, stranger: CheckKey, now: datetime
) -> None:
    opened, closed = a_list(now, "open"), a_list(now, "closed", source="Other")
    hashlists.let_answer_unvetted(number=opened, actor=ACTOR, at=now)
    put(now, opened, "beach")
    put(now, closed, "beach")
    put(now, closed, "hill")
    checker.follow(now)
    [beach, hill] = checker.check(
        stranger, [asked("beach"), asked("hill")], door=Door.CHECKS, at=now
    ).outcomes
    assert beach.match is not None
    assert beach.match.sources == 1
    assert hill.match is None


def test_test_lists_stay_out_even_where_they_are_marked(
    checker: Checker, stranger: CheckKey, now: datetime
) -> None:
    number = a_list(now, "rehearsal", purpose=Purpose.TEST)
    hashlists.let_answer_unvetted(number=number, actor=ACTOR, at=now)
    put(now, number, "beach")
    assert not told(checker, stranger, asked("beach"), now)
