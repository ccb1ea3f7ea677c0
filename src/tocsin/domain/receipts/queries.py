"""Reading: the issuer of this process, proofs out of the log, its head, and whether it is whole."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from tocsin.base.secrets import public_keys
from tocsin.domain.receipts.issuing import Issuer, issuer
from tocsin.domain.receipts.models import Batch, SignedHead
from tocsin.domain.receipts.tree import from_text, load
from tocsin.domain.receipts.types import (
    RING,
    HeadView,
    LogProof,
    NotInLog,
    NotYetInLog,
    ProofGone,
)
from tocsin.domain.receipts.verifying import verify_log
from tocsin.engine import receipts

__all__ = ["Issuer", "issuer", "key_set", "log_head", "log_proof", "verify_log"]


def key_set() -> dict[str, object]:
    """Our public keys as a JWK set (RFC 7517), the one in use last."""
    ring = settings.TOCSIN_KEYS.ring(RING)
    public = public_keys(ring)
    return receipts.key_set({key.id: (public[key.id], key.created_at) for key in ring.keys})


def log_proof(receipt_id: str) -> LogProof:
    """That a receipt stands in the log, under the newest signed head.

    Raises NotInLog, NotYetInLog, ProofGone.
    """
    batch, index = _batch_of(receipt_id)
    head = SignedHead.objects.order_by("-size").first()
    if batch.position is None or head is None or batch.position >= head.size:
        raise NotYetInLog
    if not batch.leaves:
        raise ProofGone
    inside = receipts.nodes_of(from_text(batch.leaves))
    return LogProof(
        receipt_id=receipt_id,
        index=index,
        batch_size=batch.size,
        batch_path=tuple(receipts.inclusion_path(index, batch.size, inside)),
        log_index=batch.position,
        log_path=tuple(receipts.inclusion_path(batch.position, head.size, _nodes())),
        head=head.jws,
    )


def log_head(*, earlier_size: int | None = None) -> HeadView:
    """The newest signed head, and how the log of an earlier size became it."""
    head = SignedHead.objects.order_by("-size").first()
    if head is None:
        return HeadView(0, None)
    if earlier_size is None or earlier_size > head.size:
        return HeadView(head.size, head.jws)
    path = receipts.consistency_path(earlier_size, head.size, _nodes())
    return HeadView(head.size, head.jws, earlier_size, tuple(path))


def _batch_of(receipt_id: str) -> tuple[Batch, int]:
    try:
        batch_id, index = receipts.place_of(receipt_id)
    except ValueError:
        raise NotInLog from None
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None or index >= batch.size:
        raise NotInLog
    return batch, index


def _nodes() -> receipts.Node:
    """The tree, each tile read once."""
    return receipts.nodes(lru_cache(maxsize=None)(load))
