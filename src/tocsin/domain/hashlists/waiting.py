"""Reading: what is in quarantine and why, what was decided, what was noted, how far the lint is."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Count, Max, Min, QuerySet

from tocsin.domain.hashlists.models import Entry, HashList, LintNote, LintPass, Quarantine
from tocsin.domain.hashlists.quarantine_types import (
    Group,
    LintReason,
    LintView,
    NoteView,
    QuarantineState,
    QuarantineView,
)
from tocsin.domain.hashlists.types import EntryStatus

NEVER = LintView(None, False, 0, 0, 0)


def quarantine_groups(list_slug: str | None = None) -> list[Group]:
    """How many entries wait, by list, reason and set; where most wait first."""
    waits = _waiting(list_slug).values("hash_list", "reason", "known_set")
    rows = waits.annotate(entries=Count("pk"), since=Min("at"), through=Max("pk"))
    lists = {row.pk: row for row in HashList.objects.all()}
    groups = [
        Group(
            list_slug=lists[row["hash_list"]].slug,
            list_name=lists[row["hash_list"]].name,
            reason=LintReason(row["reason"]),
            known_set=row["known_set"],
            entries=row["entries"],
            since=row["since"],
            through=row["through"],
        )
        for row in rows
    ]
    return sorted(groups, key=lambda group: (-group.entries, group.list_slug, group.reason))


def waiting_entries(list_slug: str | None = None) -> int:
    """How many entries wait, each counted once however many reasons it waits for."""
    return _waiting(list_slug).aggregate(entries=Count("entry", distinct=True))["entries"] or 0


def quarantined(list_slug: str | None = None, *, limit: int = 100) -> list[QuarantineView]:
    """Reasons that entries wait for, the longest waiting first."""
    rows = _waiting(list_slug).order_by("at", "pk")[:limit]
    waits = Quarantine.objects.filter(
        state=QuarantineState.WAITING, entry__in=[row.entry_id for row in rows]
    )
    counted = waits.values_list("entry").annotate(reasons=Count("pk")).order_by()
    reasons = dict(counted)
    return [replace(_view(row), reasons=reasons.get(row.entry_id, 1)) for row in rows]


def decided(list_slug: str | None = None, *, limit: int = 50) -> list[QuarantineView]:
    """What became of those that wait no more, the latest first."""
    rows = Quarantine.objects.select_related("hash_list").exclude(state=QuarantineState.WAITING)
    if list_slug is not None:
        rows = rows.filter(hash_list__slug=list_slug)
    return [_view(row) for row in rows.order_by("-decided_at", "-pk")[:limit]]


def quarantine(number: int) -> QuarantineView | None:
    """The quarantine of that number, if there is one."""
    row = Quarantine.objects.select_related("hash_list").filter(pk=number).first()
    return _view(row) if row is not None else None


def quarantines_of(entry_id: int) -> list[QuarantineView]:
    """Every time an entry was set aside, the latest first."""
    rows = Quarantine.objects.select_related("hash_list").filter(entry=entry_id)
    return [_view(row) for row in rows.order_by("-pk")]


def notes_of(entry_id: int) -> list[NoteView]:
    """What the lint noted beside an entry."""
    rows = LintNote.objects.filter(entry=entry_id).order_by("pk")
    return [
        NoteView(LintReason(row.reason), row.known_set, row.source, row.bits, row.at)
        for row in rows
    ]


def set_apart() -> dict[str, dict[EntryStatus, int]]:
    """By list: how many of its entries do not simply count, by status. Versions that a newer one
    has replaced are left out."""
    rows = Entry.objects.exclude(status=EntryStatus.ACTIVE.number).filter(replaced_by_run=None)
    slugs = dict(HashList.objects.values_list("number", "slug"))
    found: dict[str, dict[EntryStatus, int]] = {}
    by_status = rows.values_list("hash_list", "status").annotate(entries=Count("pk"))
    for number, status, entries in by_status.order_by("hash_list", "status"):
        found.setdefault(slugs[number], {})[EntryStatus.of(status)] = entries
    return found


def last_lint() -> LintView:
    """When the live lists were last gone over, and what came of it."""
    row = LintPass.objects.first()
    if row is None:
        return NEVER
    under_way = row.held_until is not None
    return LintView(row.finished_at, under_way, row.looked, row.quarantined, row.noted)


def _waiting(list_slug: str | None) -> QuerySet[Quarantine]:
    rows = Quarantine.objects.select_related("hash_list").filter(state=QuarantineState.WAITING)
    return rows if list_slug is None else rows.filter(hash_list__slug=list_slug)


def _view(row: Quarantine) -> QuarantineView:
    return QuarantineView(
        number=row.pk,
        entry_id=row.entry_id,
        list_slug=row.hash_list.slug,
        list_name=row.hash_list.name,
        run_id=row.run_id,
        reason=LintReason(row.reason),
        known_set=row.known_set,
        source=row.source,
        bits=row.bits,
        alone=row.alone,
        state=QuarantineState(row.state),
        at=row.at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        words=row.words,
    )
