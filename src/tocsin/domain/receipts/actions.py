"""Writing: batches into the log, places for them, signed heads, and pushing these outside.

None of it is audited, as with the audit's own sealing: the log shows by itself what was done to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from tocsin.base.audit.actions import append_outside, record
from tocsin.base.audit.types import system
from tocsin.base.secrets import sign
from tocsin.domain.receipts.models import Batch, LogLock, SignedHead, Tile
from tocsin.domain.receipts.tree import as_text, batch_leaf, load
from tocsin.domain.receipts.types import HEADS_FILE, RING, NewBatch
from tocsin.engine import receipts
from tocsin.engine.receipts import Head

SEAL_BATCHES = 1_000
PROOFS_KEPT = timedelta(days=731)


def keep_batches(batches: Sequence[NewBatch], *, at: datetime) -> None:
    """Batches as rows; they get their places in the log from a worker. One that is kept already is
    left as it is: whoever sent it may not know that it arrived."""
    Batch.objects.bulk_create(
        [
            Batch(
                id=batch.id,
                made_at=at,
                size=len(batch.leaves),
                root=receipts.root(batch.leaves).hex(),
                leaves=as_text(batch.leaves),
            )
            for batch in batches
        ],
        ignore_conflicts=True,
    )


def seal_waiting() -> int:
    """Give a place to batches that have none, and let the tree grow over them; how many.

    Takes `position IS NULL` and not `id > last`: what commits late would be missed
    (docs/decisions/0004).
    """
    if not Batch.objects.filter(position__isnull=True).exists():
        return 0
    with transaction.atomic():
        lock, _ = LogLock.objects.select_for_update().get_or_create(pk=1)
        waiting = Batch.objects.filter(position__isnull=True).order_by("made_at", "id")
        batches = list(waiting.defer("leaves")[:SEAL_BATCHES])
        for position, batch in enumerate(batches, lock.size):
            batch.position = position
        changed = receipts.appended(map(batch_leaf, batches), size=lock.size, load=load)
        for (level, number), hashes in changed.items():
            Tile.objects.update_or_create(
                level=level, number=number, defaults={"hashes": as_text(hashes)}
            )
        Batch.objects.bulk_update(batches, ["position"], 200)
        lock.size += len(batches)
        lock.save()
    return len(batches)


def sign_head(*, at: datetime) -> SignedHead | None:
    """Sign the log as it is if it has grown since the last head; the new head or None."""
    with transaction.atomic():
        lock = LogLock.objects.select_for_update().filter(pk=1).first()
        if lock is None or SignedHead.objects.filter(size__gte=lock.size).exists():
            return None
        root = receipts.root_of(lock.size, receipts.nodes(load))
        return SignedHead.objects.create(
            size=lock.size, root=root.hex(), signed_at=at, jws=_signed(lock.size, root, at)
        )


def push_heads(*, at: datetime) -> int:
    """Append heads not yet pushed to the folder outside (TOCSIN_OUTSIDE); how many went."""
    waiting = list(SignedHead.objects.filter(pushed_at__isnull=True).order_by("size"))
    if not waiting:
        return 0
    append_outside(HEADS_FILE, [_line(head) for head in waiting])
    SignedHead.objects.filter(pk__in=[head.pk for head in waiting]).update(pushed_at=at)
    return len(waiting)


def forget_old(*, at: datetime) -> int:
    """Empty batches of which no proof is made any more (after two years); how many.

    Their roots stay, so that the log stays whole and proofs made before still hold.
    """
    with transaction.atomic():
        old = Batch.objects.filter(made_at__lt=at - PROOFS_KEPT, position__isnull=False)
        forgotten = old.exclude(leaves="").update(leaves="")
        if forgotten:
            record(
                actor=system("receipts"),
                action="receipts.forget",
                subject="receipts:log",
                at=at,
                facts={"batches": forgotten},
            )
    return forgotten


def _signed(size: int, root: bytes, at: datetime) -> str:
    ring = settings.TOCSIN_KEYS.ring(RING)
    head = Head(settings.TOCSIN_ORGANISATION.domain, at, size, root)
    text = receipts.head_input(head, kid=ring.active.id)
    return f"{text}.{sign(ring, text.encode())[1]}"


def _line(head: SignedHead) -> str:
    """A head as it is pushed: one line of JSON."""
    told = {"size": head.size, "at": receipts.time_text(head.signed_at), "head": head.jws}
    return json.dumps(told)
