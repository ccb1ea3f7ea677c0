"""The example beside the description, verified from the description alone: none of our own code.

`python -m tests.engine.receipts.test_example` writes the example anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.engine.receipts.signing import AT, SALT, Log, Signer, receipt_of
from tocsin.engine import receipts

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "receipts"
NAMES = ("keys", "request", "answer", "item", "proof")


def made() -> dict[str, Any]:
    """The files of the example, by their names."""
    sent: list[dict[str, Any]] = [
        {"id": "upload-1", "md5": "0CC175B9C0F1B6A831C399E269772661"},
        {"id": "upload-é", "pdq": "f8" * 32, "pdq_quality": 96.7, "media_status": "ok"},
        {
            "id": "upload-3",
            "sha1": "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
            "url": "https://x.example/",
        },
    ]
    told = [("listed", "block"), ("near", None), ("not_listed", "none")]
    results = [
        {"id": one["id"], "status": status, "action": action, "receipt_index": index}
        for index, (one, (status, action)) in enumerate(zip(sent, told, strict=True))
    ]
    request = {"items": sent, "receipt": True}
    items = receipts.asked_items(json.dumps(request), results, door="v2-checks")
    signer = Signer()
    texts = [signer.receipt(receipt_of(items, index=index)) for index in range(3)]
    log = Log(signer, texts, 4, 6)
    return {
        "keys": receipts.key_set({"k1": (receipts.to_text(signer.public.raw), AT.isoformat())}),
        "request": request,
        "answer": {
            "list_version": 812,
            "stale": False,
            "outage_policy": "hold",
            "results": results,
            "receipt": {
                "id": receipt_of(items, index=1).id,
                "jws": texts[1],
                "salt": receipts.to_text(SALT),
            },
        },
        "item": receipts.item_proof_json(receipts.one_item(texts[1], SALT, items, 1)),
        "proof": receipts.log_proof_json(log.proof(1)),
    }


def example(name: str) -> Any:
    return json.loads((EXAMPLE / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_what_we_make_today(name: str) -> None:
    assert example(name) == made()[name]


# From here on: docs/receipts.md, line by line.


def unbased(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def payload(jws: str, kind: str) -> dict[str, Any]:
    head, body, signature = jws.split(".")
    header = json.loads(unbased(head))
    assert header == {"alg": "EdDSA", "kid": "k1", "typ": kind}
    [key] = [one for one in example("keys")["keys"] if one["kid"] == header["kid"]]
    public = Ed25519PublicKey.from_public_bytes(unbased(key["x"]))
    public.verify(unbased(signature), f"{head}.{body}".encode())
    found: dict[str, Any] = json.loads(unbased(body))
    return found


def item_leaf(key: bytes, content: str, said: dict[str, Any]) -> bytes:
    told = said["id"].encode()
    data = b"tocsin-receipt/1 item\0" + mac(key, content.encode()) + u32(len(told)) + told
    return sha256(b"\0" + data + said["status"].encode() + b"\0" + (said["action"] or "").encode())


def up(leaf: bytes, index: int, size: int, path: list[str]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    fn, sn, found = index, size - 1, leaf
    for step in map(unbased, path):
        assert sn
        if fn & 1 or fn == sn:
            found = sha256(b"\1" + step + found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = sha256(b"\1" + found + step)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return found


CONTENTS = [
    "md5=0cc175b9c0f1b6a831c399e269772661\n",
    f"pdq={'f8' * 32}\npdq_quality=96\nmedia_status=ok\n",
    "sha1=86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\n",
]


def test_the_receipt_holds_for_all_items() -> None:
    answer = example("answer")
    said = payload(answer["receipt"]["jws"], "tocsin-receipt")
    salt = unbased(answer["receipt"]["salt"])
    keys = [mac(salt, b"tocsin-receipt/1 key\0" + u32(i)) for i in range(3)]
    one, two, three = map(item_leaf, keys, CONTENTS, answer["results"])
    root = sha256(b"\1" + sha256(b"\1" + one + two) + three)
    assert (said["items"], unbased(said["root"])) == (3, root)


def test_one_item_holds_without_the_others() -> None:
    shown = example("item")
    said, item = payload(shown["receipt"], "tocsin-receipt"), shown["item"]
    assert item["content"] == CONTENTS[1]
    leaf = item_leaf(unbased(item["key"]), item["content"], item)
    assert up(leaf, item["index"], said["items"], shown["path"]) == unbased(said["root"])


def test_the_receipt_is_in_the_log() -> None:
    proof, jws = example("proof"), example("answer")["receipt"]["jws"]
    head = payload(proof["head"], "tocsin-receipt-head")
    batch, log = proof["batch"], proof["log"]
    leaf = sha256(b"\0tocsin-receipt/1 receipt\0" + jws.encode())
    root = up(leaf, batch["index"], batch["size"], batch["path"])
    whole = sha256(b"\0tocsin-receipt/1 batch\0" + u32(batch["size"]) + root)
    assert up(whole, log["index"], head["size"], log["path"]) == unbased(head["root"])
    assert head["issuer"] == payload(jws, "tocsin-receipt")["issuer"]


if __name__ == "__main__":
    EXAMPLE.mkdir(exist_ok=True)
    for name, value in made().items():
        text = json.dumps(value, indent=1, ensure_ascii=False)
        (EXAMPLE / f"{name}.json").write_text(f"{text}\n", "utf-8")
