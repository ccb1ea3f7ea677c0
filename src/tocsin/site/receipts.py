"""What a file with a receipt proves, line by line, with nothing but files and public keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.engine import receipts
from tocsin.engine.receipts import Item, ItemProof, Kept, Keys, LogProof, NotProven, Receipt


@dataclass(frozen=True, slots=True)
class Beside:
    """What is given beside the file: the keys that count, the request that was sent where its items
    are to be proven, and proofs of the log by receipt."""

    keys: Keys
    request: str | None
    proofs: Mapping[str, LogProof]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is proven, said or not shown; `holds` is False where a proof failed."""

    mark: str
    sentence: str
    holds: bool = True


def verified(text: str, beside: Beside, *, now: datetime) -> Iterator[Line]:
    """What a file proves: the signature first, since nothing counts without it."""
    try:
        kept = receipts.read_kept(text)
        jws = kept.receipt if isinstance(kept, ItemProof) else kept.jws
        receipt = receipts.open_receipt(jws, beside.keys, now=now)
    except NotProven as error:
        yield _not_proven(error)
        return
    yield Line("proven", f"{receipt.issuer} signed receipt {receipt.id}; no byte of it was changed")
    yield Line("it says", _told(receipt))
    yield _items(kept, receipt, beside)
    yield _place(jws, receipt, beside, now)


def shown_alone(text: str, beside: Beside, client_id: str, *, now: datetime) -> ItemProof:
    """The proof of the one item of that id; raises NotProven, also when there are several."""
    kept = receipts.read_kept(text)
    if isinstance(kept, ItemProof):
        raise NotProven("The file is the proof of one item already.")
    receipt = receipts.open_receipt(kept.jws, beside.keys, now=now)
    salt, told = _asked(kept, receipt, beside)
    places = [place for place, item in enumerate(told) if item.client_id == client_id]
    if len(places) != 1:
        raise NotProven(f"{len(places)} items of the receipt have that id; one is needed.")
    return receipts.one_item(kept.jws, salt, told, places[0])


def _items(kept: Kept | ItemProof, receipt: Receipt, beside: Beside) -> Line:
    try:
        if isinstance(kept, ItemProof):
            receipts.prove_item(receipt, kept)
            return Line("proven", _one(kept))
        if beside.request is None:
            return Line("not shown", "which items: give what was sent with --request")
        _asked(kept, receipt, beside)
    except NotProven as error:
        return _not_proven(error)
    return Line("proven", f"what was asked and answered: all {receipt.items} items are as given")


def _asked(kept: Kept, receipt: Receipt, beside: Beside) -> tuple[bytes, list[Item]]:
    """The salt and the items, when they are those of the receipt."""
    if kept.salt is None or kept.results is None or beside.request is None:
        raise NotProven("Items need the whole answer: its results, and the salt of its receipt.")
    told = receipts.asked_items(beside.request, kept.results, door=receipt.door)
    receipts.prove_items(receipt, kept.salt, told)
    return kept.salt, told


def _place(jws: str, receipt: Receipt, beside: Beside, now: datetime) -> Line:
    proof = beside.proofs.get(receipt.id)
    if proof is None:
        return Line("not shown", "that it is in the log: give its proof with --proof")
    try:
        head = receipts.prove_logged(jws, proof, beside.keys, now=now)
    except NotProven as error:
        return _not_proven(error)
    when = receipts.time_text(head.at)
    return Line("proven", f"it was in the log by {when}, under a head over {head.size} batches")


def _told(receipt: Receipt) -> str:
    lists = (
        "nothing could be checked"
        if receipt.list_version is None
        else f"checked against {receipt.lists} lists, version {receipt.list_version}"
    )
    more = [
        lists,
        *(["newer changes of the lists may have been missing"] if receipt.stale else []),
        *(["in shadow mode, so advising nothing"] if receipt.shadow else []),
        f"outage policy {receipt.outage_policy}",
    ]
    who = f"key {receipt.key} of {receipt.party} at {receipt.door}"
    when = receipts.time_text(receipt.at)
    return f"{when}, {who}, {receipt.items} items: {'; '.join(more)}"


def _one(proof: ItemProof) -> str:
    item = proof.item
    asked = ", ".join(item.content.decode().split())
    told = f"{item.status} ({item.action})" if item.action else item.status
    return f"item {proof.index} with id {item.client_id!r}, asked as {asked}, was answered {told}"


def _not_proven(error: NotProven) -> Line:
    return Line("NOT PROVEN", str(error), holds=False)
