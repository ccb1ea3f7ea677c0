"""Reports that were set aside as made in bad faith, and were not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.reports import items
from tocsin.domain.reports.models import Item, Report


def put_batch_back(*, batch: str, slow: bool, actor: Actor, at: datetime) -> int:
    """Count the reports of a batch again; how many they were.

    `slow`: they had come by the slow form; only others bring their items back from the end of the
    queue. No clock was stopped when they were set aside, so none is wound now.
    """
    with transaction.atomic():
        aside = Report.objects.filter(batch=batch, set_aside=True)
        pks = list(aside.values_list("pk", flat=True)) if batch else []
        Report.objects.filter(pk__in=pks).update(set_aside=False)
        about = Item.objects.filter(reports__pk__in=pks).order_by("pk").distinct()
        for number in list(about.values_list("number", flat=True)):
            item = items.locked(number)
            item.report_count += item.reports.filter(pk__in=pks).count()
            item.slow = item.slow and slow
            items.reprioritise(item)
            item.save(update_fields=["report_count", "slow", "why", "priority", "rank"])
        if pks:
            record(
                actor=actor,
                action="reports.put_back",
                subject="batch",
                at=at,
                facts={"reports": [str(pk) for pk in pks]},
            )
    return len(pks)
