from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.hashlists.types import (
    FLAG_HELD,
    FLAG_TEST,
    Category,
    EntryStatus,
    Origins,
    Purpose,
    Serve,
)
from tocsin.domain.matching import rules
from tocsin.domain.matching.rules import Found, ListFacts
from tocsin.domain.matching.types import (
    Action,
    AnswerStatus,
    ListsSeen,
    MatchKind,
    PolicyTerms,
    WrongPolicy,
)
from tocsin.engine.fingerprints import Status
from tocsin.engine.index import POLICY_DTYPE

# List 1 and 2 of one organisation, 3 re-shares 1 and 4, 4 of another, 9 our own.
FACTS = ListFacts(
    own=frozenset({9}),
    origins=Origins({1: 10, 2: 10, 3: 30, 4: 40, 9: 90}, {3: frozenset({1, 4})}),
)
ENTRY = Found(1, MatchKind.EXACT, 0, False, Purpose.ILLEGAL, Category.B1, 1, 1, 1)
OWN = replace(ENTRY, list_no=9)
NEAR = replace(ENTRY, kind=MatchKind.NEAR, distance_bits=12)
TERMS = PolicyTerms()

entries = st.builds(
    Found,
    entry_id=st.integers(1, 50),
    kind=st.sampled_from(MatchKind),
    distance_bits=st.integers(0, 60),
    held=st.booleans(),
    purpose=st.sampled_from([p for p in Purpose if p is not Purpose.BENIGN_ALLOW]),
    category=st.sampled_from(Category),
    list_no=st.sampled_from([1, 2, 3, 4, 9]),
    sources=st.integers(1, 255),
    quorum=st.integers(0, 255),
)
policies = st.builds(
    PolicyTerms,
    lists=st.sampled_from(ListsSeen),
    min_sources=st.integers(1, 5),
    near_radius_bits=st.integers(0, 60),
    min_reviewers=st.integers(0, 3),
    near_block_bits=st.integers(0, 31),
    near_action=st.sampled_from([Action.REVIEW, Action.BLOCK, Action.HOLD]),
    unchecked_action=st.sampled_from([Action.REVIEW, Action.BLOCK, Action.HOLD]),
)


def judge(
    *found: Found, terms: PolicyTerms = TERMS, unchecked: AnswerStatus | None = None
) -> tuple[AnswerStatus, Action]:
    verdict = rules.verdict(found, terms=terms, facts=FACTS, unchecked=unchecked)
    return verdict.status, verdict.action


def test_an_exact_match_on_an_illegal_list_blocks() -> None:
    assert judge(ENTRY) == (AnswerStatus.LISTED, Action.BLOCK)


@pytest.mark.parametrize("purpose", [Purpose.EXPLOITATIVE, Purpose.VICTIM_SUBMITTED, Purpose.OTHER])
def test_a_list_that_is_not_about_illegal_material_asks_for_a_look(purpose: Purpose) -> None:
    assert judge(replace(ENTRY, purpose=purpose)) == (AnswerStatus.LISTED, Action.REVIEW)


def test_our_own_entry_blocks_only_after_a_second_person_agreed() -> None:
    assert judge(OWN) == (AnswerStatus.LISTED, Action.REVIEW)
    assert judge(replace(OWN, quorum=2)) == (AnswerStatus.LISTED, Action.BLOCK)


def test_a_key_that_wants_two_sources_is_not_told_to_block_on_one() -> None:
    wants_two = PolicyTerms(min_sources=2)
    assert judge(ENTRY, terms=wants_two) == (AnswerStatus.LISTED, Action.REVIEW)
    # The same organisation's second list adds nothing; another organisation's does.
    assert judge(ENTRY, replace(ENTRY, list_no=2), terms=wants_two)[1] is Action.REVIEW
    assert judge(ENTRY, replace(ENTRY, list_no=4), terms=wants_two)[1] is Action.BLOCK
    assert judge(replace(ENTRY, sources=3), terms=wants_two)[1] is Action.BLOCK


def test_a_list_that_asks_for_a_look_lends_no_source_to_one_that_blocks() -> None:
    wants_two = PolicyTerms(min_sources=2, near_action=Action.BLOCK)
    look = replace(ENTRY, list_no=4, purpose=Purpose.OTHER, sources=9)
    assert judge(ENTRY, look, terms=wants_two) == (AnswerStatus.LISTED, Action.REVIEW)
    near_look = replace(look, kind=MatchKind.NEAR, distance_bits=12)
    assert judge(NEAR, near_look, terms=wants_two) == (AnswerStatus.NEAR, Action.REVIEW)
    # How many say that it is known is told all the same.
    told = rules.verdict([ENTRY, look], terms=wants_two, facts=FACTS, unchecked=None)
    assert told.sources == 9


def test_which_entry_is_named_does_not_tell_which_of_two_lies_nearer() -> None:
    def named(mine: int, other: int) -> int:
        found = [
            replace(NEAR, distance_bits=mine),
            replace(NEAR, entry_id=2, distance_bits=other, category=Category.A1),
        ]
        verdict = rules.verdict(found, terms=TERMS, facts=FACTS, unchecked=None)
        return verdict.entries[0].entry_id

    assert named(4, 20) == named(20, 4) == 2


def test_our_own_unagreed_entry_blocks_nothing_however_many_sources_are_asked() -> None:
    assert judge(replace(OWN, sources=9))[1] is Action.REVIEW


def test_a_re_shared_list_counts_as_those_it_re_shares() -> None:
    assert rules.independent_sources([ENTRY, replace(ENTRY, list_no=3)], FACTS) == 2


def test_a_held_entry_is_held_until_somebody_lets_it_go() -> None:
    held = replace(ENTRY, held=True)
    assert judge(held) == (AnswerStatus.HELD, Action.REVIEW)
    assert judge(held, replace(ENTRY, entry_id=2)) == (AnswerStatus.LISTED, Action.BLOCK)
    assert judge(replace(NEAR, held=True)) == (AnswerStatus.HELD, Action.REVIEW)


def test_a_near_match_gets_the_action_the_key_chose_and_no_more() -> None:
    assert judge(NEAR) == (AnswerStatus.NEAR, Action.REVIEW)
    assert judge(NEAR, terms=PolicyTerms(near_action=Action.BLOCK))[1] is Action.BLOCK


def test_a_near_match_beyond_the_keys_radius_is_none() -> None:
    assert judge(NEAR, terms=PolicyTerms(near_radius_bits=11))[0] is AnswerStatus.NOT_LISTED
    assert judge(NEAR, terms=PolicyTerms(near_radius_bits=12))[0] is AnswerStatus.NEAR


def test_a_near_match_blocks_only_as_near_and_on_as_much_as_the_terms_say() -> None:
    blocks = PolicyTerms(near_action=Action.BLOCK, near_block_bits=12, near_radius_bits=60)
    assert judge(NEAR, terms=blocks)[1] is Action.BLOCK
    further = replace(NEAR, distance_bits=14)
    assert judge(further, terms=blocks) == (AnswerStatus.NEAR, Action.REVIEW)
    # An entry further away does not lend its sources to one that is near enough.
    two = replace(blocks, min_sources=2)
    assert judge(NEAR, replace(further, list_no=4), terms=two)[1] is Action.REVIEW
    assert judge(NEAR, replace(NEAR, list_no=4), terms=two)[1] is Action.BLOCK


@pytest.mark.parametrize(
    "weak",
    [
        replace(NEAR, purpose=Purpose.EXPLOITATIVE),
        replace(NEAR, list_no=9),
        replace(NEAR, distinct=False),
        replace(NEAR, quorum=0),
    ],
)
def test_a_near_match_that_says_too_little_is_for_review(weak: Found) -> None:
    blocks = PolicyTerms(near_action=Action.BLOCK, min_reviewers=1)
    assert judge(weak, terms=blocks) == (AnswerStatus.NEAR, Action.REVIEW)


def test_a_key_that_wants_two_reviewers_is_not_told_to_block_on_one() -> None:
    wants_two = PolicyTerms(min_reviewers=2)
    assert judge(ENTRY, terms=wants_two) == (AnswerStatus.LISTED, Action.REVIEW)
    assert judge(replace(ENTRY, quorum=2), terms=wants_two)[1] is Action.BLOCK


def test_what_a_party_found_harmless_never_blocks_for_it() -> None:
    def own_word(terms: PolicyTerms, *found: Found) -> tuple[AnswerStatus, Action]:
        verdict = rules.verdict(
            found, terms=terms, facts=FACTS, unchecked=None, harmless=frozenset({1})
        )
        return verdict.status, verdict.action

    assert own_word(TERMS, ENTRY) == (AnswerStatus.HELD, Action.REVIEW)
    let_pass = PolicyTerms(harmless_action=Action.NONE)
    assert own_word(let_pass, ENTRY) == (AnswerStatus.NOT_LISTED, Action.NONE)
    # Another entry that says the same is not taken back by it.
    assert own_word(let_pass, ENTRY, replace(ENTRY, entry_id=2))[1] is Action.BLOCK


def test_what_was_not_looked_at_in_full_is_never_called_not_listed() -> None:
    assert judge(unchecked=AnswerStatus.FLAT) == (AnswerStatus.FLAT, Action.HOLD)
    assert judge() == (AnswerStatus.NOT_LISTED, Action.NONE)
    # What is known outweighs what could not be seen.
    assert judge(ENTRY, unchecked=AnswerStatus.PARTIAL)[0] is AnswerStatus.LISTED


@pytest.mark.parametrize(
    ("media_status", "quality", "expected"),
    [
        (None, None, None),
        (Status.OK, 90, None),
        (None, 49, AnswerStatus.FLAT),
        (None, 50, None),
        (Status.TOO_LARGE, None, AnswerStatus.TOO_LARGE),
        (Status.PARTIAL, 90, AnswerStatus.PARTIAL),
        (Status.TOO_SMALL, 90, AnswerStatus.TOO_SMALL),
    ],
)
def test_why_finding_nothing_says_nothing(
    media_status: Status | None, quality: int | None, expected: AnswerStatus | None
) -> None:
    found = rules.unchecked_status(
        media_status=media_status, has_pdq=quality is not None, pdq_quality=quality
    )
    assert found is expected


def test_a_pdq_of_unknown_or_low_quality_never_matches_alone() -> None:
    assert not rules.near_counts(media_status=None, pdq_quality=None)
    assert not rules.near_counts(media_status=None, pdq_quality=49)
    assert rules.near_counts(media_status=None, pdq_quality=50)
    assert not rules.near_counts(media_status=Status.TOO_SMALL, pdq_quality=99)


def test_terms_that_would_wave_through_what_was_not_checked_cannot_be_made() -> None:
    with pytest.raises(WrongPolicy):
        PolicyTerms(unchecked_action=Action.NONE)
    with pytest.raises(WrongPolicy):
        PolicyTerms(near_radius_bits=61)
    with pytest.raises(WrongPolicy):
        PolicyTerms(min_sources=0)
    for wrong in (
        {"near_block_bits": 32},
        {"min_reviewers": -1},
        {"harmless_action": Action.BLOCK},
        {"daily_hashes": 0},
        {"daily_matches": 0},
    ):
        with pytest.raises(WrongPolicy):
            PolicyTerms(**wrong)


def test_the_gravest_category_is_named_and_unknown_only_when_nothing_is_known() -> None:
    found = [replace(ENTRY, category=c) for c in (Category.UNKNOWN, Category.B2, Category.A2)]
    assert rules.gravest(found) is Category.A2
    assert rules.gravest(found[:1]) is Category.UNKNOWN


@given(st.lists(entries, max_size=6), policies, st.sampled_from([None, AnswerStatus.FLAT]))
def test_whatever_is_found_the_verdict_keeps_its_promises(
    found: list[Found], terms: PolicyTerms, unchecked: AnswerStatus | None
) -> None:
    verdict = rules.verdict(found, terms=terms, facts=FACTS, unchecked=unchecked)
    if verdict.action is Action.NONE:
        assert verdict.status is AnswerStatus.NOT_LISTED
    if verdict.status is AnswerStatus.LISTED:
        assert not any(e.held or e.kind is MatchKind.NEAR for e in verdict.entries)
    if verdict.action is Action.BLOCK and verdict.status is AnswerStatus.LISTED:
        assert any(e.purpose in rules.BLOCKING for e in verdict.entries)
    if verdict.action is Action.BLOCK and verdict.status is AnswerStatus.NEAR:
        assert terms.near_action is Action.BLOCK
        assert min(e.distance_bits for e in verdict.entries) <= 31
    if any(e.kind is MatchKind.EXACT and not e.held for e in found):
        assert verdict.status is AnswerStatus.LISTED
    if verdict.entries:
        assert verdict.sources >= 1


def record(**changes: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    records = np.zeros(1, POLICY_DTYPE)
    records["status"] = EntryStatus.ACTIVE.number
    records["serve"] = int(Serve.EXACT | Serve.NEAR)
    for name, value in changes.items():
        records[name] = value
    return records


def seen(lists: ListsSeen = ListsSeen.LIVE, **changes: int) -> bool:
    exact = np.array([Serve.EXACT], np.uint8)
    return bool(rules.visible(record(**changes), lists=lists, kind=exact)[0])


@pytest.mark.parametrize("status", EntryStatus)
def test_only_active_and_disputed_entries_are_met(status: EntryStatus) -> None:
    expected = status in {EntryStatus.ACTIVE, EntryStatus.DISPUTED}
    assert seen(status=status.number) is expected


def test_an_absent_entry_is_never_met() -> None:
    assert not seen(status=0)


def test_live_and_test_keys_live_in_two_worlds() -> None:
    test = {"purpose": Purpose.TEST.number, "flags": FLAG_TEST}
    assert seen(ListsSeen.LIVE)
    assert not seen(ListsSeen.TEST)
    assert seen(ListsSeen.TEST, **test)
    assert not seen(ListsSeen.LIVE, **test)


def test_a_list_served_for_exact_matches_only_gives_no_near_ones() -> None:
    assert seen(serve=Serve.EXACT, spare=0)
    exact_only = record(serve=int(Serve.EXACT))
    near = np.array([Serve.NEAR], np.uint8)
    assert not rules.visible(exact_only, lists=ListsSeen.LIVE, kind=near)[0]


def test_a_benign_list_is_never_met() -> None:
    assert not seen(purpose=Purpose.BENIGN_ALLOW.number)


def test_a_disputed_entry_counts_as_held() -> None:
    disputed = record(status=EntryStatus.DISPUTED.number)[0]
    assert rules.found_in(disputed, entry_id=1, kind=MatchKind.EXACT, distance_bits=0).held
    held = record(flags=FLAG_HELD)[0]
    assert rules.found_in(held, entry_id=1, kind=MatchKind.EXACT, distance_bits=0).held
