"""Reading: the queue, one item opened for an analyst, what a notice needs, and counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Q

from tocsin.base.audit import queries as audit
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists.classification import Labels, unpack
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports import clustering, items, pressing, sealed
from tocsin.domain.reports.appeals_read import appeal, appeals
from tocsin.domain.reports.counting import CountedItem, counted
from tocsin.domain.reports.desk_types import Answer, Look, PoliceReason
from tocsin.domain.reports.finding_items import day_began, found_by, my_day
from tocsin.domain.reports.handing import notes
from tocsin.domain.reports.items import names
from tocsin.domain.reports.matches import matched
from tocsin.domain.reports.models import Correction, Finding, Item, Report, Skip
from tocsin.domain.reports.quality import golden, quality
from tocsin.domain.reports.setup import rules as desk_rules
from tocsin.domain.reports.setup import version as setup_version
from tocsin.domain.reports.setup import versions as setup_versions
from tocsin.domain.reports.setup import weights
from tocsin.domain.reports.trying import dry_view
from tocsin.domain.reports.types import (
    Case,
    Channel,
    FindingKind,
    FindingView,
    Ground,
    HistoryLine,
    ItemKey,
    ItemState,
    ItemView,
    MatchKind,
    QueuePage,
    QueueRow,
    ReportView,
    ToldParty,
    UnknownItem,
)
from tocsin.engine.addresses import canonical

__all__ = [
    "WAITING_FOR_SOMEBODY",
    "CountedItem",
    "appeal",
    "appeals",
    "case",
    "counted",
    "counts",
    "day_began",
    "desk_rules",
    "dry_view",
    "found_by",
    "golden",
    "item",
    "live",
    "matched",
    "my_day",
    "names",
    "notes",
    "offered",
    "overdue",
    "quality",
    "queue",
    "setup_version",
    "setup_versions",
    "weights",
]

WAITING_FOR_SOMEBODY = (
    ItemState.NEW,
    ItemState.TAKEN,
    ItemState.CANNOT_TELL,
    ItemState.SECOND_REVIEW,
    ItemState.DISAGREED,
)
MOST_REPORTS_SHOWN = 50


def queue(
    *,
    state: ItemState | None = None,
    limit: int = 50,
    offset: int = 0,
    at: datetime | None = None,
) -> QueuePage:
    """Items, most pressing first, the oldest first among equals.

    Without a `state`: all that wait for somebody (new, taken, cannot tell, a second or third look).
    With `at`, how long they have waited stands among the reasons.
    """
    states = WAITING_FOR_SOMEBODY if state is None else (state,)
    found = Item.objects.filter(state__in=states).order_by("-rank", "first_reported_at", "id")
    known, points = names(), weights()
    rows = tuple(_row(item, known, at, points) for item in found[offset : offset + limit])
    return QueuePage(rows, found.count())


def offered(*, actor: Actor, at: datetime, limit: int = 20) -> tuple[str, ...]:
    """Numbers of free items, most pressing first, but for those this person put back today."""
    put_back = Skip.objects.filter(by=actor.text, at__gte=day_began(at)).values("item_id")
    free = Item.objects.filter(state=ItemState.NEW).exclude(pk__in=put_back)
    found = free.order_by("-rank", "first_reported_at", "id").values_list("number", flat=True)
    return tuple(found[:limit])


def counts() -> dict[ItemState, int]:
    """How many items are in each state."""
    found = dict(Item.objects.values_list("state").annotate(n=Count("id")))
    return {state: found.get(state, 0) for state in ItemState}


def live() -> int:
    """How many items that happen now wait for a decision."""
    return Item.objects.filter(live=True, state__in=(ItemState.NEW, ItemState.TAKEN)).count()


def overdue(*, at: datetime) -> int:
    """How many items are past the time by which they should have been decided."""
    return Item.objects.filter(decide_by__lt=at).count()


def found_unlawful(*, since: datetime, until: datetime) -> int:
    """How many items were found unlawful in a time, and still stand."""
    rows = Finding.objects.filter(kind=FindingKind.UNLAWFUL, corrected=False)
    return rows.filter(at__gte=since, at__lt=until).values("item_id").distinct().count()


def item(number: str, *, reader: Actor | None = None) -> ItemView:
    """An item with everything an analyst may see; raises UnknownItem.

    While a second or third look is awaited, findings are shown to a `reader` only where they made
    them: whoever judges next is to judge blind.
    """
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
        findings=_findings(row, known, reader),
        told=_told(row),
        history=_history(row, known),
        live=row.live,
        cluster=clustering.view(row),
        police_until=row.police_until,
        blind=_blind(row, reader),
    )


def stands(number: str) -> tuple[int, ItemState]:
    """An item's id and where it stands, and nothing else of it; raises UnknownItem."""
    known = Item.objects.filter(number=number).values_list("pk", "state").first()
    if known is None:
        raise UnknownItem(f"There is no item {number}.")
    return known[0], ItemState(known[1])


def of_address(url: str, *, rehearsal: bool = False) -> ItemKey | None:
    """The item of an address, None when there is none; raises UnusableAddress."""
    digest = sealed.digest(canonical(url), rehearsal=rehearsal)
    found = Item.objects.filter(url_digest=digest).values_list("pk", "number").first()
    return ItemKey(*found) if found else None


def states(item_ids: Collection[int]) -> dict[int, ItemState]:
    """Where each of these items stands, by id; those that are not there are left out."""
    found = Item.objects.filter(pk__in=item_ids).values_list("pk", "state")
    return {item_id: ItemState(state) for item_id, state in found}


def case(finding_id: int) -> Case:
    """What a notice needs of a finding and its item; raises UnknownItem."""
    finding = Finding.objects.select_related("item", "follows").filter(pk=finding_id).first()
    if finding is None:
        raise UnknownItem(f"There is no finding {finding_id}.")
    row = finding.item
    # One that follows another finding rests on what that one rests on.
    ground = finding.follows.ground if finding.follows else finding.ground
    return Case(
        item_id=row.pk,
        finding_id=finding.pk,
        item_number=row.number,
        url=sealed.open_text(row.sealed_url, context=items.context(row.number)),
        rehearsal=row.rehearsal,
        category=Category(finding.category),
        ground=Ground(ground),
        fingerprints=sealed.open_fingerprints(
            row.sealed_fingerprints, context=f"{items.context(row.number)}:fingerprints"
        ),
        last_reported_at=row.last_reported_at,
        found_at=finding.at,
        corrected=finding.corrected,
    )


def _row(
    row: Item, known: dict[str, str], at: datetime | None, points: pressing.Weights
) -> QueueRow:
    since = row.waiting_since or row.first_reported_at
    waits = pressing.waited(since, at, points) if at and row.state == ItemState.NEW else None
    return QueueRow(
        number=row.number,
        state=ItemState(row.state),
        priority=row.priority + (waits.points if waits else 0),
        why=items.why(row.why) + ((waits,) if waits else ()),
        match_kind=MatchKind(row.match_kind),
        source=row.source,
        report_count=row.report_count,
        first_reported_at=row.first_reported_at,
        last_reported_at=row.last_reported_at,
        decide_by=row.decide_by,
        holder=known.get(row.taken_by, row.taken_by) or None,
        taken_until=row.taken_until,
        rehearsal=row.rehearsal,
        live=row.live,
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


def _blind(row: Item, reader: Actor | None) -> bool:
    pending = row.state in {ItemState.SECOND_REVIEW, ItemState.DISAGREED}
    return pending and reader is not None


def _findings(row: Item, known: dict[str, str], reader: Actor | None) -> tuple[FindingView, ...]:
    rows = row.findings.order_by("id").prefetch_related("answers")
    if _blind(row, reader) and reader is not None:
        # What was found and settled before this round is no secret.
        rows = rows.filter(Q(by=reader.text) | Q(corrected=True) | Q(kind=FindingKind.CORRECTION))
    return tuple(_finding(finding, known) for finding in rows)


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
        look=Look(finding.look),
        answers=tuple(
            Answer(a.question_set, a.version, a.question, tuple(a.values))
            for a in finding.answers.all()
        ),
        police=PoliceReason(finding.police) if finding.police else None,
    )


def _told(row: Item) -> tuple[ToldParty, ...]:
    rows = Correction.objects.filter(finding__item=row).order_by("id")
    return tuple(ToldParty(r.party_name, r.key_id, r.hits, r.last_hit_at) for r in rows)


def _history(row: Item, known: dict[str, str]) -> tuple[HistoryLine, ...]:
    return tuple(
        HistoryLine(line.at, known.get(line.actor, line.actor), line.action, line.facts)
        for line in audit.history(items.subject(row))
    )
