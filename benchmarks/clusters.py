"""How long a worker takes to find the like of an item among all that it has placed.

Usage: python -m benchmarks.clusters [--rows 200000]

Measures the two things a worker does in memory: opening the sealed PDQs once when it starts, and
looking one PDQ up among them. Not the database: an item placed is some ten small statements more.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import tempfile
import time
from typing import Any

import django
import numpy as np

from benchmarks.machine import keep, print_machine
from tocsin.base.secrets import Key, Keyring, seal, unseal

LOOKS = 200
RADIUS_BITS = 31


def main() -> None:
    """Fill a book, look up, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    book = _book()
    print_machine("numpy", "cryptography")
    ring = Keyring("seal", (Key("k1", "", secrets.token_bytes(64)),))
    values = np.random.default_rng(7).integers(0, 256, (rows, 32), np.uint8)
    sealed = [seal(ring, row.tobytes(), context=f"print:{n}") for n, row in enumerate(values)]
    begun = time.perf_counter()
    for n, text in enumerate(sealed):
        book.add(n, unseal(ring, text, context=f"print:{n}"))
    opening = time.perf_counter() - begun
    taken = []
    for n in range(LOOKS):
        asked = values[n * (rows // LOOKS)].tobytes()
        begun = time.perf_counter()
        found = book.near(asked, RADIUS_BITS)
        taken.append(1_000 * (time.perf_counter() - begun))
        assert found
    result = {
        "rows": rows,
        "opening_seconds": round(opening, 2),
        "look_ms_median": round(statistics.median(taken), 2),
        "look_ms_p99": round(statistics.quantiles(taken, n=100)[98], 2),
        "memory_mib": round((book.words.nbytes + book.item_ids.nbytes) / 2**20, 1),
    }
    print(result)
    keep("clusters", result)


def _book() -> Any:
    """An empty book; its module needs Django to be set up, and a data folder nobody uses."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TOCSIN_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        django.setup()
        from tocsin.domain.reports.book import Book

        return Book()


if __name__ == "__main__":
    main()
