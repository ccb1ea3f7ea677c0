"""An environment with other people's clients of our doors and exchanges, for tests.

Run as `python -m tools.foreign` to make it: in `.venv/foreign`, from `requirements/foreign.txt`,
each file checked against its hash. What is there already is left as it is.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "foreign.txt"
FOLDER = ROOT / ".venv" / "foreign"
_STAMP = FOLDER / "tocsin-foreign.stamp"


def foreign_python() -> Path | None:
    """The Python that has the foreign client, or None where it was not made."""
    try:
        there = _STAMP.read_text("ascii") == _wanted()
    except OSError:
        return None
    return FOLDER / "bin" / "python" if there else None


def main() -> int:
    """Make the environment; 1 when it could not be made, as without a way to a package index."""
    if foreign_python() is not None:
        return 0
    print(f"Installing the foreign client from {LOCK.name}, each file checked against its hash ...")
    venv.EnvBuilder(clear=True, with_pip=True).create(FOLDER)
    # --no-deps: its lock holds what its two clients import, and not the matching that comes along.
    command: list[str | Path] = [
        FOLDER / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check",
        "--quiet", "--only-binary", ":all:", "--no-binary", "pyclamd", "--require-hashes",
        "--no-deps", "-r", LOCK,
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode != 0:
        return 1
    _STAMP.write_text(_wanted(), "ascii")
    return 0


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
