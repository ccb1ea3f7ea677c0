"""What is asked for a file, and what a finding allows: plain functions, no index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tocsin.engine.fingerprints.types import (
    FLAT_BELOW_QUALITY,
    Fingerprints,
    Gate,
    Origin,
    PdqHash,
    PictureHashes,
)
from tocsin.engine.search.limits import Limits
from tocsin.engine.search.matches import Level, Match, MatchKind, Use

DIGESTS: Final = ("sha256", "sha1", "md5")
"""Hardest to forge first: when an entry equals in several, the first is told."""

_SAY_NOTHING: Final = frozenset({Gate.PIXELS, Gate.BYTES})
# A preview is made by whoever wrote the file and need not show what the picture shows, so it
# accuses nobody by itself; nor do colours under alpha, a look on black, or a still before an
# animation, which a page does not show. A data URI and a frame are what a visitor gets to see.
SHOWN: Final = frozenset({Origin.PICTURE, Origin.FRAME, Origin.DATA_URI})
"""Where a picture must stand for its hash to block."""


class Standing(StrEnum):
    """What a hash that found an entry may carry."""

    PLAIN = "plain"
    """It is of a picture as it is shown: it may block."""
    REGULAR = "regular"
    """So is this, but its bits are so regular that chance may give them: for review only."""
    DERIVED = "derived"
    """It is of what the battery made of a picture, or of a preview inside the file: for review."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One PDQ hash (32 bytes) to ask for, and how far it may be trusted.

    `plain` is True for a hash of a picture as it is shown, False for what was made of it.
    """

    value: bytes
    found_by: str
    plain: bool
    origin: Origin
    number: int
    seconds: float | None = None

    def __repr__(self) -> str:
        return f"<Asked {self.found_by!r}>"


def asked_of(prints: Fingerprints, level: Level) -> Iterator[Asked]:
    """The hashes to ask for at this level, plain ones first; no plain one of a gated picture.

    A gate says that the picture's hash may not match alone. So does a quality below 50 of one hash
    among several. The variants of a picture that says too little as a whole are those of its
    windows that say enough (`variants_of_a_gated_picture`), so they may be asked for.
    """
    if level is Level.EXACT:
        return
    for picture in prints.pictures:
        if picture.gate is None:
            yield from _plain(picture)
    if level is Level.THOROUGH:
        for picture in prints.pictures:
            if picture.gate not in _SAY_NOTHING:
                yield from _varied(picture)


def standing_of(asked: Asked, *, distinct: bool) -> Standing | None:
    """What a hash may carry, given whether its bits are distinct (`hash_is_distinct`).

    None for a variant that is not: it is asked for beside hundreds of others, and matches by chance
    more often than all of them.
    """
    if asked.plain:
        return Standing.PLAIN if distinct else Standing.REGULAR
    return Standing.DERIVED if distinct else None


def use_of(standing: Standing, distance_bits: int, limits: Limits) -> Use | None:
    """What finding an entry at this distance allows; None when it is too far to count.

    Only a plain, distinct hash within the block limit may block.
    """
    if standing is Standing.DERIVED:
        return Use.REVIEW if distance_bits <= limits.battery_bits else None
    if distance_bits <= limits.block_bits:
        return Use.BLOCK if standing is Standing.PLAIN else Use.REVIEW
    wide = standing is Standing.PLAIN and distance_bits <= limits.review_bits
    return Use.REVIEW if wide else None


def radius_of(asked: Asked, limits: Limits) -> int:
    """The widest distance at which this hash can still count."""
    return limits.review_bits if asked.plain else limits.battery_bits


def exact_match(entry_id: int, digest: str) -> Match:
    """The same bytes as an entry: this may block."""
    return Match(entry_id, MatchKind.EXACT, 0, digest, Use.BLOCK)


def near_match(asked: Asked, entry_id: int, distance_bits: int, use: Use) -> Match:
    """The match of one finding."""
    return Match(
        entry_id,
        MatchKind.NEAR,
        distance_bits,
        asked.found_by,
        use,
        asked.origin,
        asked.number,
        asked.seconds,
    )


def best_of(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Each entry once with its best match, best first.

    Better is exact before near, what may block before what may not (a variant that happens to lie
    closer must not turn a block into a review), then the smaller distance, then what came first.
    """
    best: dict[int, Match] = {}
    for match in matches:
        known = best.get(match.entry_id)
        if known is None or _rank(match) < _rank(known):
            best[match.entry_id] = match
    return tuple(sorted(best.values(), key=lambda match: (*_rank(match), match.entry_id)))


def _rank(match: Match) -> tuple[bool, bool, int]:
    return match.kind is MatchKind.NEAR, match.use is Use.REVIEW, match.distance_bits


def _plain(picture: PictureHashes) -> Iterator[Asked]:
    named: tuple[tuple[str, PdqHash | None], ...] = (
        ("pdq", picture.pdq),
        ("pdq nearest512", picture.pdq_512),
        ("pdq oriented", picture.pdq_oriented),
    )
    told: set[bytes] = set()
    for name, found in named:
        if found is None or found.quality < FLAT_BELOW_QUALITY or found.value in told:
            continue  # up to 512 pixels a side, both dialects are one hash
        told.add(found.value)
        yield _asked(picture, found.value, name)


def _varied(picture: PictureHashes) -> Iterator[Asked]:
    for variant in picture.variants:
        if variant.quality >= FLAT_BELOW_QUALITY:
            yield replace(_asked(picture, variant.value, variant.transformation), plain=False)


def _asked(picture: PictureHashes, value: bytes, how: str) -> Asked:
    where = "" if picture.origin is Origin.PICTURE else f"{_told(picture)}: "
    plain = picture.origin in SHOWN
    return Asked(value, where + how, plain, picture.origin, picture.number)


def _told(picture: PictureHashes) -> str:
    return f"{picture.origin.replace('_', ' ')} {picture.number}"
