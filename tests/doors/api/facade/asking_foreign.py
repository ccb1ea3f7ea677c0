"""Running `web_client.py` in the environment of other people's clients."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.foreign import foreign_python

PYTHON = foreign_python()
SCRIPT = Path(__file__).parent / "web_client.py"

foreign = [
    pytest.mark.server,
    pytest.mark.skipif(PYTHON is None, reason="no foreign client: python -m tools.foreign"),
]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def asked_by(
    wire: str, base: str, key: str, *asked: dict[str, Any], timeout: float = 20
) -> list[dict[str, Any]]:
    """What the client made of each request."""
    usual = {"wire": wire, "base": base, "key": key, "timeout": timeout}
    done = subprocess.run(
        [str(PYTHON), str(SCRIPT)],
        input=json.dumps([{**usual, **one} for one in asked]),
        env={},
        check=True,
        capture_output=True,
        text=True,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told
