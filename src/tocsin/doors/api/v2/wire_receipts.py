"""What goes over the `/v2` wire about the log of receipts, as structs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Hash = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$", description="32 bytes in base64url.")]
Path = Annotated[list[Hash], Meta(description="Hashes beside the way up, nearest first.")]


class BatchPlace(Struct, frozen=True):
    """The receipt's place among those that one process gave in about the same second."""

    index: int
    size: int
    path: Path


class LogPlace(Struct, frozen=True):
    """The place of that batch in the log, with the path to the root in the head."""

    index: int
    path: Path


class ReceiptProof(Struct, frozen=True):
    """That a receipt stands in the log, under a signed head (a compact JWS)."""

    receipt: str
    batch: BatchPlace
    log: LogPlace
    head: str


class Consistency(Struct, frozen=True, rename={"earlier_size": "from"}):
    """That the log of an earlier size is the beginning of the log as it is now."""

    earlier_size: int
    path: Path


class LogHead(Struct, frozen=True):
    """The newest signed head (a compact JWS), and how many batches it is over.

    `head` is null before the first. `consistency` is null when no `from` was given, or when the log
    has never had that size.
    """

    size: int
    head: str | None
    consistency: Consistency | None


class Jwk(Struct, frozen=True):
    """An Ed25519 key (RFC 8037), and when it was made."""

    kty: str
    crv: str
    use: str
    alg: str
    kid: str
    x: Hash
    made_at: str


class JwkSet(Struct, frozen=True):
    """Our public keys for receipts (RFC 7517), the one in use last."""

    keys: list[Jwk]
