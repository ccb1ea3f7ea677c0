"""How a file compares with another, or with a list: what finds it, how near, what that allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from tocsin.engine.fingerprints import Fingerprints, distance_bits
from tocsin.engine.fingerprints.footage import footage_of
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.search import FilmIndex, Level, Match, Overlap, Use, search_film
from tocsin.site.fingerprinting.listed import Listed

MOST_TOLD: Final = 10
_USE_WORDS: Final = {
    Use.BLOCK: "may block",
    Use.REVIEW: "for a person to look at, never for blocking",
}
RULE_WORDS: Final = {
    "vpdq": "at least 80 % of its frames, and three of them, are in the listed film",
    "whole list": "at least 80 % of the listed film is in it, by three frames or more",
    "part of the query": "at least 20 % of its frames are in the listed film",
    "part of the list": "at least 20 % of the listed film is in it",
    "ten frames": "ten of its frames or more are in the listed film",
}
"""What each rule of `search.RULES` asks for."""
REGULAR_WORDS: Final = (
    "the bits of these frames are regular, so chance may bring them together: never for blocking"
)
ALTERED_WORDS: Final = "only altered frames found it: never for blocking"
SINGLE_WORDS: Final = "a listed picture is shown in it; the rules are those for pictures"


class Known:
    """What files are compared with: the entries of a list, or one original."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        self._near = NearIndex.build(
            _rows([value for _, value in listed.pictures], 32),
            np.array([entry for entry, _ in listed.pictures], np.uint64),
        )
        self._films = FilmIndex.build(listed.films)
        self._exact = {
            name: ExactIndex.build(
                _rows([value for _, value in given], len(given[0][1])),
                np.array([entry for entry, _ in given], np.uint64),
            )
            for name, given in listed.digests.items()
        }

    def matches(self, found: Fingerprints) -> tuple[Match, ...]:
        """All matches of a file at the level `thorough`, within 31 bits, best first."""
        return search_film(
            found, near=self._near, films=self._films, exact=self._exact, level=Level.THOROUGH
        )

    def told(self, found: Fingerprints, *, explain: bool = False) -> list[str]:
        """The same in words, a line for each match (the ten best of them), and why if asked."""
        matches = self.matches(found)
        if not matches:
            return [f"no match{self.why_not(found)}"]
        lines = [
            line for match in matches[:MOST_TOLD] for line in self._lines(match, explain=explain)
        ]
        more = len(matches) - MOST_TOLD
        return [*lines, f"and {more} more"] if more > 0 else lines

    def name_of(self, entry_id: int) -> str:
        """What stands before an entry's line."""
        return f"{self._listed.names[entry_id]}: "

    def why_not(self, found: Fingerprints) -> str:
        """What to add where nothing matches."""
        films, pictures = len(self._films), len(self._near)
        return f" among {_counted(pictures, 'picture')} and {_counted(films, 'film')}" + (
            _nothing_to_compare(found)
        )

    def _lines(self, match: Match, *, explain: bool) -> Iterator[str]:
        yield f"{self.name_of(match.entry_id)}{_told(match)}: {_USE_WORDS[match.use]}"
        if explain:
            yield from _reasons(match)


class Original(Known):
    """A list of one entry: the file that others are compared with, by its exact fingerprints."""

    def __init__(self, found: Fingerprints) -> None:
        self._pdq = found.pdq if found.near_matchable else None
        listed = Listed(digests={"sha256": [(0, found.sha256)]})
        listed.new_entry("original")
        if self._pdq is not None:
            listed.pictures.append((0, self._pdq))
        if found.video is not None:
            listed.films[0] = found.video.frames
        super().__init__(listed)
        frames = 0 if found.video is None else len(footage_of(found.video.frames))
        self.comparable = self._pdq is not None or frames > 0
        """False when nothing of it may match alone: then only the same bytes are a match."""

    def name_of(self, entry_id: int) -> str:
        """Nothing: there is one entry."""
        return ""

    def why_not(self, found: Fingerprints) -> str:
        """How far off the nearest plain hash is; unrelated pictures lie around 128 bits."""
        if not self.comparable:
            return " (the original's PDQ must not match alone)"
        plain = [h for h in (found.pdq, found.pdq_512, found.pdq_oriented) if h is not None]
        if plain and self._pdq is not None:
            return f": its PDQ is {min(distance_bits(h, self._pdq) for h in plain)} bits off"
        return _nothing_to_compare(found)


def _nothing_to_compare(found: Fingerprints) -> str:
    """Said of a film whose frames say too little."""
    if found.video is None or len(footage_of(found.video.frames)):
        return ""
    return ": none of its frames says enough to be compared"


def _told(match: Match) -> str:
    if match.kind == "exact":
        return "the same bytes"
    if match.overlap is None:
        at = "" if match.seconds is None else f" at {match.seconds:.3f} s"
        return f"{match.distance_bits} bits, found by {match.found_by}{at}"
    shares = match.overlap.shares
    return (
        f"{shares.query_found} of its {_counted(shares.query_frames, 'frame')} "
        f"({_percent(shares.of_query)}) and {shares.listed_found} of {shares.listed_frames} listed "
        f"({_percent(shares.of_listed)}), found by {match.found_by}"
    )


def _reasons(match: Match) -> Iterator[str]:
    if match.overlap is None:
        if match.seconds is not None:
            yield SINGLE_WORDS
        return
    yield RULE_WORDS.get(match.overlap.rule, match.overlap.rule)
    if match.overlap.regular:
        yield REGULAR_WORDS
    elif match.found_by != "frames":
        yield ALTERED_WORDS
    yield from _where(match.overlap)


def _where(overlap: Overlap) -> Iterator[str]:
    at = overlap.offset_seconds
    if at is None:
        return
    if abs(at) < 0.5:
        yield "both start together"
    elif at > 0:
        yield f"it starts {at:.1f} s into the listed film"
    else:
        yield f"the listed film starts {-at:.1f} s into it"


def _percent(share: float) -> str:
    """Cut off, not rounded: 79.9 % is not yet the 80 % that a rule asks for."""
    return f"{int(share * 100 + 1e-9)} %"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _rows(values: Sequence[bytes], width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)
