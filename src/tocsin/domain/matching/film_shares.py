"""How much of a film was found in a listed one."""

from __future__ import annotations

from typing import NamedTuple


class FilmShares(NamedTuple):
    """Parts of the film asked about, and of the listed one, found in one another, 0 to 1; how many
    frames of the first; and the rule of `tocsin.engine.search.RULES` by which it counts."""

    of_query: float
    of_listed: float
    frames: int
    rule: str
