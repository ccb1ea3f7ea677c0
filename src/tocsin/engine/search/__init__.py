"""The search: which known entries a file matches, how it was found out, and what that allows.

For: whoever has fingerprints of a file and an index of a list, and must decide what to do. Owns
what is asked at each level, the limits, and the rule that tells blocking from a look by a person.
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
from tocsin.engine.search.limits import Limits, WrongLimits, limits_for
from tocsin.engine.search.matches import Level, Match, MatchKind, Use
from tocsin.engine.search.searching import WrongIndex, search, search_many

__all__ = [
    "Calibration",
    "Level",
    "Limits",
    "Match",
    "MatchKind",
    "Rate",
    "RateKind",
    "Use",
    "WrongCalibration",
    "WrongIndex",
    "WrongLimits",
    "expected_false_positives",
    "limit_for",
    "limits_for",
    "search",
    "search_many",
]
