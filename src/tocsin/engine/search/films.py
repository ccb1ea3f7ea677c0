"""Films: which listed films one shares frames with, and which listed pictures its frames show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol

import numpy as np

from tocsin.engine.fingerprints.footage import (
    Footage,
    VideoMatch,
    candidates,
    compared,
    footage_of,
    footage_of_variants,
    is_silent,
)
from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    Fingerprints,
    FrameHash,
    FrameVariants,
    Origin,
    VideoHashes,
)
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.search.limits import DEFAULT_LIMITS, Limits
from tocsin.engine.search.matches import Level, Match, MatchKind, Overlap, Use
from tocsin.engine.search.rules import Asked, best_of
from tocsin.engine.search.searching import alike, search
from tocsin.engine.search.shares import (
    RULES,
    ShareRule,
    Verdict,
    for_review,
    within_block_limit,
)


class Way(StrEnum):
    """Which hashes of a film are asked for, in the words of `Match.found_by`."""

    FRAMES = "frames"
    """The frames as they are stored."""
    ORIENTED = "frames oriented"
    """The frames turned as the film wants them shown."""
    WITHIN_BARS = "frames within the bars"
    """The frames without the bars that all of them share."""
    VARIANTS = "frames: "
    """Variants of the query battery; the name of the one that finds most follows."""


class Films(Protocol):
    """Listed films, as they are asked."""

    def film(self, entry_id: int) -> Footage:
        """The frames of one film that count. Raises KeyError for one that is not listed."""

    def sharing(self, asked: Footage, radius_bits: int, limits: Limits) -> list[int]:
        """The films that share frames with this one within the radius, most frames first."""


class FilmIndex:
    """The films of a list: their frames in one near index, and each film's for comparing.

    Silent frames (`footage.is_silent`) are left out. It is held in memory: 50 bytes a frame, and
    the near index.
    """

    def __init__(self, films: Mapping[int, Footage]) -> None:
        """For `build`; not meant to be called by others."""
        self._films = dict(films)
        hashes = [film.hashes for film in films.values()]
        ids = [np.full(len(film), number, np.uint64) for number, film in films.items()]
        self._near = NearIndex.build(
            np.concatenate([np.empty((0, 32), np.uint8), *hashes]),
            np.concatenate([np.empty(0, np.uint64), *ids]),
        )

    @classmethod
    def build(cls, films: Mapping[int, Iterable[FrameHash]]) -> FilmIndex:
        """From the frames of each film under its entry id, as `vpdq.read_text` gives them."""
        return cls({entry_id: footage_of(frames) for entry_id, frames in films.items()})

    def __len__(self) -> int:
        """How many films there are."""
        return len(self._films)

    def __repr__(self) -> str:
        return f"<FilmIndex {len(self._films)} films>"

    def film(self, entry_id: int) -> Footage:
        """The frames of one film that count. Raises KeyError for one that is not listed."""
        return self._films[entry_id]

    def sharing(self, asked: Footage, radius_bits: int, limits: Limits) -> list[int]:
        """The films that share frames with this one within the radius, most frames first."""
        ask = partial(self._near.query, radius_bits=radius_bits, most_ids=limits.most_entries)
        found = candidates(asked, ask)
        return [one.film for one in found[: limits.most_entries]]


def search_film(
    prints: Fingerprints,
    *,
    near: NearIndex,
    films: FilmIndex,
    exact: Mapping[str, ExactIndex],
    level: Level = Level.NEAR,
    limits: Limits = DEFAULT_LIMITS,
    rules: Sequence[ShareRule] = RULES,
) -> tuple[Match, ...]:
    """The entries that one file matches, a film or not, each once, best first.

    `search` does all of it but the film: here its frames are asked for among the pictures of `near`
    as pictures are, each by itself and with the time at which it is shown, and the whole film among
    `films` by shares of frames, as `rules` say. Frames of listed films do not belong into `near`,
    where a single one of them could block. Raises as `search`.
    """
    level = Level(level)
    found = list(search(prints, near=near, exact=exact, level=level, limits=limits))
    if prints.video is not None:
        asked_for = ((0, asked) for asked in asked_of_film(prints.video, level))
        found += (match for _, match in alike(asked_for, near, limits))
        found += _Question(films, limits, rules).best(prints.video, level)
    return best_of(found)


def match_films(
    video: VideoHashes,
    films: Films,
    *,
    level: Level = Level.NEAR,
    limits: Limits = DEFAULT_LIMITS,
    rules: Sequence[ShareRule] = RULES,
) -> tuple[Match, ...]:
    """The best match of a film with each listed one that shares enough frames with it."""
    return _Question(films, limits, rules).best(video, Level(level))


def match_film(
    video: VideoHashes,
    listed: Iterable[FrameHash],
    *,
    level: Level = Level.THOROUGH,
    limits: Limits = DEFAULT_LIMITS,
    rules: Sequence[ShareRule] = RULES,
) -> Match | None:
    """The best match of a film with one listed film, None when no rule holds.

    That of the frames as they are when it may block, and otherwise of whichever finds the largest
    share of the film's frames. Its `entry_id` is 0.
    """
    question = _Question(FilmIndex.build({0: listed}), limits, rules)
    return next(iter(question.best(video, Level(level))), None)


def asked_of_film(video: VideoHashes, level: Level) -> Iterator[Asked]:
    """The hashes of a film's frames to ask for among pictures, each different one once.

    Frames as stored and as shown may carry what pictures may; those within the bars, and variants,
    are derived. A silent frame is not asked for.
    """
    if level is Level.EXACT:
        return
    yield from _frames(video.frames, "pdq", plain=True)
    yield from _frames(video.oriented, "pdq oriented", plain=True)
    yield from _frames(video.cropped, "within the bars", plain=False)
    if level is Level.THOROUGH:
        yield from _varied(video.variants)


def _frames(frames: Iterable[FrameHash], how: str, *, plain: bool) -> Iterator[Asked]:
    told: set[bytes] = set()
    for frame in frames:
        if not is_silent(frame) and frame.value not in told:
            told.add(frame.value)
            named = f"frame {frame.number}: {how}"
            yield Asked(frame.value, named, plain, Origin.FRAME, frame.number, frame.seconds)


def _varied(frames: Iterable[FrameVariants]) -> Iterator[Asked]:
    for frame in frames:
        for one in frame.variants:
            if one.quality >= FLAT_BELOW_QUALITY:
                named = f"frame {frame.number}: {one.transformation}"
                yield Asked(one.value, named, False, Origin.FRAME, frame.number, frame.seconds)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one way found of one film."""

    match: Match
    share_of_query: float

    @property
    def rank(self) -> tuple[bool, float]:
        """Larger is better: what may block, then the larger share."""
        return self.match.use is Use.BLOCK, self.share_of_query


@dataclass(frozen=True, slots=True)
class _Question:
    """Which films are asked, and what counts."""

    films: Films
    limits: Limits
    rules: Sequence[ShareRule]

    def best(self, video: VideoHashes, level: Level) -> tuple[Match, ...]:
        """The best match with each film that any way found."""
        best: dict[int, _Finding] = {}
        for way, asked in _ways(video, level):
            for entry_id in self.films.sharing(asked, self._radius(way), self.limits):
                known = best.get(entry_id)
                if known is not None and known.match.use is Use.BLOCK:
                    continue  # nothing altered allows more
                finding = self._finding(way, asked, entry_id)
                if finding is not None and (known is None or finding.rank > known.rank):
                    best[entry_id] = finding
        return tuple(finding.match for finding in best.values())

    def _radius(self, way: Way) -> int:
        return self.limits.review_bits if way is Way.FRAMES else self.limits.battery_bits

    def _finding(self, way: Way, asked: Footage, entry_id: int) -> _Finding | None:
        found, counted = self._weighed(way, asked, self.films.film(entry_id))
        if counted is None:
            return None
        match = Match(
            entry_id,
            MatchKind.NEAR,
            distance_bits=found.nearest_bits or 0,
            found_by=way.value + (found.transformation or ""),
            use=counted.use,
            overlap=Overlap(
                counted.rule.name, counted.shares, counted.regular, found.offset_seconds
            ),
        )
        return _Finding(match, counted.shares.of_query)

    def _weighed(self, way: Way, asked: Footage, known: Footage) -> tuple[VideoMatch, Verdict]:
        """What is found, as near as it must be to count, and what that allows."""
        if way is not Way.FRAMES:
            found = compared(asked, known, distance_bits=self.limits.battery_bits)
            return found, for_review(found, self.rules)
        found = compared(asked, known, distance_bits=self.limits.block_bits)
        verdict = within_block_limit(found, self.rules)
        if verdict is not None or self.limits.review_bits == self.limits.block_bits:
            return found, verdict
        found = compared(asked, known, distance_bits=self.limits.review_bits)
        return found, for_review(found, self.rules)


def _ways(video: VideoHashes, level: Level) -> Iterator[tuple[Way, Footage]]:
    if level is Level.EXACT:
        return
    yield Way.FRAMES, footage_of(video.frames)
    # A regular hash that was made of a frame carries nothing, as with pictures.
    yield Way.ORIENTED, footage_of(video.oriented).only_distinct()
    yield Way.WITHIN_BARS, footage_of(video.cropped).only_distinct()
    if level is Level.THOROUGH:
        yield Way.VARIANTS, footage_of_variants(video.variants).only_distinct()
