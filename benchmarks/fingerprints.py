"""How exact PDQ is, beside `pdqhash`: `python -m benchmarks.fingerprints [FOLDER]`.

Agreement with full-resolution PDQ in all eight dihedral forms, and with the 512-pixel dialect, on
Debian's wallpapers and tiles cut from them. Peer: PyPI's `pdqhash` (Meta's own kernel), in the same
run. FOLDER may hold the reference media with EXPECTED_pdq.csv. Prints, and keeps
`results/fingerprints.json`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import distinct_wallpapers, tiles, wallpapers
from tocsin.engine import Fingerprints, fingerprint
from tocsin.engine.fingerprints.dihedral import DIHEDRAL, dihedral_of_block
from tocsin.engine.fingerprints.folding import GRID, nearest_512
from tocsin.engine.fingerprints.pdq import bands, pdq_of_block, reductions

PACKAGES = ("numpy", "pillow", "pdqhash")
TILES_OF_EACH = 3

Rgb = npt.NDArray[np.uint8]


def main() -> None:
    """Run everything, print it and keep it."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    result: dict[str, Any] = {"agreement": _agreement()}
    if len(sys.argv) > 1:
        result["reference_media"] = _reference_media(Path(sys.argv[1]))
    print("kept in", keep("fingerprints", result, *PACKAGES))


def _agreement() -> dict[str, Any]:
    """Bits and qualities that differ from pdqhash, over eight forms and the 512 dialect."""
    counted = {"from_50": _nothing_yet(), "below_50": _nothing_yet()}
    for rgb in _pictures():
        theirs, quality = peer_dihedral(rgb)
        height, width = rgb.shape[:2]
        plans = [(bands(height), bands(width)), (nearest_512(height), nearest_512(width))]
        full, squashed = reductions(_Colours(rgb), plans)
        ours = dihedral_of_block(full)
        our_512, _ = pdq_of_block(squashed) if max(rgb.shape) > GRID else ours[0]
        row = counted["from_50" if quality >= 50 else "below_50"]
        off = [bits(one, other[0]) for one, other in zip(theirs, ours, strict=True)]
        row["pictures"] += 1
        row["forms_off"] += sum(bits > 0 for bits in off)
        row["hashes_off"] += off[0] > 0
        row["most_bits"] = max(row["most_bits"], *off)
        row["qualities_off"] += quality != ours[0][1]
        in_512 = bits(peer(nearest(rgb))[0], our_512)
        row["in_512_off"] += in_512 > 0
        row["in_512_most_bits"] = max(row["in_512_most_bits"], in_512)
    for name, row in counted.items():
        print(f"quality {name}: {row['pictures']} pictures x {len(DIHEDRAL)} forms: {row}")
    return counted


def _nothing_yet() -> dict[str, int]:
    names = ("pictures", "hashes_off", "forms_off", "most_bits", "qualities_off")
    return dict.fromkeys((*names, "in_512_off", "in_512_most_bits"), 0)


def _pictures() -> Iterator[Rgb]:
    for path in wallpapers():
        with Image.open(path) as opened:
            yield np.asarray(opened.convert("RGB"))
    for tile in tiles(distinct_wallpapers(), per_picture=TILES_OF_EACH):
        yield np.asarray(tile)


class _Colours:
    """RGB pixels as the engine reads them: the same conversion, without a file."""

    def __init__(self, rgb: Rgb) -> None:
        self.height, self.width = rgb.shape[:2]
        self._pixels = Image.fromarray(rgb)

    def rows(self, first: int, after: int) -> npt.NDArray[np.float32]:
        strip = self._pixels.crop((0, first, self.width, after))
        return np.asarray(strip.convert("F"), np.float32)


def nearest(rgb: Rgb) -> Rgb:
    """What Meta's command-line tool hashes: CImg's nearest neighbour on 512 x 512."""
    height, width = rgb.shape[:2]
    if max(height, width) <= 512:
        return rgb
    grid = np.arange(512)
    return np.ascontiguousarray(rgb[grid * height // 512][:, grid * width // 512])


def peer(rgb: Rgb) -> tuple[bytes, int]:
    import pdqhash  # type: ignore[import-not-found]  # in the peers' environment only

    bits, quality = pdqhash.compute(rgb)
    return np.packbits(bits).tobytes(), int(quality)


def peer_dihedral(rgb: Rgb) -> tuple[list[bytes], int]:
    import pdqhash

    forms, quality = pdqhash.compute_dihedral(rgb)
    return [np.packbits(bits).tobytes() for bits in forms], int(quality)


def bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _reference_media(folder: Path) -> dict[str, Any]:
    with (folder / "EXPECTED_pdq.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    found = [(row, fingerprint((folder / row["file"]).read_bytes())) for row in rows]
    told = {
        "full": _differences(found, "pillow_rgb_pdqhash"),
        "in_512": _differences([f for f in found if f[0]["cpp_hash"]], "cpp_hash"),
    }
    print(f"reference media: {told}")
    return told


def _differences(found: list[tuple[dict[str, str], Fingerprints]], column: str) -> dict[str, int]:
    """Files, those with any bit off, and the most bits."""
    off = []
    for row, prints in found:
        hashes = prints.pictures[0]
        ours = hashes.pdq_512 if column == "cpp_hash" else hashes.pdq
        assert ours is not None
        off.append(bits(bytes.fromhex(row[column]), ours.value))
    return {"files": len(off), "off": sum(bits > 0 for bits in off), "most_bits": max(off)}


if __name__ == "__main__":
    main()
