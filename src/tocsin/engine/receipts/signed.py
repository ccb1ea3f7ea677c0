"""Receipts and heads of the log as they are signed, and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.engine.receipts import jws, tree
from tocsin.engine.receipts.jws import Json, Keys, Signed
from tocsin.engine.receipts.types import HEAD, RECEIPT, Head, NotProven, Receipt

VERSION = 1
CLOCKS_DIFFER = timedelta(minutes=5)
"""By so much two clocks may differ before a time counts as wrong."""

_LEAF = b"tocsin-receipt/1 receipt\x00"
_BATCH = b"tocsin-receipt/1 batch\x00"
_TIME = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
_ID = re.compile(r"\A[0-9a-f]{32}\.(0|[1-9][0-9]{0,8})\Z")
MOST_ITEMS = 1 << 32


def receipt_input(receipt: Receipt, *, kid: str) -> str:
    """What a receipt's signature is made over."""
    payload: Json = {
        "version": VERSION,
        "issuer": receipt.issuer,
        "id": receipt.id,
        "at": time_text(receipt.at),
        "party": receipt.party,
        "key": receipt.key,
        "door": receipt.door,
        "lists": receipt.lists,
        "list_version": receipt.list_version,
        "stale": receipt.stale,
        "shadow": receipt.shadow,
        "outage_policy": receipt.outage_policy,
        "items": receipt.items,
        "root": jws.to_text(receipt.root),
    }
    return jws.signing_input(payload, kid=kid, kind=RECEIPT)


def head_input(head: Head, *, kid: str) -> str:
    """What a head's signature is made over."""
    payload: Json = {
        "version": VERSION,
        "issuer": head.issuer,
        "at": time_text(head.at),
        "size": head.size,
        "root": jws.to_text(head.root),
    }
    return jws.signing_input(payload, kid=kid, kind=HEAD)


def open_receipt(text: str, keys: Keys, *, now: datetime) -> Receipt:
    """The receipt in a compact JWS, when its signature and its time hold; raises NotProven."""
    signed = jws.opened(text, keys, kind=RECEIPT)
    said = _Fields(signed.payload, RECEIPT)
    receipt = Receipt(
        issuer=said.text("issuer"),
        id=said.text("id"),
        at=said.time("at"),
        party=said.text("party"),
        key=said.text("key"),
        door=said.text("door"),
        lists=said.text("lists"),
        list_version=said.number_or_none("list_version"),
        stale=said.truth("stale"),
        shadow=said.truth("shadow"),
        outage_policy=said.text("outage_policy"),
        items=said.number("items"),
        root=said.hash("root"),
    )
    said.all_read()
    if not _ID.match(receipt.id):
        raise said.wrong("id")
    if not 1 <= receipt.items < MOST_ITEMS:
        raise said.wrong("items")
    _in_time(receipt.at, signed, RECEIPT, now)
    return receipt


def open_head(text: str, keys: Keys, *, now: datetime) -> Head:
    """The head in a compact JWS, when its signature and its time hold; raises NotProven."""
    signed = jws.opened(text, keys, kind=HEAD)
    said = _Fields(signed.payload, HEAD)
    head = Head(said.text("issuer"), said.time("at"), said.number("size"), said.hash("root"))
    said.all_read()
    _in_time(head.at, signed, HEAD, now)
    return head


def receipt_leaf(text: str) -> bytes:
    """The leaf hash of a receipt (its whole compact JWS) in its batch, 32 bytes."""
    return tree.leaf_hash(_LEAF + text.encode("ascii"))


def batch_leaf(size: int, root: bytes) -> bytes:
    """The leaf hash of a batch of `size` receipts in the log, 32 bytes."""
    return tree.leaf_hash(_BATCH + size.to_bytes(4, "big") + root)


def place_of(receipt_id: str) -> tuple[str, int]:
    """The batch a receipt is in and its place there; raises ValueError for what is no such id."""
    if not _ID.match(receipt_id):
        raise ValueError("not the id of a receipt")
    batch, _, index = receipt_id.partition(".")
    return batch, int(index)


def time_text(at: datetime) -> str:
    """A time in UTC with six digits of a second: `2026-03-03T10:00:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _in_time(at: datetime, signed: Signed, kind: str, now: datetime) -> None:
    if at > now + CLOCKS_DIFFER:
        raise NotProven(
            f"The time in this {kind} is wrong: {time_text(at)} has not come yet. Its clock or "
            "yours is wrong."
        )
    made_at = signed.key.made_at
    if made_at is None:
        return
    try:
        since = datetime.fromisoformat(made_at)
        early = at < since - CLOCKS_DIFFER
    except (ValueError, TypeError):
        raise NotProven(f"The file of keys has no usable time for key {signed.key.kid}.") from None
    if early:
        raise NotProven(
            f"The time in this {kind} is wrong: key {signed.key.kid} was made on "
            f"{since:%Y-%m-%d}, after {time_text(at)}, so it cannot have signed then."
        )


class _Fields:
    """The fields of a signed payload, each read as what it must be."""

    def __init__(self, payload: Json, kind: str) -> None:
        self._payload = payload
        self._kind = kind
        self._read = {"version"}
        if payload.get("version") != VERSION or isinstance(payload["version"], bool):
            raise NotProven(f"This {kind} is of a version that this programme does not know.")

    def wrong(self, name: str) -> NotProven:
        return NotProven(f"This {self._kind} is signed, but its field {name} is not as it must be.")

    def all_read(self) -> None:
        if unknown := set(self._payload) - self._read:
            raise self.wrong(repr(min(unknown))[:40])

    def _get(self, name: str, kind: type) -> Any:
        self._read.add(name)
        value = self._payload.get(name)
        if type(value) is not kind:
            raise self.wrong(name)
        return value

    def text(self, name: str) -> str:
        return str(self._get(name, str))

    def truth(self, name: str) -> bool:
        return bool(self._get(name, bool))

    def number(self, name: str) -> int:
        value = int(self._get(name, int))
        if value < 0:
            raise self.wrong(name)
        return value

    def number_or_none(self, name: str) -> int | None:
        if name in self._payload and self._payload[name] is None:
            self._read.add(name)
            return None
        return self.number(name)

    def time(self, name: str) -> datetime:
        text = self.text(name)
        try:
            if _TIME.match(text):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise self.wrong(name)

    def hash(self, name: str) -> bytes:
        try:
            value = jws.from_text(self.text(name))
        except ValueError:
            raise self.wrong(name) from None
        if len(value) != tree.HASH_BYTES:
            raise self.wrong(name)
        return value
