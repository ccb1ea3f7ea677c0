"""What is found at each level, by what, and what it may be used for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.media.drawn import picture as drawn
from tests.engine.media.drawn import saved
from tests.engine.search.prints import (
    NOTHING_NEAR,
    exact_index,
    near_index,
    off_by,
    oriented,
    picture,
    prints,
    some_hash,
    with_512,
)
from tocsin.engine import Fingerprints, fingerprint
from tocsin.engine.fingerprints import Gate, Origin, PdqHash, Variant
from tocsin.engine.index import ExactIndex
from tocsin.engine.search import (
    Level,
    Limits,
    Match,
    MatchKind,
    Use,
    WrongIndex,
    search,
    search_many,
)

NO_DIGESTS: dict[str, ExactIndex] = {}


def found_near(
    one: Fingerprints,
    entries: dict[int, bytes],
    level: Level = Level.NEAR,
    limits: Limits | None = None,
) -> tuple[Match, ...]:
    return search(
        one, near=near_index(entries), exact=NO_DIGESTS, level=level, limits=limits or Limits()
    )


def mirrored(seed: int, quality: int = 90) -> tuple[Variant, ...]:
    return (Variant("mirrored", some_hash(seed), quality),)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("digest", ["sha256", "sha1", "md5"])
def test_the_same_bytes_are_found_at_every_level_and_may_block(level: Level, digest: str) -> None:
    one = prints()
    value = getattr(one, digest)
    index = exact_index({7: value, 8: bytes(len(value))}, len(value))
    assert search(one, near=NOTHING_NEAR, exact={digest: index}, level=level) == (
        Match(7, MatchKind.EXACT, 0, digest, Use.BLOCK),
    )


def test_the_digest_hardest_to_forge_is_told() -> None:
    one = prints()
    exact = {name: exact_index({7: getattr(one, name)}, width) for name, width in WIDTHS.items()}
    [match] = search(one, near=NOTHING_NEAR, exact=exact)
    assert match.found_by == "sha256"


WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32}


def test_an_index_of_another_digest_is_refused() -> None:
    with pytest.raises(WrongIndex, match="given as md5 holds values of 20 bytes, a md5 has 16"):
        search(prints(), near=NOTHING_NEAR, exact={"md5": exact_index({1: bytes(20)}, 20)})


def test_a_photodna_index_among_them_is_left_alone() -> None:
    exact = {"photodna": exact_index({1: bytes(144)}, 144)}
    assert search(prints(), near=NOTHING_NEAR, exact=exact) == ()


def test_the_exact_level_asks_for_no_picture() -> None:
    assert found_near(prints(picture(1)), {7: some_hash(1)}, Level.EXACT) == ()


@pytest.mark.parametrize("bits", [0, 12, 31])
def test_a_plain_hash_within_the_block_limit_may_block(bits: int) -> None:
    assert found_near(prints(picture(1)), {7: off_by(some_hash(1), bits), 8: some_hash(2)}) == (
        Match(7, MatchKind.NEAR, bits, "pdq", Use.BLOCK, Origin.PICTURE, 0),
    )


def test_between_the_limits_a_match_is_for_review_and_beyond_there_is_none() -> None:
    limits = Limits(review_bits=44)
    for bits, uses in ((31, [Use.BLOCK]), (32, [Use.REVIEW]), (44, [Use.REVIEW]), (45, [])):
        entries = {7: off_by(some_hash(1), bits)}
        found = found_near(prints(picture(1)), entries, limits=limits)
        assert [match.use for match in found] == uses


@pytest.mark.parametrize("gate", Gate)
def test_no_hash_of_a_whole_picture_matches_through_a_gate(gate: Gate) -> None:
    one = prints(picture(1, gate=gate, variants=mirrored(2)))
    found = found_near(one, {7: some_hash(1), 8: some_hash(2)}, Level.THOROUGH)
    # A window on a picture that repeats itself or is mostly empty may still show another one.
    nothing = gate in {Gate.PIXELS, Gate.BYTES}
    assert [(m.entry_id, m.use) for m in found] == ([] if nothing else [(8, Use.REVIEW)])


def test_the_other_dialect_and_the_picture_as_shown_are_asked_for_too() -> None:
    one = prints(with_512(picture(1), some_hash(2)))
    [match] = found_near(one, {7: some_hash(2)})
    assert (match.found_by, match.use) == ("pdq nearest512", Use.BLOCK)
    [match] = found_near(prints(oriented(picture(1), some_hash(3))), {7: some_hash(3)})
    assert (match.found_by, match.use) == ("pdq oriented", Use.BLOCK)


def test_one_hash_of_low_quality_among_several_is_not_asked_for() -> None:
    one = prints(with_512(picture(1), some_hash(2), quality=49))
    assert found_near(one, {7: some_hash(2)}) == ()


def test_what_only_the_battery_finds_is_for_review_and_only_at_the_thorough_level() -> None:
    one = prints(picture(1, variants=mirrored(2)))
    assert found_near(one, {7: some_hash(2)}) == ()
    [match] = found_near(one, {7: some_hash(2)}, Level.THOROUGH)
    assert (match.found_by, match.use, match.distance_bits) == ("mirrored", Use.REVIEW, 0)


def test_a_variant_of_low_quality_finds_nothing() -> None:
    one = prints(picture(1, variants=mirrored(2, quality=49)))
    assert found_near(one, {7: some_hash(2)}, Level.THOROUGH) == ()


def test_a_variant_that_lies_closer_does_not_turn_a_block_into_a_review() -> None:
    near_me = off_by(some_hash(1), 20)
    one = prints(picture(1, variants=(Variant("mirrored", near_me, 90),)))
    [match] = found_near(one, {7: near_me}, Level.THOROUGH)
    assert (match.found_by, match.use, match.distance_bits) == ("pdq", Use.BLOCK, 20)


@pytest.mark.parametrize(
    ("origin", "found_by", "use"),
    [
        (Origin.FRAME, "frame 12: pdq", Use.BLOCK),
        (Origin.DATA_URI, "data uri 12: pdq", Use.BLOCK),
        (Origin.THUMBNAIL, "thumbnail 12: pdq", Use.REVIEW),
    ],
)
def test_a_match_says_in_which_picture_and_a_preview_blocks_nothing(
    origin: Origin, found_by: str, use: Use
) -> None:
    one = prints(picture(1), picture(2, origin=origin, number=12))
    assert found_near(one, {7: some_hash(2)}) == (
        Match(7, MatchKind.NEAR, 0, found_by, use, origin, 12),
    )


def test_a_picture_whose_bits_are_regular_is_for_review_only() -> None:
    stripes = bytes([0b10101010] * 32)
    simple = replace(picture(1), pdq=PdqHash(stripes, 90))
    [match] = found_near(prints(simple), {7: off_by(stripes, 10)}, limits=Limits(review_bits=44))
    assert (match.use, match.distance_bits, match.found_by) == (Use.REVIEW, 10, "pdq")
    further = {7: off_by(stripes, 36)}
    assert found_near(prints(simple), further, limits=Limits(review_bits=44)) == ()


def test_a_variant_whose_bits_are_regular_finds_nothing() -> None:
    stripes = bytes([0b10101010] * 32)
    one = prints(picture(1, variants=(Variant("mirrored", stripes, 90),)))
    assert found_near(one, {7: stripes}, Level.THOROUGH) == ()


def test_a_gate_of_one_picture_leaves_the_others_alone() -> None:
    one = prints(picture(1, gate=Gate.QUALITY), picture(2, origin=Origin.FRAME, number=3))
    assert [m.entry_id for m in found_near(one, {7: some_hash(1), 8: some_hash(2)})] == [8]


def test_answers_are_best_first_and_each_entry_stands_once() -> None:
    one = prints(picture(1), picture(2, origin=Origin.FRAME, number=1))
    near = near_index(
        {4: off_by(some_hash(1), 40), 5: off_by(some_hash(1), 8), 6: off_by(some_hash(2), 2)}
    )
    near.add(np.frombuffer(off_by(some_hash(2), 30), np.uint8)[None], np.array([5], np.uint64))
    exact = {"md5": exact_index({9: one.md5}, 16)}
    found = search(one, near=near, exact=exact, limits=Limits(review_bits=44))
    assert [(m.entry_id, m.distance_bits) for m in found] == [(9, 0), (6, 2), (5, 8), (4, 40)]


def test_a_list_full_of_copies_gives_so_many_entries_and_the_nearest() -> None:
    entries = {number: off_by(some_hash(1), number % 30) for number in range(90)}
    found = found_near(prints(picture(1)), entries, limits=Limits(most_entries=6))
    assert [m.distance_bits for m in found] == [0, 0, 0, 1, 1, 1]


def test_no_files_give_no_answers() -> None:
    exact = {"md5": exact_index({9: bytes(16)}, 16)}
    assert search_many([], near=NOTHING_NEAR, exact=exact) == ()
    assert search_many([prints()], near=NOTHING_NEAR, exact={}, level=Level.THOROUGH) == ((),)


def test_a_real_picture_is_found_after_it_was_saved_anew() -> None:
    listed = fingerprint(saved(drawn(640, 480, 3), "PNG"))
    asked = fingerprint(saved(drawn(640, 480, 3), "JPEG", quality=60))
    assert listed.pdq is not None
    [match] = found_near(asked, {7: listed.pdq, 8: some_hash(8)})
    assert (match.entry_id, match.use) == (7, Use.BLOCK)
    assert match.distance_bits <= 10


def test_no_text_form_shows_a_hash() -> None:
    one = prints(picture(1))
    [match] = found_near(one, {7: some_hash(1)})
    assert some_hash(1).hex() not in repr(match)
    assert repr(some_hash(1)) not in repr(match)


files = st.lists(
    st.builds(
        lambda seeds, variants, gate, content: prints(
            *(picture(s, gate=gate if s % 3 == 0 else None, variants=variants) for s in seeds),
            content=content,
        ),
        st.lists(st.integers(0, 12), max_size=3, unique=True),
        st.sampled_from([(), *(mirrored(seed) for seed in range(12))]),
        st.sampled_from([None, *Gate]),
        st.sampled_from([b"one", b"two", b"three"]),
    ),
    max_size=5,
)


@given(files, st.sampled_from(Level), st.integers(0, 31), st.integers(31, 60), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_many_at_once_give_the_answers_of_one_by_one(
    batch: list[Fingerprints], level: Level, block_bits: int, review_bits: int, battery_bits: int
) -> None:
    near = near_index({n: off_by(some_hash(n % 8), 5 * n % 60) for n in range(24)})
    exact = {"sha1": exact_index({3: prints(content=b"two").sha1}, 20)}
    limits = Limits(block_bits, review_bits, battery_bits)
    together = search_many(batch, near=near, exact=exact, level=level, limits=limits)
    single = [search(one, near=near, exact=exact, level=level, limits=limits) for one in batch]
    assert list(together) == single
    for match in (match for matches in together for match in matches):
        if match.use is Use.BLOCK:
            assert match.distance_bits <= block_bits or match.kind is MatchKind.EXACT
            assert match.found_by != "mirrored"


def test_a_level_may_be_said_in_words_and_a_wrong_one_is_refused() -> None:
    value = some_hash(1)
    varied = prints(replace(picture(2), variants=(Variant("mirrored", value, 90),)))
    index = near_index({7: value})
    told: list[object] = ["thorough", Level.THOROUGH]
    for level in told:
        [match] = search(varied, near=index, exact=NO_DIGESTS, level=level)  # type: ignore[arg-type]
        assert match.found_by == "mirrored"
    with pytest.raises(ValueError, match="bogus"):
        search(varied, near=index, exact=NO_DIGESTS, level="bogus")  # type: ignore[arg-type]
