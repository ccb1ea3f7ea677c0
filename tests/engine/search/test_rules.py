"""What a finding allows, over all distances and limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.search.prints import picture, prints, some_hash
from tocsin.engine.fingerprints import Gate, Origin, Variant
from tocsin.engine.search import Level, Limits, Match, MatchKind, Use, WrongLimits
from tocsin.engine.search.rules import (
    Asked,
    Standing,
    asked_of,
    best_of,
    near_match,
    standing_of,
    use_of,
)

limits = st.builds(
    lambda block, more, battery: Limits(block, min(60, block + more), battery),
    st.integers(0, 31),
    st.integers(0, 60),
    st.integers(0, 60),
)
distances = st.integers(0, 256)
standings = st.sampled_from(Standing)
matches = st.builds(
    lambda entry_id, bits, use: near_match(asked(plain=use is Use.BLOCK), entry_id, bits, use),
    st.integers(1, 5),
    st.integers(0, 60),
    st.sampled_from(Use),
)


def asked(*, plain: bool) -> Asked:
    return Asked(some_hash(1), "pdq", plain, Origin.PICTURE, 0)


@given(standings, distances, limits)
def test_only_a_plain_hash_within_the_limit_of_31_bits_ever_blocks(
    standing: Standing, bits: int, within: Limits
) -> None:
    blocks = use_of(standing, bits, within) is Use.BLOCK
    assert blocks == (standing is Standing.PLAIN and bits <= within.block_bits)
    assert within.block_bits <= 31


@given(distances, limits)
def test_what_the_battery_made_is_for_review_within_its_own_limit(
    bits: int, within: Limits
) -> None:
    use = use_of(Standing.DERIVED, bits, within)
    assert use is (Use.REVIEW if bits <= within.battery_bits else None)


@given(distances, limits)
def test_a_regular_hash_is_for_review_where_a_distinct_one_blocks(
    bits: int, within: Limits
) -> None:
    blocks = use_of(Standing.PLAIN, bits, within) is Use.BLOCK
    assert use_of(Standing.REGULAR, bits, within) is (Use.REVIEW if blocks else None)


def test_a_regular_variant_carries_nothing() -> None:
    assert standing_of(asked(plain=False), distinct=False) is None
    assert standing_of(asked(plain=False), distinct=True) is Standing.DERIVED
    assert standing_of(asked(plain=True), distinct=False) is Standing.REGULAR
    assert standing_of(asked(plain=True), distinct=True) is Standing.PLAIN


@given(st.integers(0, 255), limits, standings)
def test_a_closer_finding_never_allows_less(bits: int, within: Limits, standing: Standing) -> None:
    order = [None, Use.REVIEW, Use.BLOCK]
    closer, further = (use_of(standing, at, within) for at in (bits, bits + 1))
    assert order.index(closer) >= order.index(further)


@given(st.lists(matches))
def test_the_best_of_findings_does_not_depend_on_their_order(counting: list[Match]) -> None:
    best = best_of(counting)
    assert [(m.entry_id, m.use, m.distance_bits) for m in best] == [
        (m.entry_id, m.use, m.distance_bits) for m in best_of(counting[::-1])
    ]
    assert {m.entry_id for m in best} == {m.entry_id for m in counting}
    assert len({m.entry_id for m in best}) == len(best)
    for match in best:
        same = [m for m in counting if m.entry_id == match.entry_id]
        assert (match.use is Use.BLOCK) == any(m.use is Use.BLOCK for m in same)
        assert match.distance_bits == min(m.distance_bits for m in same if m.use is match.use)


def test_an_exact_match_goes_before_any_near_one() -> None:
    near = Match(1, MatchKind.NEAR, 0, "pdq", Use.BLOCK)
    exact = Match(1, MatchKind.EXACT, 0, "md5", Use.BLOCK)
    assert best_of([near, exact]) == best_of([exact, near]) == (exact,)


@given(st.sampled_from(Level), st.sampled_from([None, *Gate]), st.integers(0, 100))
def test_a_gate_keeps_the_plain_hash_back_and_an_empty_picture_its_windows_too(
    level: Level, gate: Gate | None, quality: int
) -> None:
    one = picture(1, gate=gate, quality=quality, variants=(Variant("turned", some_hash(2), 80),))
    names = [a.found_by for a in asked_of(prints(one), level)]
    assert ("pdq" in names) == (level is not Level.EXACT and gate is None and quality >= 50)
    nothing = gate in {Gate.PIXELS, Gate.BYTES}
    assert ("turned" in names) == (level is Level.THOROUGH and not nothing)


def test_what_is_asked_shows_no_hash() -> None:
    [one] = asked_of(prints(picture(1)), Level.NEAR)
    assert repr(one) == "<Asked 'pdq'>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"block_bits": 32, "review_bits": 40},
        {"block_bits": -1},
        {"block_bits": 20, "review_bits": 18},
        {"review_bits": 61},
        {"battery_bits": 61},
        {"most_entries": 0},
        {"block_bits": 10.5},
        {"most_entries": 1.5},
    ],
)
def test_limits_beyond_what_they_may_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongLimits):
        Limits(**wrong)
