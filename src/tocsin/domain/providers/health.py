"""When a provider's page turns red, and what it says then. Plain functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.domain.matching.types import DayCount, Measures
from tocsin.domain.providers.types import Lamp

DAYS: Final = 14
QUIET_DAYS: Final = 3
ENOUGH_DAYS: Final = 3
ENOUGH_CHECKS: Final = 100
ENOUGH_ERRORS: Final = 20
CANARY_WITHIN: Final = timedelta(days=7)
EXPECT_A_HIT_IN: Final = 2_325_000
"""Uploads among which, at the lowest base rate that was published, one in 232,500 (IFTAS, 2024),
ten would be known: without a single one, something is not asked as it should be."""

WORDS: Final[Mapping[Lamp, Promise]] = {
    Lamp.STOPPED: _(
        "No check came for three days, after days on which there were some. See whether your "
        "program still runs and reaches us; try a line from “Lines to paste”."
    ),
    Lamp.ERRORS: _(
        "Most of your checks of the last two days could not be made. An error never means "
        "“clean”: see the log of your program for what we answered."
    ),
    Lamp.ONLY_SHA256: _(
        "You only ever send SHA-256. A file whose EXIF data were taken out, or that was made "
        "smaller, never matches by it: send MD5, SHA-1 and PDQ of the upload too, before your own "
        "program changes it."
    ),
    Lamp.NO_CANARY: _(
        "We have not seen the canary for a week. Let your program check it each day, as if "
        "somebody had uploaded it: that it is found is the only sign that all of it works."
    ),
    Lamp.NO_HITS: _(
        "Millions of checks and not one hit: that hardly happens. Check a picture of the test "
        "lists through the whole of your program, and see that it is found."
    ),
}


def lamps(
    counts: Sequence[DayCount],
    measures: Measures,
    *,
    is_live: bool,
    canary_on: date | None,
    today: date,
) -> tuple[Lamp, ...]:
    """What is wrong, by the counts of the last fourteen days; `is_live`: of lists that count;
    `canary_on`: when the canary was last asked of."""
    checks = sum(count.checks for count in counts)
    found = []
    if _has_stopped(counts, today):
        found.append(Lamp.STOPPED)
    if _mostly_errors([c for c in counts if c.day > today - timedelta(days=2)]):
        found.append(Lamp.ERRORS)
    if _only_sha256(measures):
        found.append(Lamp.ONLY_SHA256)
    if is_live and checks and (canary_on is None or today - canary_on > CANARY_WITHIN):
        found.append(Lamp.NO_CANARY)
    if is_live and checks >= EXPECT_A_HIT_IN and not any(count.hits for count in counts):
        found.append(Lamp.NO_HITS)
    return tuple(found)


def _has_stopped(counts: Sequence[DayCount], today: date) -> bool:
    quiet_since = today - timedelta(days=QUIET_DAYS)
    busy = [count.day for count in counts if count.checks]
    return len(busy) >= ENOUGH_DAYS and max(busy) < quiet_since


def _mostly_errors(counts: Sequence[DayCount]) -> bool:
    errors = sum(count.errors for count in counts)
    return errors >= ENOUGH_ERRORS and 2 * errors > sum(count.checks for count in counts)


def _only_sha256(measures: Measures) -> bool:
    others = sum(n for kind, n in measures.kinds.items() if kind != "sha256")
    return measures.kinds.get("sha256", 0) >= ENOUGH_CHECKS and not others
