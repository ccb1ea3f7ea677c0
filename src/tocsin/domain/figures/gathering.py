"""From what the rooms wrote down when it happened to the facts that figures count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.base.accounts.types import PartyKind
from tocsin.domain.figures.types import ItemFact, Origin, Verdict
from tocsin.domain.rechecks import queries as rechecks
from tocsin.domain.rechecks.types import OpenedBy, Span, Spot
from tocsin.domain.referrals import queries as referrals
from tocsin.domain.reports import queries as reports
from tocsin.domain.reports.queries import CountedItem
from tocsin.domain.reports.types import Channel, FindingKind
from tocsin.domain.takedown import queries as takedown
from tocsin.domain.takedown.types import Timing
from tocsin.domain.viewing import queries as viewing

AFTERWARDS = timedelta(days=400)
"""For so long after a period what became of its items is looked for."""

_CHANNELS = {
    Channel.FORM: Origin.PUBLIC,
    Channel.CONSOLE: Origin.STAFF,
    Channel.HIT: Origin.PROVIDER,
    Channel.HOSTER: Origin.PROVIDER,
    Channel.SCANNER: Origin.SCANNER,
    Channel.MAIL: Origin.HOTLINE,
    Channel.FILE: Origin.HOTLINE,
    Channel.ICCAM: Origin.HOTLINE,
}
_PARTIES: dict[str, Origin] = {
    PartyKind.PROVIDER: Origin.PROVIDER,
    PartyKind.HOTLINE: Origin.HOTLINE,
    PartyKind.POLICE: Origin.POLICE,
    PartyKind.REGULATOR: Origin.OTHER,
}
_VERDICTS = {
    FindingKind.UNLAWFUL: Verdict.UNLAWFUL,
    FindingKind.NOT_UNLAWFUL: Verdict.NOT_UNLAWFUL,
    FindingKind.CANNOT_TELL: Verdict.CANNOT_TELL,
}


def facts_between(since: datetime, until: datetime) -> list[ItemFact]:
    """Every item that was first reported in [since, until), with what became of it."""
    items = {one.item_id: _fact(one) for one in reports.counted(since, until)}
    later = until + AFTERWARDS
    for item_id, at in referrals.handed_over(since, later):
        if item_id in items:
            fact = items[item_id]
            items[item_id] = replace(fact, police_at=_earlier(fact.police_at, at))
    for timing in takedown.timings(since, later):
        if timing.item_id in items:
            items[timing.item_id] = _told(items[timing.item_id], timing)
    for span in rechecks.spans(since, later):
        if span.item_id in items and not span.rehearsal:
            items[span.item_id] = _stayed(items[span.item_id], span)
    for item_id, looks in viewing.looks_by_item(since, later).items():
        if item_id in items:
            items[item_id] = replace(items[item_id], exposures=looks)
    return [items[item_id] for item_id in sorted(items)]


def stays_between(since: datetime, until: datetime) -> list[ItemFact]:
    """Every stay of an unlawful item at a hoster that began in [since, until): what the monitor of
    hosters counts. An item that moved has several; each is told of by the notices in its time."""
    later = until + AFTERWARDS
    timings: dict[int, list[Timing]] = {}
    for timing in takedown.timings(since - AFTERWARDS, later):
        timings.setdefault(timing.item_id, []).append(timing)
    found = [
        _stay(span, timings.get(span.item_id, ()))
        for span in rechecks.spans(since, until)
        if not span.rehearsal
    ]
    return sorted(found, key=lambda fact: (fact.reported_at, fact.item))


def _fact(one: CountedItem) -> ItemFact:
    party = _PARTIES.get(one.party_kind)
    origin = _CHANNELS.get(one.channel) or party or Origin.OTHER
    verdict = _VERDICTS[one.verdict] if one.verdict else Verdict.UNDECIDED
    return ItemFact(
        item=one.item_id,
        reported_at=one.reported_at,
        origin=party if one.channel is Channel.API and party else origin,
        reports=one.reports,
        verdict=verdict,
        decided_at=one.decided_at,
        corrected=one.corrected,
        category=one.category.value,
        site_type=one.site_type,
    )


def _told(fact: ItemFact, timing: Timing) -> ItemFact:
    """With one more notice."""
    if timing.rehearsal or timing.sent_at is None:
        return fact
    return replace(
        fact,
        notice_at=_earlier(fact.notice_at, timing.sent_at),
        notices=fact.notices + 1 + timing.reminders,
        answered_at=_earlier(fact.answered_at, timing.answered_at),
        hoster=fact.hoster or (f"hoster:{timing.hoster_id}" if timing.hoster_id else ""),
        country=fact.country or timing.country,
    )


def _stayed(fact: ItemFact, span: Span) -> ItemFact:
    """With one more stay; stays come in order, so the last one says whether it is gone."""
    first = fact.last_present_at is None
    return replace(
        fact,
        last_present_at=span.last_present_at,
        first_gone_at=span.first_gone_at,
        back_at=_earlier(fact.back_at, span.back_at),
        hoster=fact.hoster or who(span.spot),
        country=fact.country or span.spot.country,
        networks=fact.networks if first else fact.networks + (span.opened_by is OpenedBy.MOVED),
    )


def _stay(span: Span, timings: Iterable[Timing]) -> ItemFact:
    fact = ItemFact(
        item=span.item_id,
        reported_at=span.started_at,
        origin=Origin.OTHER,
        reports=1,
        verdict=Verdict.UNLAWFUL,
        decided_at=span.found_at,
        country=span.spot.country,
        hoster=who(span.spot),
        last_present_at=span.last_present_at,
        first_gone_at=span.first_gone_at,
        back_at=span.back_at,
    )
    ended = span.first_gone_at or span.censored_at
    for timing in timings:
        sent = timing.sent_at
        if sent is not None and sent >= span.started_at and (ended is None or sent <= ended):
            fact = _told(fact, timing)
    return fact


def who(spot: Spot) -> str:
    """A hoster by its number in our table, else its network, else nobody."""
    if spot.hoster_id is not None:
        return f"hoster:{spot.hoster_id}"
    return f"AS{spot.asn}" if spot.asn else ""


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
