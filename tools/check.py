"""Style, types, floors, templates, locks and house rules: everything that needs no long test.

Run as `python -m tools.check [step ...]`. Every step runs, also after one that fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
TYPED = [name for name in ("src", "tests", "tools", "benchmarks") if (ROOT / name).is_dir()]


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its name and the command that fails when something is wrong."""

    name: str
    command: tuple[str, ...]


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, *words)


def _program(name: str, *words: str) -> tuple[str, ...]:
    return (str(PROGRAMS / name), *words)


STEPS = (
    Step("style", _program("ruff", "check", ".")),
    Step("format", _program("ruff", "format", "--check", ".")),
    Step("locks", _python("-m", "tools.locks")),
    Step("floors", _program("lint-imports")),
    Step("templates", _program("djlint", "--lint", "src")),
    Step(
        "migrations",
        _python(
            "-m", "django", "makemigrations", "--check", "--dry-run",
            "--settings", "tocsin.site.settings",
        ),
    ),
    Step("types", _program("mypy", *TYPED)),
    Step("house", _python("-m", "pytest", "-q", "-n", "2", "tests/house")),
)  # fmt: skip


def main(wanted: Sequence[str]) -> int:
    """Run the wanted steps, or all; 1 when one failed."""
    steps = [step for step in STEPS if not wanted or step.name in wanted]
    with tempfile.TemporaryDirectory(prefix="tocsin-check-") as data:
        failed = [step.name for step in steps if not _passes(step, data)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


def _passes(step: Step, data: str) -> bool:
    """Run one step; its words are shown only when it fails."""
    print(f"{step.name:<12}", end="", flush=True)
    started = time.monotonic()
    # The settings make keys in the data folder when they are read: not in the developer's own.
    environment = {**os.environ, "TOCSIN_DATA": data}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        step.command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    passed = done.returncode == 0
    print(f"{'ok' if passed else 'FAILED':<8}{time.monotonic() - started:5.1f} s", flush=True)
    if not passed:
        print(done.stdout + done.stderr)
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
