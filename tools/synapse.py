"""An environment with the Matrix homeserver Synapse, for the test of our module for it.

Run as `python -m tools.synapse` to make it: in `.venv/synapse`, from `requirements/synapse.txt`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.own_environments import OwnEnvironment

SYNAPSE = OwnEnvironment("synapse", "the homeserver")


def synapse_python() -> Path | None:
    """The Python that has Synapse, or None where it was not made."""
    return SYNAPSE.python


if __name__ == "__main__":
    sys.exit(SYNAPSE.make())
