"""What is issued and verified, and what stands in the way of a proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

RECEIPT = "tocsin-receipt"
HEAD = "tocsin-receipt-head"


class NotProven(ValueError):
    """Something does not prove what it should; the text says what, in a sentence."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to verify with: its id, 32 bytes of Ed25519, and when it was made, where told."""

    kid: str
    raw: bytes
    made_at: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One item as it was asked and answered. `content` is made by `items.content`; `action` is
    empty for who is told none."""

    content: bytes
    client_id: str
    status: str
    action: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says of one answered request.

    `party` and `key` are who asked, `door` where, `lists` which lists. `list_version` is None when
    nothing could be checked. `root` (32 bytes) is that of the tree over the `items` items.
    """

    issuer: str
    id: str
    at: datetime
    party: str
    key: str
    door: str
    lists: str
    list_version: int | None
    stale: bool
    shadow: bool
    outage_policy: str
    items: int
    root: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    """The log at one moment: how many batches it holds, and the root (32 bytes) over them."""

    issuer: str
    at: datetime
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogProof:
    """How a receipt stands in the log: its place in a batch, and the batch's place in the log under
    a signed head. Paths are of 32 bytes each, nearest first."""

    receipt_id: str
    index: int
    batch_size: int
    batch_path: tuple[bytes, ...]
    log_index: int
    log_path: tuple[bytes, ...]
    head: str


@dataclass(frozen=True, slots=True, repr=False)
class ItemProof:
    """One item of a receipt without the others: the item, its own key, its place and the path."""

    receipt: str
    item: Item
    item_key: bytes
    index: int
    path: tuple[bytes, ...]
