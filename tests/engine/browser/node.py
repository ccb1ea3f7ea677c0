"""The module under node: pixels and bytes go in by pipe, its answers come out."""

import json
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tocsin.engine.browser import FOLDER, NAME
from tools.servers import node

NEEDS_NODE = pytest.mark.skipif(
    node() is None, reason="node is not installed (Debian's package: nodejs)"
)
_RUNNER = Path(__file__).with_suffix(".mjs")
_MD5, _PDQ = 0, 1

Rgb = NDArray[np.uint8]


def pdq_in_node(pictures: Iterable[Rgb]) -> list[dict[str, Any]]:
    """`pdqOfRgba` of each opaque uint8[height, width, 3]."""
    return pdq_of_rgba_in_node(np.dstack([rgb, np.full(rgb.shape[:2], 255)]) for rgb in pictures)


def pdq_of_rgba_in_node(pictures: Iterable[NDArray[Any]]) -> list[dict[str, Any]]:
    """`pdqOfRgba` of each [height, width, 4] of whole numbers 0 to 255."""
    return _answers(
        _job(_PDQ, rgba.astype(np.uint8).tobytes(), width=rgba.shape[1], height=rgba.shape[0])
        for rgba in pictures
    )


def md5_in_node(texts: Iterable[bytes]) -> list[str]:
    """`md5` of each."""
    return _answers(_job(_MD5, text) for text in texts)


def evaluated(script: str) -> Any:  # Any: whatever the script gives
    """What a script gives that finds the module's exports in `module`."""
    whole = f"const module = await import({json.dumps((FOLDER / NAME).as_uri())})\n{script}"
    return json.loads(_run(["--input-type=module", "-e", whole], b""))


def _job(kind: int, data: bytes, *, width: int = 0, height: int = 0) -> bytes:
    return struct.pack("<4I", kind, width, height, len(data)) + data


def _answers(jobs: Iterable[bytes]) -> list[Any]:
    answers: list[Any] = json.loads(_run([str(_RUNNER), str(FOLDER / NAME)], b"".join(jobs)))
    return answers


def _run(arguments: list[str], given: bytes) -> bytes:
    program = node()
    assert program is not None
    done = subprocess.run([program, *arguments], input=given, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
