"""Known-good sets: what a release they never saw meets, and how fast millions of entries are asked.

Usage: python -m benchmarks.known_good [--fresh FOLDER] [--rows 10000000] [--near-rows 10000000]
       [--import-rows 160000000] [--write]

`--fresh` is a folder of packages that the shipped set was made without, as the newest WordPress of
Debian (fetch it with `apt-get download` from a newer suite): each picture in them is tried, and
what nothing holds back is named. Then `--rows` random entries are asked of the shipped set, exactly
and (`--near-rows`) by nearness. `--import-rows` imports that many random MD5 and SHA-1, as NSRL has
them, in batches, tells the peak of memory, and asks `--rows` entries of that. `--write` keeps all
of it in results/known-good.json; parts that were not asked for stay as they were there.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import RESULTS, keep, print_machine
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.knowngood import (
    Import,
    KnownGoodSet,
    Tried,
    Trouble,
    expected_chance_hits,
    import_digests,
    list_source,
    options_for,
    shipped,
    shipped_folder,
    trials_to_meet_one,
    try_files,
)
from tocsin.engine.knowngood.rules import NEAR_BITS
from tocsin.engine.media import DecoderPool
from tocsin.engine.search import Level, expected_false_positives

PACKAGES = ("tocsin", "numpy", "numba", "pillow")
BATCH_ROWS = 1_000_000
NAME = "known-good"
_TIMES = 3


def _fingerprint(pool: DecoderPool, data: bytes) -> Fingerprints:
    return pool.fingerprint(data, options_for(data))


def main() -> None:
    """Measure what was asked for, print it, and keep it when told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", type=Path, nargs="*", default=[])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--near-rows", type=int, default=10_000_000)
    parser.add_argument("--import-rows", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    print_machine(*PACKAGES)
    known = shipped()
    told: dict[str, Any] = {"set": told_set(known)}
    if asked.import_rows:  # first, for its peak of memory
        told["import"] = imported(asked.import_rows, asked.rows)
    for folder in asked.fresh:
        told.setdefault("fresh", {})[folder.name] = tried(known, folder)
    if asked.rows:
        told["exact"] = asked_exactly(known, asked.rows)
    if asked.near_rows:
        told["near"] = asked_nearly(known, asked.near_rows)
    print(json.dumps(told, indent=1))
    if asked.write:
        print(keep(NAME, {**_before(), **told}, *PACKAGES))


def told_set(known: KnownGoodSet) -> dict[str, Any]:
    """What the shipped set holds."""
    size = sum(path.stat().st_size for path in shipped_folder().iterdir())
    makers = Counter(source.maker.value for source in known.manifest.sources)
    near = known.near_count
    rate = expected_false_positives(NEAR_BITS, level=Level.NEAR, list_size=near)
    return {
        "files": len(known),
        **known.counts(),
        "pdqs_found_by_nearness": near,
        "sources": dict(makers),
        "bytes": size,
        "chance_exact_hits_in_10_million": expected_chance_hits(10**7, known.counts()["sha1"]),
        "chance_near_hits_in_10_million": rate.value * 10**7,
        "chance_near_hits_in_10_million_at_most": rate.upper * 10**7,
        "trials_to_meet_one_on_purpose": trials_to_meet_one(known.counts()["sha1"]),
    }


def tried(known: KnownGoodSet, folder: Path) -> dict[str, Any]:
    """Every picture of a release that the set never saw."""
    held: Counter[str] = Counter()
    drawings: Counter[str] = Counter()
    by_source: Counter[str] = Counter()
    free: list[str] = []
    troubles = 0
    with DecoderPool(2, 20.0) as pool:
        fingerprint = partial(_fingerprint, pool)
        for one in try_files(known, [folder], fingerprint):
            if isinstance(one, Trouble):
                troubles += 1
                continue
            if _is_drawing(one):
                drawings[_held_by(one)] += 1
                continue
            held[_held_by(one)] += 1
            if one.held is not None and one.held.source:
                by_source[one.held.source] += 1
            if one.held is None and one.gate is None:
                free.append(_free(one))
    packages = sorted(path.name for path in folder.rglob("*") if path.is_file())
    return {
        "packages": packages,
        "pictures": sum(held.values()),
        "held_by": dict(held.most_common()),
        "drawings_held_by": dict(drawings.most_common()),
        "troubles": troubles,
        "by_source": dict(by_source.most_common(20)),
        "held_by_nothing": sorted(free),
    }


def asked_exactly(known: KnownGoodSet, rows: int) -> dict[str, Any]:
    """Random entries with all three digests, some of them in the set."""
    rng = np.random.default_rng(2026)
    columns = {
        name: rng.integers(0, 256, (rows, width), dtype=np.uint8)
        for name, width in (("md5", 16), ("sha1", 20), ("sha256", 32))
    }
    known.ask(md5=columns["md5"][:1], sha1=columns["sha1"][:1], sha256=columns["sha256"][:1])
    seconds = _median(lambda: known.ask(**columns))
    return {"rows": rows, "digests_each": 3, "seconds": seconds, "rows_a_second": rows / seconds}


def asked_nearly(known: KnownGoodSet, rows: int) -> dict[str, Any]:
    """Random PDQs: the usual case, none is near anything."""
    rng = np.random.default_rng(2027)
    known.ask_near(np.zeros((1, 32), np.uint8))
    rates = []
    for first in range(0, rows, BATCH_ROWS):
        pdqs = rng.integers(0, 256, (min(BATCH_ROWS, rows - first), 32), dtype=np.uint8)
        started = time.perf_counter()
        known.ask_near(pdqs)
        rates.append(len(pdqs) / (time.perf_counter() - started))
    return {
        "rows": rows,
        "radius_bits": NEAR_BITS,
        "rows_a_second": statistics.median(rates),
        "rows_a_second_slowest_million": min(rates),
    }


def imported(rows: int, asked: int) -> dict[str, Any]:
    """A set as large as NSRL's, and what asking it costs."""
    with tempfile.TemporaryDirectory(prefix="tocsin-benchmark-") as folder:
        out = Path(folder) / "nsrl"
        what = Import("nsrl", "random", list_source("random"), "benchmark", datetime.now(UTC))
        before = _peak_mib()
        started = time.perf_counter()
        import_digests(random_batches(rows), out, what)
        seconds = time.perf_counter() - started
        peak = _peak_mib()
        known = KnownGoodSet.open(out)
        size = sum(path.stat().st_size for path in out.iterdir())
        rng = np.random.default_rng(7)
        md5 = rng.integers(0, 256, (asked, 16), dtype=np.uint8)
        sha1 = rng.integers(0, 256, (asked, 20), dtype=np.uint8)
        ask_seconds = _median(lambda: known.ask(md5=md5, sha1=sha1))
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_a_second": rows / seconds,
        "peak_mib": peak,
        "peak_mib_before": before,
        "bytes": size,
        "asked_rows": asked,
        "asked_seconds": ask_seconds,
        "asked_rows_a_second": asked / ask_seconds,
        "chance_hits_in_10_million": expected_chance_hits(10**7, rows),
    }


class RandomBatch:
    """Digests out of nothing."""

    def __init__(self, rng: np.random.Generator, rows: int) -> None:
        self.md5: NDArray[np.uint8] = rng.integers(0, 256, (rows, 16), dtype=np.uint8)
        self.sha1: NDArray[np.uint8] = rng.integers(0, 256, (rows, 20), dtype=np.uint8)
        self.sha256: None = None
        self.refused = 0


def random_batches(rows: int) -> Iterator[RandomBatch]:
    """So many rows, some at a time."""
    rng = np.random.default_rng(1)
    for first in range(0, rows, BATCH_ROWS):
        yield RandomBatch(rng, min(BATCH_ROWS, rows - first))


def _median(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _before() -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((RESULTS / f"{NAME}.json").read_text("utf-8"))["result"]
    except (OSError, ValueError, KeyError):
        return {}
    return told


def _held_by(one: Tried) -> str:
    """What sets an entry of it aside, or else keeps its PDQ from matching alone."""
    return one.held_by or (f"gate {one.gate.value}" if one.gate is not None else "nothing")


def _is_drawing(one: Tried) -> bool:
    """SVG, which the shipped set leaves out."""
    return one.where.lower().endswith((".svg", ".svgz"))


def _free(one: Tried) -> str:
    seen = one.looked.fingerprints
    size = f"{seen.width}x{seen.height}" if seen and seen.width else "not decoded"
    return f"{one.where} ({size})"


if __name__ == "__main__":
    main()
