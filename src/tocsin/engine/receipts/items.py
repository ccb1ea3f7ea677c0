"""The items of a receipt: how each becomes a leaf that says nothing to whoever has no salt.

The salt (32 random bytes for each receipt) is the client's alone. Each item has a key of its own
made from it, so that one item can be shown and the others stay closed, even to somebody who guesses
what they were.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence

from tocsin.engine.receipts import tree
from tocsin.engine.receipts.types import Item, ItemProof

SALT_BYTES = 32
FIELDS = (
    "md5",
    "sha1",
    "sha256",
    "pdq",
    "pdq_quality",
    "pdq_512",
    "pdq_oriented",
    "photodna",
    "media_status",
)
"""What a check may be made with, in the order in which it is written down."""

MEDIA_DOOR = "v2-media"
"""Where a file is sent and not its fingerprints: its content is the file's SHA-256 alone."""

_LEAF = b"tocsin-receipt/1 item\x00"


def content(asked: Mapping[str, str], *, door: str) -> bytes:
    """What was asked, as one text: a line `name=value` for each of FIELDS that was given.

    Hashes are in lower-case hexadecimal, the quality is a whole number.
    """
    fields = ("sha256",) if door == MEDIA_DOOR else FIELDS
    return "".join([f"{name}={asked[name]}\n" for name in fields if name in asked]).encode()


def item_key(salt: bytes, index: int) -> bytes:
    """The key of one item, 32 bytes: tells nothing of the salt or of another item's key."""
    return hmac.digest(salt, b"item\x00" + index.to_bytes(4, "big"), "sha256")


def item_leaf(key: bytes, item: Item) -> bytes:
    """The leaf hash of an item under its key, 32 bytes."""
    return tree.leaf_hash(
        b"".join(
            (
                _LEAF,
                hmac.digest(key, b"content\x00" + item.content, "sha256"),
                hmac.digest(key, b"id\x00" + item.client_id.encode(), "sha256"),
                item.status.encode(),
                b"\x00",
                item.action.encode(),
            )
        )
    )


def item_leaves(salt: bytes, items: Iterable[Item]) -> list[bytes]:
    """The leaf hashes of all items of a receipt, in the order asked."""
    return [item_leaf(item_key(salt, index), item) for index, item in enumerate(items)]


def one_item(receipt: str, salt: bytes, items: Sequence[Item], index: int) -> ItemProof:
    """The proof of one item, which shows nothing of the others; raises IndexError."""
    nodes = tree.nodes_of(item_leaves(salt, items))
    path = tree.inclusion_path(index, len(items), nodes)
    return ItemProof(receipt, items[index], item_key(salt, index), index, tuple(path))
