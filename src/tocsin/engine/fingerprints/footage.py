"""How much of one film is found in another: shares of frames, both ways. Pure arithmetic.

vPDQ counts the different frames of one film within 31 bits of any of the other. So do we, but not
every frame has a say. One that shows too little (PDQ quality below 50, or held back by a gate:
black, one tone, a card with a line of text) is in every film and tells none from another: it is
*silent*, is compared with nothing, and counts neither for nor against a share. One whose bits are
*regular* (`distinctive.hash_is_distinct`) meets others by chance: shares are given twice, with and
without such frames. What the shares allow is for `tocsin.engine.search` to say.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.fingerprints.distinctive import hash_is_distinct
from tocsin.engine.fingerprints.types import FLAT_BELOW_QUALITY, FrameHash, FrameVariants

DISTANCE_BITS: Final = 31
"""Within which vPDQ calls two frames the same."""
WIDEST_BITS: Final = 60
_CHUNK_PAIRS: Final = 1 << 20
_OFFSET_SECONDS: Final = 0.5
_AGREE_SHARE: Final = 0.6

# What tells where a query lies in a list: so many of its frames, each like at most so many others.
_MOST_VOTERS: Final = 2_000
_MOST_ALIKE: Final = 500

Hashes = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]
_NOWHERE: Final[Places] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, repr=False)
class Footage:
    """The hashes of a film that tell it from others: different ones, the silent left out.

    `hashes` is uint8[N, 32]; `frame` int64[N] the frame that each is of (several variants of one
    frame are one frame), `seconds` float64[N] when it is shown, `distinct` bool[N] whether its bits
    are irregular enough to block by. `names` says what each variant undoes; empty for plain frames.
    """

    hashes: Hashes
    frame: Places
    seconds: NDArray[np.float64]
    distinct: Mask
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.hashes)

    def __repr__(self) -> str:
        return f"<Footage {len(self.hashes)} hashes>"

    def only_distinct(self) -> "Footage":
        """The same without the regular ones."""
        kept = np.flatnonzero(self.distinct)
        names = tuple(self.names[place] for place in kept) if self.names else ()
        return Footage(
            self.hashes[kept], self.frame[kept], self.seconds[kept], self.distinct[kept], names
        )


def is_silent(frame: FrameHash, quality: int = FLAT_BELOW_QUALITY) -> bool:
    """Whether a frame says too little to count: below this quality, or held back by a gate.

    Lists of others tell the quality only; whether a gate held a frame back is known for our own.
    """
    return frame.gate is not None or frame.quality < quality


def footage_of(frames: Iterable[FrameHash], *, quality: int = FLAT_BELOW_QUALITY) -> Footage:
    """The frames that count. Of frames with the same hash, the first: a still scene counts once."""
    by_value: dict[bytes, FrameHash] = {}
    for frame in frames:
        if not is_silent(frame, quality):
            by_value.setdefault(frame.value, frame)
    hashes = _hashes(by_value)
    seconds = np.array([frame.seconds for frame in by_value.values()], np.float64)
    return Footage(hashes, np.arange(len(hashes)), seconds, hash_is_distinct(hashes))


def footage_from(hashes: Hashes, seconds: NDArray[np.float64]) -> Footage:
    """The same from uint8[N, 32] and float64[N] of which none is silent: a list's own."""
    first = np.sort(np.unique(hashes, axis=0, return_index=True)[1])
    hashes = np.ascontiguousarray(hashes[first])
    return Footage(hashes, np.arange(len(hashes)), seconds[first], hash_is_distinct(hashes))


def footage_of_variants(
    frames: Iterable[FrameVariants], *, quality: int = FLAT_BELOW_QUALITY
) -> Footage:
    """Every variant of a frame that has the quality, asking for the frame that it is of."""
    kept = [
        (place, frame.seconds, variant)
        for place, frame in enumerate(frames)
        for variant in frame.variants
        if variant.quality >= quality
    ]
    hashes = _hashes(variant.value for _, _, variant in kept)
    return Footage(
        hashes,
        np.array([place for place, _, _ in kept], np.int64),
        np.array([seconds for _, seconds, _ in kept], np.float64),
        hash_is_distinct(hashes),
        tuple(variant.transformation for _, _, variant in kept),
    )


@dataclass(frozen=True, slots=True)
class Shares:
    """How many frames of a query and of a listed film were found in one another."""

    query_frames: int
    listed_frames: int
    query_found: int
    listed_found: int

    @property
    def of_query(self) -> float:
        """From 0 to 1; 0 where there are no frames."""
        return self.query_found / self.query_frames if self.query_frames else 0.0

    @property
    def of_listed(self) -> float:
        """From 0 to 1; 0 where there are no frames."""
        return self.listed_found / self.listed_frames if self.listed_frames else 0.0


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """What comparing two films gave.

    `telling` counts all frames but the silent ones, as vPDQ would; `distinct` leaves out the
    regular ones on both sides as well. `nearest_bits` is the distance of the closest pair, None
    without one. `offset_seconds` is where the query's start lies in the listed film, when most of
    the frames found agree on it within half a second, and None otherwise. `transformation` is the
    variant that found most frames, None where plain frames were asked.
    """

    telling: Shares
    distinct: Shares
    nearest_bits: int | None = None
    offset_seconds: float | None = None
    transformation: str | None = None


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

    Raises ValueError for a distance above 60 bits: further away, frames are not the same.
    """
    asked, known = (footage_of(frames, quality=quality) for frames in (query, listed))
    return compared(asked, known, distance_bits=distance_bits)


def compared(asked: Footage, known: Footage, *, distance_bits: int = DISTANCE_BITS) -> VideoMatch:
    """The same for films that were made ready before. Raises ValueError above 60 bits."""
    if not 0 <= distance_bits <= WIDEST_BITS:
        raise ValueError(f"a distance is 0 to {WIDEST_BITS} bits, not {distance_bits}")
    frames = np.unique(asked.frame)
    voters = frames[:: max(1, len(frames) // _MOST_VOTERS)]
    found = _Found.nothing(asked, known, np.isin(asked.frame, voters))
    voices = [found.note(*some) for some in _pairs(asked.hashes, known.hashes, distance_bits)]
    rows, columns = (np.concatenate([_NOWHERE, *part]) for part in _both(voices))
    return VideoMatch(
        telling=found.telling(),
        distinct=found.distinct(),
        nearest_bits=found.nearest_bits,
        offset_seconds=_offset(asked.frame[rows], known.seconds[columns] - asked.seconds[rows]),
        transformation=found.transformation(),
    )


def candidates(asked: Footage, look_up: Callable[[Hashes], FrameHits]) -> list[Candidate]:
    """The listed films that share frames with the query, those with most of them first.

    `look_up` is the near index of a list in which each frame stands with its film's id
    (`NearIndex.query`, or one with a radius of its own): one batch for the whole query. Each frame
    of the query votes once for a film. `compared` says of the best of them how much they share.
    """
    if not len(asked):
        return []
    hits = look_up(asked.hashes)
    voter = np.repeat(asked.frame, np.diff(hits.offsets))
    votes = np.unique(np.stack([voter.astype(np.uint64), hits.ids]), axis=1)[1]
    films, counts = np.unique(votes, return_counts=True)
    found = zip(films.tolist(), counts.tolist(), strict=True)
    ordered = sorted(found, key=lambda vote: (-vote[1], vote[0]))
    frames = len(np.unique(asked.frame))
    return [Candidate(film, count, frames) for film, count in ordered]


@dataclass(slots=True)
class _Found:
    """Which hashes of the query found something and which of the list were found, by any pair and
    by pairs of distinct ones; and which of the query's are asked where they lie: some thousands,
    spread over it."""

    asked: Footage
    known: Footage
    votes: Mask
    rows: Mask
    columns: Mask
    distinct_rows: Mask
    distinct_columns: Mask
    nearest_bits: int | None = None

    @classmethod
    def nothing(cls, asked: Footage, known: Footage, votes: Mask) -> "_Found":
        rows, columns = np.zeros(len(asked), np.bool_), np.zeros(len(known), np.bool_)
        return cls(asked, known, votes, rows, columns, rows.copy(), columns.copy())

    def note(
        self, rows: Places, columns: Places, bits: NDArray[np.uint16]
    ) -> tuple[Places, Places]:
        """Note these pairs; gives those of rows that tell a time, being like few others.

        In a still scene every frame is like every other: such pairs are millions and say nothing of
        where the query lies in the list.
        """
        self.rows[rows] = True
        self.columns[columns] = True
        both = self.asked.distinct[rows] & self.known.distinct[columns]
        self.distinct_rows[rows[both]] = True
        self.distinct_columns[columns[both]] = True
        if len(bits):
            known = WIDEST_BITS if self.nearest_bits is None else self.nearest_bits
            self.nearest_bits = min(known, int(bits.min()))
        counts = np.bincount(rows, minlength=len(self.rows))
        telling = self.votes[rows] & (counts[rows] <= _MOST_ALIKE)
        return rows[telling], columns[telling]

    def telling(self) -> Shares:
        return Shares(
            query_frames=len(np.unique(self.asked.frame)),
            listed_frames=len(self.known),
            query_found=len(np.unique(self.asked.frame[self.rows])),
            listed_found=int(np.count_nonzero(self.columns)),
        )

    def distinct(self) -> Shares:
        return Shares(
            query_frames=len(np.unique(self.asked.frame[self.asked.distinct])),
            listed_frames=int(np.count_nonzero(self.known.distinct)),
            query_found=len(np.unique(self.asked.frame[self.distinct_rows])),
            listed_found=int(np.count_nonzero(self.distinct_columns)),
        )

    def transformation(self) -> str | None:
        """The name under which most frames found something; of several, the first."""
        if not self.asked.names or not self.rows.any():
            return None
        found = np.flatnonzero(self.rows)
        named = {(self.asked.names[row], int(self.asked.frame[row])): None for row in found}
        return Counter(name for name, _ in named).most_common(1)[0][0]


def _both(pairs: list[tuple[Places, Places]]) -> tuple[list[Places], list[Places]]:
    return [rows for rows, _ in pairs], [columns for _, columns in pairs]


def _hashes(values: Iterable[bytes]) -> Hashes:
    """The values as uint8[n, 32]."""
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32)


def _pairs(
    asked: Hashes, listed: Hashes, distance_bits: int
) -> Iterator[tuple[Places, Places, NDArray[np.uint16]]]:
    """Which of the one lie within so many bits of which of the other: int64[pairs] twice, and how
    far: uint16[pairs]; some rows at a time."""
    one, other = np.ascontiguousarray(asked).view(np.uint64), listed.view(np.uint64)
    step = max(1, _CHUNK_PAIRS // max(1, len(other)))
    for first in range(0, len(one), step):
        part = one[first : first + step]
        apart = np.zeros((len(part), len(other)), np.uint16)
        for word in range(4):
            apart += np.bitwise_count(part[:, word, None] ^ other[None, :, word])
        row, column = np.nonzero(apart <= distance_bits)
        yield row + first, column, apart[row, column]


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
