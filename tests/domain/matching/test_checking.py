"""A batch of pictures against lists, as a provider's key sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.domain.listing import (
    ANALYST,
    Told,
    a_key,
    a_list,
    asked,
    digest,
    edited,
    flipped,
    known,
    prints,
    put,
)
from tocsin.base.audit.types import Actor
from tocsin.base.secrets import NotOurs, open_reference
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, EntryStatus, Kind, OwnEntry, Purpose, Serve
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    ListsSeen,
    MatchKind,
    Outcome,
    PolicyTerms,
    Query,
)
from tocsin.engine.fingerprints import Status

pytestmark = pytest.mark.django_db


def check(checker: Checker, key: CheckKey, now: datetime, *queries: Query) -> tuple[Outcome, ...]:
    checker.follow(now)
    answer = checker.check(key, queries, door=Door.CHECKS, at=now)
    assert answer.problem is None
    return answer.outcomes


def test_each_kind_of_digest_finds_the_entry(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    kinds = (Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PHOTODNA)
    put(now, a_list(now), "beach", Told(fingerprints=prints("beach", *kinds)))
    md5, sha1, sha256, photodna = (digest(kind, "beach") for kind in kinds)
    queries = [
        Query("a", md5=md5),
        Query("b", sha1=sha1),
        Query("c", sha256=sha256),
        Query("d", photodna=photodna),
    ]
    for outcome in check(checker, key, now, *queries):
        assert outcome.status is AnswerStatus.LISTED
        assert outcome.action is Action.BLOCK
        assert outcome.match is not None
        assert outcome.match.kind is MatchKind.EXACT


def test_answers_come_in_the_order_asked(checker: Checker, key: CheckKey, now: datetime) -> None:
    put(now, a_list(now), "beach")
    found = check(checker, key, now, asked("hill", "a"), asked("beach", "b"), asked("lake", "c"))
    assert [(o.client_id, o.status) for o in found] == [
        ("a", AnswerStatus.NOT_LISTED),
        ("b", AnswerStatus.LISTED),
        ("c", AnswerStatus.NOT_LISTED),
    ]


@pytest.mark.parametrize(("bits", "expected"), [(0, "near"), (31, "near"), (32, "not_listed")])
def test_an_edit_is_near_up_to_31_bits(
    checker: Checker, key: CheckKey, now: datetime, bits: int, expected: str
) -> None:
    put(now, a_list(now), "beach")
    (outcome,) = check(checker, key, now, edited("beach", bits))
    assert outcome.status == expected
    if outcome.match is not None:
        assert outcome.match.distance_bits == bits


def test_the_turned_picture_is_found_by_its_oriented_hash(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    turned = replace(asked("beach turned"), pdq_oriented=flipped(digest(Kind.PDQ, "beach"), 4))
    (outcome,) = check(checker, key, now, turned)
    assert outcome.status is AnswerStatus.NEAR


def test_a_picture_is_found_by_its_hash_in_the_other_dialect(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    other = replace(asked("beach shrunk"), pdq_512=flipped(digest(Kind.PDQ, "beach"), 4))
    (outcome,) = check(checker, key, now, other)
    assert outcome.status is AnswerStatus.NEAR
    assert outcome.match is not None
    assert outcome.match.distance_bits == 4


def test_a_flat_query_never_matches_by_nearness(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    flat = replace(edited("beach", 2), pdq_quality=49)
    (outcome,) = check(checker, key, now, flat)
    assert (outcome.status, outcome.action) == (AnswerStatus.FLAT, Action.HOLD)


def test_a_flat_entry_never_matches_by_nearness_but_by_its_digest(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "fog", Told(fingerprints=prints("fog", quality=20)))
    near, exact = check(checker, key, now, edited("fog", 2), asked("fog"))
    assert near.status is AnswerStatus.NOT_LISTED
    assert exact.status is AnswerStatus.LISTED


def test_what_fingerprinting_could_not_see_is_not_called_not_listed(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    corrupt = Query("x", md5=digest(Kind.MD5, "torn"), media_status=Status.CORRUPT)
    (outcome,) = check(checker, key, now, corrupt)
    assert (outcome.status, outcome.action) == (AnswerStatus.CORRUPT, Action.HOLD)


@pytest.mark.parametrize(
    "status",
    [
        EntryStatus.QUARANTINED,
        EntryStatus.WITHDRAWN,
        EntryStatus.DELETED,
        EntryStatus.EXPIRED,
    ],
)
def test_entries_that_no_longer_count_match_nothing(
    checker: Checker, key: CheckKey, now: datetime, status: EntryStatus
) -> None:
    put(now, a_list(now), "beach", Told(status=status))
    exact, near = check(checker, key, now, asked("beach"), edited("beach", 3))
    assert exact.status is AnswerStatus.NOT_LISTED
    assert near.status is AnswerStatus.NOT_LISTED


def test_a_held_entry_answers_held(checker: Checker, key: CheckKey, now: datetime) -> None:
    put(now, a_list(now), "icon", Told(held=True))
    (outcome,) = check(checker, key, now, asked("icon"))
    assert (outcome.status, outcome.action) == (AnswerStatus.HELD, Action.REVIEW)


def test_holding_and_letting_go_work_through_the_change_log(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    entry_id = put(now, a_list(now), "icon")
    hashlists.hold_entry(entry_id=entry_id, reason="many hits", actor=ANALYST, at=now)
    assert check(checker, key, now, asked("icon"))[0].status is AnswerStatus.HELD
    hashlists.release_hold(entry_id=entry_id, reason="checked", actor=ANALYST, at=now)
    assert check(checker, key, now, asked("icon"))[0].status is AnswerStatus.LISTED


def test_test_keys_and_live_keys_never_see_each_others_lists(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now), "beach")
    put(now, a_list(now, "trial", purpose=Purpose.TEST), "drawing")
    checker.follow(now)
    for_tests = a_key(now, PolicyTerms(lists=ListsSeen.TEST), party="Trial")
    checker.keys.refresh(at=now)
    tester = known(checker, for_tests, now)
    both = (asked("beach"), asked("drawing"))
    assert [o.status for o in check(checker, key, now, *both)] == ["listed", "not_listed"]
    assert [o.status for o in check(checker, tester, now, *both)] == ["not_listed", "listed"]


def test_a_list_for_exact_matches_only_gives_no_near_match(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    put(now, a_list(now, serve=Serve.EXACT), "beach")
    exact, near = check(checker, key, now, asked("beach"), edited("beach", 1))
    assert (exact.status, near.status) == (AnswerStatus.LISTED, AnswerStatus.NOT_LISTED)


def test_sources_are_organisations_and_re_shared_lists_add_none(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    for slug, source, derived in (
        ("police", "Police", ()),
        ("police-b", "Police", ()),
        ("hotline", "Hotline", ()),
        ("shared", "Union", ("police", "hotline")),
    ):
        put(now, a_list(now, slug, source=source, derived_from=derived), "beach")
    (outcome,) = check(checker, key, now, asked("beach"))
    assert outcome.match is not None
    assert outcome.match.sources == 2
    assert len(outcome.match.entry_ids) == 4


def test_our_own_finding_asks_for_a_look_until_a_second_person_agrees(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    entry = OwnEntry(prints("sketch"), Category.A2, "image", rehearsal=False, about="item:1")
    entry_id = hashlists.add_own_entry(entry=entry, actor=ANALYST, at=now)
    (alone,) = check(checker, key, now, asked("sketch"))
    assert (alone.status, alone.action) == (AnswerStatus.LISTED, Action.REVIEW)
    hashlists.agree_entry(entry_id=entry_id, actor=Actor("user", "8"), at=now)
    (agreed,) = check(checker, key, now, asked("sketch"))
    assert agreed.action is Action.BLOCK
    assert agreed.match is not None
    assert agreed.match.category is Category.A2


def test_a_withdrawn_entry_matches_nothing_any_more(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    entry_id = put(now, a_list(now), "beach")
    assert check(checker, key, now, asked("beach"))[0].status is AnswerStatus.LISTED
    hashlists.withdraw_entry(entry_id=entry_id, reason="wrong", actor=ANALYST, at=now)
    exact, near = check(checker, key, now, asked("beach"), edited("beach", 3))
    assert exact.status is AnswerStatus.NOT_LISTED
    assert near.status is AnswerStatus.NOT_LISTED


def test_a_reference_belongs_to_the_key_that_got_it(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    from django.conf import settings

    entry_id = put(now, a_list(now), "beach")
    (outcome,) = check(checker, key, now, asked("beach"))
    assert outcome.match is not None
    ring = settings.TOCSIN_KEYS.ring("reference")
    assert open_reference(ring, outcome.match.reference, audience=key.key_id) == entry_id
    with pytest.raises(NotOurs):
        open_reference(ring, outcome.match.reference, audience="tk_somebodyelse")


def test_a_revoked_key_is_nobody_after_the_next_second(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    from tocsin.base.accounts.actions import revoke_key

    issued = a_key(now, party="Short")
    checker.keys.refresh(at=now)
    assert checker.keys.authenticate(issued.key_id, issued.secret, at=now) is not None
    revoke_key(key_id=issued.key_id, actor=ANALYST, at=now)
    checker.keys.refresh(at=now)
    assert checker.keys.authenticate(issued.key_id, issued.secret, at=now) is None
    assert checker.keys.authenticate(key.key_id, "wrong", at=now) is None


def test_a_picture_met_by_hundreds_of_entries_gets_one_answer(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    number = a_list(now)
    for n in range(70):
        put(now, number, f"copy {n}", Told(fingerprints=prints("beach")))
    (outcome,) = check(checker, key, now, asked("beach"))
    assert outcome.status is AnswerStatus.LISTED
    assert outcome.match is not None
    assert len(outcome.match.entry_ids) == 64
