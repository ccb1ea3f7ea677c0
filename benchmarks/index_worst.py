"""Lists made to be slow: what a query costs, as a share of one compiled look at every row.

Usage: python -m benchmarks.index_worst [--rows 1000000]

100,000 near-duplicates (the frames of a video) among a million hashes, asked for from 0 to 60 bits
away; and a list of which all rows share a bucket in fourteen parts. Processor time of single
queries, medians and 99th percentiles, each in turn with two looks at the same rows: the bare
compiled scan, which finds nothing, and a query of the same list without tables, which looks once
and gives the same answer; and how many queries ended in a look at every row.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import uniform
from benchmarks.machine import keep, print_machine
from tocsin.engine.index import NearIndex
from tocsin.engine.index.arrays import NO_IDS
from tocsin.engine.index.compiled import kernels
from tocsin.engine.index.finding import finder_of
from tocsin.engine.index.layers import Layer
from tocsin.engine.index.workplace import Rows, Wanted, scan_rows, workplace

PACKAGES = ("numpy", "numba")
CLUSTER = 100_000
QUERIES = 200
SCANS = 15

Bytes = npt.NDArray[np.uint8]


def main() -> None:
    """Measure each list and distance, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    print_machine(*PACKAGES)
    rng = np.random.default_rng(11)
    centre = uniform(1, seed=12)
    planted = uniform(rows)
    planted[:CLUSTER] = flipped(
        np.repeat(centre, CLUSTER, axis=0), rng.integers(0, 13, CLUSTER), rng
    )
    alike = np.repeat(centre, rows, axis=0)
    alike[:, :4] = np.arange(rows, dtype=np.uint32)[:, None].view(np.uint8)
    lists = {"100,000 near-duplicates planted": planted, "14 of 16 parts alike": alike}
    result = {"rows": rows, "lists": [of_list(name, h, centre) for name, h in lists.items()]}
    keep("index-worst", result, *PACKAGES)


def of_list(name: str, hashes: Bytes, centre: Bytes) -> dict[str, Any]:
    """Each distance, beside a scan."""
    index = NearIndex.build(hashes, np.arange(1, len(hashes) + 1, dtype=np.uint64))
    print(f"\n{name}")
    heads = ("p50 us", "p99 us", "scan us", "p50/scan", "p50/same", "all rows")
    print(f"{'bits away':>9}{''.join(f'{head:>10}' for head in heads)}")
    told = [at_distance(index, centre, bits) for bits in (0, 20, 33, 36, 40, 46, 60, 128)]
    return {"name": name, "scan_us": statistics.median(at["scan_us"] for at in told), "at": told}


def at_distance(index: NearIndex, centre: Bytes, bits: int) -> dict[str, Any]:
    """Queries so many bits away from the cluster's centre; 64 nearest ids wanted."""
    rng = np.random.default_rng(bits)
    asked = flipped(np.repeat(centre, QUERIES, axis=0), np.full(QUERIES, bits), rng)
    times, scans, alike, matches, given_up = [], [], [], 0, 0
    scan, untabled = scanning(index, uniform(1, seed=13)), without_tables(index)
    for number in range(QUERIES):
        query = asked[number : number + 1]
        times.append(_us(partial(index.query, query, most_ids=64)))
        scans.append(_us(scan))
        alike.append(_us(partial(untabled.query, query, most_ids=64)))
        matches += len(index.query(query, most_ids=64).ids)
        ring = index._layers.base.finder.ring
        assert ring is not None
        given_up += int(workplace().effort(ring, 1, 31).all_rows[0])
    p50, scan_us = statistics.median(times), statistics.median(scans)
    alike_us = statistics.median(alike)
    told = {
        "bits_away": bits,
        "p50_us": p50,
        "p99_us": float(np.percentile(times, 99)),
        "scan_us": scan_us,
        "p50_of_scan": p50 / scan_us,
        "scan_with_answer_us": alike_us,
        "p50_of_scan_with_answer": p50 / alike_us,
        "share_that_looked_at_all_rows": given_up / QUERIES,
        "ids_a_query": matches / QUERIES,
    }
    print(
        f"{bits:>9}{p50:>10,.0f}{told['p99_us']:>10,.0f}{scan_us:>10,.0f}"
        f"{told['p50_of_scan']:>10.2f}{told['p50_of_scan_with_answer']:>10.2f}"
        f"{told['share_that_looked_at_all_rows']:>10.2f}"
    )
    return told


def scanning(index: NearIndex, query: Bytes) -> Callable[[], object]:
    """One compiled look at every row, which finds nothing."""
    compiled = kernels()
    assert compiled is not None
    rows, asked = index._layers.base.finder.rows, Rows.of(query.view(np.uint64))
    return lambda: scan_rows(compiled, rows, asked, Wanted(31))


def without_tables(index: NearIndex) -> NearIndex:
    """The same list, whose every query looks at every row once, and gives the same answer."""
    postings = index._layers.base.postings
    return NearIndex(index._order, Layer(postings, finder_of(postings, None), NO_IDS))


def scanned_in(index: NearIndex, query: Bytes) -> float:
    """What that costs: the median of several, in microseconds."""
    scan = scanning(index, query)
    return statistics.median(_us(scan) for _ in range(SCANS))


def flipped(hashes: Bytes, counts: npt.NDArray[np.int64], rng: np.random.Generator) -> Bytes:
    """Each hash with that many of its bits flipped."""
    order = np.argsort(rng.random((len(hashes), 256), np.float32), axis=1)
    ranks = np.argsort(order, axis=1)
    return hashes ^ np.packbits(ranks < counts[:, None], axis=1)


def _us(ask: Callable[[], object]) -> float:
    started = time.thread_time()
    ask()
    return (time.thread_time() - started) * 1e6


if __name__ == "__main__":
    main()
