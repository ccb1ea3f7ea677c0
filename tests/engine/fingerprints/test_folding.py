"""Folded and squashed bands give what shrinking the picture first would give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engine.media.drawn import landscape
from tocsin.engine.fingerprints import pdq_of_luma
from tocsin.engine.fingerprints.folding import GRID, folded, nearest_512
from tocsin.engine.fingerprints.pdq import (
    LumaPlane,
    bands,
    block_of,
    flipped,
    pdq_of_block,
    reduced,
    reductions,
)

sides = st.integers(5, 700)
relaxed = settings(deadline=None, max_examples=60)


def grey(width: int, height: int, seed: int = 1) -> NDArray[np.float32]:
    return landscape(width, height, seed)[:, :, 1].astype(np.float32)


@relaxed
@given(width=sides, height=sides, scale=st.sampled_from([1, 2, 4, 8]))
def test_a_picture_of_exact_means_gives_the_block_of_the_whole_one(
    width: int, height: int, scale: int
) -> None:
    small = np.random.default_rng(width * height).uniform(
        0, 255, (-(-height // scale), -(-width // scale))
    )
    # Each small pixel is the mean of the pixels behind it when all of those are alike.
    whole = np.repeat(np.repeat(small, scale, 0), scale, 1)[:height, :width].astype(np.float32)
    from_small = reduced(
        LumaPlane(small.astype(np.float32)),
        folded(bands(height), scale),
        folded(bands(width), scale),
    )
    assert np.allclose(from_small, block_of(LumaPlane(whole)), atol=1e-3)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_the_means_of_a_drawn_picture_give_nearly_its_hash(scale: int) -> None:
    whole = grey(256 * 8 + 5, 256 * 8 + 3)
    height, width = (side // scale * scale for side in whole.shape)
    whole = whole[:height, :width]
    small = whole.reshape(height // scale, scale, width // scale, scale).mean((1, 3))
    block = reduced(LumaPlane(small), folded(bands(height), scale), folded(bands(width), scale))
    hash_of_small, _ = pdq_of_block(block)
    hash_of_whole, _ = pdq_of_luma(whole)
    off = int.from_bytes(hash_of_small, "big") ^ int.from_bytes(hash_of_whole, "big")
    assert off.bit_count() <= 4


@relaxed
@given(length=st.integers(5, 5000), scale=st.integers(1, 16))
def test_folded_weights_still_add_up_to_one_and_stay_inside(length: int, scale: int) -> None:
    small = -(-length // scale)
    for some in (bands(length), nearest_512(length), flipped(length)):
        for lo, weights in folded(some, scale):
            assert 0 <= lo <= lo + len(weights) <= small
            assert weights.sum() == pytest.approx(1, abs=1e-5)


def test_a_scale_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        folded(bands(64), 0)


@relaxed
@given(width=st.integers(5, 900), height=st.integers(513, 900), seed=st.integers(1, 9))
def test_the_512_dialect_is_the_hash_of_the_picture_squashed_by_nearest_neighbour(
    width: int, height: int, seed: int
) -> None:
    whole = grey(width, height, seed)
    grid = np.arange(GRID)
    squashed = whole[grid * height // GRID][:, grid * width // GRID]
    block = reduced(LumaPlane(whole), nearest_512(height), nearest_512(width))
    assert np.allclose(block, block_of(LumaPlane(squashed)), atol=1e-3)
    assert pdq_of_block(block) == pdq_of_luma(squashed)


def test_several_plans_in_one_walk_give_what_each_gives_alone() -> None:
    source = LumaPlane(grey(2100, 1700, 3))  # several strips
    plans = [
        (bands(1700), bands(2100)),
        (nearest_512(1700), nearest_512(2100)),
        (flipped(1700), flipped(2100)),
    ]
    for together, plan in zip(reductions(source, plans), plans, strict=True):
        assert together.shape == (64, 64)
        assert np.array_equal(together, reduced(source, *plan))


def test_bands_for_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="reaches beyond the 99 pixels"):
        reduced(LumaPlane(grey(100, 99)), bands(100), bands(100))
    with pytest.raises(ValueError, match="reaches beyond the 100 pixels"):
        reduced(LumaPlane(grey(100, 99)), bands(99), bands(101))
