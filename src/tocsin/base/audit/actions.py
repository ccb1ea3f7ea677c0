"""Writing: record a row, seal what is not yet chained, push signed heads outside."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from tocsin.base.audit import rules
from tocsin.base.audit.models import AuditRow, ChainHead, ChainLock
from tocsin.base.audit.types import Actor, Json
from tocsin.base.secrets import sign

SEAL_BATCH = 1_000
HEADS_FILE = "audit-heads.jsonl"


class NotInTransaction(Exception):
    """An audit row must be written in the transaction of the change it tells of."""


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    at: datetime,
    facts: Mapping[str, Json] | None = None,
    personal: Mapping[str, Json] | None = None,
) -> None:
    """Write one audit row; must run inside the transaction of the change itself.

    `facts` are numbers, states and ids. Words of people, names and mail addresses go into
    `personal`, which can be erased later without breaking the chain.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(f"audit row {action!r} outside a transaction")
    salt = secrets.token_hex(16) if personal else ""
    kept = dict(personal) if personal else None
    AuditRow.objects.create(
        at=at,
        actor=actor.text,
        action=action,
        subject=subject,
        facts=dict(facts or {}),
        personal=kept,
        salt=salt,
        commitment=rules.commitment(salt, kept) if kept else "",
    )


def seal_waiting(*, at: datetime) -> int:
    """Number and chain the rows that are not yet, sign the new head; how many were sealed.

    Takes `chain_no IS NULL` and not `id > last`: ids are handed out before commit, so a
    reader that remembers an id misses rows (docs/decisions/0004).
    """
    if not AuditRow.objects.filter(chain_no__isnull=True).exists():
        return 0
    with transaction.atomic():
        lock, _ = ChainLock.objects.select_for_update().get_or_create(
            pk=1, defaults={"last_hash": rules.GENESIS}
        )
        rows = list(AuditRow.objects.filter(chain_no__isnull=True).order_by("id")[:SEAL_BATCH])
        for row in rows:
            row.chain_no = lock.last_chain_no + 1
            row.previous_hash = lock.last_hash
            row.row_hash = rules.chain_hash(row.chain_no, row.previous_hash, content_of(row))
            lock.last_chain_no, lock.last_hash = row.chain_no, row.row_hash
        AuditRow.objects.bulk_update(rows, ["chain_no", "previous_hash", "row_hash"], 200)
        lock.save()
    return len(rows)


def sign_head(*, at: datetime) -> ChainHead | None:
    """Sign the chain's end if it has moved since the last head; the new head or None."""
    with transaction.atomic():
        lock = ChainLock.objects.select_for_update().filter(pk=1).first()
        if lock is None or ChainHead.objects.filter(chain_no__gte=lock.last_chain_no).exists():
            return None
        message = rules.head_message(lock.last_chain_no, lock.last_hash, at)
        key_id, signature = sign(settings.TOCSIN_KEYS.ring("audit"), message)
        return ChainHead.objects.create(
            chain_no=lock.last_chain_no,
            row_hash=lock.last_hash,
            signed_at=at,
            key_id=key_id,
            signature=signature,
        )


def push_heads(*, at: datetime) -> int:
    """Append heads not yet pushed to the folder outside (TOCSIN_OUTSIDE); how many went."""
    waiting = list(ChainHead.objects.filter(pushed_at__isnull=True).order_by("chain_no"))
    if not waiting:
        return 0
    append_outside(HEADS_FILE, [head_line(head) for head in waiting])
    ChainHead.objects.filter(pk__in=[head.pk for head in waiting]).update(pushed_at=at)
    return len(waiting)


def append_outside(name: str, lines: list[str]) -> None:
    """Append lines to a file outside the database and make sure they are on the disk."""
    folder: Path = settings.TOCSIN_OUTSIDE
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def head_line(head: ChainHead) -> str:
    """A head as it is pushed: one line of JSON."""
    return json.dumps(
        {
            "chain_no": head.chain_no,
            "hash": head.row_hash,
            "signed_at": head.signed_at.isoformat(),
            "key_id": head.key_id,
            "signature": head.signature,
        }
    )


def content_of(row: AuditRow) -> rules.RowContent:
    """What the row's hash covers."""
    return rules.RowContent(row.at, row.actor, row.action, row.subject, row.facts, row.commitment)
