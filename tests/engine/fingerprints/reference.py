"""Meta's PDQ written the slow way, straight from `downscaling.cpp` and `pdqhashing.cpp`.

No matrix, no band, no trick: an oracle to hold ours against.
"""

import math

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]


def slow_pdq(luma: Plane) -> tuple[bytes, int]:
    """Hash in hex order and quality of a luma plane with sides of at least 5."""
    block = _block(luma)
    return _hash(_coefficients(block)), _quality(block)


def slow_dihedral(luma: Plane) -> list[bytes]:
    """The eight hashes in Meta's order, by `dct16OriginalToRotate90` and its neighbours."""
    original = _coefficients(_block(luma))
    rotate90, rotate180, rotate270, flip_x, flip_y, plus_1, minus_1 = (
        np.empty_like(original) for _ in range(7)
    )
    for i in range(16):
        for j in range(16):
            value = original[i, j]
            rotate90[j, i] = value if j & 1 else -value
            rotate180[i, j] = -value if (i + j) & 1 else value
            rotate270[j, i] = value if i & 1 else -value
            flip_x[i, j] = value if i & 1 else -value
            flip_y[i, j] = value if j & 1 else -value
            plus_1[j, i] = value
            minus_1[j, i] = -value if (i + j) & 1 else value
    forms = (original, rotate90, rotate180, rotate270, flip_x, flip_y, plus_1, minus_1)
    return [_hash(form) for form in forms]


def _block(luma: Plane) -> Plane:
    height, width = luma.shape
    blurred = luma
    for _ in range(2):
        blurred = np.stack([_box(row, -(-width // 128)) for row in blurred])
        blurred = np.stack([_box(column, -(-height // 128)) for column in blurred.T]).T
    return np.array(
        [
            [blurred[int((i + 0.5) * height / 64), int((j + 0.5) * width / 64)] for j in range(64)]
            for i in range(64)
        ]
    )


def _box(line: Plane, full: int) -> Plane:
    """box1DFloat: the window grows in, slides, and shrinks out, dividing by its content."""
    half = (full + 2) // 2
    out = np.empty_like(line)
    total, inside, left, right, at = 0.0, 0, 0, 0, 0
    for _ in range(half - 1):
        total, inside, right = total + line[right], inside + 1, right + 1
    for _ in range(full - half + 1):
        total, inside, right = total + line[right], inside + 1, right + 1
        out[at], at = total / inside, at + 1
    for _ in range(len(line) - full):
        total += line[right] - line[left]
        left, right = left + 1, right + 1
        out[at], at = total / inside, at + 1
    for _ in range(half - 1):
        total, inside, left = total - line[left], inside - 1, left + 1
        out[at], at = total / inside, at + 1
    return out


def _coefficients(block: Plane) -> Plane:
    dct = [
        [math.sqrt(2 / 64) * math.cos(math.pi / 128 * i * (2 * j + 1)) for j in range(64)]
        for i in range(1, 17)
    ]
    coefficients: Plane = np.array(dct) @ block @ np.array(dct).T
    return coefficients


def _hash(coefficients: Plane) -> bytes:
    values = coefficients.reshape(-1)
    median = sorted(values)[127]
    number = sum(1 << k for k, value in enumerate(values) if value > median)
    return number.to_bytes(32, "big")


def _quality(block: Plane) -> int:
    total = 0
    for i in range(64):
        for j in range(64):
            if i < 63:
                total += abs(int((block[i, j] - block[i + 1, j]) * 100 / 255))
            if j < 63:
                total += abs(int((block[i, j] - block[i, j + 1]) * 100 / 255))
    return min(100, int(total / 90))
