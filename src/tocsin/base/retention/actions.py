"""Writing: forget some of what is over its time, with the proof of it."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.queries import merkle_root
from tocsin.base.audit.types import Json, system
from tocsin.base.privacy import Then
from tocsin.base.retention.queries import Table, emptied, over, spare, tables

__all__ = ["forget", "spare"]

log = structlog.get_logger()

AT_ONCE = 500
BATCHES = 10
"""The most of one table in one hour: letters and clocks wait for it in the same worker."""

_US = system("retention")


def forget(*, at: datetime) -> int:
    """Forget some of every table that has a period; how many rows. Safe when two run at once.

    At most AT_ONCE rows in a transaction, whose audit row says how many of which table went, from
    before when, and the Merkle root of their numbers; at most BATCHES of those for each table.
    """
    gone = 0
    for table in tables():
        for _ in range(BATCHES):
            some = _forget_some(table, at)
            gone += some
            if some < AT_ONCE:
                break
    return gone


def _forget_some(table: Table, at: datetime) -> int:
    with transaction.atomic():
        # Held until commit: another worker finds them gone and does not tell of them again.
        rows = over(table, at=at).order_by("pk").select_for_update(of=("self",))
        ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return 0
        chosen = table.model._base_manager.filter(pk__in=ids)
        facts: dict[str, Json] = {
            "rows": len(ids),
            "then": table.note.then.value,
            "kept_days": table.kept.days,
            "before": (at - table.kept).isoformat(),
            "merkle_root": merkle_root(str(pk).encode() for pk in ids),
        }
        if table.note.then is Then.EMPTY:
            chosen.update(**emptied(table))
            facts["fields"] = list(table.note.fields)
        else:
            facts["with"] = {
                name: n for name, n in chosen.delete()[1].items() if name != table.label
            }
        subject = f"table:{table.label}"
        record(actor=_US, action="retention.forget", subject=subject, at=at, facts=facts)
    log.info("forgotten", table=table.label, rows=len(ids))
    return len(ids)
