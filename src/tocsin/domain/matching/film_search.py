"""Which listed films a film shares frames with, as a key may see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tocsin.domain.matching import rules
from tocsin.domain.matching.rules import Found
from tocsin.domain.matching.types import LIKE_ENOUGH_BITS, MatchKind, Query
from tocsin.engine.fingerprints import FrameHash, Sampling, VideoHashes
from tocsin.engine.fingerprints.footage import Footage, candidates, footage_from
from tocsin.engine.index import FrameIndex, NearMatches, Published
from tocsin.engine.search import Limits, Match, Use, match_films

MOST_COMPARED: Final = 16
"""Films that are compared frame by frame with one that is asked about: those that share most."""
_MOST_NEAR: Final = 256

Visible = Callable[[npt.NDArray[np.uint64]], npt.NDArray[np.bool_]]
"""Which of these entries the key may meet by nearness."""


def films_met(
    index: Published,
    query: Query,
    shown: tuple[bytes, ...],
    visible: Visible,
    *,
    radius_bits: int,
    block_bits: int,
) -> Iterator[Found]:
    """Each listed film that the query shares enough frames with, by `tocsin.engine.search.RULES`.

    `shown` are the query's hashes that were looked up (`shown_hashes`). A match whose rule does not
    let it block, or not within `block_bits`, is not `distinct`.
    """
    frames = tuple(
        FrameHash(number, frame.seconds, frame.pdq, frame.quality)
        for number, frame in enumerate(query.frames)
        if frame.seconds is not None
    )
    if not frames or not len(index.films):
        return
    near_bits = min(block_bits, radius_bits)
    limits = Limits(
        block_bits=near_bits,
        review_bits=radius_bits,
        battery_bits=min(radius_bits, LIKE_ENOUGH_BITS),
        most_entries=MOST_COMPARED,
    )
    video = VideoHashes(Sampling.KEY_FRAMES, frames, None)
    for match in match_films(video, _Seen(index.films, visible), limits=limits):
        yield _found(index, match, shown, radius_bits)


class _Seen:
    """The films that a key may see; others must not crowd them out."""

    def __init__(self, frames: FrameIndex, visible: Visible) -> None:
        self._frames = frames
        self._visible = visible

    def film(self, entry_id: int) -> Footage:
        return footage_from(*self._frames.film(entry_id))

    def sharing(self, asked: Footage, radius_bits: int, limits: Limits) -> list[int]:
        def look_up(hashes: npt.NDArray[np.uint8]) -> NearMatches:
            return self._frames.query(hashes, radius_bits, most_ids=_MOST_NEAR)

        found = candidates(asked, look_up)
        ids = np.array([one.film for one in found], np.uint64)
        seen: list[int] = ids[self._visible(ids)][: limits.most_entries].tolist()
        return seen


def _found(index: Published, match: Match, shown: tuple[bytes, ...], radius_bits: int) -> Found:
    record = index.policy.get(np.array([match.entry_id], np.uint64))[0]
    found = rules.found_in(
        record,
        entry_id=match.entry_id,
        kind=MatchKind.NEAR,
        distance_bits=match.distance_bits,
        distinct=match.use is Use.BLOCK,
        hash_no=_nearest(index.films, match.entry_id, shown, radius_bits),
    )
    return replace(found, overlap=match.overlap)


def _nearest(films: FrameIndex, entry_id: int, shown: tuple[bytes, ...], radius_bits: int) -> int:
    """Which of the query's hashes lies nearest to a frame of the film."""
    asked = np.frombuffer(b"".join(shown), np.uint64).reshape(-1, 4)
    own = np.ascontiguousarray(films.film(entry_id)[0]).view(np.uint64)
    nearest = [int(np.bitwise_count(own ^ word).sum(axis=1).min()) for word in asked]
    return nearest.index(min(nearest))
