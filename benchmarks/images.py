"""Mixed images, from bytes to digests and PDQ: `python -m benchmarks.images`.

124 files as a provider meets them (JPEG of four sizes, progressive ones, PNG photographs and
screenshots, WebP, AVIF), made from Debian's wallpapers. Peer: `threatexchange`'s own MD5 and PDQ
hashers. Ours gives MD5, SHA-1, SHA-256 and PDQ in both dialects; measured in this process and
through the pool of workers (its CPU time and ours together), every file in turn with the peer, on
one core. Prints medians of three rounds of CPU milliseconds for each kind and the whole mix, and
keeps them in `results/images.json`. CPU time, so that whatever else runs on the machine costs
neither side its place on the core.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from benchmarks.pictures import as_file, photographs

ROUNDS = 3
PACKAGES = ("numpy", "pillow", "pi-heif", "msgspec", "pdqhash", "threatexchange")
PHONE, LARGE, SMALL, TINY = (4000, 3000), (1632, 1224), (816, 612), (448, 336)
SCREEN = (1920, 1080)

# Name, how many, size, encoder, how. Together as many milliseconds a file as real uploads cost.
KINDS: tuple[tuple[str, int, tuple[int, int], str, dict[str, Any]], ...] = (
    ("JPEG 12 MP", 8, PHONE, "JPEG", {"quality": 90}),
    ("JPEG 2 MP", 24, LARGE, "JPEG", {"quality": 85}),
    ("JPEG 2 MP progressive", 12, LARGE, "JPEG", {"quality": 85, "progressive": True}),
    ("JPEG 0.5 MP", 32, SMALL, "JPEG", {"quality": 80}),
    ("JPEG 0.15 MP", 28, TINY, "JPEG", {"quality": 75}),
    ("PNG photograph", 4, SCREEN, "PNG", {}),
    ("PNG screenshot", 6, SCREEN, "PNG", {}),
    ("WebP", 6, SCREEN, "WEBP", {"quality": 80}),
    ("AVIF", 4, SCREEN, "AVIF", {"quality": 70}),
)

Act = Callable[[bytes], object]


@dataclass
class Kind:
    """Files of one kind, and the milliseconds that each engine took for each, by round."""

    name: str
    files: list[bytes]
    spent_ms: dict[str, list[list[float]]] = field(default_factory=dict)

    def median_ms(self, engine: str) -> float:
        """Milliseconds a file: the mean over the files of each one's median over the rounds."""
        rounds = self.spent_ms[engine]
        medians: list[float] = [statistics.median(file) for file in zip(*rounds, strict=True)]
        return statistics.mean(medians)


def main() -> None:
    """Make the files, measure everything in turn, print, keep."""
    meet_peers(__spec__)
    from tocsin.engine import MediaOptions, fingerprint
    from tocsin.engine.media import DecoderPool, Precision

    print_machine(*PACKAGES)
    kinds = list(_kinds())
    query = MediaOptions(precision=Precision.QUERY)
    with DecoderPool(1, deadline_seconds=60) as pool:
        pool.fingerprint(b"\xff\xd8\xff")
        engines: dict[str, Act] = {
            "peer": _peer(),
            "process": lambda data: fingerprint(data, options=query),
            "pool": lambda data: pool.fingerprint(data, query),
            "process, for lists": fingerprint,
        }
        for _ in range(ROUNDS):
            for kind in kinds:
                _measure(kind, engines, pool.worker_pids())
    print("kept in", keep("images", _told(kinds, list(engines)), *PACKAGES))


def _peer() -> Act:
    from threatexchange.signal_type.md5 import VideoMD5Signal
    from threatexchange.signal_type.pdq.signal import PdqSignal

    def hashed(data: bytes) -> object:
        return VideoMD5Signal.hash_from_bytes(data), PdqSignal.hash_from_bytes(data)

    return hashed


def _measure(kind: Kind, engines: dict[str, Act], workers: tuple[int, ...]) -> None:
    for name, act in engines.items():
        spent = []
        for data in kind.files:
            start = _cpu_seconds(workers)
            act(data)
            spent.append((_cpu_seconds(workers) - start) * 1000)
        kind.spent_ms.setdefault(name, []).append(spent)


def _cpu_seconds(workers: tuple[int, ...]) -> float:
    """CPU time of this process and of the workers, user and system (Linux: a clock a process)."""
    return time.process_time() + sum(time.clock_gettime((~pid << 3) | 2) for pid in workers)


def _told(kinds: list[Kind], engines: list[str]) -> dict[str, Any]:
    rows = {kind.name: {e: kind.median_ms(e) for e in engines} for kind in kinds}
    files = sum(len(kind.files) for kind in kinds)
    whole = {e: sum(rows[k.name][e] * len(k.files) for k in kinds) / files for e in engines}
    print(f"{'CPU ms a file':<24}" + "".join(f"{e:>20}" for e in engines) + f"{'peer / pool':>14}")
    for name, row in {**rows, "whole mix": whole}.items():
        numbers = "".join(f"{row[e]:20.2f}" for e in engines)
        print(f"{name:<24}{numbers}{row['peer'] / row['pool']:13.1f}x")
    rates = {e: 1000 / whole[e] for e in engines}
    print("images a CPU second: " + ", ".join(f"{e} {rate:.1f}" for e, rate in rates.items()))
    return {
        "files": {k.name: [len(k.files), sum(map(len, k.files)) // len(k.files)] for k in kinds},
        "cpu_ms_a_file": rows,
        "whole_mix_cpu_ms": whole,
        "images_a_cpu_second": rates,
        "times_the_peer": {e: whole["peer"] / whole[e] for e in engines},
    }


def _kinds() -> Iterator[Kind]:
    photos = photographs(12)
    for name, count, size, encoder, how in KINDS:
        print(f"Making {count} x {name} ...", file=sys.stderr, flush=True)
        draw = _screenshot if "screenshot" in name else _photograph
        made = [as_file(draw(photos, place, size), encoder, **how) for place in range(count)]
        yield Kind(name, made)


def _photograph(photos: list[Image.Image], place: int, size: tuple[int, int]) -> Image.Image:
    """One of the photographs, each time cut a little differently, at this size."""
    photo = photos[place % len(photos)]
    edge = 8 * (place // len(photos))
    cut = photo.crop((edge, edge, photo.width - edge, photo.height - edge))
    return cut.resize(size, Image.Resampling.LANCZOS)


def _screenshot(photos: list[Image.Image], place: int, size: tuple[int, int]) -> Image.Image:
    """A page: a bar, columns of text, buttons, and one photograph."""
    rng = np.random.default_rng(place)
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, size[0], 60), fill="steelblue")
    words = ["hill", "harbour", "lantern", "meadow", "quarry", "river", "slate", "willow"]
    for line in range(80, size[1] - 20, 18):
        for column in (40, 700):
            text = " ".join(rng.choice(words) for _ in range(int(rng.integers(4, 14))))
            pen.text((column, line), text, fill="black")
    page.paste(photos[place % len(photos)].resize((480, 360)), (1360, 120))
    return page


if __name__ == "__main__":
    main()
