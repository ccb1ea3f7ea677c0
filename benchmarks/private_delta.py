"""Private deltas: what an evaluation costs on each side, and what an entry takes on disk and wire.

Usage: taskset -c 0 python -m benchmarks.private_delta [--digests 20000]
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.machine import print_machine
from tocsin.domain.matching.private.evaluations import ROW
from tocsin.engine.oprf import (
    KEPT_BYTES,
    SecretKey,
    blind,
    digest_input,
    false_matches,
    finalize,
    kept_output,
)
from tocsin.site.checking.journal import Journal

BATCH = 1_800
Got = TypeVar("Got")


def main() -> None:
    """Print costs and sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digests", type=int, default=20_000)
    options = parser.parse_args()
    print_machine("tocsin", "rbcl")
    key = SecretKey.derived(bytes(32), b"benchmark")
    inputs = [
        digest_input("md5", hashlib.md5(b"%d" % n, usedforsecurity=False).digest())
        for n in range(options.digests)
    ]
    parts = [inputs[at : at + BATCH] for at in range(0, len(inputs), BATCH)]
    n = len(inputs)
    asked = _timed("client: blind", n, lambda: [[blind(one) for one in part] for part in parts])
    told = _timed(
        "server: evaluate and prove",
        n,
        lambda: [key.evaluate([one.element for one in part]) for part in asked],
    )
    _timed(
        "client: verify and finalize",
        n,
        lambda: [
            finalize(part, *answer, key.public) for part, answer in zip(asked, told, strict=True)
        ],
    )
    outputs = _timed("server: a listed digest", n, lambda: [key.output(one) for one in inputs])
    _look_up([kept_output(one) for one in outputs])
    print(f"{ROW.itemsize} bytes a digest on the server's disk, {KEPT_BYTES} of a delta")
    print(f"{false_matches(3_000_000, 30_000_000):.1e} false matches: 3 M digests, 30 M listed")


def _look_up(values: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "prints", "x") as journal:
        place = Path(folder) / "prints"
        empty = place.stat().st_size
        journal.keep_evaluated((number, [value]) for number, value in enumerate(values))
        grown = place.stat().st_size - empty
        print(f"client: {grown / len(values):.0f} bytes a digest in the journal")
        _timed("client: compare", len(values), lambda: journal.holders_of(values))


def _timed(what: str, count: int, work: Callable[[], Got]) -> Got:
    began = time.process_time()
    got = work()
    print(f"{what}: {(time.process_time() - began) / count * 1e6:.0f} µs each")
    return got


if __name__ == "__main__":
    main()
