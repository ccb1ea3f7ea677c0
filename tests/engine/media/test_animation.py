"""Animations by their frames: spread over them, counted before a decoder walks them."""

import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.media import hostile
from tests.engine.media.drawn import distance_bits, picture, saved
from tocsin.engine import Fingerprints, MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Origin
from tocsin.engine.media import animation, frame_times
from tocsin.engine.media.chunks import MOST_CHUNKS

STILLS = [picture(160, 120, seed) for seed in range(1, 10)]
STILL_HASHES = [fingerprint(saved(still, "PNG")).pdq for still in STILLS]


def moving(encoder: str, stills: int = 9, **how: object) -> bytes:
    # Copies: an encoder leaves its settings on what it saved.
    first, *others = (still.copy() for still in STILLS[:stills])
    how = {"duration": 90, "loop": 0, **how}
    return saved(first, encoder, save_all=True, append_images=others, **how)


def by_frames(data: bytes, most: int, max_frame_pixels: int = 1 << 27) -> Fingerprints:
    options = MediaOptions(max_frames=most, max_frame_pixels=max_frame_pixels, tiff=True)
    return fingerprint(data, options=options)


def numbers(found: Fingerprints) -> list[int]:
    return [picture.number for picture in found.pictures]


@pytest.mark.parametrize("encoder", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_every_frame_is_hashed_where_all_are_asked_for(encoder: str) -> None:
    found = by_frames(moving(encoder), 20)
    assert (found.status, numbers(found)) == (Status.OK, list(range(9)))
    origins = [picture.origin for picture in found.pictures]
    assert origins == [Origin.PICTURE, *[Origin.FRAME] * 8]
    for hashes, still in zip(found.pictures, STILL_HASHES, strict=True):
        assert distance_bits(hashes.pdq.value, still) <= 24
        assert (hashes.width, hashes.height) == (160, 120)
        assert hashes.pdq_512 is not None


@pytest.mark.parametrize("encoder", ["GIF", "WEBP", "PNG", "AVIF"])
def test_fewer_frames_are_spread_over_the_animation(encoder: str) -> None:
    found = by_frames(moving(encoder), 3)
    assert numbers(found) == [0, 4, 8]
    assert distance_bits(found.pictures[2].pdq.value, STILL_HASHES[8]) <= 24


def test_the_first_frame_alone_is_hashed_unless_more_are_asked_for() -> None:
    assert numbers(fingerprint(moving("GIF"))) == [0]
    assert numbers(by_frames(saved(STILLS[0], "JPEG"), 5)) == [0]
    assert numbers(by_frames(saved(STILLS[0], "BMP"), 5)) == [0]


def test_frames_are_limited_by_their_pixels_together() -> None:
    found = by_frames(moving("GIF"), 9, max_frame_pixels=160 * 120 * 5)
    assert (found.status, numbers(found)) == (Status.OK, [0, 1, 2, 3, 4])
    assert numbers(by_frames(moving("GIF"), 9, max_frame_pixels=10)) == [0]


def test_a_gif_of_20000_frames_is_not_walked_to_its_end() -> None:
    data = hostile.gif_of_frames(20_000)
    assert len(frame_times.frames_of_gif(data)) == 20_000
    before = time.process_time()
    found = by_frames(data, 4, max_frame_pixels=320 * 240 * 200)
    assert numbers(found) == [0, 66, 133, 199]
    assert time.process_time() - before < 20


def test_a_picture_in_front_of_an_animated_png_is_none_of_its_frames() -> None:
    data = moving("PNG", 3, default_image=True)
    assert len(frame_times.frames_of_png(data)) == 2
    found = by_frames(data, 9)
    assert numbers(found) == [0, 1]
    assert [p.pdq.value for p in found.pictures] == STILL_HASHES[1:3]


@pytest.mark.parametrize(
    ("encoder", "seconds"), [("GIF", 2.0), ("WEBP", 2.0), ("PNG", 2.0), ("AVIF", 2.0)]
)
def test_a_frame_that_is_shown_long_is_hashed_rather_than_a_fleeting_one(
    encoder: str, seconds: float
) -> None:
    # By number, the third of nine would be passed over.
    durations = [100, 100, int(seconds * 1000), 100, 100, 100, 100, 100, 100]
    assert 2 in numbers(by_frames(moving(encoder, duration=durations), 3))
    assert 2 not in numbers(by_frames(moving(encoder), 3))


def test_what_browsers_slow_down_counts_as_they_show_it() -> None:
    times = frame_times.frames_of_gif(moving("GIF", 3, duration=[0, 10, 20]))
    assert times == [0.1, 0.1, 0.02]
    assert frame_times.frames_of_webp(moving("WEBP", 3, duration=[5, 10, 11])) == [0.1, 0.1, 0.011]
    assert frame_times.frames_of_png(moving("PNG", 3, duration=[5, 10, 11])) == [0.1, 0.1, 0.011]


def test_frames_behind_a_cut_make_the_file_partial() -> None:
    data = moving("GIF")
    cut = data[: len(data) * 6 // 10]
    found = by_frames(cut, 20)
    assert found.status is Status.PARTIAL
    assert 3 <= len(found.pictures) < 9


def test_a_false_count_of_frames_costs_no_more_than_the_mark() -> None:
    data = moving("PNG", 3)
    at = data.index(b"acTL")
    for claim in (1, 2, 200):
        chunk = b"acTL" + claim.to_bytes(4, "big") + bytes(4)
        checksum = zlib.crc32(chunk).to_bytes(4, "big")
        found = by_frames(data[:at] + chunk + checksum + data[at + 16 :], 9)
        assert found.status in {Status.OK, Status.PARTIAL}
        assert numbers(found) == list(range(min(claim, 3)))


def test_a_tiff_whose_directories_run_in_a_circle_has_an_end() -> None:
    data = bytearray(moving("TIFF", 2))
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    after = first + 2 + 12 * entries
    second = int.from_bytes(data[after : after + 4], "little")
    entries = int.from_bytes(data[second : second + 2], "little")
    end = second + 2 + 12 * entries
    data[end : end + 4] = first.to_bytes(4, "little")
    assert frame_times.pages_of_tiff(bytes(data)) == 2


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff", "avif"])
def test_a_file_cut_anywhere_is_counted_without_a_complaint(kind: str) -> None:
    data = moving(kind.upper())
    count = {
        "gif": frame_times.frames_of_gif,
        "png": frame_times.frames_of_png,
        "webp": frame_times.frames_of_webp,
        "tiff": frame_times.FRAMES_OF["tiff"],
        "avif": frame_times.frames_of_avif,
    }[kind]
    assert len(count(data)) == 9
    for cut in range(12, len(data), max(1, len(data) // 50)):
        assert 0 <= len(count(data[:cut])) <= 9


@given(count=st.integers(1, 3000), wanted=st.integers(2, 60))
def test_the_spread_begins_after_the_first_and_ends_at_the_last(count: int, wanted: int) -> None:
    chosen = animation.spread([0.1] * count, wanted)
    assert len(chosen) == min(count, wanted) - 1
    assert chosen == sorted(set(chosen))
    if chosen:
        assert chosen[0] >= 1
        assert chosen[-1] == count - 1
        gaps = [after - before for before, after in zip([0, *chosen], chosen, strict=False)]
        assert max(gaps) - min(gaps) <= 1


@given(seconds=st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=300), wanted=st.integers(1, 60))
def test_as_many_are_chosen_as_are_wanted_and_the_longest_among_them(
    seconds: list[float], wanted: int
) -> None:
    chosen = animation.spread(seconds, wanted)
    assert chosen == sorted(set(chosen) - {0})
    assert len(chosen) == min(len(seconds), wanted) - 1
    longest = max(range(len(seconds)), key=seconds.__getitem__)
    if wanted > 2 and seconds[longest] > sum(seconds) / (wanted - 1):
        assert longest in {0, *chosen}


def test_no_frames_at_all_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        MediaOptions(max_frames=0)


def test_files_of_nothing_but_empty_pieces_are_too_large() -> None:
    png = saved(STILLS[0], "PNG")
    empty = b"\0\0\0\0tEXt\0\0\0\0" * (MOST_CHUNKS + 1)
    assert fingerprint(png[:33] + empty + png[33:]).status is Status.TOO_LARGE
    webp = saved(STILLS[0], "WEBP") + b"JUNK\0\0\0\0" * (MOST_CHUNKS + 1)
    assert fingerprint(webp).status is Status.TOO_LARGE
    gif = saved(STILLS[0], "GIF")
    at = 13 + (3 << (gif[10] & 7) + 1)
    comment = b"\x21\xfe" + b"\x01a" * 1_000_001 + b"\0"
    assert fingerprint(gif[:at] + comment + gif[at:]).status is Status.TOO_LARGE
    jpeg = saved(STILLS[0], "JPEG")
    assert fingerprint(jpeg[:2] + b"\xff" * 1_000_002 + jpeg[2:]).status is Status.TOO_LARGE
