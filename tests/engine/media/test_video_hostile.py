"""Films that were built, cut or changed to do harm: a status for each, and soon."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.media.films import CODECS, encoded, scenes, with_sound_only
from tocsin.engine.fingerprints import Sampling, Status
from tocsin.engine.media import MediaOptions
from tocsin.engine.media.containers import film_kind
from tocsin.engine.media.video import examine_video

KEY_FRAMES = MediaOptions(video=Sampling.KEY_FRAMES)
DENSE = MediaOptions(video=Sampling.DENSE)
LONGEST_SECONDS = 20
"""Not a measure of speed: what a pool's deadline would still bear on a machine busy otherwise."""


def _status(data: bytes, options: MediaOptions = KEY_FRAMES) -> Status:
    started = time.monotonic()
    sight = examine_video(data, options)
    assert time.monotonic() - started < LONGEST_SECONDS
    assert sight.format == film_kind(data)
    return sight.status


def _changed(data: bytes, box: bytes, at: int, content: bytes) -> bytes:
    start = data.index(box) + 4 + at
    return data[:start] + content + data[start + len(content) :]


def _box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _fragments(count: int, samples: int) -> bytes:
    """A film whose fragments claim so many samples each and hold none."""
    data = encoded(scenes(2), container_options={"movflags": "frag_keyframe+empty_moov"})
    head = data[: data.index(b"moof") - 4]
    track = _box(b"tfhd", struct.pack(">II", 0x20000, 1))
    run = _box(b"trun", struct.pack(">II", 0, samples))
    fragment = _box(b"moof", _box(b"mfhd", bytes(8)) + _box(b"traf", track + run))
    return head + (fragment + _box(b"mdat", b"x")) * count


@pytest.mark.parametrize("kind", CODECS)
def test_a_film_cut_off_anywhere_has_a_status(kind: str) -> None:
    data = encoded(scenes(24), kind)
    found = [_status(data[: len(data) * tenth // 10]) for tenth in range(1, 10)]
    assert found[-1] is not Status.UNSUPPORTED
    assert set(found) <= {Status.CORRUPT, Status.FLAT, Status.PARTIAL, Status.OK}


@pytest.mark.parametrize("kind", ["webm", "mkv", "avi"])
def test_what_is_left_of_a_film_is_hashed_and_called_partial(kind: str) -> None:
    data = encoded(scenes(24), kind)
    sight = examine_video(data[: len(data) * 8 // 10], DENSE)
    whole = examine_video(data, DENSE)
    assert sight.status is Status.PARTIAL
    assert sight.video is not None
    assert whole.video is not None
    kept = [frame.value for frame in sight.video.frames[:12]]
    assert kept == [frame.value for frame in whole.video.frames[:12]]


@pytest.mark.parametrize("kind", CODECS)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    places=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([b"\xff\xff\xff\xff", b"\0\0", b"\x7f"])),
        min_size=1,
        max_size=12,
    ),
)
def test_no_change_of_bytes_upsets_the_reader(
    kind: str, seed: int, places: list[tuple[float, bytes]]
) -> None:
    data = encoded_once(kind)
    for place, content in places:
        at = int(place * (len(data) - 8)) if seed % 2 else int(place * min(len(data), 1500))
        data = data[:at] + content + data[at + len(content) :]
    examine_video(data, DENSE if seed % 3 else KEY_FRAMES)


_ENCODED: dict[str, bytes] = {}


def encoded_once(kind: str) -> bytes:
    if kind not in _ENCODED:
        _ENCODED[kind] = encoded(scenes(8), kind, every=4)
    return _ENCODED[kind]


@pytest.mark.parametrize("table", [b"stsz", b"stts", b"stsc", b"stco"])
def test_tables_that_claim_a_thousand_million_entries_are_too_large(table: bytes) -> None:
    data = encoded(scenes(2))
    at = 8 if table == b"stsz" else 4
    assert _status(_changed(data, table, at, b"\x7f\xff\xff\xff")) is Status.TOO_LARGE


def test_fragments_that_claim_millions_of_samples_are_too_large() -> None:
    assert _status(_fragments(1, 50_000_000)) is Status.TOO_LARGE
    assert _status(_fragments(3, 1_000_000)) is Status.TOO_LARGE


def test_endless_fragments_end() -> None:
    assert _status(_fragments(2_000, 1)) is Status.CORRUPT
    assert _status(_fragments(60_000, 1)) is Status.TOO_LARGE


def test_a_small_file_of_huge_frames_is_too_large() -> None:
    data = encoded(scenes(2))
    at = data.index(b"mp4v") + 4 + 24
    assert _status(data[:at] + b"\x40\0\x40\0" + data[at + 4 :]) is Status.TOO_LARGE


def test_frames_above_the_limit_are_not_decoded_whatever_the_container_says() -> None:
    small = MediaOptions(video=Sampling.KEY_FRAMES, max_pixels=10_000)
    assert _status(encoded(scenes(2), "mkv"), small) is Status.TOO_LARGE
    # Where only the coded pictures state a size, the decoder refuses them without saying why.
    assert _status(encoded(scenes(2), "ts"), small) is Status.CORRUPT
    lying = encoded(scenes(2), codec="libx264")
    at = lying.index(b"avc1", lying.index(b"stsd")) + 4 + 24
    lying = lying[:at] + b"\0\x40\0\x40" + lying[at + 4 :]
    assert _status(lying, small) in {Status.TOO_LARGE, Status.CORRUPT}


def test_a_film_of_too_many_bytes_is_too_large() -> None:
    data = encoded(scenes(2))
    few = MediaOptions(video=Sampling.KEY_FRAMES, max_video_bytes=len(data) - 1)
    assert _status(data, few) is Status.TOO_LARGE


def test_a_duration_of_years_changes_nothing() -> None:
    data = encoded(scenes(24))
    for box in (b"mvhd", b"mdhd"):
        data = _changed(data, box, 16, b"\x7f\xff\xff\xff")
    sight = examine_video(data, KEY_FRAMES)
    assert sight.status is Status.OK
    assert sight.video is not None
    assert len(sight.video.frames) == 2


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_title_in_no_known_letters_costs_nothing(kind: str) -> None:
    data = encoded(scenes(2), kind)
    assert b"Lavf" in data
    assert _status(data.replace(b"Lavf", b"\xff\xfe\xc3\x28")) is Status.OK


def test_sound_alone_is_unsupported() -> None:
    assert _status(with_sound_only()) is Status.UNSUPPORTED


def test_an_encrypted_film_is_unsupported() -> None:
    data = encoded(scenes(2))
    assert _status(data.replace(b"mp4v", b"encv")) is Status.UNSUPPORTED


@pytest.mark.parametrize("codec", ["magicyuv", "snow"])
def test_a_codec_that_is_not_listed_is_unsupported(codec: str) -> None:
    assert _status(encoded(scenes(2), "avi", codec=codec)) is Status.UNSUPPORTED


def test_a_codec_that_nobody_knows_is_unsupported() -> None:
    data = encoded(scenes(2), codec="libx264")
    assert _status(data.replace(b"avc1\0", b"zzzz\0")) is Status.UNSUPPORTED


def test_a_film_without_a_frame_is_corrupt() -> None:
    data = encoded(scenes(2), container_options={"movflags": "frag_keyframe+empty_moov"})
    assert _status(data[: data.index(b"moof") - 4]) is Status.CORRUPT
    assert _status(data[:32]) is Status.CORRUPT
    assert examine_video(b"", KEY_FRAMES).status is Status.CORRUPT


@pytest.mark.parametrize(
    "text",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"<?xml version='1.0'?><MPD><Period><BaseURL>/etc/hostname</BaseURL></Period></MPD>",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    ],
    ids=["hls", "concat", "dash", "sdp"],
)
def test_a_playlist_is_no_film_and_none_is_followed(text: bytes) -> None:
    assert _status(text) is Status.UNSUPPORTED
    disguised = encoded(scenes(2))[:32] + text
    assert _status(disguised) is Status.CORRUPT


def test_a_film_whose_pictures_lie_in_another_file_is_not_followed() -> None:
    data = encoded(scenes(2), "mov")
    # A data reference that is not "in this file", with a path: 'alis' without the flag.
    at = data.index(b"dref")
    reference = _box(b"alis", bytes(4) + b"\0" * 4 + b"/etc/hostname".ljust(140, b"\0"))
    there = int.from_bytes(data[at - 4 : at], "big")
    changed = data[: at + 12] + reference[: there - 16] + data[at - 4 + there :]
    assert len(changed) == len(data)
    assert _status(changed, DENSE) in {Status.CORRUPT, Status.OK, Status.PARTIAL}
