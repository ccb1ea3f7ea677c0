"""Terms of a key at work: shadow mode, harmless lists, quarantine, and the precision to expect."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.listing import (
    ANALYST,
    a_key,
    a_list,
    asked,
    digest,
    edited,
    known,
    put,
)
from tests.support import run_worker_round
from tocsin.base.accounts.types import OutagePolicy, Tier
from tocsin.base.audit.models import AuditRow
from tocsin.domain.hashlists.changes import log_change
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import ChangeKind, EntryStatus, Kind, Purpose
from tocsin.domain.matching.actions import add_harmless, remove_harmless, set_terms
from tocsin.domain.matching.checker import Checker
from tocsin.domain.matching.expecting import base_rate, expected_at
from tocsin.domain.matching.harmless import HarmlessLists
from tocsin.domain.matching.models import CheckCount, Harmless, Hit
from tocsin.domain.matching.queries import key_view
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    CheckKey,
    Door,
    ListsSeen,
    NoSuchKey,
    NotHarmless,
    Outcome,
    PolicyTerms,
    Query,
    ShadowNeedsActions,
)
from tocsin.engine.search import RateKind


@pytest.fixture
def beach(checker: Checker, now: datetime) -> int:
    entry_id = put(now, a_list(now), "beach")
    checker.follow(now)
    return entry_id


def ask(checker: Checker, key: CheckKey, now: datetime, *queries: Query) -> list[Outcome]:
    return list(checker.check(key, queries, door=Door.CHECKS, at=now).outcomes)


def fresh(checker: Checker, key: CheckKey, now: datetime) -> CheckKey:
    """The key as it stands after a change."""
    checker.keys.refresh(at=now)
    found = checker.keys.get(key.key_id)
    assert found is not None
    return found


@pytest.mark.django_db
def test_terms_can_be_changed_and_hold_at_the_next_refresh(
    checker: Checker, key: CheckKey, now: datetime
) -> None:
    wide = PolicyTerms(
        near_radius_bits=40,
        near_action=Action.BLOCK,
        near_block_bits=8,
        outage_policy=OutagePolicy.CLOSED,
    )
    set_terms(key_id=key.key_id, policy=wide, actor=ANALYST, at=now)
    assert fresh(checker, key, now).terms == wide
    assert AuditRow.objects.filter(action="matching.set_policy").count() == 2
    with pytest.raises(NoSuchKey):
        set_terms(key_id="tk_nobody", policy=wide, actor=ANALYST, at=now)


@pytest.mark.django_db
def test_a_wide_radius_is_for_review_and_a_near_one_blocks(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    terms = PolicyTerms(near_radius_bits=60, near_action=Action.BLOCK, near_block_bits=8)
    set_terms(key_id=key.key_id, policy=terms, actor=ANALYST, at=now)
    wide = fresh(checker, key, now)
    told = ask(checker, wide, now, *(edited("beach", bits) for bits in (8, 9, 50, 61)))
    assert [(o.status, o.action) for o in told] == [
        ("near", "block"),
        ("near", "review"),
        ("near", "review"),
        ("not_listed", "none"),
    ]


@pytest.mark.django_db
def test_in_shadow_nothing_is_advised_and_what_would_have_been_is_told_and_counted(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    set_terms(key_id=key.key_id, policy=PolicyTerms(shadow=True), actor=ANALYST, at=now)
    shadow = fresh(checker, key, now)
    told = ask(checker, shadow, now, asked("beach"), edited("beach", 4), asked("hill"))
    assert [(o.status, o.action, o.shadow_action) for o in told] == [
        ("listed", "none", "block"),
        ("near", "none", "review"),
        ("not_listed", "none", "none"),
    ]
    checker.flush()
    run_worker_round(now)
    assert {(row.n, row.in_shadow) for row in CheckCount.objects.all()} == {(1, 1)}
    assert {(hit.action, hit.shadow_action) for hit in Hit.objects.all()} == {
        ("none", "block"),
        ("none", "review"),
    }


@pytest.mark.django_db
def test_a_key_that_hears_yes_or_no_has_no_shadow_mode(checker: Checker, now: datetime) -> None:
    issued = a_key(now, tier=Tier.BOOLEAN)
    with pytest.raises(ShadowNeedsActions):
        set_terms(key_id=issued.key_id, policy=PolicyTerms(shadow=True), actor=ANALYST, at=now)


@pytest.mark.django_db
def test_an_entry_that_one_party_found_harmless_blocks_for_all_others(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    [before] = ask(checker, key, now, asked("beach"))
    assert before.match is not None
    assert add_harmless(key_id=key.key_id, named=[before.match.reference], actor=ANALYST, at=now)
    other = a_key(now, party="Another")
    mine = fresh(checker, key, now)
    assert ask(checker, mine, now, asked("beach"))[0].status is AnswerStatus.HELD
    [theirs] = ask(checker, known(checker, other, now), now, asked("beach"))
    assert theirs.action is Action.BLOCK
    with pytest.raises(NotHarmless):  # a reference means nothing to another key
        add_harmless(key_id=other.key_id, named=[before.match.reference], actor=ANALYST, at=now)
    [line] = key_view(key.key_id, at=now).harmless
    # Nobody takes a line off another party's list, whatever its number.
    assert not remove_harmless(key_id=other.key_id, line_id=line.id, actor=ANALYST, at=now)
    with pytest.raises(NoSuchKey):
        remove_harmless(key_id="tk_nothing", line_id=line.id, actor=ANALYST, at=now)
    assert remove_harmless(key_id=key.key_id, line_id=line.id, actor=ANALYST, at=now)
    assert not remove_harmless(key_id=key.key_id, line_id=line.id, actor=ANALYST, at=now)
    assert ask(checker, fresh(checker, key, now), now, asked("beach"))[0].status == "listed"


@pytest.mark.django_db
def test_a_harmless_pdq_takes_back_its_near_match_and_never_one_of_digests(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    near = edited("beach", 6)
    assert near.pdq is not None
    add_harmless(key_id=key.key_id, named=[f"pdq:{near.pdq.hex()}"], actor=ANALYST, at=now)
    terms = PolicyTerms(harmless_action=Action.NONE)
    set_terms(key_id=key.key_id, policy=terms, actor=ANALYST, at=now)
    mine = fresh(checker, key, now)
    with_digest = replace(near, sha1=digest(Kind.SHA1, "beach"))
    told = ask(checker, mine, now, near, edited("beach", 8), with_digest)
    assert [o.status for o in told] == ["not_listed", "near", "listed"]
    assert told[2].action is Action.BLOCK


@pytest.mark.django_db
def test_a_harmless_file_is_named_by_sha256_and_never_by_md5_or_sha1(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    for digits in ("md5:" + "ab" * 16, "ab" * 16, "sha1:" + "ab" * 20, "sha256:ab", ""):
        with pytest.raises(NotHarmless):
            add_harmless(key_id=key.key_id, named=[digits], actor=ANALYST, at=now)
    name = "sha256:" + digest(Kind.SHA256, "beach").hex().upper()
    assert add_harmless(key_id=key.key_id, named=[name], actor=ANALYST, at=now) == 1
    assert add_harmless(key_id=key.key_id, named=[name], actor=ANALYST, at=now) == 0
    mine = fresh(checker, key, now)
    same_md5 = Query("m", md5=digest(Kind.MD5, "beach"), sha256=digest(Kind.SHA256, "hill"))
    told = ask(checker, mine, now, asked("beach"), same_md5)
    assert [o.status for o in told] == ["held", "listed"]


@pytest.mark.django_db
def test_a_harmless_list_is_read_again_only_when_it_changed(
    checker: Checker,
    key: CheckKey,
    now: datetime,
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    other = a_key(now, party="Another")
    for n, key_id in enumerate((key.key_id, other.key_id)):
        add_harmless(key_id=key_id, named=[f"sha256:{n:064x}"], actor=ANALYST, at=now)
    lists = HarmlessLists()
    assert len(lists.refresh(now)) == 2
    with django_assert_num_queries(1):
        lists.refresh(now)
    add_harmless(key_id=key.key_id, named=[f"sha256:{9:064x}"], actor=ANALYST, at=now)
    with django_assert_num_queries(2):
        assert sorted(len(one.sha256) for one in lists.refresh(now).values()) == [1, 2]
    for line in key_view(key.key_id, at=now).harmless:
        remove_harmless(key_id=key.key_id, line_id=line.id, actor=ANALYST, at=now)
    assert len(lists.refresh(now)) == 1
    # A process of the version before knows no numbers.
    Harmless.objects.all().delete()
    assert len(lists.refresh(now + timedelta(seconds=59))) == 1
    assert not lists.refresh(now + timedelta(seconds=60))


@pytest.mark.django_db
def test_a_change_of_policy_alone_takes_an_entry_out_and_lets_it_in_again(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    def stand(status: EntryStatus) -> None:
        Entry.objects.filter(pk=beach).update(status=status.number)
        log_change(ChangeKind.POLICY, at=now, entry_id=beach)
        checker.follow(now)

    stand(EntryStatus.QUARANTINED)
    trials = (asked("beach"), edited("beach", 4))
    unknown = ask(checker, key, now, asked("hill"), asked("lake"))
    assert ask(checker, key, now, *trials) == [replace(o, client_id="u-1") for o in unknown]
    run_worker_round(now)
    assert not Hit.objects.exists()
    stand(EntryStatus.ACTIVE)
    assert [o.status for o in ask(checker, key, now, *trials)] == ["listed", "near"]


def test_a_key_that_checked_little_is_judged_by_a_published_rate() -> None:
    few = base_rate({AnswerStatus.NOT_LISTED: 5_000, AnswerStatus.LISTED: 1})
    assert not few.measured
    assert few.low < few.value < few.high
    own = base_rate({AnswerStatus.NOT_LISTED: 200_000, AnswerStatus.LISTED: 80})
    assert own.measured
    assert own.value == pytest.approx(80 / 200_080)
    assert own.low < own.value < own.high
    none = base_rate({AnswerStatus.NOT_LISTED: 200_000, AnswerStatus.UNAVAILABLE: 9})
    assert (none.value, none.low, none.checks) == (0.0, 0.0, 200_000)
    assert none.high < 1 / 20_000


def test_only_exact_matches_count_as_known_material() -> None:
    told = {AnswerStatus.LISTED: 40, AnswerStatus.NEAR: 900, AnswerStatus.HELD: 60}
    rate = base_rate({AnswerStatus.NOT_LISTED: 199_000, **told})
    assert (rate.found, rate.checks) == (40, 200_000)
    assert rate.value == pytest.approx(1 / 5_000)


@pytest.mark.django_db
def test_checks_of_the_test_lists_say_nothing_of_a_keys_uploads(
    checker: Checker, key: CheckKey, beach: int, now: datetime
) -> None:
    put(now, a_list(now, "trial", purpose=Purpose.TEST), "drawing")
    checker.follow(now)
    on_trial = replace(key, terms=replace(key.terms, lists=ListsSeen.TEST))
    for asking, name, door in (
        (on_trial, "drawing", Door.CHECKS),
        (on_trial, "drawing", Door.V1_TEST),
        (key, "beach", Door.CHECKS),
        (key, "hill", Door.V1),
    ):
        checker.check(asking, [asked(name)], door=door, at=now)
    checker.flush()
    rate = key_view(key.key_id, at=now).base_rate
    assert (rate.checks, rate.found) == (2, 1)


def test_a_wider_radius_and_a_longer_list_are_worth_less() -> None:
    rate = base_rate({})
    short = [expected_at(bits, rate=rate, list_size=10_000) for bits in (10, 31, 50, 60)]
    long = [expected_at(bits, rate=rate, list_size=10_000_000) for bits in (10, 31, 50, 60)]
    assert [e.precision for e in short] == sorted((e.precision for e in short), reverse=True)
    assert all(a.precision > b.precision for a, b in zip(short, long, strict=True))
    assert [e.kind for e in long] == [RateKind.EXTRAPOLATED] * 2 + [RateKind.MEASURED_BOUND] * 2
    assert all(e.low <= e.precision <= e.high for e in short + long)
