"""How fast a list comes in, how large it is then, and how long until the first answer.

Usage: python -m benchmarks.import_list [--entries 1000000] [--postgres] [--index] [--ids hash]

Writes a list of random entries (md5, sha1 and PDQ each) in our own format into a temporary
folder, imports it into a fresh SQLite file there, or into a PostgreSQL that it starts itself
(or one that has an empty database for it, `--database URL`), and prints rate, size and peak
memory. With `--index` it also builds the index and times the first answer. `--ids hash` gives
entries ids without order, the hardest case for a database's index. The seconds of processor time
tell more than the rate where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from tools.servers import postgres_programs, temporary_postgres

ENTRIES_AT_ONCE = 50_000
SLUG = "benchmark"


def main() -> None:
    """Write the list, import it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="postgresql://… of an empty database")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for this")
    parser.add_argument("--index", action="store_true", help="build the index and ask it")
    parser.add_argument("--ids", choices=["counted", "hash"], default="counted")
    parser.add_argument("--again", action="store_true", help="import the same file once more")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-benchmark-")))
        address = stack.enter_context(own_postgres()) if asked.postgres else asked.database
        path = folder / "list.jsonl"
        write_list(path, asked.entries, hashed=asked.ids == "hash")
        os.environ["TOCSIN_DATA"] = str(folder / "data")
        os.environ["TOCSIN_DATABASE_URL"] = address
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _set_up()
        _tell_machine(asked.entries, path)
        measure_import(path, asked.entries)
        if asked.again:
            measure_import(path, asked.entries)
        if asked.index:
            measure_index()


@contextmanager
def own_postgres() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL that runs for as long as this is open."""
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed.")
    with temporary_postgres(programs) as address:
        base = address.rpartition("/")[0]
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE benchmark")
        yield f"{base}/benchmark"


def write_list(path: Path, entries: int, *, hashed: bool) -> None:
    """A list of `entries` random entries, always the same."""
    rng = np.random.default_rng(2026)
    with path.open("w", encoding="ascii") as file:
        for start in range(0, entries, ENTRIES_AT_ONCE):
            count = min(ENTRIES_AT_ONCE, entries - start)
            values = rng.integers(0, 256, (count, 16 + 20 + 32), np.uint8)
            order = rng.integers(0, 2**63, count)
            for row in range(count):
                text = values[row].tobytes().hex()
                own_id = f"{order[row]:016x}-{start + row}" if hashed else f"b-{start + row:08d}"
                file.write(line_of(own_id, text) + "\n")


def line_of(own_id: str, text: str) -> str:
    """One line of our own format, with what a real source would say."""
    md5, sha1, pdq = text[:32], text[32:72], text[72:136]
    return json.dumps(
        {
            "schema": "hash-entry/1",
            "entry_id": f"019b8d62-7a81-7a45-8132-{own_id[-12:]}",
            "source": {"list_id": SLUG, "format": "native", "member_id": "m1"},
            "source_entry_id": own_id,
            "media_type": "image",
            "list_purpose": "test",
            "status": "active",
            "source_created_at": "2026-01-05T09:00:00Z",
            "fingerprints": [
                {"algo": "md5", "value": md5},
                {"algo": "sha1", "value": sha1},
                {"algo": "pdq", "value": pdq, "quality": 90},
            ],
            "classifications": [{"scheme": "ncmec-industry", "code": "B2"}],
        },
        separators=(",", ":"),
    )


def measure_import(path: Path, entries: int) -> None:
    """Import and print rate, size and memory."""
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions
    from tocsin.domain.hashlists.types import ImportRequest

    before = _database_bytes()
    started, worked = time.monotonic(), time.process_time()
    report = actions.import_file(
        request=ImportRequest(path=path, list_slug=SLUG),
        actor=system("benchmark"),
        at=datetime.now(UTC),
    )
    took, worked = time.monotonic() - started, time.process_time() - worked
    grown = _database_bytes() - before
    archive = sum(file.stat().st_size for file in _data().glob("archive/*"))
    print(
        f"import: {report.added:,} new, {report.unchanged:,} unchanged, {report.refused:,} refused "
        f"in {took:.1f} s: {entries / took:,.0f} entries/s"
    )
    print(f"  processor time here {worked:.1f} s: {worked / entries * 1e6:.0f} µs per entry")
    print(f"  database grew by {grown / 1e6:,.0f} MB: {grown / entries:.0f} bytes per entry")
    print(f"  archive {archive / 1e6:,.0f} MB: {archive / entries:.0f} bytes per entry")
    print(f"  peak memory {_peak_mb():,.0f} MB")


def measure_index() -> None:
    """Build the index and time it, and how soon a fresh process answers."""
    from tocsin.domain.matching import building

    started = time.monotonic()
    building.build_index(at=datetime.now(UTC))
    print(f"index: built in {time.monotonic() - started:.1f} s, peak memory {_peak_mb():,.0f} MB")
    print(f"  first answer in a fresh process after {_first_answer_seconds():.2f} s")


def _first_answer_seconds() -> float:
    """How long a process that has just started takes until one fingerprint is looked up."""
    program = (
        "import time; started = time.monotonic()\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from tocsin.engine.index import open_published\n"
        "import sys\n"
        "index = open_published(Path(sys.argv[1]))\n"
        "index.near.query(np.zeros((1, 32), np.uint8), 31)\n"
        "print(time.monotonic() - started)\n"
    )
    command = [sys.executable, "-c", program, str(_data() / "index")]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(told.stdout)


def _set_up() -> None:
    import django

    django.setup(set_prefix=False)
    from django.core.management import call_command

    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions
    from tocsin.domain.hashlists.types import Purpose

    call_command("migrate", verbosity=0)
    actions.make_list(
        slug=SLUG,
        name="Benchmark",
        purpose=Purpose.TEST,
        source="Benchmark",
        actor=system("benchmark"),
        at=datetime.now(UTC),
    )


def _tell_machine(entries: int, path: Path) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT 'SQLite ' || sqlite_version()")
        else:
            cursor.execute("SELECT version() || ', fsync ' || current_setting('fsync')")
        (database,) = cursor.fetchone()
    size = path.stat().st_size
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.platform()}")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {database}")
    print(f"{entries:,} entries of 3 fingerprints, {size / entries:.0f} bytes a line")


def _data() -> Path:
    return Path(os.environ["TOCSIN_DATA"])


def _database_bytes() -> int:
    from django.db import connection

    if connection.vendor == "sqlite":
        return sum(file.stat().st_size for file in _data().glob("tocsin.sqlite3*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
