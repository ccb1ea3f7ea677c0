"""The JSON in which requests, answers, proofs and heads are kept and sent, read and written.

Everything that is read was kept by somebody who may be mistaken or may cheat: what does not fit is
NotProven, with a sentence that names the field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.engine.receipts import items, jws
from tocsin.engine.receipts.jws import Json, json_object
from tocsin.engine.receipts.types import Item, ItemProof, LogProof, NotProven

MOST_STEPS = 64


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer with its receipt, as the client kept it. `salt` and `results` are None where the
    receipt alone was kept."""

    jws: str
    salt: bytes | None = None
    results: tuple[Json, ...] | None = None


@dataclass(frozen=True, slots=True)
class HeadTold:
    """A head as the service tells it: its JWS, and the path from an earlier head where one was
    asked for."""

    jws: str
    earlier_size: int | None = None
    path: tuple[bytes, ...] = ()


def read_kept(text: str) -> Kept | ItemProof:
    """What is in a file: an answer with its receipt, the receipt alone, or the proof of one item.

    Raises NotProven.
    """
    if not text.lstrip().startswith("{"):
        return Kept(text.strip())
    told = json_object(text, "The file")
    if "item" in told:
        return _item_proof(told)
    if "jws" in told:
        return Kept(_text(told, "jws"), _bytes(told, "salt"))
    receipt = told.get("receipt")
    if not isinstance(receipt, dict):
        raise NotProven("There is no receipt in the file: it was not asked for, or was left out.")
    return Kept(_text(receipt, "jws"), _bytes(receipt, "salt"), _objects(told, "results"))


def asked_items(request: str, results: Sequence[Json], *, door: str) -> list[Item]:
    """The items of a receipt, from the text of the request that was sent and the results of the
    answer; raises NotProven."""
    whole = json_object(request, "The request")
    sent = _objects(whole, "items")
    level = whole.get("level")
    if level is not None:
        left_out = items.NOT_ASKED.get(level) if isinstance(level, str) else None
        if left_out is None:
            raise _wrong("level")
        sent = tuple({k: v for k, v in one.items() if k not in left_out} for one in sent)
    if len(sent) != len(results):
        raise NotProven(f"The request has {len(sent)} items, the answer {len(results)} results.")
    told = [_item(one, result, door) for one, result in zip(sent, results, strict=True)]
    return [told[place] for place in _order(results)]


def item_proof_json(proof: ItemProof) -> Json:
    """The proof of one item, to be shown to others."""
    return {
        "receipt": proof.receipt,
        "item": {
            "index": proof.index,
            "key": jws.to_text(proof.item_key),
            "content": proof.item.content.decode(),
            "id": proof.item.client_id,
            "status": proof.item.status,
            "action": proof.item.action,
        },
        "path": path_json(proof.path),
    }


def log_proof_json(proof: LogProof) -> Json:
    """How a receipt stands in the log."""
    return {
        "receipt": proof.receipt_id,
        "batch": {
            "index": proof.index,
            "size": proof.batch_size,
            "path": path_json(proof.batch_path),
        },
        "log": {"index": proof.log_index, "path": path_json(proof.log_path)},
        "head": proof.head,
    }


def read_log_proof(text: str) -> LogProof:
    """What `log_proof_json` made; raises NotProven."""
    told = json_object(text, "The proof")
    batch, log = _object(told, "batch"), _object(told, "log")
    return LogProof(
        receipt_id=_text(told, "receipt"),
        index=_number(batch, "index"),
        batch_size=_number(batch, "size"),
        batch_path=_path(batch, "path"),
        log_index=_number(log, "index"),
        log_path=_path(log, "path"),
        head=_text(told, "head"),
    )


def read_head(text: str) -> HeadTold:
    """A head as the service tells it or as it was pushed outside; raises NotProven."""
    if not text.lstrip().startswith("{"):
        return HeadTold(text.strip())
    told = json_object(text, "The head")
    since = told.get("consistency")
    if since is None:
        return HeadTold(_text(told, "head"))
    if not isinstance(since, dict):
        raise _wrong("consistency")
    return HeadTold(_text(told, "head"), _number(since, "from"), _path(since, "path"))


def path_json(path: Sequence[bytes]) -> list[str]:
    """A path as it stands in JSON: base64url, nearest first."""
    return [jws.to_text(step) for step in path]


def _item_proof(told: Json) -> ItemProof:
    one = _object(told, "item")
    item = Item(
        _text(one, "content").encode(), _text(one, "id"), _text(one, "status"), _text(one, "action")
    )
    return ItemProof(
        receipt=_text(told, "receipt"),
        item=item,
        item_key=_bytes(one, "key"),
        index=_number(one, "index"),
        path=_path(told, "path"),
    )


def _item(sent: Json, result: Json, door: str) -> Item:
    client_id = "" if result.get("id") is None else _text(result, "id")
    if "id" in sent and sent["id"] != client_id:
        raise NotProven("The ids of the request and of the results are not in the same order.")
    return Item(
        content=items.content(_canonical(sent), door=door),
        client_id=client_id,
        status=_text(result, "status"),
        action="" if result.get("action") is None else _text(result, "action"),
    )


def _canonical(sent: Json) -> Mapping[str, str]:
    """What was sent, written as the receipt has it: hexadecimal in lower case, whole numbers."""
    given = {name: sent[name] for name in items.FIELDS if sent.get(name) is not None}
    try:
        told = {name: _written(name, value) for name, value in given.items()}
    except (ValueError, OverflowError):
        raise _wrong("pdq_quality") from None
    # An empty list is as good as none.
    return {name: text for name, text in told.items() if text}


def _written(name: str, value: object) -> str:
    if name == "pdq_variants":
        return ",".join(str(one).lower() for one in _list(name, value))
    if name == "frames":
        return ";".join(_frame(one) for one in _list(name, value))
    return str(int(value)) if isinstance(value, int | float) else str(value).lower()


def _frame(told: object) -> str:
    if not isinstance(told, dict):
        raise _wrong("frames")
    quality, offset = told.get("quality"), told.get("offset_s")
    if not isinstance(quality, int | float) or not isinstance(offset, int | float | None):
        raise _wrong("frames")
    return items.frame_text(_text(told, "pdq"), quality, offset)


def _list(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(name)
    return value


def _order(results: Sequence[Json]) -> list[int]:
    """Places of the results in the order of the receipt's items."""
    places = {_number(result, "receipt_index"): place for place, result in enumerate(results)}
    if sorted(places) != list(range(len(results))):
        raise NotProven("The results do not name each item of the receipt once.")
    return [places[index] for index in range(len(results))]


def _wrong(name: str) -> NotProven:
    return NotProven(f"The field {name} is missing, or is not as it must be.")


def _text(told: Json, name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def _number(told: Json, name: str) -> int:
    value = told.get(name)
    if type(value) is not int or value < 0:
        raise _wrong(name)
    return value


def _object(told: Json, name: str) -> Json:
    value = told.get(name)
    if not isinstance(value, dict):
        raise _wrong(name)
    return value


def _objects(told: Json, name: str) -> tuple[Json, ...]:
    value: Any = told.get(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _wrong(name)
    return tuple(value)


def _bytes(told: Json, name: str) -> bytes:
    """32 bytes."""
    return _hash(_text(told, name), name)


def _path(told: Json, name: str) -> tuple[bytes, ...]:
    value: Any = told.get(name)
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise _wrong(name)
    return tuple(_hash(step, name) for step in value)


def _hash(text: object, name: str) -> bytes:
    try:
        found = jws.from_text(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if len(found) != items.SALT_BYTES:
        raise _wrong(name)
    return found
