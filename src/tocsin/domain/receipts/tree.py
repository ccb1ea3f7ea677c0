"""The tree over all batches, as it lies in tables."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from tocsin.domain.receipts.models import Batch, Tile
from tocsin.engine import receipts

HASH_BYTES = 32


def as_text(hashes: Iterable[bytes]) -> str:
    """Hashes of 32 bytes as a text column holds them."""
    return base64.b64encode(b"".join(hashes)).decode()


def from_text(text: str) -> list[bytes]:
    """What `as_text` made."""
    data = base64.b64decode(text)
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def load(level: int, number: int) -> list[bytes]:
    """The hashes in a tile; none when there is no such tile."""
    found = Tile.objects.filter(level=level, number=number).values_list("hashes", flat=True)
    return from_text(found[0]) if found else []


def batch_leaf(batch: Batch) -> bytes:
    """The leaf of a batch in the log."""
    return receipts.batch_leaf(batch.size, bytes.fromhex(batch.root))
