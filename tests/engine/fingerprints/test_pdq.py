"""PDQ: our matrix products give the reference's bits."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.engine.fingerprints.reference import slow_pdq
from tests.engine.media.drawn import distance_bits, landscape
from tocsin.engine.fingerprints import pdq_of_luma
from tocsin.engine.fingerprints.pdq import TURN_OF_ORIENTATION, block_of, pdq_of_block

EXPECTED = {
    (320, 240, 1): "57b4bc8a474ee2775db19ba8644eedce92f52531ad8912ce55e6e88202691d39",
}


class Drawn:
    """A drawn picture as a row source."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.rgb = rgb
        self.height, self.width = rgb.shape[:2]

    def rows(self, first: int, after: int) -> NDArray[np.uint8]:
        return self.rgb[first:after]


def luma_of(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return rgb.astype(np.float32) @ weights


@pytest.mark.parametrize(
    ("width", "height"),
    [(64, 64), (65, 63), (5, 9), (128, 128), (129, 257), (70, 1000), (301, 479), (1600, 90)],
)
def test_the_hash_and_quality_are_those_of_the_slow_reference(width: int, height: int) -> None:
    luma = luma_of(landscape(width, height, 2))
    assert pdq_of_luma(luma) == slow_pdq(luma.astype(np.float64))


@pytest.mark.parametrize(("size", "expected"), EXPECTED.items())
def test_drawn_pictures_keep_their_recorded_hash(size: tuple[int, int, int], expected: str) -> None:
    pdq, quality = pdq_of_block(block_of(Drawn(landscape(*size))))
    assert pdq.hex() == expected
    assert quality == 100


def test_a_picture_read_in_strips_has_the_hash_of_its_whole_luma() -> None:
    rgb = landscape(2100, 1700, 3)  # 3.6 million pixels: read in several groups of rows
    assert pdq_of_block(block_of(Drawn(rgb))) == pdq_of_luma(luma_of(rgb))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_turning_the_weights_gives_the_hash_of_the_turned_picture(orientation: int) -> None:
    rgb = landscape(501, 333, 4)
    turned = np.asarray(Image.fromarray(rgb).transpose(TRANSPOSITIONS[orientation]))
    ours = block_of(Drawn(rgb), TURN_OF_ORIENTATION[orientation])
    assert np.allclose(ours, block_of(Drawn(turned)), atol=1e-3)
    assert pdq_of_block(ours) == pdq_of_block(block_of(Drawn(turned)))


# What Pillow's own ImageOps.exif_transpose does for each orientation.
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def test_half_of_the_bits_are_set_and_an_inverted_picture_has_the_others() -> None:
    luma = luma_of(landscape(400, 300, 5))
    pdq, _ = pdq_of_luma(luma)
    inverted, _ = pdq_of_luma(255 - luma)
    assert int.from_bytes(pdq, "big").bit_count() == 128
    assert distance_bits(pdq, inverted) >= 254


def test_an_even_picture_has_quality_zero() -> None:
    assert pdq_of_luma(np.full((90, 90), 77, dtype=np.float32))[1] == 0


def test_a_side_below_five_pixels_gives_the_zero_hash() -> None:
    assert pdq_of_luma(np.ones((4, 900), dtype=np.float32)) == (bytes(32), 0)
    with pytest.raises(ValueError, match="at least 5 pixels"):
        block_of(Drawn(landscape(4, 900)))


def test_luma_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="two dimensions"):
        pdq_of_luma(np.zeros((9, 9, 3), dtype=np.float32))
