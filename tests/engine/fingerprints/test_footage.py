"""How much of one film is found in another: the arithmetic of shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.fingerprints import FrameHash, FrameVariants, Gate, Variant
from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.fingerprints.footage import (
    Candidate,
    Shares,
    VideoMatch,
    candidates,
    compared,
    footage_of,
    footage_of_variants,
    match,
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
    return found.telling.of_query, found.telling.of_listed


def _slow_shares(one: set[bytes], other: set[bytes], bits: int) -> Shares:
    """vPDQ's rule written the slow way: how many of each are found in the other."""

    def apart(a: bytes, b: bytes) -> int:
        return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()

    def found(some: set[bytes], among: set[bytes]) -> int:
        return sum(any(apart(a, b) <= bits for b in among) for a in some)

    return Shares(len(one), len(other), found(one, other), found(other, one))


def _irregular(values: set[bytes]) -> set[bytes]:
    return {v for v in values if hash_is_distinct(np.frombuffer(v, np.uint8)[None])[0]}


REGULAR = [bytes([byte] * 32) for byte in (0b10101010, 0b11110000, 0b11001100)]

frames = st.builds(
    lambda value, bits, seed, quality, gate: FrameHash(
        0, 0.0, _near(value, bits, seed), quality, gate
    ),
    st.sampled_from([*SCENES[:5], *REGULAR]),
    st.integers(0, 40),
    st.integers(0, 3),
    st.sampled_from([0, 49, 50, 100]),
    st.sampled_from([None, None, None, Gate.ENTROPY]),
)
films = st.lists(frames, max_size=12)
silent_films = st.lists(
    st.builds(
        lambda value, gate: FrameHash(0, 0.0, value, 100 if gate else 49, gate),
        st.sampled_from([*SCENES, *REGULAR]),
        st.sampled_from([None, *Gate]),
    ),
    max_size=6,
)


def _telling(film: list[FrameHash], quality: int) -> set[bytes]:
    return {f.value for f in film if f.quality >= quality and f.gate is None}


@settings(deadline=None)
@given(films, films, st.integers(0, 60), st.sampled_from([0, 50]))
def test_the_shares_are_those_of_vpdq_with_and_without_regular_frames(
    query: list[FrameHash], listed: list[FrameHash], bits: int, quality: int
) -> None:
    found = match(query, listed, distance_bits=bits, quality=quality)
    one, other = _telling(query, quality), _telling(listed, quality)
    assert found.telling == _slow_shares(one, other, bits)
    assert found.distinct == _slow_shares(_irregular(one), _irregular(other), bits)
    assert (found.nearest_bits is None) == (found.telling.query_found == 0)


@settings(deadline=None)
@given(films, films, silent_films, silent_films)
def test_silent_frames_count_neither_for_nor_against(
    query: list[FrameHash],
    listed: list[FrameHash],
    more: list[FrameHash],
    others: list[FrameHash],
) -> None:
    assert match(query + more, listed + others) == match(query, listed)


@settings(deadline=None)
@given(films, films)
def test_asked_the_other_way_round_the_shares_are_the_same(
    query: list[FrameHash], listed: list[FrameHash]
) -> None:
    there, back = match(query, listed), match(listed, query)
    for one, other in ((there.telling, back.telling), (there.distinct, back.distinct)):
        assert (one.query_frames, one.query_found) == (other.listed_frames, other.listed_found)
        assert (one.listed_frames, one.listed_found) == (other.query_frames, other.query_found)


@settings(deadline=None)
@given(films, films, st.integers(0, 59))
def test_shares_lie_between_0_and_1_and_grow_with_the_distance(
    query: list[FrameHash], listed: list[FrameHash], bits: int
) -> None:
    near, far = (match(query, listed, distance_bits=within) for within in (bits, bits + 1))
    for one, other in ((near.telling, far.telling), (near.distinct, far.distinct)):
        assert 0 <= one.of_query <= other.of_query <= 1
        assert 0 <= one.of_listed <= other.of_listed <= 1
    assert near.distinct.query_found <= near.telling.query_found


def test_a_film_is_wholly_found_in_itself() -> None:
    found = match(_film(SCENES), _film(SCENES))
    assert _shares(found) == (1.0, 1.0)
    assert found.offset_seconds == 0.0
    assert found.nearest_bits == 0


def test_a_cut_copy_is_found_with_where_it_was_cut() -> None:
    copy = [_near(value, 20, n) for n, value in enumerate(SCENES[12:30])]
    found = match(_film(copy), _film(SCENES))
    assert _shares(found) == (1.0, 18 / 40)
    assert found.offset_seconds == pytest.approx(6.0, abs=0.5)


def test_frames_further_than_31_bits_are_others_if_not_said_otherwise() -> None:
    assert match(_film([_near(SCENES[0], 31)]), _film(SCENES[:1])).telling.query_found == 1
    further = _film([_near(SCENES[0], 32)]), _film(SCENES[:1])
    assert match(*further).telling.query_found == 0
    assert match(*further, distance_bits=32).telling.query_found == 1
    with pytest.raises(ValueError, match="0 to 60"):
        match([], [], distance_bits=61)


def test_frames_that_show_nothing_do_not_count() -> None:
    flat = _film([bytes(32)] * 50, quality=10)
    found = match(flat + _film(SCENES[:4]), flat + _film(SCENES[:4]))
    assert found.telling == Shares(4, 4, 4, 4)
    assert match(flat, flat).telling == Shares(0, 0, 0, 0)


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
        assert found.nearest_bits is None


def test_a_frame_is_found_by_any_of_its_variants_and_the_one_that_finds_most_is_named() -> None:
    def variants(number: int) -> FrameVariants:
        none = Variant("cropped", SCENES[39 - number], 100)
        flat = Variant("turned", SCENES[number], 20)
        good = Variant("mirrored" if number else "framed", SCENES[number], 90)
        return FrameVariants(number, number / 2, (none, flat, good))

    asked = footage_of_variants([variants(number) for number in range(4)])
    found = compared(asked, footage_of(_film(SCENES[:3])))
    assert (found.telling.query_found, found.telling.query_frames) == (3, 4)
    assert found.transformation == "mirrored"
    assert match(_film(SCENES), _film(SCENES)).transformation is None


def test_regular_hashes_can_be_left_out() -> None:
    footage = footage_of(_film([SCENES[0], REGULAR[0], SCENES[1]]))
    kept = footage.only_distinct()
    assert (len(footage), len(kept)) == (3, 2)
    assert kept.seconds.tolist() == [0.0, 1.0]
    assert SCENES[0].hex() not in repr(footage)


def test_the_films_that_share_frames_are_found_in_one_look_up() -> None:
    films = {7: SCENES[:20], 8: SCENES[15:30], 9: SCENES[30:]}
    pairs = [(film, value) for film, values in films.items() for value in values]
    index = NearIndex.build(
        np.stack([np.frombuffer(value, np.uint8) for _, value in pairs]),
        np.array([film for film, _ in pairs], np.uint64),
    )
    query = footage_of(_film([_near(value, 16, n) for n, value in enumerate(SCENES[10:20])]))
    assert candidates(query, index.query) == [Candidate(7, 10, 10), Candidate(8, 5, 10)]
    assert candidates(query, index.query)[1].share_of_query == 0.5
    assert candidates(footage_of(_film([bytes(32)], quality=0)), index.query) == []
    assert candidates(footage_of(_film([RNG.bytes(32)])), index.query) == []


def test_a_still_scene_is_found_whole_and_tells_no_time_but_the_rest_of_the_film_does() -> None:
    still = [_near(SCENES[0], 4, seed=n) for n in range(600)]
    moving = [RNG.bytes(32) for _ in range(900)]
    listed = _film([*moving[:300], *still, *moving])
    assert match(_film(still), listed).telling.query_found == len(still)
    assert match(_film(still), listed).offset_seconds is None
    both = match(_film([*still, *moving]), listed)
    assert both.telling.of_query == 1.0
    assert both.offset_seconds == pytest.approx(150.0, abs=0.5)
