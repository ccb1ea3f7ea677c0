"""Whether continuing a cropped picture beats repeating its edges: `python -m benchmarks.crops`.

Crops of each distinct wallpaper of quality 50 or more, asked for with the window in exactly the
right place: per cent found within 31 bits when what is beyond the edge is the edge repeated, its
mirror image, or the harmonic continuation of the query battery.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.alterations import cropped
from benchmarks.edits import LUMA, Original, means_of, originals_of, share
from benchmarks.machine import keep, print_machine
from benchmarks.pictures import as_jpeg, from_jpeg
from tocsin.engine.fingerprints.continuation import continued
from tocsin.engine.fingerprints.pdq import pdq_of_block

Plane = npt.NDArray[np.float32]
Cut = tuple[float, float, float, float]

CELLS, MARGIN = 256, 64
CROPS: dict[str, Cut] = {
    "10 % all round": (0.05, 0.05, 0.05, 0.05),
    "20 % all round": (0.1, 0.1, 0.1, 0.1),
    "10 % at the right": (0, 0, 0.1, 0),
    "20 % at the right": (0, 0, 0.2, 0),
    "6 % at the left, 9 % at the bottom": (0.06, 0, 0, 0.09),
}
WAYS = ("repeated", "mirrored", "continued")


def main() -> None:
    """Runs everything, prints it and keeps it."""
    print_machine("numpy", "pillow")
    found: dict[str, dict[str, list[int]]] = {}
    for original in originals_of():
        for name, cut in CROPS.items():
            means = _means(original, cut)
            for way in WAYS:
                distance = _distance(_widened(means, way), cut, original)
                found.setdefault(name, {}).setdefault(way, []).append(distance)
    table = {n: {way: share(d, 31) for way, d in ways.items()} for n, ways in found.items()}
    for name, row in table.items():
        print(f"{name:<36}", row)
    print(keep("crops", table, "numpy", "pillow"))


def _means(original: Original, cut: Cut) -> Plane:
    pixels = np.asarray(from_jpeg(as_jpeg(cropped(original.copy, cut), quality=85)))
    return means_of(pixels.astype(np.float32) @ LUMA)


def _widened(means: Plane, way: str) -> Plane:
    if way == "continued":
        return continued(means, MARGIN)
    return np.pad(means, MARGIN, mode="edge" if way == "repeated" else "symmetric")


def _distance(wide: Plane, cut: Cut, original: Original) -> int:
    left, top, right, bottom = cut
    rows, columns = _tents(top, bottom), _tents(left, right)
    value, _ = pdq_of_block((rows @ wide @ columns.T).astype(np.float64))
    listed = int.from_bytes(original.listed.tobytes(), "big")
    return (int.from_bytes(value, "big") ^ listed).bit_count()


def _tents(before: float, after: float) -> Plane:
    """PDQ's 64 points of the axis as it was before the crop, on the widened cells."""
    length = CELLS / (1 - before - after)
    middles = MARGIN - before * length + (np.arange(64) + 0.5) / 64 * length
    cells = np.arange(CELLS + 2 * MARGIN) + 0.5
    apart = np.abs(cells[None] - middles[:, None])
    weights: npt.NDArray[np.float64] = np.clip(1 - apart / (length / 128), 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)


if __name__ == "__main__":
    main()
