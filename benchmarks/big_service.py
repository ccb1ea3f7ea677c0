"""Ten million PDQ hashes and thirty million digests behind our web server: memory, and the start.

Usage: python -m benchmarks.big_service [--rows 10000000] [--workers 2]

Each of ROWS entries has an MD5, a SHA-1, a SHA-256 and a PDQ of random bits. The index is published
straight into its files (2.6 GB, and some 8 GB of memory while it is made). Memory is that of all
processes of the server by PSS once every worker has answered from all over the index. The start is
timed from the command to the first answer of `/v2/checks`, once with the files in the system's
cache and once with them put out of it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import service
from benchmarks.index_data import Bytes
from benchmarks.machine import keep, print_machine
from benchmarks.processes import cpu_seconds, mapped, memory
from tocsin.engine.index import NearBuilder, warm_up

PACKAGES = ("tocsin", "numpy", "numba", "granian", "msgspec", "django")
DIGESTS = ("md5", "sha1", "sha256")
PIECE = 1_000_000
BATCH = 1_000
BATCHES = 100
SINGLES = 1_000
ONE_IN_LISTED = 500
_OPENS = """
import sys
from pathlib import Path
import numpy as np
from tocsin.engine.index import open_published
index = open_published(Path(sys.argv[1]))
index.near.query(np.zeros((1, 32), np.uint8), 31)
index.exact["sha256"].query(np.zeros((1, 32), np.uint8))
"""


def main() -> None:
    """Publish, start, ask, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    print_machine(*PACKAGES)
    warm_up()
    with tempfile.TemporaryDirectory(prefix="tocsin-big-") as name:
        folder = Path(name)
        service.open_house(folder / "data")
        result = {
            "entries": asked.rows,
            "pdq_hashes": asked.rows,
            "digests": asked.rows * len(DIGESTS),
            "workers": asked.workers,
            **_published(folder / "data" / "index", asked.rows),
        }
        key = service.unlimited_key().bearer
        result |= _started(folder, key, asked.rows)
        result |= _served(folder, key, asked.rows, asked.workers)
    print(json.dumps(result, indent=1))
    print(f"kept in {keep(f'big-service-{asked.rows}', result, *PACKAGES)}")


def values(kind: str, first: int, count: int) -> Bytes:
    """Entries `first` to `first + count` of one kind, the same in every run."""
    width = 32 if kind == "pdq" else service.WIDTHS[kind]
    made = []
    for piece in range(first // PIECE, -(-(first + count) // PIECE)):
        seed = (piece, *kind.encode())
        made.append(np.random.default_rng(seed).integers(0, 256, (PIECE, width), np.uint8))
    from_here = first % PIECE
    return np.concatenate(made)[from_here : from_here + count]


def _published(root: Path, rows: int) -> dict[str, Any]:
    near = NearBuilder()
    for first in range(0, rows, PIECE):
        count = min(PIECE, rows - first)
        start = service.FIRST_ID + first
        near.add(values("pdq", first, count), np.arange(start, start + count, dtype=np.uint64))
    exact = {kind: values(kind, 0, rows) for kind in DIGESTS}
    began = time.monotonic()
    service.publish_index(near, exact, rows)
    return {
        "publish_seconds": time.monotonic() - began,
        "publish_peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "file_bytes": sum(path.stat().st_size for path in _files(root)),
    }


def _started(folder: Path, key: str, rows: int) -> dict[str, float]:
    """Seconds from the command to the first answer about a listed entry."""
    told = {}
    for name in ("cold", "warm"):
        if name == "cold":
            _out_of_cache(_files(folder / "data" / "index"))
        began = time.monotonic()
        with service.web(folder / "web.log", workers=1) as web:
            body = _body(rows // 2, 1, listed=1)
            while _status(service.Post(web.port, key), body) != "listed":
                time.sleep(0.01)
            told[f"first_answer_{name}_seconds"] = time.monotonic() - began
            told[f"first_answer_{name}_cpu_seconds"] = cpu_seconds(web.pid)
    return {**told, **_engine_started(folder / "data" / "index")}


def _engine_started(root: Path) -> dict[str, float]:
    """The same without a web server: a fresh Python that opens the index and looks one up."""
    used, began = _children_cpu_seconds(), time.monotonic()
    subprocess.run([sys.executable, "-c", _OPENS, str(root)], check=True)
    return {
        "first_look_up_seconds": time.monotonic() - began,
        "first_look_up_cpu_seconds": _children_cpu_seconds() - used,
    }


def _children_cpu_seconds() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _status(post: service.Post, body: bytes) -> str:
    """What is known of the first one, or that there is no answer yet."""
    try:
        return str(json.loads(post.try_to_send(body)[1])["results"][0]["status"])
    except (OSError, HTTPException, KeyError, ValueError):
        return ""


def _served(folder: Path, key: str, rows: int, workers: int) -> dict[str, Any]:
    with service.web(folder / "web.log", workers=workers) as web:
        rng = np.random.default_rng(3)
        starts = rng.integers(0, max(1, rows - BATCH), BATCHES)
        batches = [
            _timed(
                service.Post(web.port, key), _body(int(at), BATCH, listed=BATCH // ONE_IN_LISTED)
            )
            for at in starts
        ]
        post = service.Post(web.port, key)
        singles = [_timed(post, _body(0, 1, listed=0)) for _ in range(SINGLES)]
        held, of_index = memory(web.pid), mapped(web.pid, folder / "data" / "index")
    return {
        "pss_bytes": held.pss,
        "rss_bytes": held.rss,
        "pss_bytes_of_index": of_index.pss,
        "checks_per_second_in_batches": BATCH / float(np.median(batches)),
        "batch_p50_ms": float(np.percentile(batches, 50)) * 1e3,
        "batch_p99_ms": float(np.percentile(batches, 99)) * 1e3,
        "single_p50_ms": float(np.percentile(singles, 50)) * 1e3,
        "single_p99_ms": float(np.percentile(singles, 99)) * 1e3,
    }


def _timed(post: service.Post, body: bytes) -> float:
    began = time.perf_counter()
    post.send(body)
    return time.perf_counter() - began


def _body(first: int, count: int, *, listed: int) -> bytes:
    """`count` pictures with all four fingerprints; `listed` of them are entries from `first` on."""
    widths = {**{kind: service.WIDTHS[kind] for kind in DIGESTS}, "pdq": 32}
    columns = {kind: [os.urandom(width) for _ in range(count)] for kind, width in widths.items()}
    if listed:
        for kind, column in columns.items():
            column[:listed] = [value.tobytes() for value in values(kind, first, listed)]
    items = [
        {
            "id": str(place),
            "pdq_quality": 90,
            **{kind: column[place].hex() for kind, column in columns.items()},
        }
        for place in range(count)
    ]
    return json.dumps({"items": items}).encode()


def _files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.seg"))


def _out_of_cache(files: list[Path]) -> None:
    """Let the system forget what it keeps of these files in memory."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    main()
