import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tocsin.engine.fingerprints.forms import FORMS, hashes_of, qualities_of
from tocsin.engine.fingerprints.pdq import pdq_of_block

Block = NDArray[np.float32]

DONE = {
    "": lambda block: block,
    "mirrored": np.fliplr,
    "flipped": np.flipud,
    "rotated 180°": lambda block: np.rot90(block, 2),
    "mirrored and rotated 270°": lambda block: np.rot90(np.fliplr(block), 1),
    "rotated 90°": lambda block: np.rot90(block, -1),
    "rotated 270°": lambda block: np.rot90(block, 1),
    "mirrored and rotated 90°": lambda block: np.rot90(np.fliplr(block), -1),
}


def random_block(seed: int) -> Block:
    random = np.random.default_rng(seed)
    coarse = random.uniform(0, 255, (16, 16)).repeat(4, axis=0).repeat(4, axis=1)
    return (coarse + random.normal(0, 9, (64, 64))).astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_the_hash_of_the_block_turned_that_way(form: str) -> None:
    block = random_block(3)
    expected, _ = pdq_of_block(DONE[form](block).astype(np.float64))
    [hashes] = hashes_of(block[None], len(FORMS))
    assert hashes[FORMS.index(form)].tobytes() == expected


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_many_blocks_at_once_are_hashed_as_one_by_one(seed: int) -> None:
    blocks = np.stack([random_block(seed), random_block(seed + 1) * np.float32(0.2)])
    single = [pdq_of_block(block.astype(np.float64)) for block in blocks]
    hashes = hashes_of(blocks, 2)[:, 0]
    unlike = [(np.unpackbits(h) != np.unpackbits(np.frombuffer(value, np.uint8))).sum()
              for h, (value, _) in zip(hashes, single, strict=True)]  # fmt: skip
    # Single precision may swap the two coefficients next to the median, never more.
    assert max(unlike) <= 2
    assert np.abs(qualities_of(blocks) - [quality for _, quality in single]).max() <= 1


def test_no_block_gives_no_hash() -> None:
    none = np.empty((0, 64, 64), np.float32)
    assert hashes_of(none, 8).shape == (0, 8, 32)
    assert qualities_of(none).shape == (0,)
