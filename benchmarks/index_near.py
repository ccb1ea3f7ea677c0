"""How fast the near index answers, beside a plain NumPy scan (and faiss, where it is installed).

Usage: python -m benchmarks.index_near [--rows 1000000] [--queries 1000]

All engines run in this one process, one thread each, in turn over several rounds; the medians of
the rounds are printed. The hashes are random, which is how real ones behave in the index once
their bits are permuted; the queries are unrelated to them, which is what nearly every upload is.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# One thread for each engine: the ratio of single cores is the fair one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

from tocsin.engine.index import NearIndex

RADIUS_BITS = 31
ROUNDS = 5
SINGLES_PER_ROUND = 40
SLOW_QUERIES = 10

Bytes = npt.NDArray[np.uint8]
Query = Callable[[Bytes], object]


@dataclass
class Engine:
    """One engine, how many queries of a batch it is asked, and its times in microseconds."""

    name: str
    query: Query
    batch: int
    single_us: list[float] = field(default_factory=list)
    batch_us: list[float] = field(default_factory=list)


def main() -> None:
    """Build, check the recall, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    asked = parser.parse_args()
    rng = np.random.default_rng(2026)
    hashes = rng.integers(0, 256, (asked.rows, 32), np.uint8)
    misses = rng.integers(0, 256, (asked.queries, 32), np.uint8)
    print_machine()
    print(f"{asked.rows:,} hashes, {asked.queries:,} unrelated queries, radius {RADIUS_BITS} bits")
    index = built(hashes)
    engines = [
        Engine("tocsin NearIndex", index.query, asked.queries),
        Engine("plain NumPy scan", lambda queries: plain_scan(hashes, queries), SLOW_QUERIES),
        *faiss_engines(hashes),
    ]
    print_recall(index, hashes, rng)
    for _ in range(ROUNDS):
        for engine in engines:
            measure(engine, misses)
    print_table(engines)


def built(hashes: Bytes) -> NearIndex:
    """Build, save, open again, and say how long and how large."""
    ids = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    started = time.perf_counter()
    index = NearIndex.build(hashes, ids)
    print(f"built in {time.perf_counter() - started:.2f} s", end=", ")
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        started = time.perf_counter()
        opened = NearIndex.open(Path(folder))
        opened_ms = (time.perf_counter() - started) * 1e3
    print(f"{size / len(hashes):.0f} bytes per hash, opened in {opened_ms:.0f} ms")
    return opened


def plain_scan(hashes: Bytes, queries: Bytes) -> list[npt.NDArray[np.int64]]:
    """What anybody would write: XOR, count the ones, compare."""
    words, found = hashes.view(np.uint64), []
    for query in queries.view(np.uint64):
        distance = np.bitwise_count(words ^ query).sum(axis=1, dtype=np.uint16)
        found.append(np.flatnonzero(distance <= RADIUS_BITS))
    return found


def faiss_engines(hashes: Bytes) -> list[Engine]:
    """The peer, where it happens to be installed."""
    if importlib.util.find_spec("faiss") is None:
        print("faiss is not installed: left out")
        return []
    faiss: Any = importlib.import_module("faiss")
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    # faiss counts a distance below its radius, not equal to it.
    return [Engine("faiss flat", lambda queries: flat.range_search(queries, RADIUS_BITS + 1), 100)]


def print_recall(index: NearIndex, hashes: Bytes, rng: np.random.Generator) -> None:
    """Flip 0 to 31 bits of a thousand hashes and look for each of them."""
    bits = np.unpackbits(hashes[:1_000], axis=1)
    for number, row in enumerate(bits):
        row[rng.choice(256, number % 32, replace=False)] ^= 1
    offsets, ids, _ = index.query(np.packbits(bits, axis=1))
    found = sum(
        number + 1 in ids[offsets[number] : offsets[number + 1]] for number in range(len(bits))
    )
    print(f"recall: {found} of {len(bits)} hashes with 0 to 31 bits flipped")


def measure(engine: Engine, misses: Bytes) -> None:
    """One round: some queries one by one, then one batch."""
    singles = SINGLES_PER_ROUND if engine.batch > SLOW_QUERIES else 5
    times = []
    for number in range(singles):
        started = time.perf_counter()
        engine.query(misses[number : number + 1])
        times.append((time.perf_counter() - started) * 1e6)
    engine.single_us.append(statistics.median(times))
    started = time.perf_counter()
    engine.query(misses[: engine.batch])
    engine.batch_us.append((time.perf_counter() - started) * 1e6 / engine.batch)


def print_machine() -> None:
    """What the numbers were measured on."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    print(f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}")
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}")


def print_table(engines: list[Engine]) -> None:
    """Medians over the rounds, and how many times slower each engine is than the first."""
    own = engines[0]
    print(f"{'engine':<20}{'single us':>12}{'ratio':>8}{'batch us/query':>17}{'ratio':>8}")
    for engine in engines:
        single, batch = (statistics.median(t) for t in (engine.single_us, engine.batch_us))
        own_single, own_batch = (statistics.median(t) for t in (own.single_us, own.batch_us))
        print(
            f"{engine.name:<20}{single:>12,.0f}{single / own_single:>8.1f}"
            f"{batch:>17,.1f}{batch / own_batch:>8.1f}"
        )


if __name__ == "__main__":
    main()
