"""Reading: is the chain whole, and what happened to one subject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from tocsin.base.audit import rules
from tocsin.base.audit.actions import HEADS_FILE, content_of
from tocsin.base.audit.models import AuditRow, ChainHead, ChainLock
from tocsin.base.audit.rules import merkle_root
from tocsin.base.audit.types import Verdict
from tocsin.base.secrets import verify

__all__ = ["history", "merkle_root", "verify_chain"]


def history(subject: str) -> list[AuditRow]:
    """Rows about one subject, oldest first."""
    return list(AuditRow.objects.filter(subject=subject).order_by("id"))


def last_head() -> ChainHead | None:
    """The newest signed head, or None before the first."""
    return ChainHead.objects.order_by("-chain_no").first()


def verify_chain(heads_file: Path | None = None) -> Verdict:
    """Walk the whole chain and every head; the first thing wrong is named, or nothing is.

    `heads_file` holds the heads pushed outside (default: our own copy). A tail that was cut
    off inside the database shows because a pushed head names a row that is gone.
    """
    heads, unreadable = _heads(heads_file or settings.TOCSIN_OUTSIDE / HEADS_FILE)
    seen: dict[int, str] = {}
    problem = unreadable
    number, previous = 0, rules.GENESIS
    reached = ChainLock.objects.values_list("last_chain_no", flat=True).first() or 0
    for row in _sealed_rows():
        problem = problem or _wrong_with(row, number, previous)
        if problem:
            break
        number, previous = number + 1, row.row_hash
        if number in heads:
            seen[number] = row.row_hash
    waiting = AuditRow.objects.filter(chain_no__isnull=True).count()
    problem = problem or _wrong_with_heads(heads, seen)
    if problem is None and number < reached:
        problem = f"row {number + 1} is missing: {reached} rows were sealed"
    return Verdict(number, waiting, len(heads), problem)


def _sealed_rows() -> Iterator[AuditRow]:
    return AuditRow.objects.filter(chain_no__isnull=False).order_by("chain_no").iterator(2_000)


def _wrong_with(row: AuditRow, number: int, previous: str) -> str | None:
    if row.chain_no != number + 1:
        return f"row {number + 1} is missing: the next one found is {row.chain_no}"
    if row.previous_hash != previous:
        return f"row {row.chain_no} does not follow from row {number}"
    if rules.chain_hash(row.chain_no, previous, content_of(row)) != row.row_hash:
        return f"row {row.chain_no} was changed after it was sealed"
    if row.personal is not None and rules.commitment(row.salt, row.personal) != row.commitment:
        return f"row {row.chain_no}: its personal part was changed after it was sealed"
    return None


def _heads(pushed: Path) -> tuple[dict[int, str], str | None]:
    """Hash by row number of all heads, ours and those pushed outside; and what is wrong."""
    heads: dict[int, str] = {}
    for head in ChainHead.objects.order_by("chain_no").iterator():
        if not _signature_holds(
            head.chain_no, head.row_hash, head.signed_at, head.key_id, head.signature
        ):
            return heads, f"the signature of the head at row {head.chain_no} does not hold"
        heads[head.chain_no] = head.row_hash
    if not pushed.exists():
        return heads, None
    for position, line in enumerate(pushed.read_text("utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            number, row_hash = int(told["chain_no"]), str(told["hash"])
            at = datetime.fromisoformat(told["signed_at"])
            holds = _signature_holds(number, row_hash, at, told["key_id"], told["signature"])
        except (ValueError, KeyError, TypeError):
            return heads, f"line {position} of the pushed heads cannot be read"
        if not holds:
            return heads, f"line {position} of the pushed heads is not signed by us"
        if heads.setdefault(number, row_hash) != row_hash:
            return heads, f"the head at row {number} differs from the one pushed outside"
    return heads, None


def _signature_holds(number: int, row_hash: str, at: datetime, key_id: str, signature: str) -> bool:
    ring = settings.TOCSIN_KEYS.ring("audit")
    message = rules.head_message(number, row_hash, at)
    return verify(ring, message, key_id=key_id, signature=signature)


def _wrong_with_heads(heads: dict[int, str], seen: dict[int, str]) -> str | None:
    for number, row_hash in sorted(heads.items()):
        if number not in seen:
            return f"row {number} is missing: a signed head says the chain reached it"
        if seen[number] != row_hash:
            return f"row {number} is not the one a signed head was made over"
    return None
