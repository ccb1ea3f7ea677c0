"""Whether one film is another: by the share of frames that each finds in the other.

vPDQ's own rule (at least 80 % of the query's frames within 31 bits, quality 50 and more) works
where the list holds every frame. A list of one frame a second misses a copy that was re-timed; then
every frame of the query must be hashed, and the share of the list's frames is what counts. Both
shares are given, and the rules are data.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY, FrameHash, VideoHashes

DISTANCE_BITS: Final = 31
_CHUNK_PAIRS: Final = 1 << 20
_OFFSET_SECONDS: Final = 0.5
_AGREE_SHARE: Final = 0.6

# What tells where a query lies in a list: so many of its frames, each like at most so many others.
_MOST_VOTERS: Final = 2_000
_MOST_ALIKE: Final = 500

Hashes = NDArray[np.uint8]
Places = NDArray[np.int64]
_NOWHERE: Final[Places] = np.empty(0, np.int64)


class FoundBy(StrEnum):
    """Which hashes of the query found it."""

    FRAMES = "frames"
    """The frames as they are."""
    CROPPED = "cropped"
    """The frames without their bars."""
    ORIENTED = "oriented"
    """The frames turned as the film wants them shown."""
    VARIANTS = "variants"
    """Variants of the query battery: mirrored, cropped, bordered ..."""


class Use(StrEnum):
    """What a match may be used for."""

    BLOCK = "block"
    REVIEW = "review"
    """To be looked at by a person; never for blocking."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ShareRule:
    """A match needs all of these: shares from 0 to 1, and so many of the query's frames found."""

    name: str
    share_of_query: float
    share_of_listed: float
    frames: int
    use: Use


RULES: Final = (
    ShareRule("vpdq", share_of_query=0.8, share_of_listed=0, frames=3, use=Use.BLOCK),
    ShareRule("whole list", share_of_query=0, share_of_listed=0.8, frames=3, use=Use.BLOCK),
    ShareRule("part of the query", share_of_query=0.2, share_of_listed=0, frames=1, use=Use.REVIEW),
    ShareRule("part of the list", share_of_query=0, share_of_listed=0.2, frames=1, use=Use.REVIEW),
    ShareRule("ten frames", share_of_query=0, share_of_listed=0, frames=10, use=Use.REVIEW),
)
"""The first rule that holds stands. A single frame never blocks: films share title cards."""


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """How much of a query and of a listed film were found in one another.

    Counted are different hashes of at least the quality asked for: a still scene counts once.
    `offset_seconds` is where the query's start lies in the listed film, when most of the frames
    found agree on it within half a second, and None otherwise.
    """

    query_frames: int
    listed_frames: int
    query_found: int
    listed_found: int
    offset_seconds: float | None = None
    found_by: FoundBy = FoundBy.FRAMES

    @property
    def share_of_query(self) -> float:
        """From 0 to 1."""
        return self.query_found / self.query_frames if self.query_frames else 0.0

    @property
    def share_of_listed(self) -> float:
        """From 0 to 1."""
        return self.listed_found / self.listed_frames if self.listed_frames else 0.0

    def rule(self, rules: Sequence[ShareRule] = RULES) -> ShareRule | None:
        """The first of the rules that this match fulfils."""
        for rule in rules:
            if (
                self.query_found >= max(1, rule.frames)
                and self.share_of_query >= rule.share_of_query
                and self.share_of_listed >= rule.share_of_listed
            ):
                return rule
        return None

    def use(self, rules: Sequence[ShareRule] = RULES) -> Use:
        """What the match may be used for; found by altered frames only, never for blocking."""
        rule = self.rule(rules)
        if rule is None:
            return Use.NONE
        return rule.use if self.found_by is FoundBy.FRAMES else Use.REVIEW


class FrameHits(Protocol):
    """What a look-up of Q hashes found: see `index.NearMatches`."""

    @property
    def offsets(self) -> NDArray[np.int64]: ...
    @property
    def ids(self) -> NDArray[np.uint64]: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed film of which at least one frame was found: its id, and how many of the query's
    frames found it."""

    film: int
    query_found: int
    query_frames: int

    @property
    def share_of_query(self) -> float:
        """From 0 to 1."""
        return self.query_found / self.query_frames


def match(
    query: Iterable[FrameHash],
    listed: Iterable[FrameHash],
    *,
    distance_bits: int = DISTANCE_BITS,
    quality: int = FLAT_BELOW_QUALITY,
) -> VideoMatch:
    """Compares every frame of one with every frame of the other, as vPDQ does.

    Raises ValueError for a distance above 31 bits: further away, frames are not the same.
    """
    if not 0 <= distance_bits <= DISTANCE_BITS:
        raise ValueError(f"a distance is 0 to {DISTANCE_BITS} bits, not {distance_bits}")
    return _compared(_Asked.frames_of(query, quality), _distinct(listed, quality), distance_bits)


def match_video(
    query: VideoHashes,
    listed: Iterable[FrameHash],
    *,
    distance_bits: int = DISTANCE_BITS,
    quality: int = FLAT_BELOW_QUALITY,
) -> VideoMatch:
    """The best match of any of a film's hashes: that of the frames as they are when it may block,
    and otherwise whichever finds the largest share of the query's frames."""
    known = _distinct(listed, quality)
    plain = _compared(_Asked.frames_of(query.frames, quality), known, distance_bits)
    if plain.use() is Use.BLOCK:
        return plain
    altered = {
        FoundBy.ORIENTED: _Asked.frames_of(query.oriented, quality),
        FoundBy.CROPPED: _Asked.frames_of(query.cropped, quality),
        FoundBy.VARIANTS: _Asked.variants_of(query, quality),
    }
    found = [_compared(asked, known, distance_bits, by) for by, asked in altered.items()]
    return max(plain, *found, key=lambda one: one.share_of_query)


def match_variants(
    query: VideoHashes,
    listed: Iterable[FrameHash],
    *,
    distance_bits: int = DISTANCE_BITS,
    quality: int = FLAT_BELOW_QUALITY,
) -> VideoMatch:
    """Of the frames that have variants, those of which any variant is found."""
    asked = _Asked.variants_of(query, quality)
    return _compared(asked, _distinct(listed, quality), distance_bits, FoundBy.VARIANTS)


def candidates(
    query: Iterable[FrameHash],
    look_up: Callable[[Hashes], FrameHits],
    *,
    quality: int = FLAT_BELOW_QUALITY,
) -> list[Candidate]:
    """The listed films that share frames with the query, those with most of them first.

    `look_up` is the near index of a list in which each frame stands with its film's id
    (`NearIndex.query`, or one with a radius of its own): one batch for the whole query. Each frame
    of the query votes once for a film. Give the best of them to `match` with their lists.
    """
    asked = _distinct(query, quality)
    if not asked:
        return []
    hits = look_up(np.stack([np.frombuffer(frame.value, np.uint8) for frame in asked]))
    voter = np.repeat(np.arange(len(asked)), np.diff(hits.offsets))
    votes = np.unique(np.stack([voter.astype(np.uint64), hits.ids]), axis=1)[1]
    films, counts = np.unique(votes, return_counts=True)
    found = zip(films.tolist(), counts.tolist(), strict=True)
    ordered = sorted(found, key=lambda vote: (-vote[1], vote[0]))
    return [Candidate(film, count, len(asked)) for film, count in ordered]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hashes of a query, uint8[n, 32], and for each the frame it is of and that frame's seconds."""

    hashes: Hashes
    frame: NDArray[np.int64]
    seconds: NDArray[np.float64]

    @classmethod
    def frames_of(cls, frames: Iterable[FrameHash], quality: int) -> "_Asked":
        kept = _distinct(frames, quality)
        places = np.arange(len(kept))
        return cls(_hashes(f.value for f in kept), places, _times(kept))

    @classmethod
    def variants_of(cls, query: VideoHashes, quality: int) -> "_Asked":
        """Every variant of a frame asks for the frame."""
        kept = [
            (place, frame.seconds, variant.value)
            for place, frame in enumerate(query.variants)
            for variant in frame.variants
            if variant.quality >= quality
        ]
        places = np.array([place for place, _, _ in kept], np.int64)
        seconds = np.array([at for _, at, _ in kept], np.float64)
        return cls(_hashes(value for _, _, value in kept), places, seconds)


def _compared(
    asked: _Asked,
    known: Sequence[FrameHash],
    distance_bits: int,
    found_by: FoundBy = FoundBy.FRAMES,
) -> VideoMatch:
    frames = np.unique(asked.frame)
    voters = frames[:: max(1, len(frames) // _MOST_VOTERS)]
    found = _Found(
        rows=np.zeros(len(asked.hashes), np.bool_),
        columns=np.zeros(len(known), np.bool_),
        votes=np.isin(asked.frame, voters),
    )
    voices = [found.note(*some) for some in _pairs(asked.hashes, known, distance_bits)]
    rows, columns = (np.concatenate([_NOWHERE, *part]) for part in _both(voices))
    return VideoMatch(
        query_frames=len(frames),
        listed_frames=len(known),
        query_found=len(np.unique(asked.frame[found.rows])),
        listed_found=int(np.count_nonzero(found.columns)),
        offset_seconds=_offset(asked.frame[rows], _times(known)[columns] - asked.seconds[rows]),
        found_by=found_by,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """Which rows of the query found something, which of the list were found, and which of the
    query's are asked where they lie: some thousands, spread over it."""

    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    votes: NDArray[np.bool_]

    def note(self, rows: Places, columns: Places) -> tuple[Places, Places]:
        """Note these pairs; gives those of rows that tell a time, being like few others.

        In a still scene every frame is like every other: such pairs are millions and say nothing of
        where the query lies in the list.
        """
        self.rows[rows] = True
        self.columns[columns] = True
        counts = np.bincount(rows, minlength=len(self.rows))
        telling = self.votes[rows] & (counts[rows] <= _MOST_ALIKE)
        return rows[telling], columns[telling]


def _both(pairs: list[tuple[Places, Places]]) -> tuple[list[Places], list[Places]]:
    return [rows for rows, _ in pairs], [columns for _, columns in pairs]


def _distinct(frames: Iterable[FrameHash], quality: int) -> list[FrameHash]:
    """The first frame with each hash, of those with the quality asked for."""
    by_value: dict[bytes, FrameHash] = {}
    for frame in frames:
        if frame.quality >= quality:
            by_value.setdefault(frame.value, frame)
    return list(by_value.values())


def _hashes(values: Iterable[bytes]) -> Hashes:
    """The values as uint8[n, 32]."""
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)


def _times(frames: Sequence[FrameHash]) -> NDArray[np.float64]:
    return np.array([frame.seconds for frame in frames], np.float64)


def _pairs(
    asked: Hashes, listed: Sequence[FrameHash], distance_bits: int
) -> Iterator[tuple[Places, Places]]:
    """Which of the one lie within so many bits of which of the other: int64[pairs] twice, some rows
    at a time."""
    known = _hashes(frame.value for frame in listed)
    one, other = asked.view(np.uint64), known.view(np.uint64)
    step = max(1, _CHUNK_PAIRS // max(1, len(known)))
    for first in range(0, len(asked), step):
        part = one[first : first + step]
        apart = np.zeros((len(part), len(other)), np.uint16)
        for word in range(4):
            apart += np.bitwise_count(part[:, word, None] ^ other[None, :, word])
        row, column = np.nonzero(apart <= distance_bits)
        yield row + first, column


def _offset(frames: NDArray[np.int64], apart: NDArray[np.float64]) -> float | None:
    """The difference in seconds on which most frames agree; each frame has one voice for each.

    A voice counts for its half second and for the next one, so that no border divides them.
    """
    if not len(frames):
        return None
    bins = np.floor(apart / _OFFSET_SECONDS).astype(np.int64)
    voices = np.unique(np.stack([np.tile(frames, 2), np.concatenate([bins, bins + 1])]), axis=1)
    offsets, counts = np.unique(voices[1], return_counts=True)
    best = offsets[np.argmax(counts)]
    if counts.max() < _AGREE_SHARE * len(np.unique(frames)):
        return None
    return float(np.median(apart[(bins == best) | (bins + 1 == best)]))
