"""Whether one film is another: by share of frames, and by rules that are data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.fingerprints import (
    FrameHash,
    FrameVariants,
    Sampling,
    Variant,
    VideoHashes,
)
from tocsin.engine.fingerprints.footage import (
    Candidate,
    FoundBy,
    ShareRule,
    Use,
    VideoMatch,
    candidates,
    match,
    match_video,
)
from tocsin.engine.index import NearIndex

RNG = np.random.default_rng(5)
SCENES = [RNG.bytes(32) for _ in range(40)]


def _near(value: bytes, bits: int, seed: int = 0) -> bytes:
    """The value with so many bits turned."""
    turned = np.random.default_rng(seed).choice(256, bits, replace=False)
    number = int.from_bytes(value, "big")
    for bit in turned:
        number ^= 1 << int(bit)
    return number.to_bytes(32, "big")


def _film(values: list[bytes], *, start: float = 0.0, quality: int = 100) -> list[FrameHash]:
    return [FrameHash(n, start + n / 2, value, quality) for n, value in enumerate(values)]


def _shares(found: VideoMatch) -> tuple[float, float]:
    return found.share_of_query, found.share_of_listed


def _slow_match(
    query: list[FrameHash], listed: list[FrameHash], bits: int, quality: int
) -> tuple[int, int]:
    """vPDQ's rule written the slow way: how many of each are found in the other."""
    one = {f.value for f in query if f.quality >= quality}
    other = {f.value for f in listed if f.quality >= quality}

    def apart(a: bytes, b: bytes) -> int:
        return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()

    def found(some: set[bytes], among: set[bytes]) -> int:
        return sum(any(apart(a, b) <= bits for b in among) for a in some)

    return found(one, other), found(other, one)


few = st.lists(
    st.builds(
        lambda scene, bits, seed, quality: (_near(SCENES[scene], bits, seed), quality),
        st.integers(0, 5),
        st.integers(0, 40),
        st.integers(0, 3),
        st.sampled_from([0, 49, 50, 100]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(few, few, st.integers(0, 31), st.sampled_from([0, 50]))
def test_the_shares_are_those_of_vpdq(
    one: list[tuple[bytes, int]], other: list[tuple[bytes, int]], bits: int, quality: int
) -> None:
    query = [FrameHash(n, n / 2, value, q) for n, (value, q) in enumerate(one)]
    listed = [FrameHash(n, n / 2, value, q) for n, (value, q) in enumerate(other)]
    found = match(query, listed, distance_bits=bits, quality=quality)
    assert (found.query_found, found.listed_found) == _slow_match(query, listed, bits, quality)


def test_a_film_is_wholly_found_in_itself() -> None:
    found = match(_film(SCENES), _film(SCENES))
    assert _shares(found) == (1.0, 1.0)
    assert found.offset_seconds == 0.0
    assert found.use() is Use.BLOCK


def test_a_cut_copy_is_found_with_where_it_was_cut() -> None:
    copy = [_near(value, 20, n) for n, value in enumerate(SCENES[12:30])]
    found = match(_film(copy), _film(SCENES))
    assert _shares(found) == (1.0, 18 / 40)
    assert found.offset_seconds == pytest.approx(6.0, abs=0.5)


def test_frames_further_than_31_bits_are_others() -> None:
    assert match(_film([_near(SCENES[0], 31)]), _film(SCENES[:1])).query_found == 1
    assert match(_film([_near(SCENES[0], 32)]), _film(SCENES[:1])).query_found == 0
    with pytest.raises(ValueError, match="0 to 31"):
        match([], [], distance_bits=32)


def test_frames_that_show_nothing_do_not_count() -> None:
    flat = _film([bytes(32)] * 50, quality=10)
    found = match(flat + _film(SCENES[:4]), flat + _film(SCENES[:4]))
    assert (found.query_frames, found.listed_frames) == (4, 4)
    assert match(flat, flat).use() is Use.NONE


def test_a_still_scene_counts_once() -> None:
    found = match(_film([SCENES[0]] * 90 + SCENES[1:11]), _film([*SCENES[20:30], SCENES[0]]))
    assert _shares(found) == (1 / 11, 1 / 11)


def test_frames_in_another_order_have_no_offset() -> None:
    found = match(_film(SCENES[::-1]), _film(SCENES))
    assert _shares(found) == (1.0, 1.0)
    assert found.offset_seconds is None


def test_empty_films_are_no_match() -> None:
    for query, listed in (([], SCENES), (SCENES, []), ([], [])):
        found = match(_film(query), _film(listed))
        assert _shares(found) == (0.0, 0.0)
        assert found.rule() is None


@pytest.mark.parametrize(
    ("of_query", "of_listed", "use", "name"),
    [
        ((8, 10), (8, 1000), Use.BLOCK, "vpdq"),
        ((7, 10), (7, 1000), Use.REVIEW, "part of the query"),
        ((9, 900), (9, 10), Use.BLOCK, "whole list"),
        ((2, 2), (2, 100), Use.REVIEW, "part of the query"),
        ((1, 1), (1, 1), Use.REVIEW, "part of the query"),
        ((10, 900), (10, 900), Use.REVIEW, "ten frames"),
        ((3, 900), (3, 900), Use.NONE, None),
        ((0, 900), (0, 900), Use.NONE, None),
    ],
)
def test_the_first_rule_that_holds_stands(
    of_query: tuple[int, int], of_listed: tuple[int, int], use: Use, name: str | None
) -> None:
    found = VideoMatch(of_query[1], of_listed[1], of_query[0], of_listed[0])
    rule = found.rule()
    assert (rule.name if rule else None) == name
    assert found.use() is use


def test_rules_are_data() -> None:
    strict = (ShareRule("all of it", 1.0, 1.0, 1, Use.BLOCK),)
    assert VideoMatch(4, 4, 4, 4).use(strict) is Use.BLOCK
    assert VideoMatch(4, 4, 4, 3).use(strict) is Use.NONE


def _query(*, cropped: list[bytes], oriented: list[bytes]) -> VideoHashes:
    return VideoHashes(
        Sampling.KEY_FRAMES,
        tuple(_film(SCENES[30:40])),
        None,
        cropped=tuple(_film(cropped)),
        oriented=tuple(_film(oriented)),
    )


def test_what_only_altered_frames_found_is_for_review() -> None:
    for query, found_by in (
        (_query(cropped=SCENES[:10], oriented=[]), FoundBy.CROPPED),
        (_query(cropped=[], oriented=SCENES[:10]), FoundBy.ORIENTED),
    ):
        found = match_video(query, _film(SCENES[:10]))
        assert found.found_by is found_by
        assert found.share_of_query == 1.0
        assert found.use() is Use.REVIEW


def test_the_frames_as_they_are_decide_where_they_can() -> None:
    query = _query(cropped=SCENES[:10], oriented=SCENES[:10])
    found = match_video(query, _film(SCENES[31:40] + SCENES[:10]))
    assert found.found_by is FoundBy.FRAMES
    assert found.use() is Use.BLOCK


def test_a_frame_is_found_by_any_of_its_variants() -> None:
    def variants(number: int) -> FrameVariants:
        none = Variant("cropped", SCENES[39 - number], 100)
        flat = Variant("turned", SCENES[number], 20)
        good = Variant("mirrored", SCENES[number], 90)
        return FrameVariants(number, number / 2, (none, flat, good))

    query = VideoHashes(
        Sampling.KEY_FRAMES,
        tuple(_film(SCENES[30:34])),
        None,
        variants=tuple(variants(n) for n in range(4)),
    )
    found = match_video(query, _film(SCENES[:3]))
    assert found.found_by is FoundBy.VARIANTS
    assert (found.query_found, found.query_frames) == (3, 4)
    assert found.use() is Use.REVIEW


def test_the_films_that_share_frames_are_found_in_one_look_up() -> None:
    films = {7: SCENES[:20], 8: SCENES[15:30], 9: SCENES[30:]}
    pairs = [(film, value) for film, values in films.items() for value in values]
    index = NearIndex.build(
        np.stack([np.frombuffer(value, np.uint8) for _, value in pairs]),
        np.array([film for film, _ in pairs], np.uint64),
    )
    query = _film([_near(value, 16, n) for n, value in enumerate(SCENES[10:20])])
    assert candidates(query, index.query) == [Candidate(7, 10, 10), Candidate(8, 5, 10)]
    assert candidates(query, index.query)[1].share_of_query == 0.5
    assert candidates(_film([bytes(32)], quality=0), index.query) == []
    assert candidates(_film([RNG.bytes(32)]), index.query) == []


def test_a_still_scene_is_found_whole_and_tells_no_time_but_the_rest_of_the_film_does() -> None:
    still = [_near(SCENES[0], 4, seed=n) for n in range(600)]
    moving = [RNG.bytes(32) for _ in range(900)]
    listed = _film([*moving[:300], *still, *moving])
    assert match(_film(still), listed).query_found == len(still)
    assert match(_film(still), listed).offset_seconds is None
    both = match(_film([*still, *moving]), listed)
    assert both.share_of_query == 1.0
    assert both.offset_seconds == pytest.approx(150.0, abs=0.5)
