"""How rows are hashed and chained: plain functions over plain values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.audit.types import Json
from tocsin.engine import receipts

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class RowContent:
    """What a row's hash covers. Personal words are covered through their commitment only."""

    at: datetime
    actor: str
    action: str
    subject: str
    facts: Json
    commitment: str


def canonical(value: Json) -> bytes:
    """JSON with sorted keys and no spaces: the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(salt: str, personal: Json) -> str:
    """SHA-256 over salt and words: proves what was said while it is kept, says nothing after."""
    return hashlib.sha256(salt.encode() + b"\0" + canonical(personal)).hexdigest()


def chain_hash(chain_no: int, previous: str, row: RowContent) -> str:
    """The row's link: SHA-256 over its number, the row before it, and its content."""
    content: Json = {
        "no": chain_no,
        "previous": previous,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "facts": row.facts,
        "commitment": row.commitment,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def head_message(chain_no: int, row_hash: str, signed_at: datetime) -> bytes:
    """The bytes a head's signature covers."""
    return canonical({"no": chain_no, "hash": row_hash, "at": signed_at.isoformat()})


def merkle_root(leaves: Iterable[bytes]) -> str:
    """Root over a batch, 64 hex digits, as RFC 9162 hashes. No leaves: the SHA-256 of nothing."""
    return receipts.root(map(receipts.leaf_hash, leaves)).hex()
