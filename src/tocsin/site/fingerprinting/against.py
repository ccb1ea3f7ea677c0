"""How a file compares with another: what finds it, at which distance, and what that would allow."""

from __future__ import annotations

from typing import Final

import numpy as np

from tocsin.engine.fingerprints import Fingerprints, distance_bits
from tocsin.engine.index import ExactIndex, NearIndex
from tocsin.engine.search import Level, Match, Use, search

_ENTRY: Final = np.ones(1, np.uint64)
_USE_WORDS: Final = {
    Use.BLOCK: "may block",
    Use.REVIEW: "for a person to look at, never for blocking",
}


class Original:
    """A list of one entry: the file that others are compared with, by its exact fingerprints."""

    def __init__(self, found: Fingerprints) -> None:
        self._pdq = found.pdq
        values = [found.pdq] if found.pdq is not None and found.near_matchable else []
        self._near = NearIndex.build(_rows(values, 32), _ENTRY[: len(values)])
        self._exact = {"sha256": ExactIndex.build(_rows([found.sha256], 32), _ENTRY)}
        self.comparable = bool(values)
        """False when its PDQ must not match alone: then only the same bytes are a match."""

    def match(self, found: Fingerprints) -> Match | None:
        """The best match of a file at the level `thorough`, within 31 bits; None without one."""
        matches = search(found, near=self._near, exact=self._exact, level=Level.THOROUGH)
        return matches[0] if matches else None

    def told(self, found: Fingerprints) -> str:
        """The same in words."""
        match = self.match(found)
        if match is None:
            return f"no match{self._distance(found)}"
        if match.kind == "exact":
            return f"the same bytes: {_USE_WORDS[match.use]}"
        found_by = f"{match.distance_bits} bits, found by {match.found_by}"
        return f"{found_by}: {_USE_WORDS[match.use]}"

    def _distance(self, found: Fingerprints) -> str:
        """How far off the nearest plain hash is; unrelated pictures lie around 128 bits."""
        if self._pdq is None or not self.comparable:
            return " (the original's PDQ must not match alone)"
        plain = [h for h in (found.pdq, found.pdq_512, found.pdq_oriented) if h is not None]
        if not plain:
            return ""
        return f": its PDQ is {min(distance_bits(h, self._pdq) for h in plain)} bits off"


def _rows(values: list[bytes], width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width)
