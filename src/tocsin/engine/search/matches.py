"""The values of a search: its level, and the matches that it gives."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.fingerprints.types import Origin


class Level(StrEnum):
    """How much is asked of the lists for one file."""

    EXACT = "exact"
    """The digests of its bytes only."""
    NEAR = "near"
    """Those, and the PDQ of each of its pictures: both dialects, and as EXIF wants it shown."""
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
class Match:
    """One entry of a list that a file matches: the best of what was found for that entry.

    `found_by` says how: the name of a digest, `pdq`, `pdq nearest512`, `pdq oriented`, or the name
    of a variant such as `mirrored`; with `frame 12: ` and the like before it when it was not the
    file's first picture. `distance_bits` is 0 for an exact match. `origin` and `number` name the
    picture in the file, None for an exact match of the bytes.
    """

    entry_id: int
    kind: MatchKind
    distance_bits: int
    found_by: str
    use: Use
    origin: Origin | None = None
    number: int | None = None
