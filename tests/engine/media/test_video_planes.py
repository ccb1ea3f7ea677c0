"""Luma straight from the plane, against the way through RGB."""

import pickle

import numpy as np
import pytest

from tests.engine.media.drawn import distance_bits, landscape
from tests.engine.media.films import av
from tocsin.engine.fingerprints.pdq import pdq_of_block, pdq_of_luma
from tocsin.engine.media.video_planes import FramePixels, Window, pixels_of, rgb_of

RGB_TO_LUMA = np.array([0.299, 0.587, 0.114])


def _frame(pixels: str, width: int = 321, height: int = 243) -> "av.VideoFrame":
    drawn = av.VideoFrame.from_ndarray(landscape(width, height, 3), format="rgb24")
    return drawn.reformat(format=pixels, dst_colorspace="ITU601", threads=1)


@pytest.mark.parametrize(
    "pixels",
    [
        *("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuva420p", "nv12", "gray"),
        *("yuv420p10le", "yuv422p12le", "yuv444p16le", "gray10le"),
        *("rgb24", "bgr0", "gbrp", "yuyv422", "p010le", "yuv420p10be", "rgb48le"),
    ],
)
def test_every_pixel_format_gives_the_hash_of_the_picture(pixels: str) -> None:
    expected = pdq_of_luma((landscape(321, 243, 3) @ RGB_TO_LUMA).astype(np.float32))
    value, quality = pdq_of_block(pixels_of(_frame(pixels)).block())
    assert distance_bits(value, expected[0]) <= 6
    assert quality == expected[1]


def test_limited_and_full_range_give_the_same_block() -> None:
    limited = pixels_of(_frame("yuv444p16le")).block()
    full = pixels_of(_frame("gray16le")).block()
    assert np.abs(limited - full).max() < 1


def test_a_plane_is_not_copied_and_its_padding_is_left_out() -> None:
    frame = _frame("yuv420p", width=195)
    assert frame.planes[0].line_size > 195
    pixels = pixels_of(frame)
    assert (pixels.width, pixels.height) == (195, 243)
    assert not pixels.pixels.flags.owndata


def test_a_window_shows_a_part_of_the_frame() -> None:
    pixels = pixels_of(_frame("yuv420p"))
    inside = pixels.inside(Window(10, 200, 20, 300))
    assert (inside.width, inside.height) == (280, 190)
    np.testing.assert_array_equal(inside.pixels, pixels.pixels[10:200, 20:300])


def test_the_conversion_to_rgb_keeps_the_luma_that_was_coded() -> None:
    frame = _frame("yuv420p", 320, 240)
    coded = pixels_of(frame)
    luma = rgb_of(frame).pixels.astype(np.float64) @ RGB_TO_LUMA
    apart = luma - coded.levelled(coded.pixels.astype(np.float64))
    # It is a level darker all over; the rest is rounding, and colours that RGB does not have.
    assert abs(apart.mean()) < 2
    assert apart.std() < 1.5


def test_a_frame_stays_in_memory() -> None:
    pixels = FramePixels(np.zeros((8, 8), np.uint8), 0, 255)
    with pytest.raises(TypeError, match="stay in memory"):
        pickle.dumps(pixels)
    assert repr(pixels) == "<FramePixels 8x8>"
