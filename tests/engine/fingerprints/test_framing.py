import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tocsin.engine.fingerprints.framing import Box, parts_of_page, trimmed, without_bar

Plane = NDArray[np.float32]
SIZE = 256


def busy(rows: int, columns: int, seed: int = 1) -> Plane:
    return np.random.default_rng(seed).uniform(30, 220, (rows, columns)).astype(np.float32)


def page(*boxes: Box, tone: float = 250) -> Plane:
    plane = np.full((SIZE, SIZE), tone, np.float32)
    for box in boxes:
        rows, columns = box.bottom - box.top, box.right - box.left
        plane[box.top : box.bottom, box.left : box.right] = busy(rows, columns)
    return plane


@given(
    top=st.integers(0, 80),
    bottom=st.integers(176, SIZE),
    left=st.integers(0, 80),
    right=st.integers(176, SIZE),
    tone=st.sampled_from([0.0, 128.0, 255.0]),
)
@settings(max_examples=40, deadline=None)
def test_a_border_is_trimmed_to_the_cell(
    top: int, bottom: int, left: int, right: int, tone: float
) -> None:
    box = Box(top, bottom, left, right)
    assert trimmed(page(box, tone=tone), 2.5) == box


@pytest.mark.parametrize("tone", [0, 255])
def test_a_border_of_noise_within_the_tolerance_is_trimmed(tone: int) -> None:
    box = Box(20, 230, 12, 250)
    plane = page(box, tone=tone)
    border = np.ones(plane.shape, bool)
    border[box.top : box.bottom, box.left : box.right] = False
    noise = np.random.default_rng(2).uniform(-4, 4, plane.shape).astype(np.float32)
    assert trimmed(np.where(border, plane + noise, plane), 6.0) == box


def test_a_picture_without_border_stays_whole() -> None:
    assert trimmed(busy(SIZE, SIZE), 6.0) == Box(0, SIZE, 0, SIZE)


def test_an_even_plane_stays_whole() -> None:
    assert trimmed(np.zeros((SIZE, SIZE), np.float32), 6.0) == Box(0, SIZE, 0, SIZE)


def test_a_bar_ends_below_its_writing() -> None:
    plane = busy(SIZE, SIZE)
    plane[:50] = 255
    plane[12:20, 20:160] = 0
    plane[28:36, 20:120] = 0
    above, below = without_bar(plane, 8.0, 0.2)
    assert above == Box(50, SIZE, 0, SIZE)
    assert below == Box(0, SIZE, 0, SIZE)
    _, upside_down = without_bar(plane[::-1], 8.0, 0.2)
    assert upside_down == Box(0, SIZE - 50, 0, SIZE)


def test_parts_of_a_page_come_largest_first_without_the_writing() -> None:
    large, small = Box(60, 180, 20, 150), Box(60, 120, 180, 240)
    plane = page(large, small)
    for line in range(200, 240, 12):
        plane[line : line + 5, 20:150:2] = 20
    assert parts_of_page(plane, 3) == [large, small]


def test_a_dark_page_has_parts_too() -> None:
    box = Box(40, 200, 30, 220)
    assert parts_of_page(page(box, tone=12), 3) == [box]


def test_no_more_parts_than_asked_for() -> None:
    boxes = [Box(top, top + 50, left, left + 50) for top in (10, 90, 170) for left in (10, 90, 170)]
    assert len(parts_of_page(page(*boxes), 3)) == 3


def test_a_picture_that_is_no_page_has_no_parts() -> None:
    assert parts_of_page(busy(SIZE, SIZE), 3) == []


@given(seed=st.integers(0, 2**32 - 1), rough=st.integers(1, 64))
@settings(max_examples=25, deadline=None)
def test_boxes_lie_in_the_picture(seed: int, rough: int) -> None:
    random = np.random.default_rng(seed)
    coarse = random.choice([0.0, 90.0, 255.0], (-(-SIZE // rough), -(-SIZE // rough)))
    plane = coarse.repeat(rough, axis=0).repeat(rough, axis=1)[:SIZE, :SIZE].astype(np.float32)
    for box in (trimmed(plane, 6.0), *without_bar(plane, 8.0, 0.2), *parts_of_page(plane, 3)):
        assert 0 <= box.top < box.bottom <= SIZE
        assert 0 <= box.left < box.right <= SIZE
