"""Keys, receipts and a whole small log for the tests of receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.engine import receipts
from tocsin.engine.receipts import Head, Item, LogProof, PublicKey, Receipt

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
SALT = bytes(range(32))
BATCH = "0123456789abcdef" * 2


@dataclass(frozen=True)
class Signer:
    """A key of an organisation."""

    kid: str = "k1"
    seed: int = 1
    private: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        private = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        object.__setattr__(self, "private", private)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.kid, self.private.public_key().public_bytes_raw())

    @property
    def keys(self) -> dict[str, PublicKey]:
        return {self.kid: self.public}

    def sign(self, text: str) -> str:
        return f"{text}.{receipts.to_text(self.private.sign(text.encode()))}"

    def receipt(self, receipt: Receipt) -> str:
        return self.sign(receipts.receipt_input(receipt, kid=self.kid))

    def head(self, head: Head) -> str:
        return self.sign(receipts.head_input(head, kid=self.kid))


def items(count: int) -> list[Item]:
    """Items that differ in everything."""
    statuses = ("listed", "not_listed", "held")
    return [
        Item(f"md5={n:032x}\n".encode(), f"upload-{n}", statuses[n % 3], "block" if n % 2 else "")
        for n in range(count)
    ]


def receipt_of(told: list[Item], *, index: int = 0, at: datetime = AT) -> Receipt:
    """What would be signed for these items."""
    return Receipt(
        issuer="hotline.example",
        id=f"{BATCH}.{index}",
        at=at,
        party="party:7",
        key="tk_abc",
        door="v2-checks",
        lists="live",
        list_version=812,
        stale=False,
        shadow=False,
        outage_policy="hold",
        items=len(told),
        root=receipts.root(receipts.item_leaves(SALT, told)),
    )


@dataclass(frozen=True)
class Log:
    """A log whose batch number `place` holds the given receipts; the others hold nothing real."""

    signer: Signer
    texts: list[str]
    place: int
    size: int
    at: datetime = AT + timedelta(minutes=1)

    def leaves(self) -> list[bytes]:
        batch = receipts.root(receipts.receipt_leaf(text) for text in self.texts)
        others = [receipts.batch_leaf(1, bytes([n % 256]) * 32) for n in range(self.size)]
        return [
            *others[: self.place],
            receipts.batch_leaf(len(self.texts), batch),
            *others[self.place + 1 :],
        ]

    def head(self, size: int | None = None) -> Head:
        size = self.size if size is None else size
        return Head("hotline.example", self.at, size, receipts.root(self.leaves()[:size]))

    def proof(self, index: int) -> LogProof:
        inside = receipts.nodes_of(receipts.receipt_leaf(text) for text in self.texts)
        outside = receipts.nodes_of(self.leaves())
        return LogProof(
            receipt_id=f"{BATCH}.{index}",
            index=index,
            batch_size=len(self.texts),
            batch_path=tuple(receipts.inclusion_path(index, len(self.texts), inside)),
            log_index=self.place,
            log_path=tuple(receipts.inclusion_path(self.place, self.size, outside)),
            head=self.signer.head(self.head()),
        )
