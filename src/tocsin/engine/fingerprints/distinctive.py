"""Whether a picture says enough for its PDQ to match by itself.

PDQ gives 256 bits of everything: of a face, and of a lumberjack's shirt. Pictures that repeat
themselves, or show a few tones or one wave, share their hash with others of their kind, and an
entry made from one accuses the innocent. The gates here look at the 64 x 64 luma block that PDQ
hashes; their limits were set on photographs and on drawn patterns (`benchmarks/gates.py`), so that
hardly a photograph is held back.
"""

from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY, SMALL_BELOW_PIXELS, Gate

_POINTS: Final = 64
_HASHED: Final = slice(1, 17)  # the waves along each axis of which PDQ keeps the sign

FEWEST_BYTES: Final = 50
"""A file shorter than this plus a byte for each `PIXELS_A_BYTE` pixels holds no photograph: at
their worst settings WebP and AVIF still write more for one that PDQ calls good."""
PIXELS_A_BYTE: Final = 2_000
ALIKE_SHIFTED: Final = 0.85
"""Correlation of the block with itself, shifted, from which on it counts as the same again."""
APART_BETWEEN: Final = 0.5
"""How much lower the correlation must have been on the way to that shift. Without this, every
straight edge repeats itself along its own direction."""
LEAST_TONE_BITS: Final = 1.5
LEAST_BEYOND_BLUR: Final = 0.001
LEAST_HASHED: Final = 0.003
LEAST_HASHED_TONES: Final = 2.0
"""Black bars above and below a picture take nearly all of the contrast, and none of the hash: so
a small share alone says nothing as long as what is hashed is this strong."""
LEAST_HASHED_IF_FINE: Final = 0.07
FINE_FROM: Final = 0.75
PATTERNED_WITHIN_BITS: Final = 32
DISTINCT_BELOW: Final = 5.0
"""Regularity from which on a hash may not block: about one cut of a photograph in eleven."""
_LEAST_OVERLAP: Final = 60

Block: TypeAlias = NDArray[np.float64]
Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""
Edges: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]


def gate_of(block: Block, quality: int, size: Size, size_bytes: int | None) -> Gate | None:
    """Why the PDQ of a picture must not match alone, or None when it may.

    `block` is the float64[64, 64] of luma 0 to 255 that PDQ hashes, `quality` PDQ's own 0 to 100,
    `size` the picture's width and height, `size_bytes` the length of its file; None for a frame of
    a film, which has no bytes of its own. When several gates hold it back, the first in the order
    pixels, quality, bytes, entropy, periodicity is told. Raises ValueError for a block of another
    shape.
    """
    if block.shape != (_POINTS, _POINTS):
        raise ValueError(f"a block has 64 x 64 points, not {' x '.join(map(str, block.shape))}")
    if min(size) < SMALL_BELOW_PIXELS:
        return Gate.PIXELS
    if quality < FLAT_BELOW_QUALITY:
        return Gate.QUALITY
    if size_bytes is not None and size_bytes < FEWEST_BYTES + size[0] * size[1] / PIXELS_A_BYTE:
        return Gate.BYTES
    if _says_little(block, _energy(block)):
        return Gate.ENTROPY
    return Gate.PERIODICITY if _repeats(block) else None


def says_enough(block: Block) -> bool:
    """Whether a block (float64[64, 64]) neither repeats itself nor shows next to nothing.

    For a window on a picture, which has no size and no bytes of its own.
    """
    return not (_says_little(block, _energy(block)) or _repeats(block))


def hash_is_patterned(hashes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which hashes of uint8[N, 32] look as if a woven or tiled pattern made them: bool[N].

    The waves of cloth that multiplies warp and weft are products too, so the 16 x 16 signs in such
    a hash are nearly those of a row times a column: at most 32 of the 256 bits differ from the
    nearest such product (72 at least in random bits). For looking over a list whose pictures are
    gone: it finds the patterns most apt to collide, about a quarter of all, and no stripes. Raises
    ValueError for another shape or type.
    """
    _refuse_other_than_hashes(hashes)
    patterned = np.zeros(len(hashes), np.bool_)
    for first in range(0, len(hashes), 4096):
        at = first + np.flatnonzero(_rows_agree(hashes[first : first + 4096]))
        patterned[at] = bits_from_a_product(hashes[at]) <= PATTERNED_WITHIN_BITS
    return patterned


def bits_from_a_product(hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """In how many bits each hash differs from the nearest row times column found: int64[N].

    Starts from each row in turn and improves column and row by turns, so now and then the nearest
    is missed by some bits.
    """
    parts = [_from_a_product(hashes[i : i + 4096]) for i in range(0, len(hashes), 4096)]
    return np.concatenate([np.empty(0, np.int64), *parts])


def hash_is_distinct(hashes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which hashes of uint8[N, 32] are irregular enough to block by: bool[N].

    A picture of one edge or curve on an even ground passes the gates, as it must, but its hash is
    apt to be hit by chance: nearly all of the closest pairs among unrelated pictures are of this
    kind (`benchmarks/false_matches.py`). Raises ValueError for another shape or type.
    """
    return regularity_of(hashes) < DISTINCT_BELOW


def regularity_of(hashes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How regular the signs of each hash are: float64[N], 1 in the mean for random bits.

    The mean over all shifts of the squared correlation of the 16 x 16 signs with themselves,
    shifted, each in units of what chance gives. The waves of a single edge change their signs in
    step, so that few of the 256 bits are left to tell it from another. Half of all cuts of
    photographs lie below 2. Raises ValueError for another shape or type.
    """
    _refuse_other_than_hashes(hashes)
    overlap = _sign_overlaps()
    counted = overlap >= _LEAST_OVERLAP
    counted[0, 0] = False
    parts = [np.empty(0)]
    for first in range(0, len(hashes), 1024):
        spectrum = np.fft.rfft2(_signs(hashes[first : first + 1024]), (32, 32))
        alike = np.fft.irfft2(np.abs(spectrum) ** 2, (32, 32))[:, :, :17]
        parts.append((alike[:, counted] ** 2 / overlap[counted]).mean(axis=1))
    return np.concatenate(parts)


def _refuse_other_than_hashes(hashes: NDArray[np.uint8]) -> None:
    if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] != 32:
        raise ValueError("hashes must be uint8 of the shape [N, 32]")


def _signs(hashes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The hashes as float32[N, 16, 16] of 1 and -1: the signs of the waves."""
    bits = np.unpackbits(hashes, axis=1)[:, ::-1].reshape(-1, 16, 16)
    return bits.astype(np.float32) * 2 - 1


def _sign_overlaps() -> Block:
    """How many of the 16 x 16 signs overlap at each shift, float64[32, 17]."""
    along = np.maximum(0, 16.0 - np.minimum(np.arange(32), 32 - np.arange(32)))
    return np.outer(along, along[:17])


def _from_a_product(hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    signs = _signs(hashes)
    agreeing = np.zeros(len(signs), np.float32)
    for start in range(16):
        row = signs[:, start]
        for _ in range(3):
            column = _signs_of(signs @ row[:, :, None])[:, :, 0]
            sums = (column[:, None, :] @ signs)[:, 0]
            row = _signs_of(sums)
        agreeing = np.maximum(agreeing, np.abs(sums).sum(axis=1))
    return ((256 - agreeing) / 2).astype(np.int64)


def _rows_agree(hashes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which hashes may be within PATTERNED_WITHIN_BITS of a product; all others are not.

    In a product each row is one row or its opposite. So of a hash within d bits of one, the row
    with the fewest wrong bits, d / 16 at most, differs from all others or their opposites in at
    most d + 14 times that; at d = 32, in 60 bits. Random rows differ in 96.
    """
    rows = np.ascontiguousarray(hashes).view(np.uint16)
    apart = np.zeros(rows.shape, np.uint16)
    for step in range(1, 16):
        bits = np.bitwise_count(rows ^ np.roll(rows, step, axis=1))
        apart += np.minimum(bits, 16 - bits)
    fewest_wrong = PATTERNED_WITHIN_BITS // 16
    most: NDArray[np.bool_] = apart.min(axis=1) <= PATTERNED_WITHIN_BITS + 14 * fewest_wrong
    return most


def _signs_of(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(values >= 0, np.float32(1), np.float32(-1))


def _energy(block: Block) -> Block:
    """What share of the block's contrast each wave carries, float64[64, 64]; they add up to 1."""
    waves = _COSINES @ block @ _COSINES.T
    waves[0, 0] = 0
    energy: Block = waves * waves
    return energy / max(float(energy.sum()), 1e-9)


def _says_little(block: Block, energy: Block) -> bool:
    """Few tones, a blur, one direction only, or all of it finer than PDQ looks."""
    hashed = float(energy[_HASHED, _HASHED].sum())
    beyond_blur = 1 - float(energy[:9, :9].sum())
    fine = 1 - float(energy[:6, :6].sum())
    return (
        _tone_bits(block) < LEAST_TONE_BITS
        or beyond_blur < LEAST_BEYOND_BLUR  # a blurhash has at most nine waves each way
        # Stripes, one gradient, plaid that adds warp and weft.
        or (hashed < LEAST_HASHED and _hashed_tones(block) < LEAST_HASHED_TONES)
        or (fine > FINE_FROM and hashed < LEAST_HASHED_IF_FINE)  # a page of text
    )


def _hashed_tones(block: Block) -> float:
    """How strong the part of the block is that PDQ hashes, in tones (root mean square)."""
    waves = _COSINES[_HASHED] @ block @ _COSINES[_HASHED].T
    return float(np.sqrt((waves * waves).sum() / block.size))


def _tone_bits(block: Block) -> float:
    """Entropy of the tones, 64 shades, in bits: 6 when all are equally common."""
    shades = np.clip(block / 4, 0, 63).astype(np.int64)
    share = np.bincount(shades.reshape(-1), minlength=64) / block.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def _repeats(block: Block) -> bool:
    """Whether the block looks the same again a step further on, and did not in between."""
    alike = _self_correlation(block).reshape(-1)
    # Few shifts of a photograph are so much alike, so the ways to all others need no look.
    again = np.flatnonzero(alike >= ALIKE_SHIFTED)
    between = alike[_ways()[again]].min(axis=1)
    return bool((alike[again] - between >= APART_BETWEEN).any())


_MOST_SHIFT: Final = 32
_SIDE: Final = _POINTS + _MOST_SHIFT


def _self_correlation(block: Block) -> Block:
    """Correlation of the block's overlap with itself, shifted: float64[65, 33].

    Shifts are -32 to 32 down and 0 to 32 across. Broad light and shade is taken out first, and
    what stands out is cut down, so that a line of letters does not outweigh the picture it is on.
    """
    waves = _COSINES @ block @ _COSINES.T
    waves[:3, :3] = 0
    flattened = _COSINES.T @ waves @ _COSINES
    usual = 2 * float(np.median(np.abs(flattened)))
    flattened = np.clip(flattened, -usual, usual)
    spectrum = np.fft.rfft2(flattened, (_SIDE, _SIDE))
    product = np.fft.irfft2(np.abs(spectrum) ** 2, (_SIDE, _SIDE))
    shifted = np.roll(product, _MOST_SHIFT, axis=0)[: 2 * _MOST_SHIFT + 1, : _MOST_SHIFT + 1]
    norm = _overlap_energy(flattened)
    # An overlap with next to no contrast is alike by chance.
    floor = max(float((flattened**2).sum()) * 1e-3, 1.0)
    return shifted / np.maximum(norm, floor)


def _overlap_energy(flattened: Block) -> Block:
    """Root of the product of both copies' energy in their overlap, for each shift."""
    sums = np.zeros((_POINTS + 1, _POINTS + 1))
    sums[1:, 1:] = (flattened**2).cumsum(axis=0).cumsum(axis=1)
    corners = sums.reshape(-1)[_corners()]
    moved, stayed = corners[:, 3] - corners[:, 1] - corners[:, 2] + corners[:, 0]
    energy: Block = np.sqrt(np.maximum(moved * stayed, 0))
    return energy


@lru_cache(maxsize=1)
def _corners() -> NDArray[np.int64]:
    """For each shift, the flat places in the running sums of the four corners of the overlap, as
    the moved copy lies and as the other does: int64[2, 4, 65, 33]."""
    down = np.arange(-_MOST_SHIFT, _MOST_SHIFT + 1)[:, None]
    across = np.arange(_MOST_SHIFT + 1)[None, :]
    top, bottom = np.maximum(0, down), _POINTS + np.minimum(0, down)
    left, right = across, np.full_like(across, _POINTS)
    moved = _corners_of((top, bottom), (left, right))
    stayed = _corners_of((_POINTS - bottom, _POINTS - top), (_POINTS - right, _POINTS - left))
    return np.array([moved, stayed])


def _corners_of(rows: Edges, columns: Edges) -> list[NDArray[np.int64]]:
    return [row * (_POINTS + 1) + column for row in rows for column in columns]


@lru_cache(maxsize=1)
def _ways() -> NDArray[np.int64]:
    """For each shift, the flat places of 16 shifts on the straight way to it: int64[2145, 16]."""
    down, across = np.mgrid[-_MOST_SHIFT : _MOST_SHIFT + 1, 0 : _MOST_SHIFT + 1]
    steps = np.linspace(0.1, 0.95, 16)
    rows = np.rint(down.reshape(-1, 1) * steps).astype(np.int64) + _MOST_SHIFT
    columns = np.rint(across.reshape(-1, 1) * steps).astype(np.int64)
    places: NDArray[np.int64] = rows * (_MOST_SHIFT + 1) + columns
    return places


def _cosine_rows() -> Block:
    """The orthonormal 64-point DCT-II: row k is the wave with k half-turns."""
    k, at = np.arange(_POINTS)[:, None], np.arange(_POINTS)[None, :]
    rows: Block = np.cos(np.pi / (2 * _POINTS) * k * (2 * at + 1)) * np.sqrt(2 / _POINTS)
    rows[0] /= np.sqrt(2)
    return rows


_COSINES: Final = _cosine_rows()
