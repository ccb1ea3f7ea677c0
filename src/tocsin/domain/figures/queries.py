"""Reading: the report of a period, and proposals to name a hoster."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.conf import settings

from tocsin.domain.figures import rules
from tocsin.domain.figures.definitions import definition_of
from tocsin.domain.figures.exporting import as_csv, as_json, as_table
from tocsin.domain.figures.gathering import facts_between, stays_between
from tocsin.domain.figures.naming import named, namings
from tocsin.domain.figures.rules import LEAST_NOTICES, half_year, moments, same_period_before
from tocsin.domain.figures.survival import curve
from tocsin.domain.figures.types import Figures, ItemFact, Period

__all__ = [
    "LEAST_NOTICES",
    "as_csv",
    "as_json",
    "as_table",
    "definition_of",
    "half_year",
    "named",
    "namings",
    "report",
]

MOST_POINTS = 400


def report(period: Period, *, at: datetime) -> Figures:
    """All numbers of a period, beside those of the same days a year before.

    Rehearsals are left out. Counted anew each time, from what the rooms wrote down when it
    happened: the same period gives the same digest until something of it changes.
    """
    zone = settings.TOCSIN_ZONE
    home = settings.TOCSIN_ORGANISATION.country
    before = same_period_before(period)
    since, until = moments(period, zone)
    until = min(until, at)
    earlier = moments(before, zone)
    now_facts, before_facts = facts_between(since, until), facts_between(*earlier)
    stays = stays_between(since, until)
    latest, _, gone = rules.removal_times(filter(rules.is_unlawful, stays), at)
    fall = curve(latest, gone)
    return Figures(
        period=period,
        compared_with=before,
        zone=str(zone),
        counted_at=at,
        sections=(
            *rules.half_year_sections(now_facts, before_facts, home),
            rules.inhope_section(now_facts, before_facts),
            rules.band_section(now_facts, before_facts, home, at),
            rules.trusted_flagger_section(now_facts, before_facts, named()),
        ),
        hosters=tuple(rules.monitor(stays, at)),
        removal=_points(fall.hours.tolist(), fall.there.tolist()),
        facts_digest=_digest([*now_facts, *before_facts, *stays]),
    )


def _points(hours: list[float], there: list[float]) -> tuple[tuple[float, float], ...]:
    """The curve in at most 400 steps."""
    every = -(-len(hours) // MOST_POINTS) or 1
    kept = [(0.0, 1.0), *zip(hours[::every], there[::every], strict=True)]
    if hours and kept[-1][0] != hours[-1]:
        kept.append((hours[-1], there[-1]))
    return tuple(kept)


def _digest(facts: Sequence[ItemFact]) -> str:
    told = hashlib.sha256()
    for fact in facts:
        told.update(json.dumps(asdict(fact), default=str, sort_keys=True).encode() + b"\n")
    return told.hexdigest()
