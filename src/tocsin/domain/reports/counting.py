"""Reports made in bad faith count for nothing, until somebody takes that back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor, Json
from tocsin.domain.reports import items
from tocsin.domain.reports.models import Item, ItemReport


def set_aside(*, report_ids: Collection[UUID], actor: Actor, at: datetime) -> None:
    """Take from each item what these reports added to its priority. They stay readable.

    The caller sees to it that no report is set aside twice, and takes this into its transaction.
    The item stays, even with no report left, and its clock runs on: others may have reported it
    in good faith by another way.
    """
    _count(report_ids, -1, "reports.set_aside", actor, at)


def put_back(*, report_ids: Collection[UUID], actor: Actor, at: datetime) -> None:
    """The reports count again."""
    _count(report_ids, +1, "reports.put_back", actor, at)


def _count(
    report_ids: Collection[UUID], sign: int, action: str, actor: Actor, at: datetime
) -> None:
    with transaction.atomic():
        by_item = (
            ItemReport.objects.filter(report__in=report_ids)
            .values("item_id")
            .annotate(n=Count("id"))
            # Always in the same order: two at once must not wait for one another.
            .order_by("item_id")
        )
        for row in by_item:
            Item.objects.filter(pk=row["item_id"]).update(
                report_count=F("report_count") + sign * row["n"]
            )
            item = Item.objects.get(pk=row["item_id"])
            items.reprioritise(item)
            item.save(update_fields=["why", "priority"])
            facts: dict[str, Json] = {"reports": row["n"], "priority": item.priority}
            record(actor=actor, action=action, subject=items.subject(item), at=at, facts=facts)
