"""Building the index from the lists, and knowing when it must be built again."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings

from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.queries import Snapshot
from tocsin.domain.hashlists.types import WIDTHS, ChangeKind, ChangeView, Kind
from tocsin.domain.matching.types import BuildBusy, BuildReport
from tocsin.engine.index import (
    POLICY_DTYPE,
    ExactIndex,
    FrameIndex,
    IndexTooNew,
    IndexUnusable,
    Manifest,
    NearIndex,
    PolicyColumn,
    publish,
    published,
)

log = structlog.get_logger()

LOCK_NAME = "building.lock"
MOST_IN_MEMORY = 4_000
"""Rows and changes that processes carry beside the mapped index until it is built again."""

EXACT_KINDS = {"md5": Kind.MD5, "sha1": Kind.SHA1, "sha256": Kind.SHA256, "photodna": Kind.PHOTODNA}
_CHANGES_AT_ONCE = 1_000

Ids = npt.NDArray[np.uint64]
Values = npt.NDArray[np.uint8]


def build_index(*, at: datetime) -> BuildReport:
    """Build the index from everything that counts now and put it into service.

    Raises BuildBusy, and PublishFailed when the disk refuses; then the old one stays in service.
    """
    root: Path = settings.TOCSIN_INDEX
    began = time.monotonic()
    with _only_builder(root):
        with hashlists.index_snapshot() as snapshot:
            # Policies first: they decide which fingerprints count.
            policy, entries = _policy(snapshot)
            exact = {name: _exact(snapshot, kind) for name, kind in EXACT_KINDS.items()}
            ids, hashes = _gathered(snapshot, Kind.PDQ)
            near = NearIndex.build(hashes, ids)
            films = _films(snapshot)
        change_no = snapshot.change_no
        generation = publish(
            root,
            change_no=change_no,
            near=near,
            exact=exact,
            policy=policy,
            films=films,
            at=at,
        )
    report = BuildReport(
        generation=generation,
        change_no=change_no,
        entries=entries,
        fingerprints={"pdq": len(near)} | {name: len(index) for name, index in exact.items()},
        seconds=time.monotonic() - began,
    )
    log.info(
        "index_built", generation=generation, entries=entries, seconds=round(report.seconds, 1)
    )
    return report


@dataclass(slots=True)
class Need:
    """Whether the index in service has to be built again; remembers what it has looked at."""

    _built: int | None = None
    _seen_no: int = 0
    _waiting: int = 0
    _asked: bool = False

    def exists(self, root: Path) -> bool:
        """True when there is no usable index of this database, or too much waits beside it.

        An index of a newer Tocsin is left alone: to go back is for a person to decide.
        """
        try:
            manifest = published(root)
        except IndexTooNew:
            return False
        except IndexUnusable:
            return True
        if manifest is None or manifest.change_no > hashlists.last_change_no():
            return True
        self._start_over_at(manifest)
        while changes := hashlists.changes_after(self._seen_no, _CHANGES_AT_ONCE):
            for change in changes:
                self._look_at(change)
            self._seen_no = changes[-1].no
        return self._asked or self._waiting > MOST_IN_MEMORY

    def _start_over_at(self, manifest: Manifest) -> None:
        if manifest.generation != self._built:
            self._built, self._seen_no = manifest.generation, manifest.change_no
            self._waiting, self._asked = 0, False

    def _look_at(self, change: ChangeView) -> None:
        if change.kind is ChangeKind.REBUILD:
            self._asked = True
        elif change.kind is ChangeKind.RELEASE and change.run_id is not None:
            rows = touched_by_release(change.run_id, MOST_IN_MEMORY)
            self._asked |= rows is None
            self._waiting += len(rows or ())
        else:
            self._waiting += 1


def touched_by_release(run_id: int, limit: int) -> list[int] | None:
    """Entries that a released run brought or replaced; None when either are more than `limit`."""
    brought = hashlists.run_entry_ids(run_id, limit)
    replaced = hashlists.run_replaced_ids(run_id, limit)
    return None if brought is None or replaced is None else brought + replaced


def _policy(snapshot: Snapshot) -> tuple[PolicyColumn, int]:
    ids, records = [np.empty(0, np.uint64)], [np.empty(0, POLICY_DTYPE)]
    for batch in snapshot.policies():
        ids.append(batch.ids)
        records.append(batch.records)
    all_ids = np.concatenate(ids)
    return PolicyColumn.build(all_ids, np.concatenate(records)), len(all_ids)


def _exact(snapshot: Snapshot, kind: Kind) -> ExactIndex:
    ids, values = _gathered(snapshot, kind)
    return ExactIndex.build(values, ids)


def _gathered(snapshot: Snapshot, kind: Kind) -> tuple[Ids, Values]:
    """All ids uint64[N] and values uint8[N, width] of one kind."""
    ids, values = [np.empty(0, np.uint64)], [np.empty((0, WIDTHS[kind]), np.uint8)]
    for batch in snapshot.fingerprints(kind):
        ids.append(batch.ids)
        values.append(batch.values)
    return np.concatenate(ids), np.concatenate(values)


def _films(snapshot: Snapshot) -> FrameIndex:
    ids, values, seconds = [np.empty(0, np.uint64)], [np.empty((0, 32), np.uint8)], [np.empty(0)]
    for batch in snapshot.frames():
        ids.append(batch.ids)
        values.append(batch.values)
        seconds.append(batch.seconds)
    return FrameIndex.build(np.concatenate(ids), np.concatenate(values), np.concatenate(seconds))


@contextmanager
def _only_builder(root: Path) -> Iterator[None]:
    """Hold the machine's lock on building; the kernel lets go of it when a builder is killed."""
    root.mkdir(parents=True, exist_ok=True, mode=0o750)
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildBusy("The index is being built by another process; wait for it.") from None
        yield
    finally:
        os.close(descriptor)
