"""What the shares of two films allow, by rules that are data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.fingerprints.footage import Shares, VideoMatch
from tocsin.engine.search import RULES, ShareRule, Use
from tocsin.engine.search.shares import for_review, rule_of, within_block_limit

NOTHING = Shares(0, 0, 0, 0)


@st.composite
def shares(draw: st.DrawFn) -> Shares:
    query, listed = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    found = draw(st.integers(0, query)) if listed else 0
    listed_found = draw(st.integers(1, listed)) if found else 0
    return Shares(query, listed, found, listed_found)


@st.composite
def matches(draw: st.DrawFn) -> VideoMatch:
    """Any, in which some of the frames are regular."""
    distinct, regular = draw(shares()), draw(shares())
    telling = Shares(
        distinct.query_frames + regular.query_frames,
        distinct.listed_frames + regular.listed_frames,
        distinct.query_found + regular.query_found,
        distinct.listed_found + regular.listed_found,
    )
    return VideoMatch(telling, distinct)


@pytest.mark.parametrize(
    ("of_query", "of_listed", "use", "name"),
    [
        ((8, 10), (8, 1000), Use.BLOCK, "vpdq"),
        ((7, 10), (7, 1000), Use.REVIEW, "part of the query"),
        ((9, 900), (9, 10), Use.BLOCK, "whole list"),
        ((2, 2), (2, 100), Use.REVIEW, "part of the query"),
        ((1, 1), (1, 1), Use.REVIEW, "part of the query"),
        ((10, 900), (10, 900), Use.REVIEW, "ten frames"),
        ((3, 900), (3, 900), None, None),
        ((0, 900), (0, 900), None, None),
    ],
)
def test_the_first_rule_that_holds_stands(
    of_query: tuple[int, int], of_listed: tuple[int, int], use: Use | None, name: str | None
) -> None:
    some = Shares(of_query[1], of_listed[1], of_query[0], of_listed[0])
    rule = rule_of(some)
    assert (rule.name if rule else None) == name
    counted = within_block_limit(VideoMatch(telling=some, distinct=some))
    assert (counted.use if counted else None) is use


def test_rules_are_data() -> None:
    strict = (ShareRule("all of it", 1.0, 1.0, 1, Use.BLOCK),)
    assert rule_of(Shares(4, 4, 4, 4), strict) is strict[0]
    assert rule_of(Shares(4, 4, 4, 3), strict) is None


@given(matches())
def test_what_blocks_has_three_distinct_frames_and_a_share_of_distinct_ones(
    found: VideoMatch,
) -> None:
    counted = within_block_limit(found)
    blocks = counted is not None and counted.use is Use.BLOCK
    enough = found.distinct.of_query >= 0.8 or found.distinct.of_listed >= 0.8
    assert blocks == (found.distinct.query_found >= 3 and enough)


@given(shares())
def test_regular_frames_alone_are_for_review_where_distinct_ones_would_block(
    some: Shares,
) -> None:
    rule = rule_of(some)
    counted = within_block_limit(VideoMatch(telling=some, distinct=NOTHING))
    if rule is None or rule.use is not Use.BLOCK:
        assert counted is None
    else:
        assert counted is not None
        assert (counted.use, counted.regular, counted.shares) == (Use.REVIEW, True, some)


@given(matches())
def test_regular_frames_never_turn_down_what_distinct_ones_allow(found: VideoMatch) -> None:
    alone = within_block_limit(VideoMatch(telling=found.distinct, distinct=found.distinct))
    if alone is not None:
        assert within_block_limit(found) == alone


@given(matches())
def test_altered_frames_never_block_and_count_by_distinct_ones(found: VideoMatch) -> None:
    counted = for_review(found)
    assert (counted is None) == (rule_of(found.distinct) is None)
    if counted is not None:
        assert (counted.use, counted.shares) == (Use.REVIEW, found.distinct)


@given(shares(), st.permutations(RULES))
def test_a_rule_that_is_told_holds(some: Shares, rules: list[ShareRule]) -> None:
    rule = rule_of(some, rules)
    if rule is not None:
        assert some.query_found >= max(1, rule.frames)
        assert some.of_query >= rule.share_of_query
        assert some.of_listed >= rule.share_of_listed
