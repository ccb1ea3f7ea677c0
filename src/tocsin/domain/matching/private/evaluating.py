"""Evaluating what comes to the lists, a little in each round, from where the last one stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

import msgspec
import numpy as np
import structlog

from tocsin.domain.hashlists import queries as hashlists
from tocsin.domain.hashlists.types import ChangeKind, ChangeView, Kind
from tocsin.domain.matching.private import evaluations, keys
from tocsin.domain.matching.private.evaluations import ROW, Rows, State
from tocsin.engine.oprf import SecretKey, digest_input, kept_output

log = structlog.get_logger()

ROUND_SECONDS = 0.25
ENTRIES_AT_ONCE = 200
_CHANGES_AT_ONCE = 1_000
_MOST_IN_RUN = 1 << 31
_DIGESTS = {Kind.MD5: "md5", Kind.SHA1: "sha1", Kind.SHA256: "sha256"}

_Part = tuple[int, int]
"""The number of a change, and an entry that it touched."""


class Evaluator:
    """Brings the evaluations up to the newest change. One for each machine, in the worker."""

    def __init__(self) -> None:
        self._run: tuple[int, list[int]] | None = None

    def look(self, at: datetime, *, seconds: float = ROUND_SECONDS) -> None:
        """Go on for about so long. An epoch begins with what counts already: nothing is evaluated
        for that, since whoever asks has asked for it in full."""
        epoch, key = keys.key_of(keys.ring())
        folder, last = keys.folder(), hashlists.last_change_no()
        state = evaluations.state_in(folder, epoch)
        if state is None or state.through > last:
            evaluations.begin(folder, epoch, last)
            log.info("delta_epoch_begun", epoch=epoch, change_no=last)
            return
        stop_at = time.monotonic() + seconds
        while state.through < last and time.monotonic() < stop_at:
            state = self._go_on(state, key)

    def _go_on(self, state: State, key: SecretKey) -> State:
        changes = hashlists.changes_after(state.through, _CHANGES_AT_ONCE)
        if not changes:
            return msgspec.structs.replace(state, through=hashlists.last_change_no())
        kind, group = next(groupby(changes, key=lambda change: change.kind in _ALONE))
        if not kind:
            return self._singly(state, list(group)[:ENTRIES_AT_ONCE], key)
        change = next(group)
        if change.kind is ChangeKind.REBUILD or change.run_id is None:
            # Anything may count now that did not: what came with it cannot be told apart.
            return evaluations.begin(keys.folder(), state.epoch, change.no)
        return self._some_of_run(state, change, change.run_id, key)

    def _singly(self, state: State, changes: Sequence[ChangeView], key: SecretKey) -> State:
        parts = [
            (change.no, change.entry_id)
            for change in changes
            if change.entry_id is not None and change.kind is not ChangeKind.WITHDRAW
        ]
        return _added(state, _rows(parts, key), through=changes[-1].no, done=0)

    def _some_of_run(self, state: State, change: ChangeView, run_id: int, key: SecretKey) -> State:
        if self._run is None or self._run[0] != run_id:
            self._run = run_id, hashlists.run_entry_ids(run_id, _MOST_IN_RUN) or []
        ids = self._run[1]
        some = ids[state.done : state.done + ENTRIES_AT_ONCE]
        rows = _rows([(change.no, entry_id) for entry_id in some], key)
        done = state.done + len(some)
        if done < len(ids):
            return _added(state, rows, through=state.through, done=done)
        self._run = None
        return _added(state, rows, through=change.no, done=0)


_ALONE = frozenset({ChangeKind.RELEASE, ChangeKind.REBUILD})


def _added(state: State, rows: Rows, *, through: int, done: int) -> State:
    fresh = msgspec.structs.replace(state, rows=state.rows + len(rows), through=through, done=done)
    evaluations.add(keys.folder(), rows, fresh)
    return fresh


def _rows(parts: Sequence[_Part], key: SecretKey) -> Rows:
    """A row for each digest of these entries, as they stand, in the order of the changes."""
    entries = {
        entry.entry_id: entry
        for entry in hashlists.indexable(sorted({entry_id for _, entry_id in parts}))
        if entry.visible
    }

    def made() -> Iterator[tuple[int, int, tuple[int, ...]]]:
        for number, entry_id in parts:
            if (entry := entries.get(entry_id)) is None:
                continue
            for print_ in entry.fingerprints:
                if (name := _DIGESTS.get(print_.kind)) is not None:
                    output = key.output(digest_input(name, print_.value))
                    yield number, entry_id, tuple(kept_output(output))

    return np.array(list(made()), ROW)
