"""A list of a hundred million random hashes: built straight into a file, mapped, asked.

Usage: python -m benchmarks.index_large [--rows 100000000] [--folder FOLDER]

Needs 13 GB of disk in FOLDER and 24 GB of memory (8 GB for the build, then room for the mapped
file). Beside single queries it times one compiled look at every row, and 300 planted hits.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_worst import flipped, scanned_in
from benchmarks.machine import keep, print_machine
from tocsin.engine.index import NearBuilder, NearIndex, warm_up

PACKAGES = ("numpy", "numba")
PIECE = 1_000_000
MISSES = 2_000
PLANTED = 300

Bytes = npt.NDArray[np.uint8]


def main() -> None:
    """Build, open, ask, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    asked = parser.parse_args()
    print_machine(*PACKAGES)
    warm_up()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        result = {"rows": asked.rows, **built(folder, asked.rows)}
        index = NearIndex.open(folder)
        result |= queried(index)
        result |= {"scan_us": scanned_in(index, misses()[:1])}
    for key, value in result.items():
        print(f"{key:<28} {value:,.2f}")
    keep(f"index-large-{asked.rows}", result, *PACKAGES)


def built(folder: Path, rows: int) -> dict[str, Any]:
    """Build from pieces into a file; the time to make the random hashes is not counted."""
    builder, adding = NearBuilder(), 0.0
    for first in range(0, rows, PIECE):
        hashes = piece(first)
        ids = np.arange(first + 1, first + PIECE + 1, dtype=np.uint64)
        started = time.perf_counter()
        builder.add(hashes, ids)
        adding += time.perf_counter() - started
    started, spent = time.perf_counter(), time.process_time()
    written = builder.write(folder / "near.seg")
    seconds = adding + time.perf_counter() - started
    return {
        "built_seconds": seconds,
        "built_processor_seconds": adding + time.process_time() - spent,
        "bytes_a_hash": written.size_bytes / rows,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def queried(index: NearIndex) -> dict[str, Any]:
    """Single misses after one round that brings the file into memory, a batch, planted hits."""
    queries = misses()
    for query in queries[:MISSES, None]:
        index.query(query)
    times = []
    for query in queries[:MISSES, None]:
        started = time.perf_counter()
        index.query(query)
        times.append((time.perf_counter() - started) * 1e6)
    started = time.process_time()
    index.query(queries)
    batch = (time.process_time() - started) * 1e6 / len(queries)
    rng = np.random.default_rng(3)
    planted = flipped(piece(0)[:PLANTED], np.arange(PLANTED) % 32, rng)
    found = index.query(planted).ids
    return {
        "single_p50_us": statistics.median(times),
        "single_p99_us": float(np.percentile(times, 99)),
        "single_max_us": max(times),
        "batch_us": batch,
        "planted_found": len(set(found.tolist()) & set(range(1, PLANTED + 1))) / PLANTED,
    }


def piece(first: int) -> Bytes:
    """The hashes from one number on."""
    return np.random.default_rng(first + 1).integers(0, 256, (PIECE, 32), np.uint8)


def misses() -> Bytes:
    """Unrelated queries."""
    return np.random.default_rng(2**40).integers(0, 256, (MISSES, 32), np.uint8)


if __name__ == "__main__":
    main()
