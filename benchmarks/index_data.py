"""Hashes as they are in the world: skewed, unlike random bits, and as many as a benchmark wants.

They are PDQ hashes of pictures that are never drawn. A crop of a wallpaper is averaged to 64 x 64
and transformed as PDQ does; two crops laid over one another (a double exposure) then need no
pixels at all, because the transform is linear: their coefficients are added with random weights and
compared with their median. Flat crops (PDQ quality below 50) are left out. The bits of such hashes
depend on one another like those of photographs, which is what slows an index that cuts them into
parts. Queries come from other pictures than the list.

`uniform` gives random bits instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.pictures import cache_folder, wallpapers

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SIDE = 64
CROPS_OF_A_PICTURE = 800
LEAST_QUALITY = 50
BLOCK = 20_000
# One picture in five gives queries and no entries.
HELD_OUT = 5


def real_like(count: int, *, queries: bool = False) -> Bytes:
    """Distinct hashes uint8[count, 32] in random order, the same in every run; kept on the disk."""
    path = cache_folder() / f"hashes-{'queries' if queries else 'list'}-{count}.npy"
    if not path.exists():
        np.save(path, _made(count, queries=queries))
    hashes: Bytes = np.load(path)
    return hashes


def uniform(count: int, *, seed: int = 2026) -> Bytes:
    """Random bits uint8[count, 32]."""
    return np.random.default_rng(seed).integers(0, 256, (count, 32), np.uint8)


def skew(hashes: Bytes) -> float:
    """How many times the mean the fullest of all 16-bit buckets of contiguous bits holds."""
    halves = hashes.view(np.uint16)
    fullest = max(int(np.bincount(halves[:, part]).max()) for part in range(16))
    return fullest / (len(hashes) / 65_536)


def _made(count: int, *, queries: bool) -> Bytes:
    rng = np.random.default_rng(7 if queries else 8)
    pictures = [p for i, p in enumerate(wallpapers()) if (i % HELD_OUT == 0) == queries]
    pool = np.concatenate([_coefficients(path, rng) for path in pictures])
    pieces, have = [], 0
    while have < count:
        hashes = _double_exposures(pool, rng)
        pieces.append(hashes)
        have += len(hashes)
    # By chance two may be alike; the few that are lost are made up for by the last block.
    words = np.unique(np.concatenate(pieces).view("S32").reshape(-1))[:count]
    rng.shuffle(words)
    return words.view(np.uint8).reshape(-1, 32)


def _double_exposures(pool: Floats, rng: np.random.Generator) -> Bytes:
    one, other = rng.integers(0, len(pool), (2, BLOCK))
    weight = rng.uniform(0.5, 1.0, (BLOCK, 1)).astype(np.float32)
    mixed = weight * pool[one] + (1 - weight) * pool[other]
    median = np.partition(mixed, 128, axis=1)[:, 128:129]
    return np.packbits(mixed >= median, axis=1)


def _coefficients(path: Path, rng: np.random.Generator) -> Floats:
    """The 256 coefficients that PDQ compares, float32[crops, 256], of random crops of a picture."""
    with Image.open(path) as opened:
        opened.thumbnail((1024, 1024))
        luma = np.asarray(opened.convert("RGB").convert("L"), np.float64)
    sums = np.zeros((luma.shape[0] + 1, luma.shape[1] + 1))
    sums[1:, 1:] = luma.cumsum(axis=0).cumsum(axis=1)
    blocks = np.array(list(_crops(sums, rng)))
    blocks = blocks[_quality(blocks) >= LEAST_QUALITY]
    transform = _transform()
    coefficients: Floats = transform @ blocks @ transform.T
    return coefficients.reshape(-1, 256).astype(np.float32)


def _crops(sums: npt.NDArray[np.float64], rng: np.random.Generator) -> Iterator[Floats]:
    """Crops averaged to 64 x 64, from the sums of all pixels above and left of each."""
    height, width = sums.shape[0] - 1, sums.shape[1] - 1
    for _ in range(CROPS_OF_A_PICTURE):
        tall = int(rng.integers(SIDE, height + 1)) if height > SIDE else height
        wide = int(rng.integers(SIDE, width + 1)) if width > SIDE else width
        top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
        rows = np.linspace(top, top + tall, SIDE + 1).astype(int)
        columns = np.linspace(left, left + wide, SIDE + 1).astype(int)
        corners = sums[rows[:, None], columns]
        totals = np.diff(np.diff(corners, axis=0), axis=1)
        areas = np.diff(rows)[:, None] * np.diff(columns)
        yield (totals / np.maximum(areas, 1)).astype(np.float32)


def _quality(blocks: Floats) -> npt.NDArray[np.float64]:
    """PDQ's own measure of how much there is to see, 0 to 100."""
    steps = [
        np.abs(np.trunc(np.diff(blocks, axis=axis) * 100 / 255)).sum(axis=(1, 2)) for axis in (1, 2)
    ]
    quality: npt.NDArray[np.float64] = np.minimum(100, (steps[0] + steps[1]) / 90)
    return quality


def _transform() -> npt.NDArray[np.float64]:
    """PDQ's cosine transform without its constant row: float64[16, 64]."""
    row, column = np.arange(1, 17)[:, None], np.arange(SIDE)
    waves: npt.NDArray[np.float64] = np.cos(np.pi / 2 / SIDE * row * (2 * column + 1))
    return waves * float(np.sqrt(2 / SIDE))


if __name__ == "__main__":
    for rows in (1_000_000, 10_000_000):
        print(f"{rows:,} hashes: fullest bucket {skew(real_like(rows)):.0f} times the mean")
    real_like(20_000, queries=True)
