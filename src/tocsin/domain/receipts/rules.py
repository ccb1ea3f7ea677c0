"""What of a question stands in a receipt, and how: plain functions over plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.domain.matching.types import Door, Query
from tocsin.domain.receipts.types import Said
from tocsin.engine.receipts import FIELDS, MEDIA_DOOR, Item, content, frame_text

_TEXTS = {"pdq_quality", "media_status", "pdq_variants", "frames"}
_HASHES = tuple(name for name in FIELDS if name not in _TEXTS)


def items_of(queries: Sequence[Query], said: Iterable[Said], door: Door) -> list[Item]:
    """The items of a receipt, in the order asked."""
    return [
        Item(content_of(query, door), query.client_id, told.status, told.action)
        for query, told in zip(queries, said, strict=True)
    ]


def content_of(query: Query, door: Door) -> bytes:
    """What was asked about one picture, as a receipt writes it down."""
    if door == MEDIA_DOOR:
        # Whoever sent a file has its SHA-256 and need not have our fingerprints of it.
        return content({"sha256": (query.sha256 or b"").hex()}, door=door)
    asked = {name: value.hex() for name in _HASHES if (value := getattr(query, name)) is not None}
    if query.pdq_quality is not None:
        asked["pdq_quality"] = str(query.pdq_quality)
    if query.media_status is not None:
        asked["media_status"] = query.media_status.value
    if query.pdq_variants:
        asked["pdq_variants"] = ",".join(value.hex() for value in query.pdq_variants)
    if query.frames:
        asked["frames"] = ";".join(
            frame_text(f.pdq.hex(), f.quality, f.seconds) for f in query.frames
        )
    return content(asked, door=door)
