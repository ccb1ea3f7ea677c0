"""How fast the near index answers beside its peers: unrelated queries, 31 bits, nothing missed.

Usage: python -m benchmarks.index_near [--rows 1000000]

All engines run in this one process on one core, in turn over several rounds. A single query is wall
time; a batch is processor time of the whole process, so that a neighbour on the machine or a
peer's own thread does not count for or against anybody. The medians over the rounds are kept in
`benchmarks/results/index-near-ROWS.json`. The hashes are real-like (`benchmarks.index_data`).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import real_like, skew
from benchmarks.index_engines import RADIUS_BITS, Engine, near_index, of_index, peers
from benchmarks.machine import keep, print_machine
from benchmarks.peers import meet_peers
from tocsin.engine.index import POLICY_DTYPE, NearIndex, PolicyColumn, warm_up

ROUNDS = 5
PACKAGES = ("numpy", "numba", "pynear", "faiss-cpu", "threatexchange")
PLANTED = 1_000

Bytes = npt.NDArray[np.uint8]

START = """
import time
started = time.perf_counter()
import numpy as np
from tocsin.engine.index import NearIndex, warm_up
warm_up()
index = NearIndex.build(np.zeros((1, 32), np.uint8), np.ones(1, np.uint64))
index.query(np.zeros((1, 32), np.uint8))
print(time.perf_counter() - started)
"""


def main() -> None:
    """Build, check the recall, measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    meet_peers(__spec__)
    print_machine(*PACKAGES)
    hashes, misses = real_like(rows), real_like(20_000, queries=True)
    print(f"{rows:,} real-like hashes, fullest plain bucket {skew(hashes):.0f} times the mean")
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        own = near_index(hashes)
        mapped, sizes = opened(hashes, Path(folder))
        engines = [own, mapped, *peers(hashes)]
        result = {
            "rows": rows,
            "radius_bits": RADIUS_BITS,
            "skew": skew(hashes),
            **sizes,
            "worker_start_seconds": started_in(),
            "engines": compared(engines, hashes, misses),
        }
    print_table(result)
    keep(f"index-near-{rows}", result, *PACKAGES)


def opened(hashes: Bytes, folder: Path) -> tuple[Engine, dict[str, float]]:
    """The same index from files, as servers use it, and its size on the disk in bytes a hash."""
    ids = np.arange(1, len(hashes) + 1, dtype=np.uint64)
    started = time.perf_counter()
    NearIndex.build(hashes, ids).save(folder)
    saved = time.perf_counter() - started
    near = (folder / "near.seg").stat().st_size
    PolicyColumn.build(ids, np.zeros(len(ids), POLICY_DTYPE)).save(folder)
    policy = (folder / "policy.seg").stat().st_size
    started = time.perf_counter()
    index = NearIndex.open(folder)
    seconds = time.perf_counter() - started
    search = near - 4 * len(hashes)
    return of_index("tocsin NearIndex, mapped", index, saved), {
        "opened_seconds": seconds,
        "search_bytes_a_hash": search / len(hashes),
        "all_bytes_a_hash": (near + policy) / len(hashes),
    }


def compared(engines: list[Engine], hashes: Bytes, misses: Bytes) -> list[dict[str, Any]]:
    """Every engine in turn, round by round; the medians."""
    times: dict[str, list[tuple[float, float, float]]] = {engine.name: [] for engine in engines}
    for number in range(ROUNDS):
        for engine in engines:
            times[engine.name].append(measured(engine, np.roll(misses, -number * 1_000, axis=0)))
            print(".", end="", flush=True)
    print()
    told = []
    for engine in engines:
        single, tail, batch = (
            statistics.median(column) for column in zip(*times[engine.name], strict=True)
        )
        told.append(
            {
                "name": engine.name,
                "single_us": single,
                "single_p99_us": tail,
                "batch_us": batch,
                "batch_size": engine.batch,
                "built_seconds": engine.built_seconds,
                "recall": recall(engine, hashes),
            }
        )
    return told


def measured(engine: Engine, misses: Bytes) -> tuple[float, float, float]:
    """Median and 99th percentile of single queries, and one batch, microseconds a query."""
    times = []
    for number in range(engine.singles):
        query = misses[number : number + 1]
        started = time.perf_counter()
        engine.ask(query)
        times.append((time.perf_counter() - started) * 1e6)
    batch = misses[-engine.batch :]
    started = time.process_time()
    engine.ask(batch)
    spent = (time.process_time() - started) * 1e6 / engine.batch
    return statistics.median(times), float(np.percentile(times, 99)), spent


def recall(engine: Engine, hashes: Bytes) -> float:
    """The share of entries that are found again after 0 to 31 of their bits were flipped."""
    count = PLANTED if engine.batch >= 50 else 20
    rng = np.random.default_rng(5)
    rows = rng.choice(len(hashes), count, replace=False)
    bits = np.unpackbits(hashes[rows], axis=1)
    for number, row in enumerate(bits):
        row[rng.choice(256, number % 32, replace=False)] ^= 1
    answers = engine.found(np.packbits(bits, axis=1))
    return sum(row in found for row, found in zip(rows.tolist(), answers, strict=True)) / count


def started_in() -> float:
    """Seconds from the first import to the first answer in a fresh process, all compiled before."""
    runs = [
        float(subprocess.run([sys.executable, "-c", START], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    return statistics.median(runs)


def print_table(result: dict[str, Any]) -> None:
    """A line for each engine, with how many times it takes what ours takes."""
    own = result["engines"][0]
    print(f"{'engine':<40}{'single us':>11}{'ratio':>8}{'batch us':>11}{'ratio':>8}{'recall':>8}")
    for told in result["engines"]:
        print(
            f"{told['name']:<40}{told['single_us']:>11,.1f}"
            f"{told['single_us'] / own['single_us']:>8,.0f}{told['batch_us']:>11,.1f}"
            f"{told['batch_us'] / own['batch_us']:>8,.0f}{told['recall']:>8.3f}"
        )
    print(
        f"search {result['search_bytes_a_hash']:.1f} bytes a hash, with postings and policy "
        f"{result['all_bytes_a_hash']:.1f}; built in {own['built_seconds']:.2f} s, opened in "
        f"{result['opened_seconds'] * 1e3:.0f} ms; a process answers after "
        f"{result['worker_start_seconds']:.2f} s"
    )


if __name__ == "__main__":
    main()
