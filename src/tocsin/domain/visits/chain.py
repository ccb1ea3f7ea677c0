"""How evidence is hashed and chained: plain functions over plain values.

A record is canonical JSON (sorted keys, no spaces, UTF-8) with a random salt among its fields. Its
digest is the SHA-256 of those bytes; its link is the SHA-256 of its number, the link before it, and
its digest. So a record may be emptied in time and the chain stays whole, and nobody can try out
what the emptied record said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from tocsin.base.audit.types import Json

SCHEMA: Final = "tocsin-evidence/1"
GENESIS: Final = "0" * 64


def canonical(record: Mapping[str, Json]) -> str:
    """The record's one spelling."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(written: str) -> str:
    """Hex SHA-256 of a record as `canonical` spelt it."""
    return hashlib.sha256(written.encode()).hexdigest()


def link_of(number: int, previous: str, digest: str) -> str:
    """Hex SHA-256 by which a record hangs on the one before it."""
    told = json.dumps([number, previous, digest], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
