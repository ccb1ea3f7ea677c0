"""The ways in by which checks come."""

from __future__ import annotations

from enum import StrEnum


class Door(StrEnum):
    """The way in by which a check came, for counting; checks of the test lists for themselves."""

    V1 = "v1"
    V1_TEST = "v1-test"
    CHECKS = "v2-checks"
    MEDIA = "v2-media"
    V2_TEST = "v2-test"
    CLAMD = "clamd"
    ICAP = "icap"
    ARACHNID = "arachnid"
    PHOTODNA = "photodna"
    HMA = "hma"
    JOBS = "v2-jobs"


FOR_TESTS = frozenset({Door.V1_TEST, Door.V2_TEST})
