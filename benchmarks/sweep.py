"""How fast a sweep goes: `python -m benchmarks.sweep`. Needs `python -m tools.moto` once.

Prints objects a second on one machine: 10,000 tiny objects fetched, the same by their ETag alone,
and the rehearsal's pictures twenty times over. The store (moto, in Python) shares the processors
with the sweep, so these are lower bounds. About five minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.machine import keep, print_machine
from tests.site.checking.lists import UPLOADS, publish_rehearsal
from tests.site.sweeping.stores import running_store

COPIES = 20
_PACKAGES = ("daft", "pyarrow", "numpy", "pillow")
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def main() -> None:
    """Measures and prints everything, and keeps the result."""
    print_machine(*_PACKAGES)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, running_store() as address:
        lists, pictures = Path(folder) / "lists", Path(folder) / "pictures"
        publish_rehearsal(lists / "index")
        _copy(pictures)
        many = ["s3://many/", "--endpoint", address]
        for name, place in {
            "tiny objects, fetched": many,
            "tiny objects, by ETag and headers": [*many, "--exact-only"],
            "pictures in a folder": [str(pictures)],
        }.items():
            results[name] = _measured(place, lists, Path(folder) / name)
            print(f"{name:36} {json.dumps(results[name])}", flush=True)
    keep("sweep", results, *_PACKAGES)


def _copy(folder: Path) -> None:
    for number in range(COPIES):
        for path in UPLOADS.rglob("*"):
            if path.is_file():
                target = folder / str(number) / path.relative_to(UPLOADS)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())


def _measured(place: list[str], lists: Path, report: Path) -> dict[str, float]:
    import pyarrow.parquet as pq

    command = [sys.executable, "-m", "tocsin.site.cli", "sweep", *place]
    command += ["--data", str(lists), "--report", str(report)]
    started = time.monotonic()
    subprocess.run(command, env={**os.environ, **_KEYS}, check=False, capture_output=True)
    seconds = time.monotonic() - started
    rows = pq.read_table(report).to_pylist()
    statuses = Counter(row["status"] for row in rows)
    assert not {"unavailable", "unreadable"} & statuses.keys()
    size = sum(row["size"] for row in rows)
    return {
        "objects": len(rows),
        "seconds": round(seconds, 1),
        "objects_per_second": round(len(rows) / seconds, 1),
        "megabytes_per_second": round(size / seconds / 1e6, 2),
    }


if __name__ == "__main__":
    main()
