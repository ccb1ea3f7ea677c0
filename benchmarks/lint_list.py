"""How fast a list is gone over by the known-good lint, and in how much memory.

Usage: python -m benchmarks.lint_list [--entries 1000000] [--postgres] [--own-digests 0] [--keep]

Writes random entries (md5, sha1 and PDQ each) straight into the tables of a fresh SQLite file, or
of a PostgreSQL that it starts itself, as an import would have staged them; one in ten thousand is
known to a set made for this, by turns by SHA-1, by MD5 (only a note) and by a PDQ 8 bits away. Then
goes over them twice: as an import before its release, and as live lists after a set has changed,
each in a process of its own so that its peak of memory is known. The shipped set is asked in both.
`--own-digests N` also asks a set of N random digests, as NSRL has. `--keep` writes the result to
benchmarks/results.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine

SLUG = "benchmark"
AT_ONCE = 50_000
ONE_KNOWN_IN = 10_000
SEED = 2026


def main() -> None:
    """Fill the tables, lint twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL for this")
    parser.add_argument("--own-digests", type=int, default=0, help="of a further set")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--step", choices=["run", "live"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        _set_up()
        print(json.dumps(_lint_run() if asked.step == "run" else _lint_live()))
        return
    machine.print_machine("numpy", "numba", "django")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-benchmark-")))
        os.environ["TOCSIN_DATA"] = str(folder / "data")
        os.environ["TOCSIN_DATABASE_URL"] = (
            stack.enter_context(_own_postgres()) if asked.postgres else ""
        )
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
        _set_up(fresh=True)
        _make_set(asked.entries, asked.own_digests)
        _fill(asked.entries)
        result = {step: _in_own_process(step) for step in ("run", "live")}
    _tell(asked, result)


def _tell(asked: argparse.Namespace, result: dict[str, dict[str, Any]]) -> None:
    for step, words in (("run", "before a release"), ("live", "over the live lists")):
        told = result[step]
        print(
            f"{words}: {told['looked']:,} entries in {told['seconds']:.1f} s, "
            f"{told['looked'] / told['seconds']:,.0f} a second, processor time here "
            f"{told['processor_seconds']:.1f} s; {told['quarantined']:,} set aside; "
            f"peak {told['peak_mb']:,.0f} MB ({told['before_mb']:,.0f} MB before)"
        )
    if asked.keep:
        name = "lint-list-postgresql" if asked.postgres else "lint-list-sqlite"
        machine.keep(
            name,
            {"entries": asked.entries, "own_digests": asked.own_digests, **result},
            "numpy",
            "numba",
            "django",
        )


def _in_own_process(step: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.lint_list", "--step", step]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def _lint_run() -> dict[str, Any]:
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import lint, runs
    from tocsin.domain.hashlists.models import ImportRun
    from tocsin.domain.hashlists.types import RunState

    run = ImportRun.objects.get()
    _warm()
    before, started, worked = _peak_mb(), time.monotonic(), time.process_time()
    lint.lint_run(run, actor=system("benchmark"), clock=_now)
    seconds, worked = time.monotonic() - started, time.process_time() - worked
    run.refresh_from_db()
    runs.finish(run, archive="", broken="", actor=system("benchmark"), at=_now())
    ImportRun.objects.update(state=RunState.RELEASED, released_at=_now())
    return {
        "looked": (run.last_entry_id or 0) - (run.first_entry_id or 0) + 1,
        "quarantined": run.quarantined,
        "seconds": seconds,
        "processor_seconds": worked,
        "before_mb": before,
        "peak_mb": _peak_mb(),
    }


def _lint_live() -> dict[str, Any]:
    """As after a new set: what was set aside before counts again first."""
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import lint
    from tocsin.domain.hashlists.models import Entry, ImportRun, Quarantine

    Quarantine.objects.all().delete()
    Entry.objects.exclude(status=1).update(status=1)
    ImportRun.objects.update(lint_version="older")
    _warm()
    before, started, worked = _peak_mb(), time.monotonic(), time.process_time()
    done = lint.lint_live(actor=system("benchmark"), clock=_now)
    return {
        "looked": done.looked,
        "quarantined": done.quarantined,
        "seconds": time.monotonic() - started,
        "processor_seconds": time.process_time() - worked,
        "before_mb": before,
        "peak_mb": _peak_mb(),
    }


def _warm() -> None:
    """Sets opened and their indexes built: once for a process, whatever is gone over."""
    from tocsin.domain.hashlists import known

    for one in known.open_sets().sets:
        one.nearest(np.full((1, 32), 0x5A, np.uint8))


def _fill(entries: int) -> None:
    """The rows an import would have staged, in a run that is held by nobody."""
    from django.db import transaction

    from tocsin.domain.hashlists import making, staging
    from tocsin.domain.hashlists.changes import take_numbers
    from tocsin.domain.hashlists.models import ImportRun

    hash_list = making.list_of(SLUG)
    with transaction.atomic():
        first = take_numbers("entry", entries)
    run = ImportRun.objects.create(
        hash_list=hash_list,
        state="running",
        file_name="made up",
        file_sha256="0" * 64,
        started_at=_now(),
        holder="benchmark",
        first_entry_id=first,
        last_entry_id=first + entries - 1,
    )
    started = time.monotonic()
    for start in range(0, entries, AT_ONCE):
        values = _values(start, min(AT_ONCE, entries - start))
        rows: list[staging.Row] = []
        prints: list[staging.Row] = []
        for place, raw in enumerate(values):
            number = first + start + place
            rows.append(
                (
                    number,
                    hash_list.pk,
                    "m1",
                    f"b-{start + place:08d}",
                    1,
                    run.pk,
                    1,
                    1,
                    4,
                    1,
                    1,
                    False,
                    None,
                    number,
                    0,
                    0,
                    False,
                    None,
                    None,
                    None,
                )
            )
            prints += [  # md5, sha1, PDQ
                (number, 1, 0, raw[:16], None, 0, 0, None),
                (number, 2, 0, raw[16:36], None, 0, 0, None),
                (number, 4, 0, raw[36:68], 90, 0, 0, None),
            ]
        with transaction.atomic():
            staging._insert("hashlists_entry", staging._ENTRY_COLUMNS, rows)
            staging._insert("hashlists_fingerprint", staging._PRINT_COLUMNS, prints)
    print(f"{entries:,} entries of 3 fingerprints written in {time.monotonic() - started:.0f} s")


def _values(start: int, count: int) -> list[bytes]:
    """md5, sha1 and PDQ of some entries, always the same."""
    rng = np.random.default_rng([SEED, start])
    rows = rng.integers(0, 256, (count, 16 + 20 + 32), np.uint8)
    return [row.tobytes() for row in rows]


def _make_set(entries: int, more: int) -> None:
    """A set that knows one in ten thousand of them, and a large one beside it."""
    from tocsin.domain.hashlists import known
    from tocsin.engine.knowngood import Digest, SetWriter, Source
    from tocsin.engine.knowngood.types import PDQ_DTYPE

    with SetWriter(known.folder_of_sets() / "few") as writer:
        source = writer.source(Source("made up", "1"))
        for start in range(0, entries, AT_ONCE):
            some = _values(start, min(AT_ONCE, entries - start))[::ONE_KNOWN_IN]
            raw = np.frombuffer(b"".join(some), np.uint8).reshape(-1, 68)
            writer.add({Digest.MD5: raw[1::3, :16].copy()}, source)
            writer.add({Digest.SHA1: raw[0::3, 16:36].copy()}, source)
            pdqs = np.zeros(len(raw[2::3]), PDQ_DTYPE)
            pdqs["value"], pdqs["quality"], pdqs["regularity"] = raw[2::3, 36:], 90, 10
            pdqs["value"][:, 0] ^= 0xFF
            writer.add_pdqs(pdqs)
        writer.publish(_manifest("few"))
    if more:
        _make_large(more)


def _make_large(count: int) -> None:
    from tocsin.domain.hashlists import known
    from tocsin.engine.knowngood import Digest, SetWriter, Source

    rng = np.random.default_rng(SEED + 1)
    with SetWriter(known.folder_of_sets() / "large") as writer:
        source = writer.source(Source("made up", "2"))
        for start in range(0, count, 1_000_000):
            keys = rng.integers(1, 2**63, min(1_000_000, count - start), np.uint64)
            writer.add_keys({Digest.MD5: keys, Digest.SHA1: keys[::-1].copy()}, source)
        writer.publish(_manifest("large"))


def _manifest(name: str) -> Any:
    from tocsin.engine.knowngood import Digest, Manifest

    return Manifest(name, "made up", _now(), "benchmark", 0, Digest.NONE, 0, ())


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _own_postgres() -> Iterator[str]:
    import psycopg

    from tools.servers import postgres_programs, temporary_postgres

    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed.")
    with temporary_postgres(programs) as address:
        base = address.rpartition("/")[0]
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE benchmark")
        yield f"{base}/benchmark"


def _set_up(*, fresh: bool = False) -> None:
    import django

    django.setup(set_prefix=False)
    if not fresh:
        return
    from django.core.management import call_command

    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions
    from tocsin.domain.hashlists.types import Purpose

    call_command("migrate", verbosity=0)
    actions.make_list(
        slug=SLUG,
        name="Benchmark",
        purpose=Purpose.ILLEGAL,
        source="Benchmark",
        actor=system("benchmark"),
        at=_now(),
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
