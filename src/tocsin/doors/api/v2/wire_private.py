"""What goes over the wire of private deltas. Bytes are base64 as in RFC 4648, section 4."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from tocsin.engine.oprf import KEPT_BYTES

MOST_ELEMENTS = 2_000

_BASE64_32 = "^[A-Za-z0-9+/]{43}=$"
Element = Annotated[
    str,
    Meta(
        pattern=_BASE64_32,
        min_length=44,
        max_length=44,
        description="An element of ristretto255, 32 bytes in base64.",
    ),
]
Epoch = Annotated[str, Meta(description="Names the key; another name begins anew.")]


class EvaluateRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Digests as blinded elements (RFC 9497, Blind). Each counts as a fingerprint asked today."""

    elements: Annotated[list[Element], Meta(min_length=1, max_length=MOST_ELEMENTS)]


class Evaluation(Struct, frozen=True):
    """The elements under our key, in the order asked, and one proof for all (RFC 9497, DLEQ)."""

    epoch: Epoch
    public_key: Element
    evaluated: list[Element]
    proof: Annotated[str, Meta(description="64 bytes in base64.")]


class PrivateKey(Struct, frozen=True):
    """The public half of the key of this epoch: the same for everybody who asks."""

    protocol: str
    suite: str
    epoch: Epoch
    public_key: Element


class PrivateDelta(Struct, frozen=True):
    """One page of what came after `since` until `list_version`, as your key may see it now."""

    epoch: Epoch
    list_version: Annotated[int, Meta(description="`through` of the further pages.")]
    page: int
    pages: int
    value_bytes: int
    values: Annotated[
        str,
        Meta(
            description=f"Sorted values of {KEPT_BYTES} bytes each, one after the other, in base64."
        ),
    ]
