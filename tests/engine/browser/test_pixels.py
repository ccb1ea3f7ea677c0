"""From pixels to hash: the module gives the bits and the quality of our Python."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.engine.browser.node import (
    NEEDS_NODE,
    Rgb,
    evaluated,
    pdq_in_node,
    pdq_of_rgba_in_node,
)
from tests.engine.fingerprints.reference import slow_pdq
from tests.engine.media.drawn import landscape
from tocsin.engine.fingerprints.pdq import block_of, pdq_of_block
from tocsin.engine.media.pixels import Pixels

pytestmark = NEEDS_NODE

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
SIZES = (
    (5, 5), (5, 300), (300, 5), (6, 7), (31, 64), (63, 63), (64, 64), (64, 65), (65, 64), (127, 63),
    (127, 128), (128, 128), (129, 128), (130, 257), (255, 256), (257, 129), (500, 333), (641, 479),
    (1023, 768), (1601, 90), (90, 1601), (1920, 1081), (2049, 70),
)  # fmt: skip


class Held:
    """A picture in memory as a row source."""

    def __init__(self, rgb: Rgb) -> None:
        self.rgb = rgb
        self.height, self.width = rgb.shape[:2]

    def rows(self, first: int, after: int) -> Rgb:
        return self.rgb[first:after]


def ours(rgb: Rgb) -> list[tuple[str, int]]:
    """Our Python's hash and quality in Meta's order of eight: the block turned, then hashed."""
    block = block_of(Held(rgb))
    up, left = block[::-1], block[:, ::-1]
    turned = (block, left.T, up[:, ::-1], up.T, up, left, block.T, up[:, ::-1].T)
    return [(pdq.hex(), quality) for pdq, quality in map(pdq_of_block, turned)]


def expect_equal(pictures: list[Rgb]) -> None:
    for rgb, found in zip(pictures, pdq_in_node(pictures), strict=True):
        expected = ours(rgb)
        assert (found["pdq"], found["pdqQuality"]) == expected[0], rgb.shape
        assert found["dihedral"] == [pdq for pdq, _ in expected], rgb.shape


def test_every_size_has_the_bits_and_quality_of_our_python_in_all_eight_forms() -> None:
    expect_equal([landscape(width, height, width % 7) for width, height in SIZES])


def test_pictures_of_noise_have_them_too() -> None:
    noise = np.random.default_rng(20)
    expect_equal(
        [
            noise.integers(0, 256, (height, width, 3), dtype=np.uint8)
            for width, height in ((64, 64), (129, 127), (320, 240), (777, 555))
        ]
    )


def test_what_can_be_seen_through_is_hashed_as_a_white_page_shows_it() -> None:
    rgb = landscape(411, 303, 2)
    alpha = np.arange(rgb.shape[0] * rgb.shape[1]).reshape(rgb.shape[:2]) % 256
    rgba = np.dstack([rgb, alpha]).astype(np.uint8)
    [found] = pdq_of_rgba_in_node([rgba])
    pdq, quality = pdq_of_block(block_of(Pixels(Image.fromarray(rgba))))
    assert (found["pdq"], found["pdqQuality"]) == (pdq.hex(), quality)
    assert found["pdq"] != pdq_in_node([rgb])[0]["pdq"]


def test_a_picture_of_several_megapixels_has_them_too() -> None:
    expect_equal([landscape(2600, 1900, 4)])


# Below 64 some of the 256 waves can be exactly nothing (at a side of 8, a quarter of them), which
# is also about their median: their bits are then a matter of rounding, in every implementation.
SIDES = st.integers(64, 400)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(SIDES, SIDES), min_size=10, max_size=20), st.integers(0, 99))
def test_drawn_pictures_of_any_size_have_them(sizes: list[tuple[int, int]], seed: int) -> None:
    expect_equal([landscape(width, height, seed) for width, height in sizes])


def test_the_slow_transcription_of_the_reference_agrees() -> None:
    rgb = landscape(301, 223, 6)
    luma = rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    pdq, quality = slow_pdq(luma)
    [found] = pdq_in_node([rgb])
    assert (found["pdq"], found["pdqQuality"]) == (pdq.hex(), quality)


def test_hard_edges_count_the_same_quality() -> None:
    checks = [
        np.kron(np.random.default_rng(n).integers(0, 2, (n, n)), np.ones((64, 64)))
        for n in (1, 2, 3)
    ]
    pictures = [np.repeat((255 * one).astype(np.uint8)[:, :, None], 3, axis=2) for one in checks]
    for rgb, found in zip(pictures, pdq_in_node(pictures), strict=True):
        assert found["pdqQuality"] == ours(rgb)[0][1]


def test_an_even_picture_has_quality_zero() -> None:
    [found] = pdq_in_node([np.full((90, 70, 3), 77, dtype=np.uint8)])
    assert found["pdqQuality"] == 0
    assert len(found["pdq"]) == 64


def test_pixels_of_a_wrong_size_or_length_are_refused() -> None:
    calls = (
        "new Uint8ClampedArray(4 * 4 * 4), 4, 4",
        "new Uint8ClampedArray(4 * 900 * 4), 900, 4",
        "new Uint8ClampedArray(1 * 1 * 4), 1, 1",
        "new Uint8ClampedArray(0), 0, 0",
        "new Uint8ClampedArray(64 * 64 * 3), 64, 64",
        "new Uint8ClampedArray(64 * 64 * 4 + 1), 64, 64",
        "new Uint8ClampedArray(64), NaN, 64",
        "new Uint8ClampedArray(64), undefined, undefined",
        "new Uint8ClampedArray(64), -8, -2",
        "new Uint8ClampedArray(4 * 55), 5.5, 10",
        "new ArrayBuffer(16384), 64, 64",
    )
    told = evaluated(
        "const tell = (call) => { try { return call().pdq } catch (error) { return error.name } }\n"
        f"const calls = [{', '.join(f'() => module.pdqOfRgba({call})' for call in calls)}]\n"
        "console.log(JSON.stringify(calls.map(tell)))"
    )
    assert dict(zip(calls, told, strict=True)) == dict.fromkeys(calls, "RangeError")


def test_pixels_that_were_transferred_away_are_refused() -> None:
    told = evaluated(
        "const pixels = new Uint8ClampedArray(64 * 64 * 4)\n"
        "structuredClone(pixels.buffer, {transfer: [pixels.buffer]})\n"
        "try { module.pdqOfRgba(pixels, 64, 64) }"
        "catch (error) { console.log(JSON.stringify(error.name)) }"
    )
    assert told == "RangeError"


def _vectors() -> list[dict[str, str]]:
    table = VECTORS / "EXPECTED_pdq.csv"
    if not table.is_file():
        return []
    with table.open(newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.mark.skipif(
    not _vectors(),
    reason="the reference media (../shared/vectors) are not here; drawn pictures are tested anyway",
)
def test_every_reference_picture_has_its_expected_bits_and_quality() -> None:
    pictures = [_decoded(VECTORS / row["file"]) for row in _vectors()]
    answers = pdq_in_node(pictures)
    for row, rgb, found in zip(_vectors(), pictures, answers, strict=True):
        assert found["pdq"] == row["pillow_rgb_pdqhash"], row["file"]
        assert found["pdqQuality"] == int(row["pillow_rgb_quality"]), row["file"]
        assert found["dihedral"] == [pdq for pdq, _ in ours(rgb)], row["file"]


def _decoded(path: Path) -> Rgb:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))
