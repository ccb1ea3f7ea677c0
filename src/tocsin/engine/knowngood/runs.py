"""Sorting more keys than memory holds: sorted runs on disk, then merged part by part.

A part is a range of keys that lies together in memory: its bounds come from samples of every run,
so it holds at most `MERGED_ROWS` rows whatever the keys are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from tocsin.engine.knowngood.types import Keys, Numbers

Number = TypeVar("Number", bound=np.unsignedinteger)
RUN_ROWS: Final = 1 << 23
MERGED_ROWS: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Run:
    """Sorted distinct keys, uint64[N], and their sources: uint32[N], or one for all."""

    keys: Keys
    sources: Numbers | int


class Sorter:
    """Takes keys with a source number in any order; gives them sorted, each once, with its lowest
    source. Holds about `run_rows` x 24 bytes; `folder` gets 8 or 12 bytes for each key."""

    def __init__(self, folder: Path, name: str, *, run_rows: int = RUN_ROWS) -> None:
        self._folder = folder
        self._name = name
        self._run_rows = run_rows
        self._waiting: list[tuple[Keys, int]] = []
        self._waiting_rows = 0
        self._runs: list[Run] = []
        self.most_source = 0

    def add(self, keys: Keys, source: int) -> None:
        """Take keys, uint64[N], of one source."""
        self.most_source = max(self.most_source, source)
        for first in range(0, len(keys), self._run_rows):
            part = keys[first : first + self._run_rows]
            self._waiting.append((part, source))
            self._waiting_rows += len(part)
            if self._waiting_rows >= self._run_rows:
                self._put_away()

    def merged(self, merged_rows: int = MERGED_ROWS) -> Iterator[Run]:
        """All of it in order, in parts of at most about `merged_rows`."""
        if not self._runs:
            run = self._sorted()
            if len(run.keys):
                yield run
            return
        self._put_away()
        for first, last in _ranges(self._runs, merged_rows):
            yield _together([_cut(run, first, last) for run in self._runs])

    def _put_away(self) -> None:
        run = self._sorted()
        if len(run.keys):
            stem = self._folder / f"{self._name}-{len(self._runs):05d}"
            self._runs.append(_on_disk(run, stem))

    def _sorted(self) -> Run:
        waiting, self._waiting, self._waiting_rows = self._waiting, [], 0
        if not waiting:
            return Run(np.empty(0, np.uint64), 0)
        return _together([Run(keys, source) for keys, source in waiting])


def _together(runs: list[Run]) -> Run:
    """Some runs as one, each key once with its lowest source."""
    keys = np.concatenate([run.keys for run in runs])
    told = {run.sources if isinstance(run.sources, int) else -1 for run in runs}
    if len(told) == 1 and (only := told.pop()) >= 0:
        keys.sort()
        return Run(keys[_first_of_each(keys)], only)
    sources = np.concatenate([_told(run) for run in runs])
    # Sources first, then keys, stably: the lowest source of a key comes first.
    order = np.lexsort((sources, keys))
    keys, sources = keys[order], sources[order]
    kept = _first_of_each(keys)
    return Run(keys[kept], sources[kept])


def _told(run: Run) -> Numbers:
    if isinstance(run.sources, int):
        return np.full(len(run.keys), run.sources, np.uint32)
    return run.sources


def _first_of_each(keys: Keys) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    kept = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=kept[1:])
    return kept


def _on_disk(run: Run, stem: Path) -> Run:
    run.keys.tofile(stem.with_suffix(".keys"))
    keys = np.memmap(stem.with_suffix(".keys"), np.uint64, "r")
    if isinstance(run.sources, int):
        return Run(keys, run.sources)
    run.sources.tofile(stem.with_suffix(".sources"))
    return Run(keys, np.memmap(stem.with_suffix(".sources"), np.uint32, "r"))


def _ranges(runs: list[Run], merged_rows: int) -> Iterator[tuple[int, int | None]]:
    """Ranges of keys, from the first to before the last (None: no end), that cover all there are.

    Between two samples of a run lie at most `step` rows, so between bounds that are `len(runs)`
    samples apart lie at most 2 x `len(runs)` x `step` rows.
    """
    step = max(1, merged_rows // (2 * len(runs)))
    samples = np.sort(np.concatenate([run.keys[step::step] for run in runs]))
    bounds = [0, *(int(key) for key in np.unique(samples[:: len(runs)]) if key), None]
    for first, last in pairwise(bounds):
        yield first or 0, last


def _cut(run: Run, first: int, last: int | None) -> Run:
    begin = int(np.searchsorted(run.keys, np.uint64(first)))
    end = len(run.keys) if last is None else int(np.searchsorted(run.keys, np.uint64(last)))
    keys = _read(run.keys, begin, end)
    if isinstance(run.sources, int):
        return Run(keys, run.sources)
    return Run(keys, _read(run.sources, begin, end))


def _read(mapped: npt.NDArray[Number], begin: int, end: int) -> npt.NDArray[Number]:
    """Part of a mapped file, read and not mapped: pages once mapped stay counted as ours."""
    dtype: np.dtype[Number] = mapped.dtype
    if not isinstance(mapped, np.memmap):
        return mapped[begin:end]
    path, offset = str(mapped.filename), begin * dtype.itemsize
    return np.fromfile(path, dtype, end - begin, offset=offset)
