"""What may be done with a match on each entry: one 16-byte record per entry id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import NO_IDS, Ids, WrongShape, as_ids
from tocsin.engine.index.durable import Written, replace_file, write_file
from tocsin.engine.index.segment import AnyArray, open_segment, segment_chunks

KIND = "policy"
FILE_NAME = "policy.seg"
# 2^28 ids are 4 GB of records; ids are meant to be dense, so a wider span is a mistake.
WIDEST_SPAN = 1 << 28

POLICY_DTYPE = np.dtype(
    [
        ("status", "u1"),
        ("flags", "u1"),
        ("purpose", "u1"),
        ("category", "u1"),
        ("list_no", "<u2"),
        ("sources", "u1"),
        ("quorum", "u1"),
        ("territory", "<u2"),
        ("serve", "u1"),
        ("spare", "u1", (5,)),
    ]
)
"""One record, 16 bytes. The numbers mean what the caller lets them mean; a record of zeros means
that there is no such entry, so `status` of an entry that exists must not be 0. By agreement bit 0
of `flags` is "held" and bit 1 "for tests only"; `sources` counts organisations; `spare` is 0.
"""

Records = npt.NDArray[np.void]


class WrongEntryId(ValueError):
    """Entry ids must be positive and lie within 2^28 of one another."""


@dataclass(frozen=True, slots=True)
class _State:
    """The mapped records from id `first` on, and newer ones by sorted id."""

    first: int
    records: Records
    newer_ids: Ids
    newer: Records


class PolicyColumn:
    """Policy records by entry id, an array searched by subtraction.

    Any number of threads may read while one sets. A record set here counts in this process only;
    `save` or `replace_policy` makes it count for those who open the file later.
    """

    def __init__(self, first: int, records: Records) -> None:
        """For `build` and `open`; not meant to be called by others."""
        self._state = _State(first, records, NO_IDS, np.empty(0, POLICY_DTYPE))
        self._writing = Lock()

    @classmethod
    def build(cls, ids: Ids, records: Records) -> PolicyColumn:
        """Build from ids uint64[N] and records of `POLICY_DTYPE` [N]; the last of an id counts.

        Raises `WrongShape` and `WrongEntryId`.
        """
        return cls(*_laid_out(_checked(ids), _as_records(records, len(ids))))

    @classmethod
    def open(cls, folder: Path, name: str = FILE_NAME) -> PolicyColumn:
        """Map the records read-only; raises `IndexMissing`, `IndexDamaged` and `IndexTooNew`."""
        segment = open_segment(folder / name, KIND)
        first = int(segment.array("first", "<u8", (1,))[0])
        return cls(first, segment.array("records", POLICY_DTYPE, (None,)))

    def save(self, folder: Path) -> None:
        """Write the column as it is now into an existing folder, in one step; raises `OSError`."""
        replace_file(folder / FILE_NAME, segment_chunks(KIND, self._arrays()))

    def write(self, path: Path) -> Written:
        """Write the column as it is now as a new file, for a folder that nobody reads yet."""
        return write_file(path, segment_chunks(KIND, self._arrays()))

    def get(self, ids: Ids) -> Records:
        """The records of ids uint64[M] as `POLICY_DTYPE` [M], zeros where there is no entry."""
        ids = as_ids(ids)
        state = self._state
        found = np.zeros(len(ids), POLICY_DTYPE)
        # An id below the first wraps around to a huge place, and so falls outside as it should.
        place = ids - np.uint64(state.first)
        inside = place < len(state.records)
        found[inside] = state.records[place[inside].astype(np.int64)]
        if len(state.newer_ids):
            place = np.minimum(np.searchsorted(state.newer_ids, ids), len(state.newer_ids) - 1)
            newer = state.newer_ids[place] == ids
            found[newer] = state.newer[place[newer]]
        return found

    def set(self, entry_id: int, record: Records | np.void) -> None:
        """Let one record (a scalar or array of one) count from now on, in this process."""
        if not 0 < entry_id < 2**64:
            raise WrongEntryId(f"an entry id is a positive number of 64 bits, got {entry_id}")
        self.set_many(np.array([entry_id], np.uint64), np.array([record]).reshape(-1))

    def set_many(self, ids: Ids, records: Records) -> None:
        """The same for ids uint64[N] and records [N]; readers see all of them or none."""
        ids = _checked(ids)
        records = _as_records(records, len(ids))
        with self._writing:
            old = self._state
            all_ids = np.concatenate((old.newer_ids, ids))[::-1]
            all_records = np.concatenate((old.newer, records))[::-1]
            # Reversed, because `unique` keeps the first of equal ids and the last one set counts.
            newer_ids, place = np.unique(all_ids, return_index=True)
            self._state = _State(old.first, old.records, newer_ids, all_records[place])

    def _arrays(self) -> dict[str, AnyArray]:
        first, records = self._merged()
        return {"first": np.array([first], "<u8"), "records": records}

    def _merged(self) -> tuple[int, Records]:
        state = self._state
        if not len(state.newer_ids):
            return state.first, state.records
        held = np.flatnonzero(_is_there(state.records)).astype(np.uint64) + np.uint64(state.first)
        ids = np.concatenate((held, state.newer_ids))
        return _laid_out(ids, self.get(ids))


def _laid_out(ids: Ids, records: Records) -> tuple[int, Records]:
    """The first id and the records from it on, zeros in the gaps."""
    if not len(ids):
        return 1, np.empty(0, POLICY_DTYPE)
    first, last = int(ids.min()), int(ids.max())
    if last - first >= WIDEST_SPAN:
        raise WrongEntryId(f"entry ids span {last - first + 1}, more than {WIDEST_SPAN}")
    laid_out = np.zeros(last - first + 1, POLICY_DTYPE)
    laid_out[(ids - np.uint64(first)).astype(np.int64)] = records
    return first, laid_out


def _is_there(records: Records) -> npt.NDArray[np.bool_]:
    """Where a record is not all zeros."""
    words = np.ascontiguousarray(records).view("<u8").reshape(-1, 2)
    there: npt.NDArray[np.bool_] = (words != 0).any(axis=1)
    return there


def _checked(ids: Ids) -> Ids:
    ids = as_ids(ids)
    if (ids == 0).any():
        raise WrongEntryId("entry ids are positive, got 0")
    return ids


def _as_records(records: Records, count: int) -> Records:
    if records.dtype != POLICY_DTYPE or records.shape != (count,):
        raise WrongShape(f"{count} ids need as many records of POLICY_DTYPE")
    return records
