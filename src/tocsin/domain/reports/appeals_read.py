"""Reading: appeals on items."""

from __future__ import annotations

from tocsin.domain.reports import items, sealed
from tocsin.domain.reports.appealing import OPEN
from tocsin.domain.reports.desk_types import (
    AppealOrigin,
    ItemAppealState,
    ItemAppealView,
    UnknownItemAppeal,
)
from tocsin.domain.reports.models import ItemAppeal


def appeals(*, limit: int = 50) -> tuple[ItemAppealView, ...]:
    """Appeals that wait, those due first, then the newest decided ones."""
    known = items.names()
    rows = ItemAppeal.objects.select_related("item")
    waiting = list(rows.filter(state__in=OPEN).order_by("due_at", "pk")[:limit])
    decided = list(rows.exclude(state__in=OPEN).order_by("-decided_at")[: limit - len(waiting)])
    return tuple(_view(row, known) for row in waiting + decided)


def appeal(number: str) -> ItemAppealView:
    """One appeal, opened; raises UnknownItemAppeal."""
    row = ItemAppeal.objects.select_related("item").filter(number=number).first()
    if row is None:
        raise UnknownItemAppeal(f"There is no appeal {number}.")
    return _view(row, items.names())


def _view(row: ItemAppeal, known: dict[str, str]) -> ItemAppealView:
    context = f"item-appeal:{row.number}"
    return ItemAppealView(
        number=row.number,
        item_number=row.item.number,
        origin=AppealOrigin(row.origin),
        state=ItemAppealState(row.state),
        words=sealed.open_text(row.sealed_words, context=f"{context}:words"),
        contact=sealed.open_text(row.sealed_contact, context=f"{context}:contact"),
        outcome=sealed.open_text(row.sealed_outcome, context=f"{context}:outcome"),
        opened_at=row.opened_at,
        due_at=row.due_at,
        reviewer=known.get(row.reviewer, row.reviewer) or None,
        decided_by=known.get(row.decided_by, row.decided_by) or None,
        decided_at=row.decided_at,
        rehearsal=row.rehearsal,
    )
