"""A small index of the rehearsal's pictures, published without a database."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.domain.hashlists.types import EntryStatus, Purpose, Serve
from tocsin.engine.index import POLICY_DTYPE, ExactIndex, NearIndex, PolicyColumn, publish

REHEARSAL = Path(str(resources.files("tocsin.site") / "rehearsal"))
UPLOADS = REHEARSAL / "uploads"
ALGORITHMS = {"md5": 16, "sha1": 20, "sha256": 32}


def publish_rehearsal(
    root: Path,
    *,
    purpose: Purpose = Purpose.ILLEGAL,
    quorum: int = 2,
    status: EntryStatus = EntryStatus.ACTIVE,
    change_no: int = 1,
) -> None:
    """Put the active entries of the rehearsal list into service below `root`."""
    lines = [
        json.loads(line)
        for line in (REHEARSAL / "rehearsal-list.jsonl").read_text("utf-8").splitlines()
    ]
    active = [line for line in lines if line["status"] == "active"]
    exact = {name: ExactIndex.build(*_column(active, name)) for name in ALGORITHMS}
    exact["photodna"] = ExactIndex.build(np.empty((0, 144), np.uint8), np.empty(0, np.uint64))
    publish(
        root,
        change_no=change_no,
        near=NearIndex.build(*_column(active, "pdq")),
        exact=exact,
        policy=_policy(len(active), purpose, quorum, status),
    )


def _column(
    active: list[dict[str, Any]], name: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64]]:
    pairs = [
        (bytes.fromhex(fingerprint["value"]), number)
        for number, line in enumerate(active, 1)
        for fingerprint in line["fingerprints"]
        if fingerprint["algo"] == name
    ]
    values = np.frombuffer(b"".join(value for value, _ in pairs), np.uint8)
    return values.reshape(len(pairs), -1), np.array([number for _, number in pairs], np.uint64)


def _policy(count: int, purpose: Purpose, quorum: int, status: EntryStatus) -> PolicyColumn:
    records = np.zeros(count, POLICY_DTYPE)
    records["status"] = status.number
    records["purpose"] = purpose.number
    records["category"] = 1
    records["list_no"] = 1
    records["sources"] = 1
    records["quorum"] = quorum
    records["serve"] = int(Serve.EXACT | Serve.NEAR)
    return PolicyColumn.build(np.arange(1, count + 1, dtype=np.uint64), records)
