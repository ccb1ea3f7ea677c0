"""MD5 of our own: RFC 1321's test suite, block limits, and hashlib as the oracle."""

import hashlib
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.browser.node import NEEDS_NODE, evaluated, md5_in_node

pytestmark = NEEDS_NODE

RFC_1321 = {
    b"": "d41d8cd98f00b204e9800998ecf8427e",
    b"a": "0cc175b9c0f1b6a831c399e269772661",
    b"abc": "900150983cd24fb0d6963f7d28e17f72",
    b"message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    b"abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
}


def expected(texts: list[bytes]) -> list[str]:
    return [hashlib.md5(text, usedforsecurity=False).hexdigest() for text in texts]


def test_the_test_suite_of_the_standard_passes() -> None:
    assert md5_in_node(RFC_1321) == list(RFC_1321.values())


def test_every_length_around_the_block_limits_is_right() -> None:
    chosen = random.Random(1)
    texts = [chosen.randbytes(length) for length in range(200)]
    texts += [chosen.randbytes(64 * blocks + extra) for blocks in (63, 64) for extra in (-9, 0, 9)]
    assert md5_in_node(texts) == expected(texts)


def test_several_megabytes_are_right() -> None:
    texts = [random.Random(2).randbytes(3_000_001), b"\xff" * (1 << 20), bytes(1 << 20)]
    assert md5_in_node(texts) == expected(texts)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.binary(max_size=700), min_size=20, max_size=40))
def test_any_bytes_are_right(texts: list[bytes]) -> None:
    assert md5_in_node(texts) == expected(texts)


def test_a_view_into_a_larger_buffer_is_hashed_alone() -> None:
    told = evaluated(
        "const buffer = new TextEncoder().encode('xxabcxx').buffer\n"
        "console.log(JSON.stringify(module.md5(new Uint8Array(buffer, 2, 3))))"
    )
    assert told == RFC_1321[b"abc"]


def test_what_is_no_byte_array_is_refused_and_not_hashed() -> None:
    told = evaluated(
        "const detached = new Uint8Array(3)\n"
        "structuredClone(detached.buffer, {transfer: [detached.buffer]})\n"
        "const tell = (bytes) => {\n"
        "  try { return module.md5(bytes) } catch (error) { return error.name }\n"
        "}\n"
        "const given = ['abc', null, undefined, new ArrayBuffer(3), [97, 98, 99], 97, detached]\n"
        "console.log(JSON.stringify(given.map(tell)))"
    )
    assert told == ["TypeError"] * 7


def test_without_a_decoder_the_call_says_what_is_missing() -> None:
    told = evaluated(
        "try { await module.fingerprint(new Blob(['x'])) }"
        "catch (error) { console.log(JSON.stringify(String(error))) }"
    )
    assert told == "ReferenceError: createImageBitmap is not defined"
