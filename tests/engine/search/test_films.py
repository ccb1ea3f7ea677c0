"""What is found of a film, among listed films and among listed pictures."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.search.prints import (
    NOTHING_NEAR,
    exact_index,
    near_index,
    off_by,
    picture,
    prints,
    some_hash,
)
from tocsin.engine.fingerprints import (
    FrameHash,
    FrameVariants,
    Gate,
    Origin,
    Sampling,
    Variant,
    VideoHashes,
    vpdq,
)
from tocsin.engine.search import (
    FilmIndex,
    Level,
    Limits,
    Match,
    MatchKind,
    Use,
    match_film,
    search_film,
)

NO_FILMS = FilmIndex.build({})
STRIPES = bytes([0b10101010] * 32)


def film(values: Sequence[bytes], quality: int = 100, gate: Gate | None = None) -> list[FrameHash]:
    return [FrameHash(n, n / 2, value, quality, gate) for n, value in enumerate(values)]


def scenes(first: int, after: int, bits: int = 0) -> list[bytes]:
    return [off_by(some_hash(seed), bits) for seed in range(first, after)]


def regular(count: int) -> list[bytes]:
    """So many different hashes with regular bits."""
    return [off_by(STRIPES, bits) for bits in range(count)]


def video(
    frames: Sequence[FrameHash],
    *,
    cropped: Sequence[bytes] = (),
    oriented: Sequence[bytes] = (),
    variants: Sequence[FrameVariants] = (),
) -> VideoHashes:
    return VideoHashes(
        Sampling.KEY_FRAMES,
        tuple(frames),
        None,
        cropped=tuple(film(cropped)),
        oriented=tuple(film(oriented)),
        variants=tuple(variants),
    )


def mirrored(values: Sequence[bytes]) -> list[FrameVariants]:
    return [
        FrameVariants(
            n, n / 2, (Variant("mirrored", value, 90), Variant("cut", some_hash(999), 90))
        )
        for n, value in enumerate(values)
    ]


def found_in(
    asked: VideoHashes,
    films: dict[int, list[FrameHash]] | None = None,
    pictures: dict[int, bytes] | None = None,
    level: Level = Level.NEAR,
    limits: Limits | None = None,
) -> tuple[Match, ...]:
    return search_film(
        replace(prints(), video=asked),
        near=near_index(pictures) if pictures else NOTHING_NEAR,
        films=FilmIndex.build(films) if films else NO_FILMS,
        exact={},
        level=level,
        limits=limits or Limits(),
    )


def test_a_cut_copy_is_found_with_its_shares_and_where_it_was_cut() -> None:
    [match] = found_in(video(film(scenes(12, 30, bits=20))), {7: film(scenes(0, 40))})
    assert (match.entry_id, match.kind, match.use) == (7, MatchKind.NEAR, Use.BLOCK)
    assert (match.found_by, match.distance_bits) == ("frames", 20)
    assert match.overlap is not None
    assert (match.overlap.shares.of_query, match.overlap.shares.of_listed) == (1.0, 18 / 40)
    assert (match.overlap.rule, match.overlap.regular) == ("vpdq", False)
    assert match.overlap.offset_seconds == pytest.approx(6.0, abs=0.5)


def test_of_many_films_those_that_share_frames_are_told_best_first() -> None:
    films = {7: film(scenes(0, 20)), 8: film(scenes(15, 30)), 9: film(scenes(30, 40))}
    found = found_in(video(film(scenes(4, 20))), films)
    assert [(match.entry_id, match.use) for match in found] == [(7, Use.BLOCK), (8, Use.REVIEW)]


@pytest.mark.parametrize(
    ("altered", "found_by"),
    [
        ({"cropped": scenes(0, 10)}, "frames within the bars"),
        ({"oriented": scenes(0, 10)}, "frames oriented"),
        ({"variants": mirrored(scenes(0, 10))}, "frames: mirrored"),
    ],
)
def test_what_only_altered_frames_found_is_for_review_and_says_how_it_was_altered(
    altered: dict[str, list[bytes]], found_by: str
) -> None:
    asked = video(film(scenes(30, 40)), **altered)  # type: ignore[arg-type]
    [match] = found_in(asked, {7: film(scenes(0, 10))}, level=Level.THOROUGH)
    assert (match.found_by, match.use) == (found_by, Use.REVIEW)
    assert match.overlap is not None
    assert match.overlap.shares.of_query == 1.0


def test_each_level_asks_for_more() -> None:
    by_bars = video(film(scenes(30, 40)), cropped=scenes(0, 10))
    by_battery = video(film(scenes(30, 40)), variants=mirrored(scenes(0, 10)))
    listed = {7: film(scenes(0, 10))}
    for level, count in ((Level.EXACT, 0), (Level.NEAR, 1), (Level.THOROUGH, 1)):
        assert len(found_in(by_bars, listed, level=level)) == count
    for level, count in ((Level.EXACT, 0), (Level.NEAR, 0), (Level.THOROUGH, 1)):
        assert len(found_in(by_battery, listed, level=level)) == count


def test_the_frames_as_they_are_decide_where_they_may_block() -> None:
    asked = video(film(scenes(30, 40)), cropped=scenes(0, 10), oriented=scenes(0, 10))
    [match] = found_in(asked, {7: film(scenes(31, 40) + scenes(0, 10))})
    assert (match.found_by, match.use) == ("frames", Use.BLOCK)


def test_a_film_of_silent_frames_matches_nothing() -> None:
    cards = film(scenes(0, 10), gate=Gate.ENTROPY)
    assert found_in(video(cards), {7: film(scenes(0, 10))}, {8: some_hash(1)}) == ()
    dark = film(scenes(0, 10), quality=49)
    assert found_in(video(dark), {7: film(scenes(0, 10))}, {8: some_hash(1)}) == ()
    assert found_in(video(film(scenes(0, 10))), {7: cards}) == ()


def test_title_cards_between_the_scenes_neither_help_nor_hurt() -> None:
    card = replace(film([some_hash(50)])[0], gate=Gate.ENTROPY)
    cards = [replace(card, number=100 + n, value=some_hash(50 + n)) for n in range(20)]
    plain = found_in(video(film(scenes(0, 8))), {7: film(scenes(0, 10))})
    assert found_in(video([*film(scenes(0, 8)), *cards]), {7: film(scenes(0, 10))}) == plain
    assert found_in(video(film(scenes(0, 8))), {7: [*film(scenes(0, 10)), *cards]}) == plain
    other = found_in(video([*film(scenes(20, 28)), *cards]), {7: [*film(scenes(0, 10)), *cards]})
    assert other == ()


def test_two_films_of_one_studio_share_its_regular_card_and_nothing_else() -> None:
    asked = video(film([*scenes(0, 10), *regular(2)]))
    listed = {7: film([*scenes(20, 30), *regular(2)])}
    assert found_in(asked, listed) == ()


def test_a_film_of_regular_frames_is_for_review_where_it_would_block() -> None:
    [match] = found_in(video(film(regular(6))), {7: film(regular(6))})
    assert match.use is Use.REVIEW
    assert match.overlap is not None
    assert (match.overlap.regular, match.overlap.rule) == (True, "vpdq")
    assert found_in(video(film(regular(2))), {7: film(regular(2))}) == ()


def test_regular_frames_within_bars_carry_nothing() -> None:
    asked = video(film(scenes(0, 6)), cropped=regular(6))
    assert found_in(asked, {7: film(regular(6))}, {8: regular(1)[0]}) == ()


def test_frames_beyond_the_block_limit_are_for_review_up_to_theirs() -> None:
    limits = Limits(block_bits=20, review_bits=44)
    for bits, use in ((20, Use.BLOCK), (22, Use.REVIEW), (44, Use.REVIEW), (46, None)):
        listed = {7: film(scenes(0, 10, bits))}
        found = found_in(video(film(scenes(0, 10))), listed, limits=limits)
        assert [match.use for match in found] == ([use] if use else [])
    further = {7: film(scenes(0, 10, 32))}
    wide = Limits(battery_bits=40)
    asked = video(film(scenes(30, 40)), cropped=scenes(0, 10))
    assert [match.use for match in found_in(asked, further, limits=wide)] == [Use.REVIEW]
    assert found_in(asked, further) == ()


def test_a_listed_picture_in_a_frame_is_told_with_its_time_and_may_block() -> None:
    asked = video(film(scenes(0, 10)))
    [match] = found_in(asked, pictures={8: off_by(some_hash(4), 12), 9: some_hash(40)})
    assert match == Match(
        8, MatchKind.NEAR, 12, "frame 4: pdq", Use.BLOCK, Origin.FRAME, 4, seconds=2.0
    )


def test_pictures_are_found_in_frames_by_the_rules_for_pictures() -> None:
    asked = video(
        film([*scenes(0, 3), STRIPES]),
        oriented=[some_hash(10)],
        cropped=[some_hash(11)],
        variants=mirrored([some_hash(12)]),
    )
    pictures = {1: STRIPES, 2: some_hash(10), 3: some_hash(11), 4: some_hash(12)}
    found = {m.entry_id: m for m in found_in(asked, pictures=pictures, level=Level.THOROUGH)}
    told = {number: (match.found_by, match.use) for number, match in found.items()}
    assert told == {
        1: ("frame 3: pdq", Use.REVIEW),
        2: ("frame 0: pdq oriented", Use.BLOCK),
        3: ("frame 0: within the bars", Use.REVIEW),
        4: ("frame 0: mirrored", Use.REVIEW),
    }
    near = found_in(asked, pictures=pictures, level=Level.NEAR)
    assert {match.entry_id for match in near} == {1, 2, 3}
    assert found_in(asked, pictures=pictures, level=Level.EXACT) == ()


def test_the_same_bytes_and_a_still_picture_are_found_as_by_search() -> None:
    one = replace(prints(picture(1)), video=video(film(scenes(0, 10))))
    found = search_film(
        one,
        near=near_index({8: some_hash(1)}),
        films=FilmIndex.build({7: film(scenes(0, 10))}),
        exact={"sha256": exact_index({5: one.sha256}, 32)},
    )
    assert [(m.entry_id, m.found_by) for m in found] == [(5, "sha256"), (7, "frames"), (8, "pdq")]
    still = search_film(prints(picture(1)), near=NOTHING_NEAR, films=NO_FILMS, exact={})
    assert still == ()


def test_a_list_of_others_is_asked_as_it_is_written() -> None:
    frames = film(scenes(0, 10)) + film(scenes(10, 14), gate=Gate.ENTROPY)
    text = vpdq.write_text(frames)
    assert len(text.splitlines()) == 14
    listed = vpdq.read_text(text).frames
    found = match_film(video(frames), listed)
    assert found is not None
    # What the list cannot say of its frames, the query knows of its own.
    assert found.overlap is not None
    assert (found.overlap.shares.query_frames, found.overlap.shares.listed_frames) == (10, 14)
    assert found.use is Use.BLOCK
    assert match_film(video(film(scenes(20, 30))), listed) is None


def test_no_text_form_shows_a_hash() -> None:
    index = FilmIndex.build({7: film(scenes(0, 10))})
    [match] = found_in(video(film(scenes(0, 10))), {7: film(scenes(0, 10))})
    assert repr(index) == "<FilmIndex 1 films>"
    assert len(index) == 1
    assert some_hash(1).hex() not in repr((index, match))


values = st.lists(
    st.builds(off_by, st.sampled_from([*scenes(0, 6), *regular(2)]), st.integers(0, 36)),
    max_size=10,
)


@settings(deadline=None, max_examples=60)
@given(values, values, st.integers(0, 31), st.integers(31, 60))
def test_many_films_at_once_give_the_answers_of_one_by_one(
    asked: list[bytes], listed: list[bytes], block_bits: int, review_bits: int
) -> None:
    limits = Limits(block_bits, review_bits)
    films = {7: film(listed), 8: film(listed[::2]), 9: film(scenes(4, 9))}
    one = video(film(asked), cropped=asked[::-1])
    together = {m.entry_id: m for m in found_in(one, films, level=Level.THOROUGH, limits=limits)}
    for entry_id, frames in films.items():
        single = match_film(one, frames, limits=limits)
        assert together.get(entry_id) == (
            None if single is None else replace(single, entry_id=entry_id)
        )
