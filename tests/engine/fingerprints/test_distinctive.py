"""The gates: what says too little does not match alone, and a landscape does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engine.media.drawn import landscape
from tocsin.engine.fingerprints import Gate
from tocsin.engine.fingerprints.distinctive import (
    bits_from_a_product,
    gate_of,
    hash_is_distinct,
    hash_is_patterned,
    regularity_of,
)
from tocsin.engine.fingerprints.pdq import LumaPlane, block_of, pdq_of_block

Plane = NDArray[np.float64]
SIZE = (400, 300)
PLENTY = 100_000


def gate(luma: Plane, *, size: tuple[int, int] = SIZE, size_bytes: int = PLENTY) -> Gate | None:
    block = block_of(LumaPlane(luma.astype(np.float32)))
    return gate_of(block, pdq_of_block(block)[1], size, size_bytes)


def luma_of(rgb: NDArray[np.uint8]) -> Plane:
    luma: Plane = rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return luma


def axes() -> tuple[Plane, Plane]:
    y, x = np.mgrid[0:300, 0:400].astype(np.float64)
    return y, x


def stripes(angle: float, period: float) -> Plane:
    y, x = axes()
    along = x * np.cos(angle) + y * np.sin(angle)
    luma: Plane = 128 + 90 * np.sign(np.sin(along * 2 * np.pi / period))
    return luma


def checks(period: float) -> Plane:
    y, x = axes()
    wave: Plane = np.sin(x * 2 * np.pi / period) * np.sin(y * 2 * np.pi / period)
    return 128 + 90 * np.sign(wave)


def gingham(period: float) -> Plane:
    y, x = axes()
    bands = [np.where((axis % period) < period / 2, 0.4, 1.0) for axis in (x, y)]
    return 230 * bands[0] * bands[1]


def plaid(seed: int) -> Plane:
    """Warp and weft of many widths and shades, added: a tartan."""
    rng = np.random.default_rng(seed)
    sett = np.repeat(rng.uniform(0, 255, 6), rng.integers(4, 30, 6))
    y, x = axes()
    woven: Plane = sett[x.astype(int) % len(sett)] + sett[y.astype(int) % len(sett)]
    return woven / 2


def page(seed: int) -> Plane:
    """Lines of words on paper."""
    rng = np.random.default_rng(seed)
    paper = np.full((300, 400), 255.0)
    for top in range(15, 290, 10):
        x = 15
        while x < 380:
            run = int(rng.integers(8, 40))
            paper[top : top + 5, x : min(x + run, 385)] = 60
            x += run + 5
    return paper


@pytest.mark.parametrize("seed", range(8))
def test_a_landscape_passes_every_gate(seed: int) -> None:
    assert gate(luma_of(landscape(*SIZE, seed))) is None


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2])
@pytest.mark.parametrize("period", [20.0, 45.0, 90.0])
def test_stripes_never_match_alone(angle: float, period: float) -> None:
    assert gate(stripes(angle, period)) is not None


@pytest.mark.parametrize("period", [24.0, 50.0, 110.0])
def test_checks_and_gingham_repeat_themselves(period: float) -> None:
    assert gate(checks(period)) in {Gate.PERIODICITY, Gate.ENTROPY}
    assert gate(gingham(period)) in {Gate.PERIODICITY, Gate.ENTROPY}


@pytest.mark.parametrize("period", [70.0, 110.0])
def test_a_pattern_that_pdq_sees_well_is_told_to_repeat_itself(period: float) -> None:
    assert gate(checks(period)) is Gate.PERIODICITY


@pytest.mark.parametrize("seed", range(4))
def test_a_tartan_never_matches_alone(seed: int) -> None:
    assert gate(plaid(seed)) is not None


@pytest.mark.parametrize("seed", range(3))
def test_a_page_of_text_says_too_little(seed: int) -> None:
    assert gate(page(seed)) is Gate.ENTROPY


def test_one_even_edge_does_not_repeat_itself_but_has_too_few_tones() -> None:
    y, x = axes()
    assert gate(np.where(x + y > 300, 30.0, 220.0) + 0 * x) in {Gate.QUALITY, Gate.ENTROPY}


def test_a_smooth_blur_says_too_little() -> None:
    y, x = axes()
    waves = np.cos(np.pi * 4 * x / 400) * np.cos(np.pi * 5 * y / 300)
    waves += np.cos(np.pi * 5 * x / 400) + np.cos(np.pi * 4 * y / 300)
    assert gate(128 + 40 * waves) is Gate.ENTROPY


def test_a_gradient_has_no_quality() -> None:
    y, x = axes()
    assert gate(x / 400 * 255 + 0 * y) is Gate.QUALITY


def test_size_and_bytes_come_before_what_the_picture_shows() -> None:
    scene = luma_of(landscape(*SIZE))
    assert gate(scene, size=(400, 63)) is Gate.PIXELS
    assert gate(scene, size_bytes=109) is Gate.BYTES
    assert gate(scene, size_bytes=110) is None  # 50, and one for each 2,000 of 120,000 pixels


def test_black_bars_and_a_line_of_letters_hold_no_picture_back() -> None:
    scene = luma_of(landscape(*SIZE, 3))
    bars = np.zeros((120, SIZE[0]))
    assert gate(np.concatenate((bars, scene, bars))) is None
    letters = np.where(np.arange(SIZE[0]) % 30 < 15, 20.0, 255.0)
    assert gate(np.concatenate((np.tile(letters, (40, 1)), scene))) is None


def test_a_block_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="64 x 64 points, not 32 x 64"):
        gate_of(np.zeros((32, 64)), 100, SIZE, PLENTY)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 255))
@settings(max_examples=60, deadline=None)
def test_any_block_gets_an_answer_and_turning_it_upside_down_the_same(
    seed: int, contrast: float
) -> None:
    block = np.random.default_rng(seed).uniform(0, contrast, (64, 64))
    found = gate_of(block, 100, SIZE, PLENTY)
    assert found is None or found in {Gate.PERIODICITY, Gate.ENTROPY}
    assert gate_of(block[::-1], 100, SIZE, PLENTY) == found


def test_hashes_of_woven_patterns_are_known_without_their_picture() -> None:
    cloth = [pdq_of_block(block_of(LumaPlane(f.astype(np.float32))))[0] for f in (gingham(97.0),)]
    scenes = [
        pdq_of_block(block_of(LumaPlane(luma_of(landscape(*SIZE, seed)).astype(np.float32))))[0]
        for seed in range(6)
    ]
    hashes = np.frombuffer(b"".join(cloth + scenes), np.uint8).reshape(-1, 32)
    assert hash_is_patterned(hashes).tolist() == [True] + [False] * 6


@given(st.integers(0, 2**32 - 1), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_a_product_with_some_bits_changed_is_at_most_so_many_bits_from_one(
    seed: int, changed: int
) -> None:
    rng = np.random.default_rng(seed)
    product = np.outer(rng.choice([-1, 1], 16), rng.choice([-1, 1], 16)).reshape(-1)
    product[rng.choice(256, changed, replace=False)] *= -1
    hashes = np.packbits(product[::-1] > 0)[None]
    assert bits_from_a_product(hashes).tolist() == [changed]


def test_random_bits_are_distinct_and_regular_ones_are_not() -> None:
    random = np.random.default_rng(4).integers(0, 256, (2000, 32), np.uint8)
    assert regularity_of(random).mean() == pytest.approx(1, abs=0.05)
    assert hash_is_distinct(random).all()
    regular = np.array([[0b10101010] * 32, [0b11110000] * 32], np.uint8)
    assert hash_is_distinct(regular).tolist() == [False, False]


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_regularity_is_what_the_slow_way_gives(value: bytes) -> None:
    hashes = np.frombuffer(value, np.uint8)[None]
    signs = np.unpackbits(hashes)[::-1].reshape(16, 16).astype(int) * 2 - 1
    squares = []
    for down in range(-15, 16):
        for across in range(16):
            ours = signs[max(0, down) : 16 + min(0, down), across:]
            others = signs[max(0, -down) : 16 - max(0, down), : 16 - across]
            if ours.size >= 60 and (down, across) != (0, 0):
                squares.append(int((ours * others).sum()) ** 2 / ours.size)
    assert regularity_of(hashes)[0] == pytest.approx(np.mean(squares), rel=1e-4)


def test_an_inverted_picture_is_as_regular() -> None:
    random = np.random.default_rng(5).integers(0, 256, (20, 32), np.uint8)
    assert np.allclose(regularity_of(random), regularity_of(~random))


def test_random_bits_are_no_pattern_and_no_hashes_give_no_answer() -> None:
    random = np.random.default_rng(3).integers(0, 256, (5000, 32), np.uint8)
    assert bits_from_a_product(random).min() >= 64
    assert hash_is_patterned(random[:0]).shape == (0,)


@pytest.mark.parametrize("evenly", [True, False])
def test_looking_at_rows_first_turns_no_pattern_away(evenly: bool) -> None:
    rng = np.random.default_rng(8)
    product = rng.integers(0, 2, (3000, 16, 1)) ^ rng.integers(0, 2, (3000, 1, 16))
    for one in product:
        if evenly:
            for row in one:
                row[rng.choice(16, 2, replace=False)] ^= 1
        else:
            one.reshape(-1)[rng.choice(256, rng.integers(20, 44), replace=False)] ^= 1
    hashes = np.packbits(product.reshape(-1, 256).astype(np.uint8), axis=1)

    expected = bits_from_a_product(hashes) <= 32

    assert expected.sum() > 1000
    assert (hash_is_patterned(hashes) == expected).all()


@pytest.mark.parametrize("wrong", [np.zeros((3, 31), np.uint8), np.zeros((3, 32), np.int64)])
def test_hashes_of_another_shape_are_refused(wrong: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="uint8 of the shape"):
        hash_is_patterned(wrong)
