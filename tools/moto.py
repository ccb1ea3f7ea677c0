"""An environment with moto, an object store for the tests of sweeps.

Run as `python -m tools.moto` to make it: in `.venv/moto`, from `requirements/moto.txt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.own_environments import OwnEnvironment

MOTO = OwnEnvironment("moto", "the object store")


def moto_python() -> Path | None:
    """The Python that has moto, or None where it was not made."""
    return MOTO.python


if __name__ == "__main__":
    sys.exit(MOTO.make())
