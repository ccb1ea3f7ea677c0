"""The evaluations of an epoch, as a file beside the index: one row for each digest that came.

Only the worker writes: rows are added and forced to the disk before the state that counts them, so
that a writer may be killed at any moment. Readers map what the state counts.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.engine.index import durable
from tocsin.engine.oprf import KEPT_BYTES

FORMAT = 1
ROW = np.dtype([("change", "<i8"), ("entry", "<u8"), ("kept", "u1", (KEPT_BYTES,))])
Rows = npt.NDArray[np.void]

_STATE, _ROWS = "state.json", "rows"


class State(msgspec.Struct, frozen=True):
    """How far the evaluations have come.

    They hold what came after change `first` and until change `through`, in `rows` rows. Of the
    next change, a release of many entries, `done` entries are in rows already.
    """

    epoch: str
    first: int
    through: int
    rows: int = 0
    done: int = 0
    format: int = FORMAT


def state_in(folder: Path, epoch: str) -> State | None:
    """The state of this epoch; None when nothing usable is there."""
    try:
        state = msgspec.json.decode((folder / _STATE).read_bytes(), type=State)
        rows_bytes = (folder / _ROWS).stat().st_size
    except (OSError, msgspec.DecodeError):
        return None
    usable = state.format == FORMAT and state.epoch == epoch
    return state if usable and rows_bytes >= state.rows * ROW.itemsize else None


def begin(folder: Path, epoch: str, change_no: int) -> State:
    """Throw away what is there and begin after this change."""
    durable.forget(folder)
    durable.make_folder(folder)
    durable.write_file(folder / _ROWS, ())
    state = State(epoch, change_no, change_no)
    _keep(folder, state)
    return state


def add(folder: Path, rows: Rows, state: State) -> None:
    """Add rows; `state` counts them already."""
    if len(rows):
        with (folder / _ROWS).open("r+b") as file:
            # What a killed writer left behind its state is written over.
            file.seek((state.rows - len(rows)) * ROW.itemsize)
            file.write(rows.tobytes())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    _keep(folder, state)


def mapped(folder: Path, state: State) -> Rows:
    """The rows that `state` counts, mapped."""
    if not state.rows:
        return np.empty(0, ROW)
    with (folder / _ROWS).open("rb") as file:
        data = mmap.mmap(file.fileno(), state.rows * ROW.itemsize, access=mmap.ACCESS_READ)
    return np.frombuffer(data, ROW)


def _keep(folder: Path, state: State) -> None:
    durable.replace_file(folder / _STATE, [msgspec.json.encode(state)])
