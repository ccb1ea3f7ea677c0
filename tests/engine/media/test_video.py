"""Films, from bytes to the hashes of their frames."""

import io
import subprocess
import sys

import numpy as np
import pytest

from tests.engine.media.drawn import distance_bits, landscape
from tests.engine.media.films import CODECS, av, encoded, scenes
from tocsin.engine.fingerprints import FrameHash, Sampling, Sight, Status, VideoHashes
from tocsin.engine.fingerprints.pdq import pdq_of_luma
from tocsin.engine.media import MediaOptions, video_passes
from tocsin.engine.media import video as video_module
from tocsin.engine.media.video import FEWEST_KEY_FRAMES, examine_video
from tocsin.engine.media.video_passes import Thinned
from tocsin.engine.media.video_reading import load_decoders
from tocsin.engine.search import Use, match_film

KEY_FRAMES = MediaOptions(video=Sampling.KEY_FRAMES)
DENSE = MediaOptions(video=Sampling.DENSE)
Interpolation = pytest.importorskip("av.video.reformatter").Interpolation
RGB_TO_LUMA = np.array([0.299, 0.587, 0.114])


def _video(sight: Sight) -> VideoHashes:
    assert sight.video is not None
    return sight.video


def _asked(data: bytes) -> VideoHashes:
    return _video(examine_video(data, KEY_FRAMES))


def _battery(data: bytes) -> VideoHashes:
    return _video(examine_video(data, MediaOptions(video=Sampling.KEY_FRAMES, battery=True)))


def _listed(data: bytes) -> VideoHashes:
    return _video(examine_video(data, DENSE))


def _hash(picture: np.ndarray) -> bytes:
    return pdq_of_luma((picture @ RGB_TO_LUMA).astype(np.float32))[0]


@pytest.mark.parametrize("kind", CODECS)
def test_every_frame_of_a_film_is_hashed_for_a_list(kind: str) -> None:
    frames = scenes(24)
    sight = examine_video(encoded(frames, kind), DENSE)
    assert (sight.status, sight.format) == (Status.OK, kind)
    assert (sight.width, sight.height) == (192, 144)
    found = _video(sight)
    assert found.sampling is Sampling.DENSE
    assert [frame.number for frame in found.frames] == list(range(24))
    assert [frame.seconds for frame in found.frames] == pytest.approx(np.arange(24) / 12, abs=2e-3)
    apart = [distance_bits(f.value, _hash(p)) for f, p in zip(found.frames, frames, strict=True)]
    assert np.mean(apart) <= 6
    assert found.duration_seconds == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("kind", "codec", "pixels"),
    [
        *((kind, codec, "yuv420p") for kind, (_, codec) in CODECS.items()),
        ("mp4", "libx264", "yuv420p"),
        ("mp4", "libx264", "yuv444p10le"),
        ("mp4", "libvpx-vp9", "yuv420p"),
        ("mov", "qtrle", "rgb24"),
        ("avi", "rawvideo", "yuyv422"),
        ("mkv", "ffv1", "gray"),
    ],
)
def test_a_key_frame_has_the_hash_it_has_among_all_frames(
    kind: str, codec: str, pixels: str
) -> None:
    data = encoded(scenes(36), kind, codec=codec, pixels=pixels)
    asked, listed = _asked(data), _listed(data)
    assert asked.sampling is Sampling.KEY_FRAMES
    assert {0, 12, 24} <= {frame.number for frame in asked.frames}
    known = {frame.number: frame for frame in listed.frames}
    for frame in asked.frames:
        assert frame.value == known[frame.number].value
        assert frame.seconds == pytest.approx(known[frame.number].seconds, abs=2e-3)


def test_frames_come_in_the_order_in_which_they_are_shown() -> None:
    # Three frames between, each of which needs a later one: stored out of order.
    data = encoded(scenes(24), codec="libx264", options={"bf": "3"})
    frames = _listed(data).frames
    assert [frame.seconds for frame in frames] == sorted(frame.seconds for frame in frames)
    assert len(frames) == 24


def test_the_index_may_stand_at_the_end_or_in_fragments() -> None:
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    at_the_end = encoded(scenes(24))
    in_fragments = encoded(scenes(24), container_options=fragments)
    assert at_the_end.index(b"moov") > at_the_end.index(b"mdat")
    assert in_fragments.count(b"moof") == 2
    assert _listed(at_the_end).frames == _listed(in_fragments).frames
    assert examine_video(in_fragments, DENSE).status is Status.OK


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_a_film_that_is_shown_turned_is_hashed_as_stored_and_as_shown(
    degrees: int, turns: int
) -> None:
    frames = scenes(36)
    video = _asked(encoded(frames, degrees=degrees))
    assert len(video.oriented) == len(video.frames) == 3
    for stored, shown in zip(video.frames, video.oriented, strict=True):
        assert distance_bits(stored.value, _hash(frames[stored.number])) <= 10
        turned = np.rot90(frames[shown.number], turns)
        assert distance_bits(shown.value, _hash(turned)) <= 10


def test_a_film_that_is_shown_as_stored_has_no_turned_frames() -> None:
    assert _asked(encoded(scenes(36))).oriented == ()


def test_the_picture_within_the_bars_is_hashed_too() -> None:
    frames = scenes(36, height=108)
    boxed = encoded([np.pad(f, ((18, 18), (0, 0), (0, 0))) for f in frames], codec="libx264")
    for video in (_asked(boxed), _listed(boxed)):
        assert [f.number for f in video.cropped] == [f.number for f in video.frames]
        # One line on each side is left out with the bar's soft edge.
        apart = [distance_bits(f.value, _hash(frames[f.number])) for f in video.cropped]
        assert np.mean(apart) < 20
        assert distance_bits(video.frames[0].value, _hash(frames[0])) > 40


def test_the_query_battery_is_made_of_key_frames_on_request() -> None:
    frames = scenes(36)
    mirrored = encoded([frame[:, ::-1] for frame in frames])
    assert _asked(mirrored).variants == ()
    asked = _battery(mirrored)
    assert [one.number for one in asked.variants] == [0, 12, 24]
    found = match_film(asked, _listed(encoded(frames)).frames)
    assert found is not None
    assert (found.found_by, found.use) == ("frames: mirrored", Use.REVIEW)
    assert found.overlap is not None
    assert found.overlap.shares.of_query == 1.0


def test_the_query_battery_is_made_of_few_frames_spread_over_the_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(video_module, "MOST_BATTERIES", 4)
    data = encoded(scenes(36), every=1)
    asked = _video(examine_video(data, MediaOptions(video=Sampling.KEY_FRAMES, battery=True)))
    assert [one.number for one in asked.variants] == [0, 9, 18, 27]


def test_a_film_without_bars_is_hashed_once() -> None:
    assert _asked(encoded(scenes(36))).cropped == ()
    assert _listed(encoded(scenes(36))).cropped == ()


def test_a_short_film_that_fades_in_is_looked_at_by_the_second() -> None:
    black = [np.zeros((144, 192, 3), np.uint8)] * 10
    video = _asked(encoded(black + scenes(40), every=200))
    assert {0, 12, 24, 36, 48} <= {frame.number for frame in video.frames}
    assert [f.number for f in video.frames if f.quality < 50] == [0]


def test_looking_by_the_second_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_passes, "MOST_SECONDS_DECODED", 30)
    video = _asked(encoded(scenes(60), every=200))
    assert len(video.frames) < FEWEST_KEY_FRAMES + 1


def test_the_key_frames_of_a_long_film_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_passes, "MOST_KEY_FRAMES", 8)
    video = _asked(encoded(scenes(48), every=1))
    gaps = np.diff([frame.number for frame in video.frames])
    assert 4 <= len(video.frames) < 8
    assert gaps.min() == gaps.max()


def test_a_list_beyond_all_films_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_passes, "MOST_FRAMES", 10)
    assert examine_video(encoded(scenes(24)), DENSE).status is Status.TOO_LARGE


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 1000])
def test_what_is_thinned_stays_below_the_limit_and_spread(length: int) -> None:
    thinned = Thinned[int](8)
    for place in range(length):
        if thinned.wants(place):
            thinned.add(place)
    assert len(thinned.kept) < 8
    assert len(thinned.kept) >= min(length, 4)
    assert thinned.kept[:1] == [0][:length]
    assert len(set(np.diff(thinned.kept))) <= 1


def test_frames_of_little_contrast_are_rounded_as_lists_have_them() -> None:
    grey = [(landscape(192, 144, 3) * 0.3 + 80).astype(np.uint8)] * 4
    data = encoded(grey, codec="libx264")
    frame = _listed(data).frames[0]
    assert 45 <= frame.quality < 80
    with av.open(io.BytesIO(data)) as container:
        first = next(container.decode(video=0))
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
    rgb = first.reformat(format="rgb24", interpolation=int(exact), threads=1).to_ndarray()
    assert frame.value == _hash(rgb)
    assert frame.value != _asked(data).frames[0].value


def test_a_film_in_which_nothing_is_to_be_seen_is_flat() -> None:
    grey = [np.full((144, 192, 3), tone, np.uint8) for tone in range(100, 112)]
    sight = examine_video(encoded(grey), KEY_FRAMES)
    assert sight.status is Status.FLAT
    assert all(frame.quality < 50 for frame in _video(sight).frames)


def test_a_frame_that_says_too_little_is_marked_in_films_and_lists() -> None:
    card = np.full((144, 192, 3), 20, np.uint8)
    card[60:84:4, 30:160:3] = 235
    stripes = np.tile(np.where(np.arange(192) % 24 < 12, 40, 220)[:, None], (144, 1, 3))
    data = encoded([card] * 6 + [stripes.astype(np.uint8)] * 6 + scenes(12), every=6)
    for video in (_asked(data), _listed(data)):
        marked = {frame.number: frame.gate for frame in video.frames}
        assert all(marked[number] is not None for number in marked if number < 12)
        assert all(marked[number] is None for number in marked if number >= 12)
    assert all(frame.number >= 12 for frame in _battery(data).variants)


def test_a_film_of_nothing_but_stripes_is_flat() -> None:
    stripes = np.tile(np.where(np.arange(192) % 24 < 12, 40, 220)[:, None], (144, 1, 3))
    sight = examine_video(encoded([stripes.astype(np.uint8)] * 12), KEY_FRAMES)
    assert sight.status is Status.FLAT


def test_a_film_of_small_frames_is_too_small() -> None:
    sight = examine_video(encoded(scenes(12, width=48, height=32)), KEY_FRAMES)
    assert sight.status is Status.TOO_SMALL


SEALED = """
import os, sys
from tocsin.engine.fingerprints.types import Sampling
from tocsin.engine.media.options import MediaOptions
from tocsin.engine.media.video import examine_video
from tocsin.engine.media.video_reading import load_decoders
from tocsin.engine.search import Use, match_film

load_decoders()
data = sys.stdin.buffer.read()
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event in {"open", "import"} else None)
for sampling in Sampling:
    sight = examine_video(data, MediaOptions(video=sampling))
    assert sight.status == "ok", sight
told = list(seen)
assert not told, told
assert tasks == (len(os.listdir("/proc/self/task")) if tasks else 0)
"""


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "libx264"), ("ts", None)])
def test_once_loaded_a_film_is_read_without_a_file_a_module_or_a_thread(
    kind: str, codec: str | None
) -> None:
    data = encoded(scenes(36), kind, codec=codec)
    done = subprocess.run(
        [sys.executable, "-c", SEALED], input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_without_pyav_a_film_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(scenes(2))
    monkeypatch.setitem(sys.modules, "av", None)
    load_decoders.cache_clear()
    sight = examine_video(data, KEY_FRAMES)
    load_decoders.cache_clear()
    assert (sight.status, sight.format, sight.video) == (Status.UNSUPPORTED, "mp4", None)


def test_no_hash_and_no_pixel_is_shown_in_a_text_form() -> None:
    video = _asked(encoded(scenes(36)))
    told = repr((video, video.frames))
    assert not any(frame.value.hex()[:8] in told for frame in video.frames)
    assert isinstance(video.frames[0], FrameHash)
