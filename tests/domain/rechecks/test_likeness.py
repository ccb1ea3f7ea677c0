"""A picture that was re-encoded, resized, turned or marked is still there; another one is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.rechecks.likeness import Likeness, compare, positions
from tocsin.engine.fingerprints import distance_bits, pdq_of_luma


def landscape(seed: int, size: int = 256) -> NDArray[np.float32]:
    """Hills under a sky, drawn from some waves: benign, and with enough in it for a PDQ."""
    drawn = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    hills = sum(
        drawn.uniform(0.2, 1) * np.sin(drawn.uniform(2, 30) * x + drawn.uniform(2, 30) * y + p)
        for p in drawn.uniform(0, 6, 24)
    )
    hills = hills + 2 * (y > 0.5 + 0.2 * np.sin(7 * x + seed))
    return np.asarray(255 * (hills - np.min(hills)) / np.ptp(hills), np.float32)


def pdq(luma: NDArray[np.float32]) -> FingerprintValue:
    value, quality = pdq_of_luma(luma)
    assert quality >= 50
    return FingerprintValue(Kind.PDQ, value, quality)


def digest(value: bytes) -> FingerprintValue:
    return FingerprintValue(Kind.SHA256, value)


TURNS: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "as it is": lambda p: p,
    "mirrored": lambda p: p[:, ::-1],
    "upside down": lambda p: p[::-1],
    "turned": np.rot90,
    "turned half": lambda p: np.rot90(p, 2),
    "turned back": lambda p: np.rot90(p, 3),
    "transposed": lambda p: p.T,
    "transposed the other way": lambda p: np.rot90(p, 2).T,
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_turned_picture_is_the_same(turn: str, seed: int) -> None:
    picture = landscape(seed)
    turned = np.ascontiguousarray(TURNS[turn](picture))
    likeness, distance = compare([pdq(picture)], [[pdq(turned)]])
    assert likeness is Likeness.SAME
    assert distance is not None


def test_every_position_is_worked_out_and_the_first_is_the_picture_itself() -> None:
    value = pdq(landscape(4)).value
    found = positions(value)
    assert found[0] == value
    assert len(set(found)) == 8


def test_a_coarse_copy_of_another_size_with_a_mark_is_the_same() -> None:
    picture = landscape(5)
    small = picture[::2, ::2] // 8 * 8
    small[-12:, -40:] = 255
    assert compare([pdq(picture)], [[pdq(small)]])[0] is Likeness.SAME


def test_another_picture_is_another_and_the_likest_of_a_page_counts() -> None:
    ours, others = pdq(landscape(6)), [[pdq(landscape(seed))] for seed in (7, 8, 9)]
    assert compare([ours], others)[0] is Likeness.OTHER
    assert compare([ours], [*others, [ours]]) == (Likeness.SAME, 0)


def test_what_lies_between_is_for_a_person() -> None:
    ours = pdq(landscape(10))
    flipped = int.from_bytes(ours.value, "big") ^ ((1 << 60) - 1)
    near = FingerprintValue(Kind.PDQ, flipped.to_bytes(32, "big"), 90)
    assert distance_bits(ours.value, near.value) == 60
    assert compare([ours], [[near]])[0] is Likeness.UNSURE


def test_equal_digests_are_the_same_file_whatever_its_pdq_says() -> None:
    ours = [pdq(landscape(11)), digest(b"1" * 32)]
    assert compare(ours, [[pdq(landscape(12)), digest(b"1" * 32)]]) == (Likeness.SAME, 0)


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [[]],
        [[digest(b"2" * 32)]],
        [[FingerprintValue(Kind.PDQ, b"\0" * 32, 10)]],
        [[FingerprintValue(Kind.PDQ, b"\0" * 8, 90)]],
    ],
)
def test_a_different_digest_or_a_flat_picture_alone_says_nothing(
    seen: list[list[FingerprintValue]],
) -> None:
    ours = [pdq(landscape(13)), digest(b"1" * 32)]
    assert compare(ours, seen) == (Likeness.NOT_COMPARED, None)
