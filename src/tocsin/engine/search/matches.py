"""The values of a search: its level, and the matches that it gives."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.fingerprints.footage import Shares
from tocsin.engine.fingerprints.types import Origin


class Level(StrEnum):
    """How much is asked of the lists for one file."""

    EXACT = "exact"
    """The digests of its bytes only."""
    NEAR = "near"
    """Those, and the PDQ of each of its pictures: both dialects, and as EXIF wants it shown. Of a
    film, the PDQ of its frames: as stored, as the film wants them shown, and within their bars."""
    THOROUGH = "thorough"
    """Those, and the variants of the query battery, where the fingerprints carry them."""


class MatchKind(StrEnum):
    """Whether the bytes are the same, or the picture looks alike."""

    EXACT = "exact"
    NEAR = "near"


class Use(StrEnum):
    """What a match allows. A provider may do less, never more."""

    BLOCK = "block"
    """It may stop an upload without a person looking first."""
    REVIEW = "review"
    """It is for a person to look at; nothing may be blocked because of it."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of a film and of a listed film were found in one another, and by which rule it
    counts (`shares.RULES`).

    `regular` says that it counts by frames with regular bits only. `offset_seconds` is where the
    start of the film lies in the listed one, None when the frames do not agree on it.
    """

    rule: str
    shares: Shares
    regular: bool
    offset_seconds: float | None


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of a list that a file matches: the best of what was found for that entry.

    `found_by` says how: the name of a digest, `pdq`, `pdq nearest512`, `pdq oriented`, or the name
    of a variant such as `mirrored`; with `frame 12: ` and the like before it when it was not the
    file's first picture. `distance_bits` is 0 for an exact match. `origin` and `number` name the
    picture in the file, None for an exact match of the bytes. A picture found in a frame of a film
    has the `seconds` at which it is shown.

    Where the entry is a film, `overlap` says how much of it was found, `found_by` is `frames`,
    `frames oriented`, `frames within the bars`, or `frames: ` and the name of the variant that
    found most of them, and `distance_bits` is that of the closest pair of frames.
    """

    entry_id: int
    kind: MatchKind
    distance_bits: int
    found_by: str
    use: Use
    origin: Origin | None = None
    number: int | None = None
    seconds: float | None = None
    overlap: Overlap | None = None
