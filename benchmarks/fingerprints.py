"""How exact and how fast PDQ is, beside `pdqhash`: `python -m benchmarks.fingerprints [FOLDER]`.

Agreement with full-resolution PDQ in all eight dihedral forms, and with the 512-pixel dialect, on
Debian's wallpapers and tiles cut from them; bits that scaled JPEG decoding costs, for three choices
of the scaled shorter side; CPU milliseconds from luma and from JPEG to hash. Peer: PyPI's `pdqhash`
(Meta's own kernel), in the same run on one core. FOLDER may hold the reference media with
EXPECTED_pdq.csv. Prints, and keeps everything in `results/fingerprints.json`.
"""

from __future__ import annotations

import csv
import io
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import as_file, distinct_wallpapers, photographs, tiles, wallpapers
from tocsin.engine import Fingerprints, MediaOptions, fingerprint
from tocsin.engine.fingerprints.dihedral import DIHEDRAL, dihedral_of_block
from tocsin.engine.fingerprints.pdq import LumaPlane, block_of, pdq_of_luma
from tocsin.engine.media import Precision, decode

PACKAGES = ("numpy", "pillow", "pdqhash")
TILES_OF_EACH = 3
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

Rgb = npt.NDArray[np.uint8]


def main() -> None:
    """Run everything, print it and keep it."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    result = {
        "agreement": _agreement(),
        "folding": _folding(),
        "luma_cpu_ms": _luma_speed(),
        "jpeg_cpu_ms": _jpeg_speed(),
    }
    if len(sys.argv) > 1:
        result["reference_media"] = _reference_media(Path(sys.argv[1]))
    print("kept in", keep("fingerprints", result, *PACKAGES))


def _agreement() -> dict[str, Any]:
    """Bits and qualities that differ from pdqhash, over eight forms and the 512 dialect."""
    counted = {"from_50": _nothing_yet(), "below_50": _nothing_yet()}
    for rgb in _pictures():
        theirs, quality = _peer_dihedral(rgb)
        ours = dihedral_of_block(block_of(_Colours(rgb)))
        found = fingerprint(as_file(Image.fromarray(rgb), "BMP"))
        squashed = found.pictures[0].pdq_512
        assert squashed is not None
        row = counted["from_50" if quality >= 50 else "below_50"]
        off = [_bits(one, other[0]) for one, other in zip(theirs, ours, strict=True)]
        row["pictures"] += 1
        row["forms_off"] += sum(bits > 0 for bits in off)
        row["most_bits"] = max(row["most_bits"], *off)
        row["qualities_off"] += quality != ours[0][1]
        in_512 = _bits(_peer(_nearest_512(rgb))[0], squashed.value)
        row["in_512_off"] += in_512 > 0
        row["in_512_most_bits"] = max(row["in_512_most_bits"], in_512)
    for name, row in counted.items():
        print(f"quality {name}: {row['pictures']} pictures x {len(DIHEDRAL)} forms: {row}")
    return counted


def _nothing_yet() -> dict[str, int]:
    names = ("pictures", "forms_off", "most_bits", "qualities_off")
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


def _nearest_512(rgb: Rgb) -> Rgb:
    """What Meta's command-line tool hashes: CImg's nearest neighbour on 512 x 512."""
    height, width = rgb.shape[:2]
    if max(height, width) <= 512:
        return rgb
    grid = np.arange(512)
    return np.ascontiguousarray(rgb[grid * height // 512][:, grid * width // 512])


def _peer(rgb: Rgb) -> tuple[bytes, int]:
    import pdqhash  # type: ignore[import-not-found]

    bits, quality = pdqhash.compute(rgb)
    return np.packbits(bits).tobytes(), int(quality)


def _peer_dihedral(rgb: Rgb) -> tuple[list[bytes], int]:
    import pdqhash

    forms, quality = pdqhash.compute_dihedral(rgb)
    return [np.packbits(bits).tobytes() for bits in forms], int(quality)


def _bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _folding() -> dict[str, Any]:
    """Bits between what a query hashes and the whole picture, by the choice of shorter side."""
    off: dict[int, list[int]] = {side: [] for side in SHORTER_SIDES}
    off_512: dict[int, list[int]] = {side: [] for side in SHORTER_SIDES}
    chosen = decode.SHORT_SIDE
    for data in _encoded():
        with Image.open(io.BytesIO(data)) as opened:
            rgb = np.asarray(opened.convert("RGB"))
        full, quality = _peer(rgb)
        if quality < COUNTED_FROM_QUALITY:
            continue
        in_512 = _peer(_nearest_512(rgb))[0]
        for side in SHORTER_SIDES:
            setattr(decode, "SHORT_SIDE", side)  # noqa: B010 - a constant, varied to measure it
            picture = fingerprint(data, options=FOLDED).pictures[0]
            assert picture.pdq_512 is not None
            off[side].append(_bits(full, picture.pdq.value))
            off_512[side].append(_bits(in_512, picture.pdq_512.value))
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


def _luma_speed() -> dict[str, dict[str, float]]:
    """CPU milliseconds from a luma plane in memory to the hash."""
    told = {}
    for width, height in ((4000, 3000), (1632, 1224), (1000, 1000), (816, 612)):
        rgb = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
        luma = rgb[:, :, 1].copy()
        block = block_of(LumaPlane(luma))
        told[f"{width} x {height}"] = row = {
            "ours": _median_ms(partial(pdq_of_luma, luma)),
            "eight_forms_of_a_block": _median_ms(partial(dihedral_of_block, block)),
            "peer": _median_ms(partial(_peer, rgb)),
        }
        print(f"luma {width} x {height}: " + ", ".join(f"{k} {v:.2f} ms" for k, v in row.items()))
    return told


def _jpeg_speed() -> dict[str, dict[str, float]]:
    """CPU milliseconds from a JPEG's bytes to PDQ, digests not counted, and the decoder's share."""
    from tocsin.engine.media import examine

    [photo] = photographs(1)
    told = {}
    for longest, how in ENCODINGS:
        size = (longest, longest * 3 // 4)
        data = as_file(photo.resize(size, Image.Resampling.LANCZOS), "JPEG", **how)
        row = {
            "kilobytes": len(data) / 1000,
            "query": _median_ms(partial(examine, data, FOLDED)),
            "list": _median_ms(partial(examine, data)),
            "decoder_alone_at_an_eighth": _median_ms(partial(_eighth, data)),
            "peer": _median_ms(partial(_decode_and_ask_peer, data)),
        }
        row["times_the_peer"] = row["peer"] / row["query"]
        name = f"{size[0]} x {size[1]} {how}"
        told[name] = row
        print(f"JPEG {name}: " + ", ".join(f"{k} {v:.4g}" for k, v in row.items()))
    return told


def _decode_and_ask_peer(data: bytes) -> tuple[bytes, int]:
    with Image.open(io.BytesIO(data)) as opened:
        return _peer(np.asarray(opened.convert("RGB")))


def _eighth(data: bytes) -> None:
    """The least that libjpeg can do: all of the Huffman decoding and no transform."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("L", (opened.width // 8, opened.height // 8))
        opened.load()


def _median_ms(act: Callable[[], object], rounds: int = 11) -> float:
    act()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


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
        off.append(_bits(bytes.fromhex(row[column]), ours.value))
    return {"files": len(off), "off": sum(bits > 0 for bits in off), "most_bits": max(off)}


if __name__ == "__main__":
    main()
