"""Items as figures count them: no address, no fingerprint, nobody's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports.desk_types import Look
from tocsin.domain.reports.models import Finding, FindingAnswer, Item, Report
from tocsin.domain.reports.types import Channel, FindingKind, ItemState

SITE_TYPE = "site_type"
_VERDICTS = (FindingKind.UNLAWFUL, FindingKind.NOT_UNLAWFUL, FindingKind.CANNOT_TELL)


@dataclass(frozen=True, slots=True)
class CountedItem:
    """One real item. `channel` and `party_kind` are those of its first report; `verdict` its last
    finding that was acted on, `decided_at` its first one; `corrected`: that verdict was wrong."""

    item_id: int
    reported_at: datetime
    channel: Channel
    party_kind: str
    reports: int
    state: ItemState
    verdict: FindingKind | None
    decided_at: datetime | None
    corrected: bool
    category: Category
    site_type: str


@dataclass(slots=True)
class _Found:
    first_at: datetime
    kind: FindingKind
    corrected: bool
    category: Category


def counted(since: datetime, until: datetime) -> Iterator[CountedItem]:
    """Every real item that was first reported in [since, until), in order of its number.

    Rehearsed and golden items are left out. Read in pieces: there may be hundreds of thousands.
    """
    first = Report.objects.filter(items=OuterRef("pk")).order_by("at", "pk")
    rows = (
        Item.objects.filter(
            first_reported_at__gte=since,
            first_reported_at__lt=until,
            rehearsal=False,
            golden__isnull=True,
        )
        .annotate(
            first_channel=Subquery(first.values("channel")[:1]),
            first_party=Subquery(first.values("party__kind")[:1]),
        )
        .order_by("pk")
    )
    findings = _findings(since, until)
    site_types = _site_types(since, until)
    fields = ("pk", "first_reported_at", "report_count", "state", "first_channel", "first_party")
    for pk, at, reports, state, channel, party in rows.values_list(*fields).iterator(2_000):
        found = findings.get(pk)
        yield CountedItem(
            item_id=pk,
            reported_at=at,
            channel=Channel(channel or Channel.CONSOLE),
            party_kind=party or "",
            reports=max(reports, 1),
            state=ItemState(state),
            verdict=found.kind if found else None,
            decided_at=found.first_at if found else None,
            corrected=found.corrected if found else False,
            category=found.category if found else Category.UNKNOWN,
            site_type=site_types.get(pk, ""),
        )


def _findings(since: datetime, until: datetime) -> dict[int, _Found]:
    rows = (
        Finding.objects.filter(
            item__first_reported_at__gte=since,
            item__first_reported_at__lt=until,
            item__rehearsal=False,
            kind__in=_VERDICTS,
        )
        .exclude(look=Look.SECOND)
        .order_by("pk")
        .values_list("item_id", "at", "kind", "corrected", "category")
    )
    told: dict[int, _Found] = {}
    for item_id, at, kind, corrected, category in rows.iterator(2_000):
        earlier = told.get(item_id)
        first_at = earlier.first_at if earlier else at
        told[item_id] = _Found(first_at, FindingKind(kind), corrected, Category(category))
    return told


def _site_types(since: datetime, until: datetime) -> dict[int, str]:
    rows = FindingAnswer.objects.filter(
        question=SITE_TYPE,
        finding__item__first_reported_at__gte=since,
        finding__item__first_reported_at__lt=until,
    )
    answers = rows.order_by("pk").values_list("finding__item_id", "values").iterator(2_000)
    return {item_id: str(values[0]) for item_id, values in answers if values}
