"""An environment with other people's clients of our doors and exchanges, for tests.

Run as `python -m tools.foreign` to make it: in `.venv/foreign`, from `requirements/foreign.txt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.own_environments import OwnEnvironment

# --no-deps: its lock holds what its clients import, and not the matching that comes along.
# pyclamd has no wheel.
FOREIGN = OwnEnvironment("foreign", "the foreign clients", ("--no-binary", "pyclamd", "--no-deps"))


def foreign_python() -> Path | None:
    """The Python that has the foreign clients, or None where it was not made."""
    return FOREIGN.python


def main() -> int:
    """Make the environment; 1 when it could not be made, as without a way to a package index."""
    return FOREIGN.make()


if __name__ == "__main__":
    sys.exit(main())
