"""How exact and how fast fingerprints are: `python -m benchmarks.fingerprints [FOLDER]`.

Prints the machine and versions; per drawn picture, the median milliseconds of Pillow's decoding
alone (what any hasher pays), of `fingerprint` in this process and of a decoder worker, all in the
same run; and, given a folder with EXPECTED_pdq.csv, how many bits each of its pictures is off.
"""

import csv
import io
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from tocsin.engine import fingerprint
from tocsin.engine.media import DecoderPool

SIZES = ((4000, 3000), (1632, 1224), (816, 612))


def main() -> None:
    """Runs everything and prints it."""
    print(f"{_processor()}; Python {platform.python_version()}, "
          f"NumPy {np.__version__}, Pillow {PIL.__version__}")  # fmt: skip
    if len(sys.argv) > 1:
        _print_agreement(Path(sys.argv[1]))
    _print_speed()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(named)} x {named[0]}" if named else platform.processor()


def _print_agreement(folder: Path) -> None:
    with (folder / "EXPECTED_pdq.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    off = [_bits_off((folder / row["file"]).read_bytes(), row) for row in rows]
    print(f"{len(off)} reference pictures: {sum(off)} bits off in all, {max(off)} at most")


def _bits_off(data: bytes, row: dict[str, str]) -> int:
    found = fingerprint(data).pdq
    if found is None:
        return 256
    return (int.from_bytes(found, "big") ^ int(row["pillow_rgb_pdqhash"], 16)).bit_count()


def _print_speed() -> None:
    print("JPEG q85             Pillow RGB   fingerprint   in a worker")
    with DecoderPool(1) as pool:
        for width, height in SIZES:
            data = _drawn(width, height)
            times = [_median_ms(act, data) for act in (_decode_only, fingerprint, pool.fingerprint)]
            columns = "".join(f"{ms:11.1f} ms" for ms in times)
            print(
                f"{width} x {height}".ljust(16) + columns + f"   {times[2] / times[0]:.2f} x Pillow"
            )


def _drawn(width: int, height: int) -> bytes:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / (31 + 17 * c)) * np.cos(y / (43 - 9 * c)) * 70 + 120 for c in range(3)]
    noise = np.random.default_rng(7).normal(0, 6, (height, width, 1))
    pixels = np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


def _decode_only(data: bytes) -> object:
    return Image.open(io.BytesIO(data)).convert("RGB")


def _median_ms(act: Callable[[bytes], object], data: bytes) -> float:
    act(data)
    times = []
    for _ in range(11):
        start = time.perf_counter()
        act(data)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
