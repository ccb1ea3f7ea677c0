"""Counting: from what is known of items to the numbers of each report. Plain functions.

Every number has a definition in `definitions`, which stands beside it wherever it is shown.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

import numpy as np

from tocsin.domain.figures.survival import Hours, Truths, curve, median, quantile, share, within
from tocsin.domain.figures.types import (
    HosterFigures,
    ItemFact,
    Line,
    MedianHours,
    Origin,
    Period,
    Section,
    Share,
    Verdict,
    WrongPeriod,
)

HOURS = (1, 12, 24, 48, 168, 672)
"""Within how many hours of the notice something was removed: up to 28 days."""
BANDS_AT_HOME_DAYS, BANDS_ABROAD_DAYS = (2, 7, 14), (7, 14, 28)
POLICE_WITHIN_DAYS = 3
LEAST_NOTICES = 20
"""A hoster with fewer is not compared with others."""
RECIDIVISM_WITHIN = timedelta(days=90)
IGNORED_AFTER = timedelta(days=7)
IGNORED_NOTICES = 3


def half_year(year: int, half: int) -> Period:
    """The first or second half of a year."""
    if half not in (1, 2):
        raise WrongPeriod("A year has a first and a second half.")
    return (
        Period(date(year, 1, 1), date(year, 6, 30))
        if half == 1
        else Period(date(year, 7, 1), date(year, 12, 31))
    )


def same_period_before(period: Period) -> Period:
    """The same days of the year before; the last of February for the 29th."""
    return Period(_year_before(period.first), _year_before(period.last))


def moments(period: Period, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when, and until just before when."""
    after = period.last + timedelta(days=1)
    return (
        datetime(period.first.year, period.first.month, period.first.day, tzinfo=zone),
        datetime(after.year, after.month, after.day, tzinfo=zone),
    )


def reported_in(facts: Iterable[ItemFact], period: Period, zone: tzinfo) -> list[ItemFact]:
    """Those that were first reported in the period."""
    since, until = moments(period, zone)
    return [fact for fact in facts if since <= fact.reported_at < until]


def change_percent(now: float, before: float | None) -> float | None:
    """By how much a number changed, in percent to one decimal; None where there was none before.

    129,000 -> 8,100 is -93.7.
    """
    if not before:
        return None
    return round((now - before) / before * 100, 1)


def is_unlawful(fact: ItemFact) -> bool:
    """What was found wrong afterwards counts no more, in any period."""
    return fact.verdict is Verdict.UNLAWFUL and not fact.corrected


def half_year_sections(
    now: Sequence[ItemFact], before: Sequence[ItemFact], home: str
) -> tuple[Section, ...]:
    """The half-year report of a hotline: reports, origin, share unlawful, country, site type."""
    return (
        _section("reports", _counts_of_reports(now), _counts_of_reports(before)),
        _counted("origin", _by_origin(now), _by_origin(before)),
        _section("decisions", _decisions(now), _decisions(before)),
        _counted("country", _by_country(now, home), _by_country(before, home)),
        _counted("site_type", _by(now, "site_type"), _by(before, "site_type")),
        _counted("category", _by(now, "category"), _by(before, "category")),
    )


def inhope_section(now: Sequence[ItemFact], before: Sequence[ItemFact]) -> Section:
    """INHOPE's indicators: three legs of the time of a notice, and what reached the police."""
    return _section("inhope", _legs(now), _legs(before))


def band_section(
    now: Sequence[ItemFact], before: Sequence[ItemFact], home: str, until: datetime
) -> Section:
    """The bands of the German yearly report to parliament: removed within so many days, at home
    and abroad, of all unlawful ones that were told of long enough ago."""
    return _section("bands", _bands(now, home, until), _bands(before, home, until))


def trusted_flagger_section(
    now: Sequence[ItemFact], before: Sequence[ItemFact], names: Mapping[str, str]
) -> Section:
    """What Article 22(3) of Regulation (EU) 2022/2065 asks a trusted flagger to publish: notices by
    provider and type of content, and what was done."""
    return _section("trusted_flagger", _flagged(now, names), _flagged(before, names))


def removal_times(facts: Iterable[ItemFact], until: datetime) -> tuple[Hours, Hours, Truths]:
    """Of those a notice was sent of: hours from the first notice to removal at the latest, at the
    earliest, and whether it was removed; those still there count until they were last seen."""
    latest: list[float] = []
    earliest: list[float] = []
    gone: list[bool] = []
    for fact in facts:
        if fact.notice_at is None or fact.notice_at >= until:
            continue
        removed = fact.first_gone_at is not None and fact.first_gone_at < until
        seen = fact.last_present_at or fact.notice_at
        end = fact.first_gone_at if removed and fact.first_gone_at else min(seen, until)
        latest.append(_hours(fact.notice_at, end))
        earliest.append(_hours(fact.notice_at, min(seen, end)))
        gone.append(removed)
    return (
        np.array(latest, np.float64),
        np.array(earliest, np.float64),
        np.array(gone, np.bool_),
    )


def monitor(
    facts: Iterable[ItemFact], until: datetime, least: int = LEAST_NOTICES
) -> list[HosterFigures]:
    """Every hoster that was sent a notice, the most notices first."""
    by_hoster: dict[str, list[ItemFact]] = {}
    for fact in facts:
        if fact.hoster and fact.notice_at is not None and is_unlawful(fact):
            by_hoster.setdefault(fact.hoster, []).append(fact)
    found = [_of_hoster(hoster, some, until, least) for hoster, some in by_hoster.items()]
    return sorted(found, key=lambda one: (-one.notices, one.hoster))


def _of_hoster(
    hoster: str, facts: Sequence[ItemFact], until: datetime, least: int
) -> HosterFigures:
    latest, earliest, gone = removal_times(facts, until)
    removed = [f for f in facts if f.first_gone_at is not None]
    back = sum(
        f.back_at is not None
        and f.first_gone_at is not None
        and f.back_at - f.first_gone_at <= RECIDIVISM_WITHIN
        for f in removed
    )
    ignored = sum(_is_ignored(f, until) for f in facts)
    return HosterFigures(
        hoster=hoster,
        notices=len(facts),
        enough=len(facts) >= least,
        still_online=int((~gone).sum()),
        median=_median(latest, earliest, gone),
        within=tuple(within(latest, gone, hours) for hours in HOURS),
        recidivism=share(back, len(removed)),
        ignored=share(ignored, len(facts)),
        hops=sum(f.networks - 1 for f in facts),
    )


def _median(latest: Hours, earliest: Hours, gone: Truths) -> MedianHours:
    if not len(latest):
        return MedianHours(None, None, None, None)
    return median(curve(latest, gone), curve(earliest, gone))


def _is_ignored(fact: ItemFact, until: datetime) -> bool:
    """Still there a week after the first notice and after three of them, without a word."""
    return (
        fact.notice_at is not None
        and until - fact.notice_at >= IGNORED_AFTER
        and fact.notices >= IGNORED_NOTICES
        and fact.answered_at is None
        and fact.first_gone_at is None
    )


def _counts_of_reports(facts: Sequence[ItemFact]) -> dict[str, float | None]:
    return {
        "reports": float(sum(fact.reports for fact in facts)),
        "items": float(len(facts)),
        "reported_again": float(sum(fact.reports - 1 for fact in facts)),
    }


def _by_origin(facts: Sequence[ItemFact]) -> Counter[str]:
    counted: Counter[str] = Counter({origin.value: 0 for origin in Origin})
    for fact in facts:
        counted[fact.origin.value] += fact.reports
    return counted


def _decisions(facts: Sequence[ItemFact]) -> dict[str, float | None]:
    unlawful = sum(is_unlawful(fact) for fact in facts)
    decided = sum(fact.verdict in (Verdict.UNLAWFUL, Verdict.NOT_UNLAWFUL) for fact in facts)
    times = [_hours(f.reported_at, f.decided_at) for f in facts if f.decided_at is not None]
    confirmed = [fact for fact in facts if is_unlawful(fact)]
    return {
        "decided": float(decided),
        "unlawful": float(unlawful),
        "unlawful_percent": _percent(share(unlawful, decided)),
        "undecided": float(sum(fact.verdict is Verdict.UNDECIDED for fact in facts)),
        "report_to_decision_median_hours": quantile(np.array(times, np.float64), 0.5),
        "report_to_decision_p95_hours": quantile(np.array(times, np.float64), 0.95),
        "decision_to_notice_median_minutes": _minutes(facts, 0.5),
        "decision_to_notice_p95_minutes": _minutes(facts, 0.95),
        "exposures_per_confirmed_item": (
            sum(fact.exposures for fact in facts) / len(confirmed) if confirmed else None
        ),
    }


def _minutes(facts: Sequence[ItemFact], part: float) -> float | None:
    found = [
        _hours(f.decided_at, f.notice_at) * 60
        for f in facts
        if f.decided_at is not None and f.notice_at is not None
    ]
    return quantile(np.array(found, np.float64), part)


def _by_country(facts: Sequence[ItemFact], home: str) -> Counter[str]:
    counted: Counter[str] = Counter({home: 0})
    counted.update(fact.country or "unknown" for fact in facts if is_unlawful(fact))
    return counted


def _by(facts: Sequence[ItemFact], name: str) -> Counter[str]:
    return Counter(getattr(fact, name) or "unknown" for fact in facts if is_unlawful(fact))


def _legs(facts: Sequence[ItemFact]) -> dict[str, float | None]:
    unlawful = [fact for fact in facts if is_unlawful(fact)]
    to_police = [_hours(f.reported_at, f.police_at) for f in unlawful if f.police_at is not None]
    to_host = [_hours(f.reported_at, f.notice_at) for f in unlawful if f.notice_at is not None]
    soon = sum(hours <= 24 * POLICE_WITHIN_DAYS for hours in to_police)
    new = sum(fact.reports == 1 for fact in unlawful)
    ends = [f.first_gone_at or f.last_present_at or f.notice_at for f in unlawful]
    known_until = max((end for end in ends if end is not None), default=None)
    removal = None
    if known_until is not None:
        latest, _, gone = removal_times(unlawful, known_until + timedelta(seconds=1))
        removal = _median(latest, latest, gone).value
    return {
        "content_urls": float(len(facts)),
        "illegal": float(len(unlawful)),
        "illegal_percent": _percent(share(len(unlawful), len(facts))),
        "reported_once_percent": _percent(share(new, len(unlawful))),
        "received_to_police_median_hours": quantile(np.array(to_police, np.float64), 0.5),
        "received_to_host_median_hours": quantile(np.array(to_host, np.float64), 0.5),
        "host_to_removed_median_hours": removal,
        "to_police_within_3_days_percent": _percent(share(soon, len(unlawful))),
    }


def _bands(facts: Sequence[ItemFact], home: str, until: datetime) -> dict[str, float | None]:
    told: dict[str, float | None] = {}
    unlawful = [fact for fact in facts if is_unlawful(fact) and fact.notice_at is not None]
    for place, days, here in (
        ("home", BANDS_AT_HOME_DAYS, True),
        ("abroad", BANDS_ABROAD_DAYS, False),
    ):
        some = [f for f in unlawful if f.country and (f.country == home) is here]
        for most in days:
            told[f"{place}_within_{most}_days_percent"] = _percent(_removed(some, most, until))
    latest, _, gone = removal_times(unlawful, until)
    told["handling_mean_days"] = float(latest[gone].mean()) / 24 if gone.any() else None
    return told


def _removed(facts: Sequence[ItemFact], days: int, until: datetime) -> Share:
    most = timedelta(days=days)
    old = [f for f in facts if f.notice_at is not None and until - f.notice_at >= most]
    gone = sum(
        f.first_gone_at is not None
        and f.notice_at is not None
        and f.first_gone_at - f.notice_at <= most
        for f in old
    )
    return share(gone, len(old))


def _flagged(facts: Sequence[ItemFact], names: Mapping[str, str]) -> dict[str, float | None]:
    told = [fact for fact in facts if fact.notice_at is not None]
    by_provider = Counter(fact.hoster for fact in told)
    found: dict[str, float | None] = {
        "notices": float(len(told)),
        "removed": float(sum(fact.first_gone_at is not None for fact in told)),
        "answered": float(sum(fact.answered_at is not None for fact in told)),
        "no_action": float(
            sum(fact.first_gone_at is None and fact.answered_at is None for fact in told)
        ),
        "found_wrong_later": float(sum(fact.corrected for fact in told)),
    }
    for hoster, count in sorted(by_provider.items(), key=lambda one: (-one[1], one[0])):
        name = names.get(hoster, "not named") if hoster else "unknown"
        key = f"notices_to:{name}"
        found[key] = (found.get(key) or 0) + count
    for category, count in sorted(Counter(f.category or "unknown" for f in told).items()):
        found[f"notices_of:{category}"] = float(count)
    return found


def _section(code: str, now: dict[str, float | None], before: dict[str, float | None]) -> Section:
    names = [*now, *(name for name in before if name not in now)]
    return Section(
        code, tuple(_line(code, name, now.get(name), before.get(name)) for name in names)
    )


def _counted(code: str, now: Counter[str], before: Counter[str]) -> Section:
    """Counts by something, the most first; what was there before and is no more counts as none."""
    names = sorted({*now, *before}, key=lambda name: (-now[name], -before[name], name))
    return Section(
        code,
        tuple(_line(code, name, float(now[name]), float(before[name])) for name in names),
    )


def _line(section: str, name: str, now: float | None, before: float | None) -> Line:
    change = None if now is None else change_percent(now, before)
    kind = name.partition(":")[0]
    return Line(f"{section}.{name}", name, now, _unit(kind), before, change, f"{section}.{kind}")


def _unit(name: str) -> str:
    for unit in ("percent", "hours", "minutes", "days"):
        if name.endswith(unit):
            return unit
    return "count"


def _percent(of: Share) -> float | None:
    return None if of.value is None else round(of.value * 100, 1)


def _hours(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() / 3_600)


def _year_before(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
