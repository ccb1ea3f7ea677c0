"""The search: which known entries a file matches, how it was found out, and what that allows.

For: whoever has fingerprints of a file and an index of a list, and must decide what to do. Owns
what is asked at each level, the limits, and the rules that tell blocking from a look by a person,
for pictures (`search`) and for films (`search_film`).
Must never: decode a file, print or keep a hash, or let a chance likeness block an upload.
"""

from tocsin.engine.search.calibration import (
    Calibration,
    Rate,
    RateKind,
    WrongCalibration,
    expected_false_positives,
    limit_for,
)
from tocsin.engine.search.films import FilmIndex, Films, match_film, match_films, search_film
from tocsin.engine.search.further import Frame, frames_of, variants_of
from tocsin.engine.search.limits import Limits, WrongLimits, limits_for
from tocsin.engine.search.matches import Level, Match, MatchKind, Overlap, Use
from tocsin.engine.search.searching import WrongIndex, search, search_many
from tocsin.engine.search.shares import RULES, ShareRule

__all__ = [
    "RULES",
    "Calibration",
    "FilmIndex",
    "Films",
    "Frame",
    "Level",
    "Limits",
    "Match",
    "MatchKind",
    "Overlap",
    "Rate",
    "RateKind",
    "ShareRule",
    "Use",
    "WrongCalibration",
    "WrongIndex",
    "WrongLimits",
    "expected_false_positives",
    "frames_of",
    "limit_for",
    "limits_for",
    "match_film",
    "match_films",
    "search",
    "search_film",
    "search_many",
    "variants_of",
]
