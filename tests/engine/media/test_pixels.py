"""The type that holds a picture lets nothing of it out."""

import copy
import pickle

import numpy as np
import pytest
from PIL import Image

from tests.engine.media.drawn import landscape, picture
from tocsin.engine.media import Pixels


def test_pixels_cannot_be_pickled_or_copied() -> None:
    pixels = Pixels(picture())
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="stay in memory"):
            pickle.dumps(pixels, protocol)
    with pytest.raises(TypeError, match="stay in memory"):
        copy.copy(pixels)
    with pytest.raises(TypeError, match="stay in memory"):
        copy.deepcopy(pixels)


def test_the_text_form_shows_sizes_only() -> None:
    assert repr(Pixels(picture())) == f"{Pixels(picture())}" == "<Pixels 320x240>"


def test_rows_are_given_as_luma_that_nobody_rounded() -> None:
    red, green, blue = np.moveaxis(landscape()[10:25].astype(np.float64), 2, 0)
    rows = Pixels(picture()).rows(10, 25)
    assert rows.dtype == np.float32
    assert np.allclose(rows, 0.299 * red + 0.587 * green + 0.114 * blue, atol=1e-4)


def test_rows_of_a_grey_picture_stay_whole_numbers() -> None:
    grey = picture().convert("L")
    for mode in ("L", "LA"):
        rows = Pixels(grey.convert(mode)).rows(0, 3)
        assert rows.dtype == np.uint8
        assert np.array_equal(rows, np.asarray(grey)[:3])


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"]


@pytest.mark.parametrize("mode", MODES)
def test_the_luma_of_every_mode_is_that_of_its_conversion_to_rgb(mode: str) -> None:
    drawn = picture()
    drawn.putalpha(Image.linear_gradient("L").resize(drawn.size))
    drawn = drawn.convert("RGB").convert(mode) if mode != "RGBA" else drawn
    assert drawn.mode == mode
    through_rgb = Pixels(drawn.convert("RGB")).rows(5, 9)
    assert np.allclose(Pixels(drawn).on(None).rows(5, 9), through_rgb, atol=1e-4)


def test_what_can_be_seen_through_is_given_as_its_ground_shows_it() -> None:
    drawn = picture()
    drawn.putalpha(Image.linear_gradient("L").resize(drawn.size))
    for ground, colour in ((255.0, "white"), (0.0, "black")):
        page = Image.alpha_composite(Image.new("RGBA", drawn.size, colour), drawn)
        pixels = Pixels(drawn).on(ground)
        # Pillow rounds each channel.
        assert np.allclose(pixels.rows(5, 9), Pixels(page.convert("RGB")).rows(5, 9), atol=0.6)
        assert pixels.see_through


def test_a_picture_with_alpha_that_is_opaque_everywhere_is_not_see_through() -> None:
    pixels = Pixels(picture().convert("RGBA"))
    assert np.array_equal(pixels.rows(0, 240), Pixels(picture()).rows(0, 240))
    assert not pixels.see_through
