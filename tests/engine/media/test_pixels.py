"""The type that holds a picture lets nothing of it out."""

import copy
import pickle

import numpy as np
import pytest

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


def test_rows_are_given_in_rgb() -> None:
    assert np.array_equal(Pixels(picture()).rows(10, 25), landscape()[10:25])
    assert Pixels(picture().convert("L")).rows(0, 3).shape == (3, 320, 3)
