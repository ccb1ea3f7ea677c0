"""The fingerprint journal with a million files: bytes and rows a second, made-up rows only.

Usage: python -m benchmarks.fingerprint_journal [--files 1000000]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import print_machine
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.engine.fingerprints.types import Origin, PdqHash, PictureHashes
from tocsin.site.checking.journal import Journal
from tocsin.site.checking.types import File, Known, Looked

BATCH = 1_000
NOTHING = Known("not_listed", "none", list_version=1)


def main() -> None:
    """Print sizes and speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    options = parser.parse_args()
    print_machine("tocsin")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "prints"
        with Journal(place, "lists") as journal:
            began = time.perf_counter()
            for some in _batches(options.files):
                journal.keep([(one, NOTHING) for one in some])
            _say("kept", options.files, began)
            began = time.perf_counter()
            found = sum(journal.unchanged(one.file) is not None for one in _some(options.files))
            _say("known again, one by one", found, began)
            began = time.perf_counter()
            read = sum(len(batch) for batch in journal.older_than(2))
            _say("read to be asked again", read, began)
        print(f"{place.stat().st_size / options.files:.0f} bytes a file")


def _say(what: str, rows: int, began: float) -> None:
    seconds = time.perf_counter() - began
    print(f"{what}: {rows:,} in {seconds:.1f} s, {rows / seconds:,.0f}/s")


def _batches(files: int) -> Iterator[list[Looked]]:
    for first in range(0, files, BATCH):
        yield [_made(number) for number in range(first, min(first + BATCH, files))]


def _some(files: int) -> Iterator[Looked]:
    return (_made(number) for number in range(0, files, max(1, files // 100_000)))


def _made(number: int) -> Looked:
    draw = random.Random(number)
    pdq = PdqHash(draw.randbytes(32), 90)
    other = PdqHash(draw.randbytes(32), 90)
    prints = Fingerprints(
        status=Status.OK,
        size_bytes=number,
        md5=draw.randbytes(16),
        sha1=draw.randbytes(20),
        sha256=draw.randbytes(32),
        pictures=(PictureHashes(Origin.PICTURE, 0, 0, 0, pdq, other),),
    )
    path = f"/srv/uploads/{number % 4096:03x}/{draw.randbytes(8).hex()}-{number}.jpg"
    return Looked(File(path, 0, number, number), prints)


if __name__ == "__main__":
    main()
