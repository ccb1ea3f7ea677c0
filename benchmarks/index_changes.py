"""How soon a change is seen by every process that serves ten million hashes.

Usage: python -m benchmarks.index_changes [--rows 10000000] [--processes 3]

Mirrors what servers do, without a database: the index is published once, every process opens it,
polls a change log each 250 ms and applies what is new in memory. Here the log is a small file in
the index folder, read by its length; in production it is a table, whose query takes about a
millisecond more and whose change first has to be committed. One change at a time is written, and
each process notes when a query of it first gives the new answer.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.index_data import uniform
from benchmarks.machine import keep, print_machine
from tocsin.engine.index import (
    POLICY_DTYPE,
    NearBuilder,
    PolicyColumn,
    open_published,
    publish,
    warm_up,
)

PACKAGES = ("numpy", "numba")
POLL_SECONDS = 0.25
CHANGES = 12
FIRST_NEW_ID = 1 << 27

Bytes = npt.NDArray[np.uint8]


def main() -> None:
    """Publish, start the processes, change, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=3)
    asked = parser.parse_args()
    print_machine(*PACKAGES)
    warm_up()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        result = {
            "rows": asked.rows,
            "processes": asked.processes,
            "poll_seconds": POLL_SECONDS,
            **published(root, asked.rows),
            **in_one_process(root),
            **in_all(root, asked.processes),
        }
    for key, value in result.items():
        print(f"{key:<34} {value:,.3f}")
    keep("index-changes", result, *PACKAGES)


def published(root: Path, rows: int) -> dict[str, Any]:
    """A near index and a policy for every entry."""
    ids = np.arange(1, rows + 1, dtype=np.uint64)
    policy = PolicyColumn.build(ids, np.ones(rows, POLICY_DTYPE))
    builder = NearBuilder()
    builder.add(uniform(rows), ids)
    started = time.perf_counter()
    publish(root, change_no=1, near=builder, exact={}, policy=policy)
    return {"published_seconds": time.perf_counter() - started}


def in_one_process(root: Path) -> dict[str, Any]:
    """What a change itself costs, alone and beside a hundred thousand others."""
    near = open_published(root).near
    told = {}
    for beside in (0, 100_000):
        if beside:
            fresh = np.arange(FIRST_NEW_ID, FIRST_NEW_ID + beside, dtype=np.uint64)
            near.add(uniform(beside, seed=21), fresh)
            near.withdraw(np.arange(1, beside + 1, dtype=np.uint64))
        added, withdrawn = [], []
        for number in range(50):
            one = np.array([2 * FIRST_NEW_ID + number], np.uint64)
            added.append(_ms(near.add, uniform(1, seed=100 + number), one))
            withdrawn.append(_ms(near.withdraw, one))
        told[f"add_ms_beside_{beside}"] = statistics.median(added)
        told[f"withdraw_ms_beside_{beside}"] = statistics.median(withdrawn)
    return told


def in_all(root: Path, processes: int) -> dict[str, Any]:
    """Seconds from before a change is written until the last process answers by it."""
    context = multiprocessing.get_context("spawn")
    seen: Queue[tuple[int, float]] = context.Queue()
    servers = [context.Process(target=serve, args=(root, seen)) for _ in range(processes)]
    for server in servers:
        server.start()
    for _ in servers:
        seen.get(timeout=120)
    seconds: dict[str, list[float]] = {"add": [], "withdraw": []}
    for number in range(CHANGES):
        kind = "add" if number % 2 == 0 else "withdraw"
        started = time.time()
        append(root, {"kind": kind, "seed": 500 + number // 2, "id": 3 * FIRST_NEW_ID})
        last = max(seen.get(timeout=60)[1] for _ in servers)
        seconds[kind].append(last - started)
    append(root, {"kind": "stop"})
    for server in servers:
        server.join(60)
    return {
        f"{kind}_visible_everywhere_{word}_seconds": figure(values)
        for kind, values in seconds.items()
        for word, figure in (("p50", statistics.median), ("max", max))
    }


def serve(root: Path, seen: Queue[tuple[int, float]]) -> None:
    """A server: open, poll, apply, answer."""
    near, at, number = open_published(root).near, 0, 0
    seen.put((-1, time.time()))
    while True:
        changes, at = newer(root, at)
        for change in changes:
            if change["kind"] == "stop":
                return
            value, ids = uniform(1, seed=change["seed"]), np.array([change["id"]], np.uint64)
            if change["kind"] == "add":
                near.add(value, ids)
            else:
                near.withdraw(ids)
            assert (ids[0] in near.query(value).ids) == (change["kind"] == "add")
            seen.put((number, time.time()))
            number += 1
        time.sleep(POLL_SECONDS)


def append(root: Path, change: dict[str, Any]) -> None:
    """One more line in the log."""
    with (root / "changes.jsonl").open("a") as log:
        log.write(json.dumps(change) + "\n")


def newer(root: Path, at: int) -> tuple[list[dict[str, Any]], int]:
    """The changes written from a place in the log on, and the place behind them."""
    path = root / "changes.jsonl"
    if not path.exists():
        return [], at
    with path.open() as log:
        log.seek(at)
        text = log.read()
    return [json.loads(line) for line in text.splitlines()], at + len(text)


def _ms(change: Any, *given: Any) -> float:
    started = time.perf_counter()
    change(*given)
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    main()
