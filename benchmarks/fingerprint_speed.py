"""How fast PDQ is, beside `pdqhash`: `python -m benchmarks.fingerprint_speed`.

CPU milliseconds, medians, from luma in memory to the hash, and from a JPEG's bytes to the hash
(digests not counted), of ours for queries and for lists, of Pillow with PyPI's `pdqhash`, and of
the least that libjpeg can do: all of its Huffman decoding and an eighth of the size. One core, one
run. Prints, and keeps all in `results/fingerprint_speed.json`.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image

from benchmarks.fingerprints import PACKAGES, peer
from benchmarks.folding import ENCODINGS, FOLDED
from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import as_file, photographs
from tocsin.engine.fingerprints.dihedral import dihedral_of_block
from tocsin.engine.fingerprints.folding import nearest_512
from tocsin.engine.fingerprints.pdq import LumaPlane, bands, block_of, pdq_of_luma, reductions
from tocsin.engine.media import examine


def main() -> None:
    """Run everything, print it and keep it."""
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    result = {"luma_cpu_ms": _luma_speed(), "jpeg_cpu_ms": _jpeg_speed()}
    print("kept in", keep("fingerprint_speed", result, *PACKAGES))


def _luma_speed() -> dict[str, dict[str, float]]:
    """CPU milliseconds from a luma plane in memory to the hash."""
    told = {}
    for width, height in ((4000, 3000), (1632, 1224), (1000, 1000), (816, 612)):
        rgb = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
        luma = rgb[:, :, 1].copy()
        block = block_of(LumaPlane(luma))
        both = [(bands(height), bands(width)), (nearest_512(height), nearest_512(width))]
        told[f"{width} x {height}"] = row = {
            "ours": _median_ms(partial(pdq_of_luma, luma)),
            "both_blocks": _median_ms(partial(reductions, LumaPlane(luma), both)),
            "eight_forms_of_a_block": _median_ms(partial(dihedral_of_block, block)),
            "peer": _median_ms(partial(peer, rgb)),
        }
        print(f"luma {width} x {height}: " + ", ".join(f"{k} {v:.2f} ms" for k, v in row.items()))
    return told


def _jpeg_speed() -> dict[str, dict[str, float]]:
    """CPU milliseconds from a JPEG's bytes to PDQ, digests not counted, and the decoder's share.

    Means over three photographs: the one with most detail, and two of less.
    """
    photos = photographs(12)[::4]
    told = {}
    for longest, how in ENCODINGS:
        size = (longest, longest * 3 // 4)
        files = [as_file(p.resize(size, Image.Resampling.LANCZOS), "JPEG", **how) for p in photos]
        row = {
            "kilobytes": statistics.mean(map(len, files)) / 1000,
            "query": _mean_ms(partial(examine, options=FOLDED), files),
            "list": _mean_ms(examine, files),
            "decoder_alone_at_an_eighth": _mean_ms(_eighth, files),
            "peer": _mean_ms(_decode_and_ask_peer, files),
        }
        row["times_the_peer"] = row["peer"] / row["query"]
        name = f"{size[0]} x {size[1]} {how}"
        told[name] = row
        print(f"JPEG {name}: " + ", ".join(f"{k} {v:.4g}" for k, v in row.items()))
    return told


def _decode_and_ask_peer(data: bytes) -> tuple[bytes, int]:
    with Image.open(io.BytesIO(data)) as opened:
        return peer(np.asarray(opened.convert("RGB")))


def _eighth(data: bytes) -> None:
    """The least that libjpeg can do: all of the Huffman decoding and no transform."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("L", (opened.width // 8, opened.height // 8))
        opened.load()


def _mean_ms(act: Callable[[bytes], object], files: list[bytes]) -> float:
    return statistics.mean(_median_ms(partial(act, data), rounds=7) for data in files)


def _median_ms(act: Callable[[], object], rounds: int = 11) -> float:
    act()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
