"""The part of a set that one package gave, kept until the set is whole: a killed build goes on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tocsin.engine.index.durable import replace_file
from tocsin.engine.knowngood.looking import ROW_DTYPE, Rows
from tocsin.engine.knowngood.types import Maker, Source, Trouble

MOST_TROUBLES: Final = 1_000
_FORMAT: Final = 2
_MOST_HEAD_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """What one package, or the loose files of a folder, gave."""

    source: Source
    rows: Rows
    passed_over: int
    troubles: tuple[Trouble, ...]
    trouble_count: int


def name_of(paths: Iterable[Path], told: str) -> str:
    """A name that changes when any of the files does: by path, size and time of change.

    `told` are the options that decide what a part holds. Raises OSError.
    """
    digest = hashlib.sha256(f"{_FORMAT} {told}".encode())
    for path in paths:
        stat = path.stat()
        digest.update(f"{stat.st_size} {stat.st_mtime_ns} ".encode() + os.fsencode(path) + b"\0")
    return digest.hexdigest()


def keep(folder: Path, name: str, part: Part) -> None:
    """Write a part, in one step; raises OSError. It holds fingerprints and names, no bytes."""
    head = json.dumps(
        {
            "source": asdict(part.source),
            "rows": len(part.rows),
            "passed_over": part.passed_over,
            "troubles": [[one.where, one.reason] for one in part.troubles],
            "trouble_count": part.trouble_count,
        }
    ).encode()
    body = part.rows.tobytes()
    digest = hashlib.sha256(head + body).digest()
    replace_file(folder / name, [digest, len(head).to_bytes(8, "little"), head, body])


def kept(folder: Path, name: str) -> Part | None:
    """A part that was written whole, or None: then it is made again."""
    try:
        data = (folder / name).read_bytes()
    except OSError:
        return None
    size = int.from_bytes(data[32:40], "little")
    head, body = data[40 : 40 + size], data[40 + size :]
    if size > _MOST_HEAD_BYTES or hashlib.sha256(head + body).digest() != data[:32]:
        return None
    # The checksum has shown that this is what was written.
    told: dict[str, Any] = json.loads(head)
    source = told["source"]
    return Part(
        Source(source["name"], source["version"], source["licence"], Maker(source["maker"])),
        np.frombuffer(body, ROW_DTYPE),
        told["passed_over"],
        tuple(Trouble(where, reason) for where, reason in told["troubles"]),
        told["trouble_count"],
    )
