"""Bars around a film, told by many of its frames."""

import numpy as np
import pytest

from tests.engine.media.drawn import landscape
from tocsin.engine.media.video_bars import Margins, margins_of, window_of
from tocsin.engine.media.video_planes import FramePixels, Window


def _shown(luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> FramePixels:
    return FramePixels(luma, 0, 255)


def _luma(width: int = 320, height: int = 200, seed: int = 1) -> np.ndarray:
    return landscape(width, height, seed)[:, :, 1].copy()


def _boxed(
    top: int, bottom: int, left: int, right: int, tone: int = 0, seed: int = 1
) -> FramePixels:
    inner = _luma(320 - left - right, 240 - top - bottom, seed)
    noise = np.random.default_rng(seed).integers(-2, 3, (240, 320))
    whole = np.pad(inner, ((top, bottom), (left, right)), constant_values=tone)
    return _shown(np.clip(whole + noise, 0, 255).astype(np.uint8))


def _window(*frames: FramePixels) -> Window | None:
    told = [margins_of(frame) for frame in frames]
    return window_of([one for one in told if one is not None], frames[0].width, frames[0].height)


@pytest.mark.parametrize("tone", [0, 16, 90, 255])
def test_bars_of_any_tone_are_found_to_the_line(tone: int) -> None:
    assert _window(_boxed(20, 24, 0, 0, tone)) == Window(21, 240 - 25, 0, 320)
    assert _window(_boxed(0, 0, 40, 40, tone)) == Window(0, 240, 41, 320 - 41)


def test_a_border_on_all_sides_is_found() -> None:
    assert _window(_boxed(12, 12, 16, 16, 255)) == Window(13, 227, 17, 303)


def test_a_film_without_bars_has_none() -> None:
    assert _window(*[_shown(_luma(seed=seed)) for seed in range(1, 6)]) is None


def test_one_dark_frame_does_not_decide() -> None:
    scenes = [_boxed(20, 20, 0, 0, seed=seed) for seed in range(1, 10)]
    night = _boxed(90, 20, 0, 0)
    assert _window(*scenes, night) == Window(21, 219, 0, 320)
    assert _window(*[_shown(_luma(height=240, seed=s)) for s in range(1, 10)], night) is None


def test_an_empty_frame_has_no_say() -> None:
    assert margins_of(_shown(np.full((240, 320), 7, np.uint8))) is None
    assert window_of([], 320, 240) is None


def test_a_logo_in_the_bar_and_a_caption_in_some_frames_are_borne() -> None:
    frames = [_boxed(24, 24, 0, 0, seed=seed) for seed in range(1, 11)]
    for frame in frames:
        frame.pixels[4:20, 10:80] = 230
    frames[3].pixels[220:236, 40:280] = 230
    assert _window(*frames) == Window(25, 215, 0, 320)


def test_a_sky_is_not_a_bar() -> None:
    luma = _luma(height=240)
    luma[:80] = np.linspace(150, 200, 80)[:, None]
    told = margins_of(_shown(luma))
    assert told is not None
    assert told.top is None


def test_bars_that_leave_next_to_nothing_are_not_believed() -> None:
    assert window_of([Margins(100, 100, 0, 0)], 320, 240) is None
    assert window_of([Margins(500, 500, 900, 900)], 1920, 1080) is None


def test_the_bars_of_a_frame_in_colour_are_found_too() -> None:
    coloured = np.zeros((240, 320, 3), np.uint8)
    coloured[30:210] = landscape(320, 180)
    assert _window(FramePixels(coloured, 0, 255)) == Window(31, 209, 0, 320)
