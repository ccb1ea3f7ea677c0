"""What issues receipts: one per process, in memory, without a database row on the answer's way."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from django.conf import settings

from tocsin.base.clock.threads import OnePerProcess, Repeating
from tocsin.base.secrets import Keyrings, sign
from tocsin.domain.matching.types import Answer
from tocsin.domain.receipts import rules
from tocsin.domain.receipts.actions import keep_batches
from tocsin.domain.receipts.types import RING, Issued, NewBatch, Request, Said
from tocsin.engine import receipts
from tocsin.engine.receipts import SALT_BYTES, Receipt

log = structlog.get_logger()

FLUSH_EACH_SECONDS = 1.0
MOST_OF_BATCH = 10_000
MOST_WAITING = 1_000_000
"""Receipts that may wait for a database that is away: 32 MB of hashes."""


class _Batch:
    """Receipts of about a second, by their leaf hashes."""

    def __init__(self) -> None:
        self.id = uuid4().hex
        self.leaves: list[bytes] = []


class Issuer:
    """Signs receipts, and brings their hashes to the log about each second. Any thread may ask.

    Hashes of the last second are lost when the process is killed: those receipts hold all the same,
    but cannot be shown in the log.
    """

    def __init__(self, *, keys: Keyrings, organisation: str) -> None:
        self._keys = keys
        self._organisation = organisation
        self._threads = Repeating()
        self._signing = threading.Lock()
        self._flushing = threading.Lock()
        self._batch = _Batch()
        self._closed: list[_Batch] = []
        # Made now, if it is not there: not while somebody waits for an answer.
        keys.ring(RING)

    @classmethod
    def from_settings(cls) -> Issuer:
        """An issuer with this installation's keys, not yet started."""
        return cls(keys=settings.TOCSIN_KEYS, organisation=settings.TOCSIN_ORGANISATION.domain)

    def issue(self, request: Request, answer: Answer, said: Sequence[Said]) -> Issued:
        """The receipt of an answered request. `said` is what each item was told, in order."""
        salt = os.urandom(SALT_BYTES)
        items = rules.items_of(request.queries, said, request.door)
        root = receipts.root(receipts.item_leaves(salt, items))
        # Signed under the lock: a place in the batch that is taken is then always filled.
        with self._signing:
            batch = self._batch
            receipt = self._receipt(f"{batch.id}.{len(batch.leaves)}", request, answer, root)
            text = self._signed(receipt)
            batch.leaves.append(receipts.receipt_leaf(text))
            if len(batch.leaves) >= MOST_OF_BATCH:
                self._close()
        return Issued(receipt.id, text, receipts.to_text(salt))

    def flush(self, at: datetime) -> None:
        """Bring what was issued to the log; raises DatabaseError, and then it waits for the next
        time."""
        with self._flushing:
            with self._signing:
                if self._batch.leaves:
                    self._close()
                waiting = self._bounded()
            keep_batches([NewBatch(one.id, tuple(one.leaves)) for one in waiting], at=at)
            with self._signing:
                self._closed = [one for one in self._closed if one not in waiting]

    def start(self) -> None:
        """Start the thread that flushes."""
        self._threads.start("receipts-flush", self._flush_once, FLUSH_EACH_SECONDS)

    def stop(self) -> None:
        """Let the thread end at its next turn."""
        self._threads.stop()

    def _flush_once(self) -> None:
        self.flush(datetime.now(UTC))

    def _close(self) -> None:
        self._closed.append(self._batch)
        self._batch = _Batch()

    def _bounded(self) -> list[_Batch]:
        """What waits; the oldest is given up where that has become too much to hold."""
        while sum(len(one.leaves) for one in self._closed) > MOST_WAITING:
            lost = self._closed.pop(0)
            log.error("receipts_not_logged", receipts=len(lost.leaves))
        return list(self._closed)

    def _receipt(self, receipt_id: str, request: Request, answer: Answer, root: bytes) -> Receipt:
        key = request.key
        return Receipt(
            issuer=self._organisation,
            id=receipt_id,
            at=request.at,
            party=f"party:{key.party_id}",
            key=key.key_id,
            door=request.door.value,
            lists=key.terms.lists.value,
            list_version=answer.list_version if answer.problem is None else None,
            stale=answer.stale,
            shadow=key.terms.shadow,
            outage_policy=key.terms.outage_policy.value,
            items=len(request.queries),
            root=root,
        )

    def _signed(self, receipt: Receipt) -> str:
        ring = self._keys.ring(RING)
        text = receipts.receipt_input(receipt, kid=ring.active.id)
        return f"{text}.{sign(ring, text.encode())[1]}"


def _started() -> Issuer:
    fresh = Issuer.from_settings()
    fresh.start()
    return fresh


issuer = OnePerProcess(_started)
"""The issuer of this process, started at first use."""
