"""Reading: the queue, one item opened for an analyst, what a notice needs, and counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count

from tocsin.base.accounts import queries as accounts
from tocsin.base.audit import queries as audit
from tocsin.domain.hashlists import queries as lists
from tocsin.domain.hashlists.classification import Labels, unpack
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports import items, sealed
from tocsin.domain.reports.models import Correction, Finding, Item, Report
from tocsin.domain.reports.types import (
    Case,
    Channel,
    FindingKind,
    FindingView,
    Ground,
    HistoryLine,
    ItemState,
    ItemView,
    MatchedEntry,
    MatchKind,
    QueuePage,
    QueueRow,
    ReportView,
    ToldParty,
    UnknownItem,
)
from tocsin.engine.addresses import canonical

WAITING_FOR_SOMEBODY = (ItemState.NEW, ItemState.TAKEN, ItemState.CANNOT_TELL)
MOST_REPORTS_SHOWN = 50


def queue(*, state: ItemState | None = None, limit: int = 50, offset: int = 0) -> QueuePage:
    """Items, most pressing first, the oldest first among equals.

    Without a `state`: all that wait for somebody (new, taken, cannot tell).
    """
    states = WAITING_FOR_SOMEBODY if state is None else (state,)
    found = Item.objects.filter(state__in=states).order_by("-priority", "first_reported_at", "id")
    known = names()
    rows = tuple(_row(item, known) for item in found[offset : offset + limit])
    return QueuePage(rows, found.count())


def counts() -> dict[ItemState, int]:
    """How many items are in each state."""
    found = dict(Item.objects.values_list("state").annotate(n=Count("id")))
    return {state: found.get(state, 0) for state in ItemState}


def overdue(*, at: datetime) -> int:
    """How many items are past the time by which they should have been decided."""
    return Item.objects.filter(decide_by__lt=at).count()


def found_unlawful(*, since: datetime, until: datetime) -> int:
    """How many items were found unlawful in a time, and still stand."""
    rows = Finding.objects.filter(kind=FindingKind.UNLAWFUL, corrected=False)
    return rows.filter(at__gte=since, at__lt=until).values("item_id").distinct().count()


def item(number: str) -> ItemView:
    """An item with everything an analyst may see; raises UnknownItem."""
    row = Item.objects.filter(number=number).first()
    if row is None:
        raise UnknownItem(f"There is no item {number}.")
    known = names()
    url = sealed.open_text(row.sealed_url, context=items.context(row.number))
    return ItemView(
        id=row.pk,
        number=row.number,
        state=ItemState(row.state),
        url=url,
        # Emptied when its time was over (`retention`).
        host=canonical(url).host if url else "",
        priority=row.priority,
        why=items.why(row.why),
        match_kind=MatchKind(row.match_kind),
        distance_bits=row.distance_bits,
        matches=matched(row.entry_ids),
        fingerprint_kinds=_kinds(row),
        content_differs=row.content_differs,
        source=row.source,
        report_count=row.report_count,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        decide_by=row.decide_by,
        decided_at=row.decided_at,
        holder=known.get(row.taken_by, row.taken_by) or None,
        taken_at=row.taken_at,
        taken_until=row.taken_until,
        rehearsal=row.rehearsal,
        reports=_reports(row),
        findings=tuple(_finding(f, known) for f in row.findings.order_by("id")),
        told=_told(row),
        history=_history(row, known),
    )


def case(finding_id: int) -> Case:
    """What a notice needs of a finding and its item; raises UnknownItem."""
    finding = Finding.objects.select_related("item").filter(pk=finding_id).first()
    if finding is None:
        raise UnknownItem(f"There is no finding {finding_id}.")
    row = finding.item
    return Case(
        item_id=row.pk,
        finding_id=finding.pk,
        item_number=row.number,
        url=sealed.open_text(row.sealed_url, context=items.context(row.number)),
        rehearsal=row.rehearsal,
        category=Category(finding.category),
        ground=Ground(finding.ground),
        fingerprints=sealed.open_fingerprints(
            row.sealed_fingerprints, context=f"{items.context(row.number)}:fingerprints"
        ),
        last_reported_at=row.last_reported_at,
        found_at=finding.at,
        corrected=finding.corrected,
    )


def names() -> dict[str, str]:
    """Actor text to the person's name."""
    return {f"user:{person.pk}": person.username for person in accounts.people()}


def _row(row: Item, known: dict[str, str]) -> QueueRow:
    return QueueRow(
        number=row.number,
        state=ItemState(row.state),
        priority=row.priority,
        why=items.why(row.why),
        match_kind=MatchKind(row.match_kind),
        source=row.source,
        report_count=row.report_count,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        decide_by=row.decide_by,
        holder=known.get(row.taken_by, row.taken_by) or None,
        taken_until=row.taken_until,
        rehearsal=row.rehearsal,
    )


def matched(entry_ids: Iterable[int]) -> tuple[MatchedEntry, ...]:
    """The list entries of a match that are still on file, in the order given."""
    found = (_matched(entry_id) for entry_id in entry_ids)
    return tuple(entry for entry in found if entry is not None)


def _matched(entry_id: int) -> MatchedEntry | None:
    try:
        entry = lists.entry(entry_id)
    except lists.NoSuchEntry:
        # A restored older database may not know what a newer index has matched.
        return None
    return MatchedEntry(
        entry_id=entry.id,
        list_name=entry.list_name,
        purpose=entry.purpose,
        category=entry.category,
        status=entry.status,
        sources=entry.sources,
        own=entry.own,
    )


def _kinds(row: Item) -> tuple[str, ...]:
    context = f"{items.context(row.number)}:fingerprints"
    values = sealed.open_fingerprints(row.sealed_fingerprints, context=context)
    return tuple(sorted({value.kind.name.lower() for value in values}))


def _reports(row: Item) -> tuple[ReportView, ...]:
    newest = row.reports.select_related("party").order_by("-at", "id")[:MOST_REPORTS_SHOWN]
    return tuple(_report(report) for report in newest)


def _report(report: Report) -> ReportView:
    return ReportView(
        id=str(report.pk),
        at=report.at,
        channel=Channel(report.channel),
        source=report.party.name if report.party else report.channel,
        words=sealed.open_text(report.sealed_words, context=f"report:{report.pk}:words"),
        category_hint=report.category_hint,
        fingerprints=report.fingerprint_count,
        client_reference=report.client_reference,
        first_seen_at=report.first_seen_at,
    )


def _finding(finding: Finding, known: dict[str, str]) -> FindingView:
    detail, note = sealed.open_words(finding.sealed_words, context=f"finding:{finding.pk}")
    return FindingView(
        id=finding.pk,
        kind=FindingKind(finding.kind),
        category=Category(finding.category),
        ground=Ground(finding.ground),
        ground_detail=detail,
        note=note,
        by=known.get(finding.by, finding.by),
        at=finding.at,
        own_entry_id=finding.own_entry_id,
        agreed_by=known.get(finding.agreed_by, finding.agreed_by) or None,
        corrected=finding.corrected,
        observed=unpack(finding.observed),
        labels=Labels.of_text(finding.labels),
    )


def _told(row: Item) -> tuple[ToldParty, ...]:
    rows = Correction.objects.filter(finding__item=row).order_by("id")
    return tuple(ToldParty(r.party_name, r.key_id, r.hits, r.last_hit_at) for r in rows)


def _history(row: Item, known: dict[str, str]) -> tuple[HistoryLine, ...]:
    return tuple(
        HistoryLine(line.at, known.get(line.actor, line.actor), line.action, line.facts)
        for line in audit.history(items.subject(row))
    )
