"""The items of a receipt: how each becomes a leaf that says nothing to whoever has no salt.

The salt (32 random bytes for each receipt) is the client's alone. Each item has a key of its own
made from it, so that one item can be shown and the others stay closed, even to somebody who guesses
what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

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
    "pdq_variants",
    "frames",
)
"""What a check may be made with, in the order in which it is written down."""

NOT_ASKED: Final[Mapping[str, frozenset[str]]] = {
    "exact": frozenset({"pdq", "pdq_quality", "pdq_512", "pdq_oriented", "pdq_variants", "frames"}),
    "near": frozenset({"pdq_variants"}),
    "thorough": frozenset(),
}
"""By the level of a request: what its items may carry and is not asked."""

MEDIA_DOOR = "v2-media"
"""Where a file is sent and not its fingerprints: its content is the file's SHA-256 alone."""

_LEAF = b"tocsin-receipt/1 item\x00"
_KEY = b"tocsin-receipt/1 key\x00"
_INNER, _OUTER = (bytes(n ^ pad for n in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = b"\x36" * 32, b"\x5c" * 32


def content(asked: Mapping[str, str], *, door: str) -> bytes:
    """What was asked, as one text: a line `name=value` for each of FIELDS that was given.

    Hashes are in lower-case hexadecimal, the quality is a whole number. Variants are joined by
    commas; a frame is `frame_text`, and frames are joined by semicolons.
    """
    fields = ("sha256",) if door == MEDIA_DOOR else FIELDS
    return "".join([f"{name}={asked[name]}\n" for name in fields if name in asked]).encode()


def frame_text(pdq: str, quality: float, offset_s: float | None) -> str:
    """One frame: hash, quality (a whole number), and its offset as Python writes a float."""
    offset = "" if offset_s is None else repr(float(offset_s))
    return f"{pdq.lower()},{int(quality)},{offset}"


def item_key(salt: bytes, index: int) -> bytes:
    """The key of one item, 32 bytes: tells nothing of the salt or of another item's key."""
    return _keys(salt)(index)


def item_leaf(key: bytes, item: Item) -> bytes:
    """The leaf hash of an item under its key, 32 bytes.

    The digest of the content is known to nobody without the key, so that it keeps secret what
    stands beside it too.
    """
    client_id = item.client_id.encode()
    return tree.leaf_hash(
        b"".join(
            (
                _LEAF,
                _hmac(key, item.content),
                len(client_id).to_bytes(4, "big"),
                client_id,
                item.status.encode(),
                b"\x00",
                item.action.encode(),
            )
        )
    )


def item_leaves(salt: bytes, items: Iterable[Item]) -> list[bytes]:
    """The leaf hashes of all items of a receipt, in the order asked."""
    key = _keys(salt)
    return [item_leaf(key(index), item) for index, item in enumerate(items)]


def one_item(receipt: str, salt: bytes, items: Sequence[Item], index: int) -> ItemProof:
    """The proof of one item, which shows nothing of the others; raises IndexError."""
    nodes = tree.nodes_of(item_leaves(salt, items))
    path = tree.inclusion_path(index, len(items), nodes)
    return ItemProof(receipt, items[index], item_key(salt, index), index, tuple(path))


def _keys(salt: bytes) -> Callable[[int], bytes]:
    """The keys of items by their places: HMAC-SHA-256 under the salt."""
    # The two halves of an HMAC are begun once: a batch has thousands of items.
    inner = sha256(salt.translate(_INNER) + _INNER_REST)
    outer = sha256(salt.translate(_OUTER) + _OUTER_REST)

    def key(index: int) -> bytes:
        half, whole = inner.copy(), outer.copy()
        half.update(_KEY + index.to_bytes(4, "big"))
        whole.update(half.digest())
        return whole.digest()

    return key


def _hmac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) under a key of 32 bytes, in half the time of `hmac.digest`."""
    half = sha256(key.translate(_INNER) + _INNER_REST + data).digest()
    return sha256(key.translate(_OUTER) + _OUTER_REST + half).digest()
