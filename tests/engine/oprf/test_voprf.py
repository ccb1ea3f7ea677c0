"""The verifiable function: the vectors of RFC 9497, and what a server cannot get away with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.oprf.vectors import KEY_INFO, PUBLIC, SECRET, SEED, VECTORS, Vector
from tocsin.engine.oprf import (
    KEPT_BYTES,
    NotAnElement,
    ProofWrong,
    SecretKey,
    blind,
    digest_input,
    false_matches,
    finalize,
    kept_output,
)
from tocsin.engine.oprf.ristretto import element, is_scalar
from tocsin.engine.oprf.voprf import blinded_with

KEY = SecretKey.derived(bytes(range(32)), b"one")
OTHER = SecretKey.derived(bytes(range(32)), b"two")
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_the_key_of_the_rfc_is_derived() -> None:
    key = SecretKey.derived(SEED, KEY_INFO)
    assert (key.scalar, key.public) == (SECRET, PUBLIC)


@pytest.mark.parametrize("vector", VECTORS)
def test_the_vectors_of_the_rfc_come_out(vector: Vector) -> None:
    key = SecretKey(SECRET, PUBLIC)
    asked = [blinded_with(*pair) for pair in zip(vector.inputs, vector.blinds, strict=True)]
    assert tuple(one.element for one in asked) == vector.elements
    evaluated, proof = key._evaluate(vector.elements, vector.random)
    assert (tuple(evaluated), proof) == (vector.evaluated, vector.proof)
    assert tuple(finalize(asked, evaluated, proof, PUBLIC)) == vector.outputs
    assert tuple(key.output(value) for value in vector.inputs) == vector.outputs


@settings(deadline=None, max_examples=20)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_a_client_gets_what_the_server_computes_alone(values: list[bytes]) -> None:
    asked = [blind(value) for value in values]
    told = finalize(asked, *KEY.evaluate([one.element for one in asked]), KEY.public)
    assert told == [KEY.output(value) for value in values]


def test_the_same_input_is_never_sent_in_the_same_form() -> None:
    assert blind(b"digest").element != blind(b"digest").element


def test_an_evaluation_with_another_key_is_found_out() -> None:
    asked = [blind(b"a"), blind(b"b")]
    elements = [one.element for one in asked]
    with pytest.raises(ProofWrong):
        finalize(asked, *OTHER.evaluate(elements), KEY.public)


def test_one_element_of_another_key_among_many_is_found_out() -> None:
    asked = [blind(bytes([n])) for n in range(5)]
    evaluated, proof = KEY.evaluate([one.element for one in asked])
    [evaluated[3]], _ = OTHER.evaluate([asked[3].element])
    with pytest.raises(ProofWrong):
        finalize(asked, evaluated, proof, KEY.public)


@pytest.mark.parametrize("cut", ["fewer", "swapped", "short proof", "big scalar", "no element"])
def test_what_is_no_evaluation_is_refused(cut: str) -> None:
    asked = [blind(b"a"), blind(b"b")]
    evaluated, proof = KEY.evaluate([one.element for one in asked])
    match cut:
        case "fewer":
            evaluated = evaluated[:1]
        case "swapped":
            evaluated.reverse()
        case "short proof":
            proof = proof[:-1]
        case "big scalar":
            proof = proof[:32] + ORDER.to_bytes(32, "little")
        case _:
            evaluated[0] = b"\xff" * 32
    with pytest.raises(ProofWrong):
        finalize(asked, evaluated, proof, KEY.public)


@pytest.mark.parametrize("data", [b"", bytes(32), b"\xff" * 32, bytes(31), bytes(33)])
def test_what_is_no_element_is_never_multiplied(data: bytes) -> None:
    with pytest.raises(NotAnElement):
        element(data)
    with pytest.raises(NotAnElement):
        KEY.evaluate([data])


def test_a_scalar_has_one_form() -> None:
    assert is_scalar((ORDER - 1).to_bytes(32, "little"))
    assert not is_scalar(ORDER.to_bytes(32, "little"))


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="a batch has"):
        KEY.evaluate([])
    with pytest.raises(ProofWrong):
        finalize([], [], bytes(64), KEY.public)


def test_a_seed_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretKey.derived(b"short", b"")


def test_digests_of_different_kinds_never_meet() -> None:
    assert digest_input("md5", bytes(16)) != digest_input("sha1", bytes(20))
    for kind, length in (("md5", 20), ("pdq", 32), ("sha256", 16)):
        with pytest.raises(ValueError, match="are not compared"):
            digest_input(kind, bytes(length))


def test_what_is_kept_meets_by_chance_less_than_once_in_a_billion_runs() -> None:
    assert len(kept_output(KEY.output(b"a"))) == KEPT_BYTES
    assert false_matches(3_000_000, 90_000_000) < 1e-9
