"""Verifying offline: what a receipt, an item, a place in the log and two heads prove together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tocsin.engine.receipts import items, signed, tree
from tocsin.engine.receipts.jws import Keys
from tocsin.engine.receipts.types import Head, Item, ItemProof, LogProof, NotProven, Receipt


def prove_items(receipt: Receipt, salt: bytes, told: Sequence[Item]) -> None:
    """Raises NotProven unless these are all items of the receipt, in its order."""
    if len(told) != receipt.items:
        raise NotProven(
            f"The receipt is for {receipt.items} items; {len(told)} are given. All are needed."
        )
    if len(salt) != items.SALT_BYTES or tree.root(items.item_leaves(salt, told)) != receipt.root:
        raise NotProven(
            "The items are not those of the receipt: something in the request, the results, their "
            "order or the salt differs."
        )


def prove_item(receipt: Receipt, proof: ItemProof) -> None:
    """Raises NotProven unless the item is one of the receipt's."""
    leaf = items.item_leaf(proof.item_key, proof.item)
    if tree.root_by_inclusion(leaf, proof.index, receipt.items, proof.path) != receipt.root:
        raise NotProven(
            f"The item is not number {proof.index} of the receipt: its content, id, status, "
            "action, key or path differs."
        )


def prove_logged(receipt: str, proof: LogProof, keys: Keys, *, now: datetime) -> Head:
    """The head under which the receipt (its compact JWS, verified before) stands in the log.

    Raises NotProven.
    """
    said = signed.open_receipt(receipt, keys, now=now)
    if proof.receipt_id != said.id:
        raise NotProven(f"The proof is for another receipt ({proof.receipt_id[:50]!r}).")
    head = signed.open_head(proof.head, keys, now=now)
    if head.issuer != said.issuer:
        raise NotProven("The head is of another organisation's log.")
    if head.at < said.at - signed.CLOCKS_DIFFER:
        raise NotProven(
            "The times are wrong: the head is older than the receipt, so it cannot speak of it."
        )
    leaf = signed.receipt_leaf(receipt)
    batch = tree.root_by_inclusion(leaf, proof.index, proof.batch_size, proof.batch_path)
    if batch is not None:
        whole = signed.batch_leaf(proof.batch_size, batch)
        if tree.root_by_inclusion(whole, proof.log_index, head.size, proof.log_path) == head.root:
            return head
    raise NotProven("The path does not lead to the signed head, so the receipt is not shown there.")


def prove_consistent(old: Head, new: Head, path: Sequence[bytes]) -> None:
    """Raises NotProven unless the log of `new` is that of `old` with more behind it."""
    if old.issuer != new.issuer:
        raise NotProven("The two heads are of two organisations.")
    if old.size > new.size or old.at > new.at:
        raise NotProven("The earlier head is the larger or the younger one; give them in order.")
    if not tree.consistent((old.size, old.root), (new.size, new.root), path):
        raise NotProven(
            "The log was rewritten between the two heads, or the path between them is wrong."
        )
