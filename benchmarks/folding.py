"""What scaled JPEG decoding costs in bits: `python -m benchmarks.folding`.

Bits between the hash that a query takes (the luma of a JPEG, scaled down by its decoder until the
shorter side has as few pixels as PDQ bears, with folded weights) and that of the whole picture, by
PyPI's `pdqhash`; for three choices of that side, in both dialects, on photographs of Debian's
wallpapers at four sizes. Prints, and keeps `results/folding.json`.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.fingerprints import PACKAGES, bits, nearest, peer
from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import as_file, photographs
from tocsin.engine import MediaOptions, fingerprint
from tocsin.engine.media import Precision, decode

PHOTOGRAPHS = 45
FOLDED = MediaOptions(precision=Precision.QUERY)
SHORTER_SIDES = (128, 256, 384)
COUNTED_FROM_QUALITY = 80

# Longest side, quality, and how else it is encoded.
ENCODINGS: tuple[tuple[int, dict[str, Any]], ...] = (
    (4000, {"quality": 90}),
    (4000, {"quality": 75, "progressive": True}),
    (1632, {"quality": 85}),
    (1632, {"quality": 70, "progressive": True}),
    (816, {"quality": 80, "subsampling": 0}),
    (816, {"quality": 50}),
    (448, {"quality": 75}),
)


def main() -> None:
    """Run everything, print it and keep it."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    print("kept in", keep("folding", _folding(), *PACKAGES))


def _folding() -> dict[str, Any]:
    """Bits between what a query hashes and the whole picture, by the choice of shorter side."""
    off: dict[int, list[int]] = {side: [] for side in SHORTER_SIDES}
    off_512: dict[int, list[int]] = {side: [] for side in SHORTER_SIDES}
    chosen = decode.SHORT_SIDE
    for data in _encoded():
        with Image.open(io.BytesIO(data)) as opened:
            rgb = np.asarray(opened.convert("RGB"))
        full, quality = peer(rgb)
        if quality < COUNTED_FROM_QUALITY:
            continue
        in_512 = peer(nearest(rgb))[0]
        for side in SHORTER_SIDES:
            setattr(decode, "SHORT_SIDE", side)  # noqa: B010 - a constant, varied to measure it
            picture = fingerprint(data, options=FOLDED).pictures[0]
            assert picture.pdq_512 is not None
            off[side].append(bits(full, picture.pdq.value))
            off_512[side].append(bits(in_512, picture.pdq_512.value))
    setattr(decode, "SHORT_SIDE", chosen)  # noqa: B010
    return {
        "full": {side: _spread(f"full, shorter side >= {side}", off[side]) for side in off},
        "in_512": {side: _spread(f"512, shorter side >= {side}", off_512[side]) for side in off},
    }


def _encoded() -> Iterator[bytes]:
    for photo in photographs(PHOTOGRAPHS):
        for longest, how in ENCODINGS:
            share = longest / max(photo.size)
            size = (round(photo.width * share), round(photo.height * share))
            yield as_file(photo.resize(size, Image.Resampling.LANCZOS), "JPEG", **how)


def _spread(name: str, off: list[int]) -> dict[str, float]:
    told = {
        "files": len(off),
        "mean": statistics.mean(off),
        "p99": float(np.percentile(off, 99)),
        "max": max(off),
        "within_10": sum(bits <= 10 for bits in off) / len(off),
    }
    print(f"bits off, {name}: " + ", ".join(f"{k} {v:.4g}" for k, v in told.items()))
    return told


if __name__ == "__main__":
    main()
