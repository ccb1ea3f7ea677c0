from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.desk import CANNOT_TELL, NOT_UNLAWFUL, UNLAWFUL, incoming, picture
from tocsin.domain.hashlists.types import Category, FingerprintValue, Kind
from tocsin.domain.reports import pressing, rules
from tocsin.domain.reports.types import (
    FindingInput,
    FindingKind,
    FindingRefused,
    Ground,
    MatchKind,
    NoListMatch,
    ReasonCode,
    ReportRefused,
    ViewingIsOff,
)


@pytest.mark.parametrize("finding", [UNLAWFUL, NOT_UNLAWFUL, CANNOT_TELL])
def test_a_finding_with_what_it_needs_may_be_recorded(finding: FindingInput) -> None:
    rules.refuse(finding, matched=False, viewing=False)


@pytest.mark.parametrize(
    ("finding", "field"),
    [
        (replace(UNLAWFUL, category=Category.UNKNOWN), "category"),
        (replace(UNLAWFUL, ground=Ground.NONE), "ground"),
        (replace(UNLAWFUL, ground_detail="  "), "ground_detail"),
        (replace(UNLAWFUL, note="x" * 4_001), "note"),
        (replace(UNLAWFUL, verdict=FindingKind.CORRECTION), "verdict"),
        (replace(NOT_UNLAWFUL, category=Category.A1), "category"),
        (replace(NOT_UNLAWFUL, note=""), "note"),
        (replace(CANNOT_TELL, note=" "), "note"),
    ],
)
def test_a_finding_that_lacks_something_is_refused_by_field(
    finding: FindingInput, field: str
) -> None:
    with pytest.raises(FindingRefused) as refused:
        rules.refuse(finding, matched=True, viewing=True)
    assert refused.value.field == field


def test_nothing_rests_on_having_seen_while_viewing_is_off() -> None:
    seen = replace(UNLAWFUL, ground=Ground.SEEN)
    with pytest.raises(ViewingIsOff):
        rules.refuse(seen, matched=True, viewing=False)
    rules.refuse(seen, matched=False, viewing=True)


def test_nothing_rests_on_a_list_that_does_not_match() -> None:
    matched = replace(UNLAWFUL, ground=Ground.MATCHED_LIST)
    with pytest.raises(NoListMatch):
        rules.refuse(matched, matched=False, viewing=False)
    rules.refuse(matched, matched=True, viewing=False)


@given(
    st.builds(
        FindingInput,
        st.sampled_from(FindingKind),
        st.sampled_from(Ground),
        st.sampled_from(Category),
        st.text(max_size=5),
        st.text(max_size=5),
    ),
    st.booleans(),
)
def test_whatever_is_let_through_unlawful_has_a_category_and_a_ground(
    finding: FindingInput, matched: bool
) -> None:
    try:
        rules.refuse(finding, matched=matched, viewing=False)
    except FindingRefused:
        return
    assert finding.ground is not Ground.SEEN
    assert (finding.verdict is FindingKind.UNLAWFUL) == (finding.category is not Category.UNKNOWN)
    if finding.verdict is FindingKind.UNLAWFUL:
        assert finding.ground in {Ground.MATCHED_LIST, Ground.STATED_BY_AUTHORITY}


def test_an_own_entry_is_for_pictures_that_no_live_entry_holds() -> None:
    pictured = picture("x")
    for match in MatchKind:
        assert not rules.needs_own_entry((), match=match, listed_live=False)
        assert rules.needs_own_entry(pictured, match=match, listed_live=False)
    assert not rules.needs_own_entry(pictured, match=MatchKind.EXACT, listed_live=True)
    assert rules.needs_own_entry(pictured, match=MatchKind.NEAR, listed_live=True)
    unmatched = (FingerprintValue(Kind.PHASH64, b"12345678"),)
    assert not rules.needs_own_entry(unmatched, match=MatchKind.NONE, listed_live=False)


def test_the_same_file_reported_with_more_kinds_adds_them() -> None:
    first, second = picture("x", Kind.SHA1), picture("x", Kind.SHA1, Kind.PDQ)
    assert rules.merge(first, second) == rules.Merged(second, False)


def test_another_file_at_the_same_address_is_noted_and_not_added() -> None:
    known = picture("x", Kind.SHA1)
    other = picture("y", Kind.SHA1, Kind.PDQ)
    assert rules.merge(known, other) == rules.Merged(known, True)


def test_without_a_digest_in_common_nothing_is_added() -> None:
    """Or a second reporter could have the fingerprint of any picture put on our list."""
    known, other = picture("x", Kind.SHA1), picture("benign", Kind.PDQ, Kind.MD5)
    assert rules.merge(known, other) == rules.Merged(known, True)


@given(st.lists(st.sampled_from(["x", "y", "z"]), max_size=6))
def test_merged_fingerprints_are_always_of_the_first_file(names: list[str]) -> None:
    known: tuple[FingerprintValue, ...] = ()
    for name in names:
        known = rules.merge(known, picture(name, Kind.MD5, Kind.PDQ)).fingerprints
    assert known == (picture(names[0], Kind.MD5, Kind.PDQ) if names else ())


urgent = st.builds(
    pressing.Pressing,
    st.sampled_from(MatchKind),
    st.integers(1, 10_000),
    st.booleans(),
    st.integers(0, 500),
    st.booleans(),
)


@given(urgent)
def test_the_priority_is_the_sum_of_its_reasons(facts: pressing.Pressing) -> None:
    why = pressing.reasons(facts)
    assert pressing.priority(why) == sum(reason.points for reason in why)
    assert all(reason.points > 0 for reason in why)
    assert [r.points for r in why] == sorted((r.points for r in why), reverse=True)


@given(urgent)
def test_repeats_and_waiting_only_ever_raise(facts: pressing.Pressing) -> None:
    base = pressing.priority(pressing.reasons(facts))
    for more in (
        replace(facts, reports=facts.reports + 1),
        replace(facts, overdue_rounds=facts.overdue_rounds + 1),
        replace(facts, official_source=True),
        replace(facts, seen_again=True),
    ):
        assert pressing.priority(pressing.reasons(more)) >= base


def test_an_exact_match_goes_before_a_near_one_before_a_mere_report() -> None:
    exact, near, told = (
        pressing.priority(pressing.reasons(pressing.Pressing(match, 1)))
        for match in (MatchKind.EXACT, MatchKind.NEAR, MatchKind.NONE)
    )
    assert exact > near > told


def test_a_flood_of_reports_does_not_outweigh_a_list_match() -> None:
    flood = pressing.reasons(pressing.Pressing(MatchKind.NONE, 100_000))
    assert pressing.priority(flood) < pressing.priority(
        pressing.reasons(pressing.Pressing(MatchKind.NEAR, 1))
    )
    assert flood[0].code is ReasonCode.REPORTED_AGAIN
    assert flood[0].count == 99_999


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_reference", "x" * 121),
        ("client_reference", "a\x00b"),
        ("category_hint", "x" * 41),
        ("category_hint", "a\nb"),
        ("words", "x" * 4_001),
        ("fingerprints", picture("x", Kind.MD5) * 65),
        ("fingerprints", (FingerprintValue(Kind.MD5, b"short"),)),
    ],
)
def test_a_report_that_does_not_fit_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(ReportRefused) as refused:
        rules.refuse_report(incoming(**{field: value}))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_reprs_of_what_carries_an_address_do_not_show_it() -> None:
    assert "bighost" not in repr(incoming())
