"""Records of a window that are no entries: counted with the reason, kept, and told of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.exchanges import rules, spool
from tocsin.domain.exchanges.gathering import Gathered, RefusedOne
from tocsin.domain.exchanges.models import Exchange, RefusedRecord

MOST_TEXT_BYTES: Final = 16 << 20


def note(row: Exchange, found: Iterable[RefusedOne], *, at: datetime) -> None:
    """Write down where each stood and why, in the caller's transaction; the oldest go."""
    if not RefusedRecord.objects.bulk_create(
        RefusedRecord(
            exchange=row,
            window_no=row.window_no,
            page=one.page,
            place=one.place,
            reason=one.reason[:200],
            at=at,
        )
        for one in found
    ):
        return
    kept = row.refused.order_by("-pk").values_list("pk", flat=True)
    for last in kept[rules.MOST_REFUSED_KEPT - 1 : rules.MOST_REFUSED_KEPT]:
        row.refused.filter(pk__lt=last).delete()
        oldest = row.refused.get(pk=last).window_no
        transaction.on_commit(partial(spool.clear_refused, row.pk, before=oldest))


def keep_texts(row: Exchange, gathered: Gathered) -> None:
    """Keep the texts of a window that brought nothing else, sealed, up to 16 MiB of them."""
    texts = bytearray()
    for text in gathered.texts(one.text for one in gathered.refused):
        if len(texts) + len(text) > MOST_TEXT_BYTES:
            break
        texts += text + b"\n"
    if texts:
        spool.put_refused(row.pk, row.window_no, bytes(texts))


def read_texts(row: Exchange, window_no: int, *, actor: Actor, at: datetime) -> bytes:
    """Those texts, one behind the other; that they were read is in the audit. Raises PageLost."""
    texts = spool.get_refused(row.pk, window_no)
    with transaction.atomic():
        record(
            actor=actor,
            action="exchanges.read_refused",
            subject=f"exchange:{row.pk}",
            at=at,
            facts={"window": window_no},
        )
    return texts
