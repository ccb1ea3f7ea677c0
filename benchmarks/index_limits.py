"""How close the near index comes to what the memory of this machine allows.

Usage: python -m benchmarks.index_limits [--rows 1000000]

Counts the cache lines that a query must touch (from the tables themselves), measures what a random
line costs in tables of that size and how fast memory streams, and puts the measured time of a batch
beside the sum. What remains is instructions.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import uniform
from benchmarks.machine import keep, print_machine
from tocsin.engine.index import NearIndex
from tocsin.engine.index.arrays import address_of
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.compiled.kernel import called
from tocsin.engine.index.compiled.vectors import load64, prefetch
from tocsin.engine.index.finding import Finder
from tocsin.engine.index.ring import PARTS, flips, parts_of
from tocsin.engine.index.workplace import workplace

PACKAGES = ("numpy", "numba")
TOUCHES = 400_000
AHEAD = 24
SAMPLE = 200
BATCH = 2_000

Bytes = npt.NDArray[np.uint8]


def main() -> None:
    """Count, measure, compare, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    print_machine(*PACKAGES)
    hashes, queries = uniform(rows), uniform(BATCH, seed=3)
    index = NearIndex.build(hashes, np.arange(1, rows + 1, dtype=np.uint64))
    batch_us = statistics.median(batch_of(index, queries) for _ in range(9))
    lines = lines_touched(index, queries[:SAMPLE])
    result = {
        "rows": rows,
        "batch_us": batch_us,
        **lines,
        "random_line_ns": {str(kb): random_line_ns(kb) for kb in (256, 2_048, 32_768, 1 << 20)},
        "stream_gb_s": stream_gb_s(),
    }
    table_kb = max(256, 2 * rows // 1024)
    near = random_line_ns(table_kb)
    far = random_line_ns(1 << 20)
    result["records_of_a_part_kb"] = table_kb
    result["memory_us"] = (
        lines["directory_lines"] * random_line_ns(256)
        + lines["record_lines"] * near
        + 2 * lines["compared_rows"] * far
    ) / 1e3
    for key, value in result.items():
        print(f"{key:<24} {value}")
    keep(f"index-limits-{rows}", result, *PACKAGES)


def batch_of(index: NearIndex, queries: Bytes) -> float:
    """Processor time of a batch, microseconds a query."""
    started = time.process_time()
    index.query(queries)
    return (time.process_time() - started) * 1e6 / len(queries)


def lines_touched(index: NearIndex, queries: Bytes) -> dict[str, Any]:
    """Distinct lines of 64 bytes a query reads: of directories, of records; and rows compared."""
    finder: Finder = index._layers.base.finder
    assert finder.ring is not None
    words = index._order.permuted(queries).view(np.uint64)
    halves = parts_of(words)
    directory = records = 0
    for part in range(PARTS):
        buckets = (halves[part][:, None] ^ flips(2)).astype(np.int64)
        begins = finder.ring.directory[part][buckets].astype(np.int64)
        ends = finder.ring.directory[part][buckets + 1].astype(np.int64)
        for bucket, begin, end in zip(buckets, begins, ends, strict=True):
            directory += len(np.unique(np.concatenate((bucket // 16, (bucket + 1) // 16))))
            records += len(np.unique(np.concatenate([*map(_lines, begin, end)])))
    index.query(queries)
    effort = workplace().effort(finder.ring, len(queries), 31)
    return {
        "directory_lines": directory / len(queries),
        "record_lines": records / len(queries),
        "candidates": float(effort.candidates.mean()),
        "compared_rows": float(effort.compared.mean()),
    }


def random_line_ns(kilobytes: int) -> float:
    """What one line at a random place costs when many are on their way at once."""
    lines = 1 << int(np.log2(kilobytes * 16))
    memory = np.ones(lines * 8, np.int64)
    best = []
    for seed in range(7):
        started = time.perf_counter()
        _touch(address_of(memory), lines - 1, TOUCHES, seed + 1)
        best.append(time.perf_counter() - started)
    return min(best) / TOUCHES * 1e9


def stream_gb_s() -> float:
    """How fast the compiled scan reads a gigabyte in order."""
    compiled = kernels()
    assert compiled is not None
    rows, query = np.ones((1 << 25, 4), np.uint64), np.zeros((1, 4), np.uint64)
    place, numbers = workplace(), np.zeros(1, np.int64)
    place.looks[0] = 0
    place.looks[0, 0] = 1
    places = (address_of(rows), 0, len(rows), address_of(query), address_of(numbers))
    best = []
    for _ in range(3):
        place.hits[1] = 0
        started = time.perf_counter()
        compiled.scan(*places, 1, place.looks_at, place.hits_at)
        best.append(time.perf_counter() - started)
    return rows.nbytes / min(best) / 1e9


def _lines(begin: int, end: int) -> npt.NDArray[np.int64]:
    """The lines in which records of two bytes stand."""
    return np.arange(begin // 32, (end - 1) // 32 + 1 if end > begin else begin // 32)


@called
def _touch(base: int, mask: int, count: int, seed: int) -> int:
    behind = ahead = seed
    total = 0
    for i in range(count + AHEAD):
        ahead = ahead * 6364136223846793005 + 1442695040888963407
        prefetch(base + ((ahead >> 20) & mask) * 64)
        if i >= AHEAD:
            behind = behind * 6364136223846793005 + 1442695040888963407
            total += load64(base + ((behind >> 20) & mask) * 64)
    return total


if __name__ == "__main__":
    main()
