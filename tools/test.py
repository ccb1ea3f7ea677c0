"""All tests: those that use the database on a PostgreSQL of our own, then all on SQLite.

Run as `python -m tools.test [arguments for pytest]`. The house rules (`tests/house`) are no part of
it: `make check` runs them. Half of the tests of a room run on one database, half on the other, and
with THOROUGH=1 all on both. What had to be left out is listed loudly, and under CI=true a missing
server is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tools.foreign import foreign_python
from tools.moto import moto_python
from tools.servers import DoesNotStart, chromium, node, postgres_programs, temporary_postgres
from tools.synapse import synapse_python

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"
NO_TESTS_RAN = 5
# Doors call the rooms, which are tried on both databases; twice they would take too long.
_ONCE = (
    "client",
    "doors",
    "site/checking",
    "site/test_web_server.py",
)
_BESIDE = [f"--ignore=tests/{path}" for path in _ONCE]
_HOUSE_RULES = "--ignore=tests/house"


def main(arguments: Sequence[str]) -> int:
    """Run both rounds; 0 when all that could run passed and, under CI, nothing was missing."""
    # The end of a terminal or a job ends us like Ctrl-C does, so that the server goes too.
    for order in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(order, _stop)
    missing, notes = _left_out()
    _say(missing, notes)
    failed = [] if _on_postgres(arguments) else ["PostgreSQL"]
    # The whole suite comes last: its closing line is the one a reader sees.
    dealt = _dealt("sqlite") if postgres_programs() is not None else {}
    if not _pytest("SQLite", dealt, ["--dist", "loadgroup", *arguments]):
        failed.append("SQLite")
    _say(missing, notes)
    if missing and os.environ.get("CI") == "true":
        failed.append("CI=true, under which nothing may be missing")
    for name in failed:
        print(f"FAILED: {name}")
    return 1 if failed else 0


def _on_postgres(arguments: Sequence[str]) -> bool:
    programs = postgres_programs()
    if programs is None:
        return True
    chosen = ["-m", "database and not browser and not journey", *_BESIDE, *arguments]
    try:
        with temporary_postgres(programs) as url:
            environment = {"TOCSIN_DATABASE_URL": url, **_dealt("postgresql")}
            return _pytest("PostgreSQL", environment, chosen)
    except DoesNotStart as error:
        print(f"PostgreSQL from {programs} does not start:\n{error}")
        return False


def _dealt(database: str) -> dict[str, str]:
    """Half of the rooms' tests run on each database, and before a release all on both."""
    return {} if os.environ.get("THOROUGH") else {"TESTS_DEALT": database}


def _pytest(database: str, environment: dict[str, str], arguments: Sequence[str]) -> bool:
    print(f"\n=== Tests on {database} ===", flush=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    # Tests start hundreds of programs: compiling the house for each would take longer than they do.
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "pytest", "-n", "2", _HOUSE_RULES, *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**clean, **environment}, check=False)
    return done.returncode in {0, NO_TESTS_RAN}


def _left_out() -> tuple[list[str], list[str]]:
    """What is missing (a failure under CI), and what is merely noted."""
    missing = []
    if postgres_programs() is None:
        missing.append("PostgreSQL: no test ran on it (Debian's package: postgresql)")
    if chromium() is None:
        missing.append("chromium: no browser test ran (Debian's package: chromium)")
    if node() is None:
        missing.append("node: the browser's module ran in chromium only (Debian's package: nodejs)")
    if foreign_python() is None:
        missing.append("the foreign client of exchanges: python -m tools.foreign makes it")
    if synapse_python() is None:
        missing.append("the homeserver Synapse: python -m tools.synapse makes it")
    if moto_python() is None:
        missing.append("an object store for sweeps: python -m tools.moto makes it")
    missing += [
        f"{name}: no sweep ran by it (requirements/dev.txt has it)"
        for name in ("daft", "ray")
        if importlib.util.find_spec(name) is None
    ]
    notes = []
    if not VECTORS.is_dir():
        notes.append("fingerprint vectors: ../shared/vectors is not there; our own still ran")
    return missing, notes


def _say(missing: Sequence[str], notes: Sequence[str]) -> None:
    if not missing and not notes:
        return
    print("\n" + "!" * 78)
    print("LEFT OUT OF THIS TEST RUN")
    for line in (*missing, *notes):
        print(f"  - {line}")
    print("!" * 78, flush=True)


def _stop(order: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + order)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
