"""What a receipt proves, and that nothing which was changed proves anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.receipts.signing import AT, SALT, Log, Signer, items, receipt_of
from tocsin.engine import receipts
from tocsin.engine.receipts import Item, NotProven, PublicKey

NOW = AT + timedelta(hours=1)
OURS = Signer()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TEXT = OURS.receipt(receipt_of(items(3)))


def refusal(text: str, keys: dict[str, PublicKey] = OURS.keys) -> str:
    with pytest.raises(NotProven) as refused:
        receipts.open_receipt(text, keys, now=NOW)
    return str(refused.value)


def part(value: object) -> str:
    return receipts.to_text(value if isinstance(value, bytes) else json.dumps(value).encode())


def test_a_receipt_says_what_was_signed() -> None:
    assert receipts.open_receipt(TEXT, OURS.keys, now=NOW) == receipt_of(items(3))


def test_a_receipt_of_an_outage_has_no_list_version() -> None:
    told = replace(receipt_of(items(1)), list_version=None)
    assert receipts.open_receipt(OURS.receipt(told), OURS.keys, now=NOW) == told


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from(f"{ALPHABET}.= \n~é"))
def test_no_character_of_a_receipt_can_be_changed(place: int, other: str) -> None:
    changed = TEXT[:place] + other + TEXT[place + 1 :]
    if changed != TEXT:
        assert refusal(changed)


@settings(deadline=None)
@given(st.integers(0, len(TEXT) - 1))
def test_a_receipt_that_was_cut_is_none(end: int) -> None:
    assert refusal(TEXT[:end])


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_sentence(text: str) -> None:
    assert refusal(text).endswith(".")


def test_a_key_of_another_organisation_does_not_verify() -> None:
    assert "does not hold" in refusal(TEXT, Signer(seed=2).keys)


def test_a_key_that_is_not_among_those_given_is_named() -> None:
    assert "'k1'" in refusal(TEXT, Signer("k2").keys)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "eddsa", None, 7])
def test_no_other_algorithm_counts(algorithm: object) -> None:
    _, payload, signature = TEXT.split(".")
    header = part({"alg": algorithm, "kid": "k1", "typ": "tocsin-receipt"})
    assert "Only EdDSA" in refusal(f"{header}.{payload}.{signature}")
    assert "Only EdDSA" in refusal(f"{header}.{payload}.")


def test_the_public_key_as_a_shared_secret_is_refused() -> None:
    body = f"{part({'alg': 'HS256', 'kid': 'k1', 'typ': 'tocsin-receipt'})}.{TEXT.split('.')[1]}"
    made = hmac.digest(OURS.public.raw, body.encode(), "sha256")
    assert "HS256" in refusal(f"{body}.{part(made)}")


def test_a_key_that_the_text_brings_along_is_refused() -> None:
    other = Signer(seed=9)
    key = {"kty": "OKP", "crv": "Ed25519", "x": receipts.to_text(other.public.raw)}
    header = part({"alg": "EdDSA", "kid": "k1", "typ": "tocsin-receipt", "jwk": key})
    assert "other fields" in refusal(other.sign(f"{header}.{TEXT.split('.')[1]}"))


def test_a_head_is_no_receipt_and_a_receipt_no_head() -> None:
    head = Log(OURS, [TEXT], 0, 1).head()
    assert "tocsin-receipt-head" in refusal(OURS.head(head))
    with pytest.raises(NotProven, match="not a tocsin-receipt-head"):
        receipts.open_head(TEXT, OURS.keys, now=NOW)


def test_the_same_signature_in_another_spelling_is_refused() -> None:
    head, payload, signature = TEXT.split(".")
    raw = receipts.from_text(signature)
    assert "base64url" in refusal(f"{head}.{payload}.{signature}==")
    standard = base64.b64encode(raw).decode().rstrip("=")
    if standard != signature:
        assert "base64url" in refusal(f"{head}.{payload}.{standard}")
    # The last character of 64 bytes has four bits that say nothing.
    last = ALPHABET[ALPHABET.index(signature[-1]) ^ 1]
    assert "base64url" in refusal(f"{head}.{payload}.{signature[:-1]}{last}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("version", True),
        ("issuer", None),
        ("id", "a"),
        ("id", "0" * 32 + ".01"),
        ("at", "2026-03-03T10:00:00Z"),
        ("at", "2026-13-03T10:00:00.000000Z"),
        ("list_version", -1),
        ("list_version", 1.0),
        ("stale", 0),
        ("items", 0),
        ("items", True),
        ("root", "AA"),
        ("root", "!"),
        ("more", 1),
    ],
)
def test_what_is_signed_but_makes_no_sense_is_refused(field: str, value: object) -> None:
    payload = json.loads(receipts.from_text(TEXT.split(".")[1])) | {field: value}
    assert field in refusal(OURS.sign(f"{TEXT.split('.')[0]}.{part(payload)}"))


def test_a_name_that_stands_twice_is_refused() -> None:
    twice = receipts.from_text(TEXT.split(".")[1])[:-1] + b',"items":9}'
    assert "no JSON" in refusal(OURS.sign(f"{TEXT.split('.')[0]}.{part(twice)}"))


def test_a_time_that_has_not_come_is_wrong() -> None:
    late = OURS.receipt(receipt_of(items(1), at=NOW + timedelta(minutes=6)))
    assert "not come yet" in refusal(late)


def test_a_time_before_the_key_was_made_is_wrong() -> None:
    made = (AT + timedelta(days=1)).isoformat()
    keys = {"k1": PublicKey("k1", OURS.public.raw, made)}
    assert "cannot have signed" in refusal(TEXT, keys)
    assert "usable time" in refusal(TEXT, {"k1": PublicKey("k1", OURS.public.raw, "soon")})


def test_after_a_rotation_old_and_new_receipts_hold() -> None:
    newer = Signer("k2", seed=2)
    for signer in (OURS, newer):
        text = signer.receipt(receipt_of(items(1)))
        receipts.open_receipt(text, OURS.keys | newer.keys, now=NOW)
    assert "does not hold" in refusal(TEXT, {"k1": newer.public})


@settings(deadline=None)
@given(st.integers(1, 40), st.data())
def test_all_items_prove_a_receipt_and_any_change_does_not(count: int, data: Any) -> None:
    told = items(count)
    receipt = receipt_of(told)
    receipts.prove_items(receipt, SALT, told)
    index = data.draw(st.integers(0, count - 1))
    field = data.draw(st.sampled_from(["content", "client_id", "status", "action"]))
    other: Any = b"md5=else\n" if field == "content" else "else"
    changed = [*told]
    changed[index] = replace(told[index], **{field: other})
    for wrong in (changed, told[:-1], [*told, told[0]]):
        with pytest.raises(NotProven):
            receipts.prove_items(receipt, SALT, wrong)
    with pytest.raises(NotProven):
        receipts.prove_items(receipt, bytes(32), told)
    if count > 1:
        with pytest.raises(NotProven):
            receipts.prove_items(receipt, SALT, told[::-1])


@settings(deadline=None)
@given(st.integers(1, 40), st.data())
def test_one_item_proves_itself_without_the_others(count: int, data: Any) -> None:
    told = items(count)
    receipt = receipt_of(told)
    index = data.draw(st.integers(0, count - 1))
    proof = receipts.one_item(OURS.receipt(receipt), SALT, told, index)
    receipts.prove_item(receipt, proof)
    written = json.dumps(receipts.item_proof_json(proof))
    assert receipts.read_kept(written) == proof
    assert not any(f'upload-{n}"' in written for n in range(count) if n != index)
    assert receipts.to_text(SALT) not in written
    wrong = [
        replace(proof, item=replace(proof.item, status="else")),
        replace(proof, item_key=SALT),
        replace(proof, index=index + 1),
        replace(proof, path=(*proof.path, bytes(32))),
    ]
    for changed in wrong:
        with pytest.raises(NotProven):
            receipts.prove_item(receipt, changed)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.text(max_size=20))
def test_a_leaf_is_what_the_document_says(salt: bytes, content: bytes, client_id: str) -> None:
    key = hmac.digest(salt, b"tocsin-receipt/1 key\x00" + bytes([0, 0, 0, 1]), "sha256")
    told = client_id.encode()
    data = b"tocsin-receipt/1 item\x00" + hmac.digest(key, content, "sha256")
    data += len(told).to_bytes(4, "big") + told + b"near\x00review"
    leaves = receipts.item_leaves(salt, [*items(1), Item(content, client_id, "near", "review")])
    assert leaves[1] == hashlib.sha256(b"\x00" + data).digest()


def test_words_cannot_be_moved_from_one_field_to_the_next() -> None:
    one = [Item(b"md5=1\n", "a", "listed", "block")]
    for other in (
        Item(b"md5=1\n", "a", "listedb", "lock"),
        Item(b"md5=1\n", "al", "isted", "block"),
    ):
        with pytest.raises(NotProven):
            receipts.prove_items(receipt_of(one), SALT, [other])


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 40), st.data())
def test_a_receipt_in_the_log_is_proven_there(count: int, size: int, data: Any) -> None:
    index = data.draw(st.integers(0, count - 1))
    texts = [OURS.receipt(receipt_of(items(1), index=n)) for n in range(count)]
    log = Log(OURS, texts, data.draw(st.integers(0, size - 1)), size)
    proof = receipts.read_log_proof(json.dumps(receipts.log_proof_json(log.proof(index))))
    assert receipts.prove_logged(texts[index], proof, OURS.keys, now=NOW) == log.head()
    wrong = [
        replace(proof, index=index + 1),
        replace(proof, batch_size=count + 1),
        replace(proof, log_index=proof.log_index + 1),
        replace(proof, log_path=(*proof.log_path, bytes(32))),
        replace(proof, batch_path=(*proof.batch_path, bytes(32))),
        replace(proof, head=proof.head[:-1]),
        replace(proof, receipt_id="0" * 32 + ".0"),
    ]
    for changed in wrong:
        with pytest.raises(NotProven):
            receipts.prove_logged(texts[index], changed, OURS.keys, now=NOW)


def test_a_receipt_that_is_not_in_the_log_is_not_proven_by_anothers_proof() -> None:
    log = Log(OURS, [TEXT], 2, 5)
    other = OURS.receipt(receipt_of(items(4)))
    with pytest.raises(NotProven, match="does not lead"):
        receipts.prove_logged(other, log.proof(0), OURS.keys, now=NOW)


def test_a_head_older_than_the_receipt_cannot_speak_of_it() -> None:
    # Two machines, whose clocks differ a little.
    log = Log(OURS, [TEXT], 0, 1, at=AT - timedelta(seconds=2))
    assert receipts.prove_logged(TEXT, log.proof(0), OURS.keys, now=NOW)
    log = Log(OURS, [TEXT], 0, 1, at=AT - timedelta(minutes=6))
    with pytest.raises(NotProven, match="older than the receipt"):
        receipts.prove_logged(TEXT, log.proof(0), OURS.keys, now=NOW)


def test_a_head_of_another_organisation_does_not_count() -> None:
    log = Log(OURS, [TEXT], 0, 1)
    foreign = OURS.head(replace(log.head(), issuer="else.example"))
    with pytest.raises(NotProven, match="another organisation"):
        receipts.prove_logged(TEXT, replace(log.proof(0), head=foreign), OURS.keys, now=NOW)


def test_two_heads_of_one_log_are_proven_consistent_and_others_are_not() -> None:
    log = Log(OURS, [TEXT], 3, 20)
    old, new = log.head(7), log.head()
    path = receipts.consistency_path(7, 20, receipts.nodes_of(log.leaves()))
    receipts.prove_consistent(old, new, path)
    for wrong_old, wrong_new in (
        (replace(old, root=bytes(32)), new),
        (old, replace(new, issuer="else")),
        (new, old),
        (replace(old, at=new.at + timedelta(seconds=1)), new),
    ):
        with pytest.raises(NotProven):
            receipts.prove_consistent(wrong_old, wrong_new, path)
