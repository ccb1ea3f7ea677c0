"""Environments of their own for other people's programs that our tests run against.

Each is made from a lock in `requirements/`, every file checked against its hash, and left as it is
while the lock and the Python are the same.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class OwnEnvironment:
    """The environment `.venv/NAME` from `requirements/NAME.txt`."""

    name: str
    what: str
    pip_options: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        return ROOT / ".venv" / self.name

    @property
    def python(self) -> Path | None:
        """Its Python, or None where it was not made."""
        try:
            there = self._stamp.read_text("ascii") == self._wanted
        except OSError:
            return None
        return self.folder / "bin" / "python" if there else None

    def make(self) -> int:
        """1 when it could not be made, as without a way to a package index."""
        if self.python is not None:
            return 0
        print(
            f"Installing {self.what} from {self._lock.name}, each file checked against its hash …"
        )
        venv.EnvBuilder(clear=True, with_pip=True).create(self.folder)
        command: list[str | Path] = [
            self.folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check",
            # --no-compile: of all that comes along little is ever imported.
            "--quiet", "--no-compile", "--only-binary", ":all:", "--require-hashes",
            *self.pip_options,
            "-r", self._lock,
        ]  # fmt: skip
        if subprocess.run(command, check=False).returncode != 0:
            return 1
        self._stamp.write_text(self._wanted, "ascii")
        return 0

    @property
    def _lock(self) -> Path:
        return ROOT / "requirements" / f"{self.name}.txt"

    @property
    def _stamp(self) -> Path:
        return self.folder / f"tocsin-{self.name}.stamp"

    @property
    def _wanted(self) -> str:
        return hashlib.sha256(self._lock.read_bytes() + sys.version.encode()).hexdigest()
