"""The frames of listed films: asked for as hashes, and each film's own, to be compared with.

A segment kind of its own, since a frame must never answer for a picture: a title or a black frame
would bring in pictures of anything. Two files: the near index over all frames, under the films'
entry ids, and the frames of each film in their order.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from tocsin.engine.index.arrays import NO_IDS, Bytes, Ids, Offsets, WrongShape, as_ids, as_values
from tocsin.engine.index.durable import Written, write_file
from tocsin.engine.index.manifest import FILMS_FILE, FRAMES_FILE
from tocsin.engine.index.near import DEFAULT_RADIUS_BITS, NearIndex, NearMatches
from tocsin.engine.index.segment import damaged, open_segment, segment_chunks

KIND: Final = "films"
HASH_BYTES: Final = 32

Seconds = npt.NDArray[np.float64]
Film = tuple[Bytes, Seconds]
"""The hashes uint8[N, 32] of a film and when each is shown, float64[N]."""


@dataclass(frozen=True, slots=True, repr=False)
class _Built:
    """Films by ascending id; the frames of the i-th are those from `offsets[i]` on."""

    ids: Ids
    offsets: Offsets
    hashes: Bytes
    seconds: Seconds

    def film(self, entry_id: int) -> Film | None:
        place = int(np.searchsorted(self.ids, np.uint64(entry_id)))
        if place == len(self.ids) or int(self.ids[place]) != entry_id:
            return None
        frames = slice(int(self.offsets[place]), int(self.offsets[place + 1]))
        return self.hashes[frames], self.seconds[frames]


@dataclass(frozen=True, slots=True, repr=False)
class _State:
    """What was built, and what came or went since, in this process."""

    built: _Built
    fresh: MappingProxyType[int, Film]
    gone: frozenset[int]


class FrameIndex:
    """Films by the hashes of their frames. Any number of threads may ask while one adds."""

    def __init__(self, near: NearIndex, built: _Built) -> None:
        """For `build`, `empty` and `open`; not meant to be called by others."""
        self._near = near
        self._state = _State(built, MappingProxyType({}), frozenset())
        self._writing = Lock()

    @classmethod
    def empty(cls) -> FrameIndex:
        """Without a film."""
        no_hashes = np.empty((0, HASH_BYTES), np.uint8)
        return cls.build(NO_IDS, no_hashes, np.empty(0, np.float64))

    @classmethod
    def build(cls, ids: Ids, hashes: Bytes, seconds: Seconds) -> FrameIndex:
        """From entry ids uint64[N], hashes uint8[N, 32] and seconds float64[N], in any order.

        Raises `WrongShape` and `TooManyRows`.
        """
        hashes, ids = as_values(hashes, HASH_BYTES), as_ids(ids, len(hashes))
        if seconds.dtype != np.float64 or seconds.shape != ids.shape:
            raise WrongShape("each frame needs its seconds, as float64")
        order = np.lexsort((seconds, ids))
        ids, hashes, seconds = ids[order], hashes[order], seconds[order]
        films, first = np.unique(ids, return_index=True)
        offsets = np.append(first, len(ids)).astype(np.int64)
        return cls(NearIndex.build(hashes, ids), _Built(films, offsets, hashes, seconds))

    @classmethod
    def open(cls, folder: Path) -> FrameIndex:
        """Map both files read-only; raises `IndexMissing`, `IndexDamaged` and `IndexTooNew`."""
        segment = open_segment(folder / FILMS_FILE, KIND)
        hashes = segment.array("hashes", "u1", (None, HASH_BYTES))
        built = _Built(
            segment.array("ids", "<u8", (None,)),
            segment.array("offsets", "<i8", (None,)),
            hashes,
            segment.array("seconds", "<f8", (len(hashes),)),
        )
        if not _is_whole(built):
            raise damaged(segment.path, "its films do not fit its frames")
        return cls(NearIndex.open(folder, FRAMES_FILE), built)

    def write(self, folder: Path) -> dict[str, Written]:
        """Both files, new in a folder that nobody reads yet. Only as it was built."""
        built = self._state.built
        arrays = {
            "ids": built.ids.astype("<u8"),
            "offsets": built.offsets.astype("<i8"),
            "hashes": built.hashes,
            "seconds": built.seconds.astype("<f8"),
        }
        return {
            FRAMES_FILE: self._near.write(folder / FRAMES_FILE),
            FILMS_FILE: write_file(folder / FILMS_FILE, segment_chunks(KIND, arrays)),
        }

    def query(
        self,
        hashes: Bytes,
        radius_bits: int = DEFAULT_RADIUS_BITS,
        *,
        most_ids: int | None = None,
    ) -> NearMatches:
        """The films that have a frame within the radius of each hash, as `NearIndex.query`."""
        return self._near.query(hashes, radius_bits, most_ids=most_ids)

    def film(self, entry_id: int) -> Film:
        """The frames of one film in their order. Raises KeyError for one that does not count."""
        state = self._state
        found = state.fresh.get(entry_id)
        if found is None and entry_id not in state.gone:
            found = state.built.film(entry_id)
        if found is None:
            raise KeyError(entry_id)
        return found

    def add(self, entry_id: int, hashes: Bytes, seconds: Seconds) -> None:
        """Let these be the frames of a film from now on, in this process. Raises `WrongShape`."""
        hashes = as_values(hashes, HASH_BYTES)
        with self._writing:
            state = self._state
            fresh = MappingProxyType({**state.fresh, entry_id: (hashes, seconds)})
            # The film first: whoever finds a frame of it must find the film.
            self._state = _State(state.built, fresh, state.gone - {entry_id})
            ids = np.full(len(hashes), entry_id, np.uint64)
            self._near.withdraw(ids[:1])
            self._near.add(hashes, ids)

    def withdraw(self, ids: Ids) -> None:
        """Let no frame of these entries count any more, in this process; unknown ids are fine."""
        ids = as_ids(ids)
        with self._writing:
            state, gone = self._state, frozenset(ids.tolist())
            self._near.withdraw(ids)
            fresh = {n: film for n, film in state.fresh.items() if n not in gone}
            self._state = _State(state.built, MappingProxyType(fresh), state.gone | gone)

    def __copy__(self) -> FrameIndex:
        """The same, to be changed in peace."""
        fork = FrameIndex(copy(self._near), self._state.built)
        fork._state = self._state
        return fork

    def __len__(self) -> int:
        """How many films there are, those withdrawn in this process not taken off."""
        return len(self._state.built.ids) + len(self._state.fresh)

    def __repr__(self) -> str:
        return f"<FrameIndex {len(self)} films>"


def _is_whole(built: _Built) -> bool:
    offsets = built.offsets
    return (
        len(offsets) == len(built.ids) + 1
        and int(offsets[0]) == 0
        and int(offsets[-1]) == len(built.hashes)
        and bool((np.diff(offsets) > 0).all())
        and bool((built.ids[1:] > built.ids[:-1]).all())
    )
