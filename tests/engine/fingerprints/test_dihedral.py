"""Eight forms from one block are Meta's eight, and those of the picture turned."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engine.fingerprints.reference import slow_dihedral
from tests.engine.media.drawn import distance_bits, landscape
from tocsin.engine.fingerprints import pdq_of_luma
from tocsin.engine.fingerprints.dihedral import DIHEDRAL, dihedral_of_block
from tocsin.engine.fingerprints.pdq import LumaPlane, block_of, pdq_of_block

Plane = NDArray[np.float32]

# What Meta's names do to rows and columns; turned against the clock.
TURNED: dict[str, Callable[[Any], Any]] = {  # Any: float32 pixels and float64 blocks
    "original": lambda plane: plane,
    "rotate90": np.rot90,
    "rotate180": lambda plane: np.rot90(plane, 2),
    "rotate270": lambda plane: np.rot90(plane, 3),
    "flipx": np.flipud,
    "flipy": np.fliplr,
    "flipplus1": np.transpose,
    "flipminus1": lambda plane: np.rot90(plane, 2).T,
}


def grey(width: int, height: int, seed: int = 1) -> Plane:
    return landscape(width, height, seed)[:, :, 1].astype(np.float32)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (129, 257), (70, 500), (400, 300)])
def test_the_eight_hashes_are_those_of_the_slow_reference(width: int, height: int) -> None:
    luma = grey(width, height)
    ours = dihedral_of_block(block_of(LumaPlane(luma)))
    assert [value for value, _ in ours] == slow_dihedral(luma.astype(np.float64))
    assert len({quality for _, quality in ours}) == 1


# With 64 * (4 k + 1) pixels a side the points and boxes of PDQ lie symmetrically, so that turning
# the pixels gives exactly the turned hash.
even_sides = st.sampled_from([64, 320, 576, 832])


@settings(deadline=None, max_examples=20)
@given(width=even_sides, height=even_sides, seed=st.integers(1, 99))
def test_the_hash_of_turned_pixels_is_the_form_of_that_name(
    width: int, height: int, seed: int
) -> None:
    luma = grey(width, height, seed)
    ours = dict(zip(DIHEDRAL, dihedral_of_block(block_of(LumaPlane(luma))), strict=True))
    for name, turn in TURNED.items():
        assert ours[name] == pdq_of_luma(np.ascontiguousarray(turn(luma))), name


@settings(deadline=None, max_examples=30)
@given(width=st.integers(64, 900), height=st.integers(64, 900), seed=st.integers(1, 99))
def test_at_any_size_the_forms_are_those_of_the_turned_block(
    width: int, height: int, seed: int
) -> None:
    luma = grey(width, height, seed)
    block = block_of(LumaPlane(luma))
    ours = dict(zip(DIHEDRAL, dihedral_of_block(block), strict=True))
    for name, turn in TURNED.items():
        assert ours[name][0] == pdq_of_block(np.ascontiguousarray(turn(block)))[0], name


# Just above 128 pixels a side, PDQ's box lies half a point off centre, which costs up to 46 bits.
@pytest.mark.parametrize(("width", "height"), [(640, 480), (512, 768), (1200, 900)])
def test_at_usual_sizes_the_forms_are_near_the_hashes_of_turned_pixels(
    width: int, height: int
) -> None:
    luma = grey(width, height)
    ours = dict(zip(DIHEDRAL, dihedral_of_block(block_of(LumaPlane(luma))), strict=True))
    for name, turn in TURNED.items():
        of_pixels, _ = pdq_of_luma(np.ascontiguousarray(turn(luma)))
        assert distance_bits(ours[name][0], of_pixels) <= 31, name


def test_the_original_comes_first_and_is_the_hash_itself() -> None:
    block = block_of(LumaPlane(grey(300, 200)))
    assert DIHEDRAL[0] == "original"
    assert dihedral_of_block(block)[0] == pdq_of_block(block)
    assert len({value for value, _ in dihedral_of_block(block)}) == len(DIHEDRAL) == 8
