"""Sealed texts, keyed digests, references and signatures."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.base.secrets import (
    Key,
    Keyring,
    NotOurs,
    keyed_digest,
    open_reference,
    reference,
    seal,
    sign,
    unseal,
    verify,
)

OLD = Key("k1", "2026-01-01T00:00:00+00:00", bytes(range(64)))
NEW = Key("k2", "2026-02-01T00:00:00+00:00", bytes(range(64, 128)))
BEFORE = Keyring("seal", (OLD,))
AFTER = Keyring("seal", (OLD, NEW))
OTHERS = Keyring("seal", (Key("k1", "2026-01-01T00:00:00+00:00", b"x" * 64),))


@given(st.binary(max_size=2_000), st.text(max_size=50))
def test_what_was_sealed_opens_with_the_same_context(data: bytes, context: str) -> None:
    assert unseal(BEFORE, seal(BEFORE, data, context=context), context=context) == data


def test_the_same_words_are_sealed_differently_each_time() -> None:
    assert seal(BEFORE, b"words", context="a") != seal(BEFORE, b"words", context="a")


def test_a_sealed_text_cannot_be_moved_to_another_row() -> None:
    text = seal(BEFORE, b"words", context="item:1")
    with pytest.raises(NotOurs):
        unseal(BEFORE, text, context="item:2")


def test_older_texts_open_after_a_rotation_and_new_ones_use_the_new_key() -> None:
    old = seal(BEFORE, b"words", context="a")
    assert unseal(AFTER, old, context="a") == b"words"
    assert seal(AFTER, b"words", context="a").startswith("k2.")


def test_a_text_made_with_a_key_we_lack_is_refused() -> None:
    with pytest.raises(NotOurs):
        unseal(BEFORE, seal(AFTER, b"words", context="a"), context="a")
    with pytest.raises(NotOurs):
        unseal(OTHERS, seal(BEFORE, b"words", context="a"), context="a")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=80), st.text("abcXYZ019-_=.", max_size=80).map("k1.".__add__)))
def test_any_other_text_is_refused_and_nothing_else_is_raised(text: str) -> None:
    with pytest.raises(NotOurs):
        unseal(BEFORE, text, context="a")
    with pytest.raises(NotOurs):
        open_reference(BEFORE, text, audience="tk_a")
    assert not verify(BEFORE, b"message", key_id="k1", signature=text)


@given(st.integers(0, 2**64 - 1))
def test_a_reference_leads_back_to_its_row(number: int) -> None:
    assert open_reference(AFTER, reference(AFTER, number, audience="a"), audience="a") == number


def test_two_keys_see_unrelated_references_for_one_row() -> None:
    ours, theirs = (reference(AFTER, 7, audience=name) for name in ("tk_a", "tk_b"))
    assert ours == reference(AFTER, 7, audience="tk_a")
    assert ours != theirs
    with pytest.raises(NotOurs):
        open_reference(AFTER, ours, audience="tk_b")


def test_a_reference_given_before_a_rotation_still_opens() -> None:
    assert open_reference(AFTER, reference(BEFORE, 7, audience="a"), audience="a") == 7


def test_a_keyed_digest_stays_the_same_after_a_rotation_and_depends_on_its_context() -> None:
    digest = keyed_digest(BEFORE, b"https://example.test/a", context="item")
    assert digest == keyed_digest(AFTER, b"https://example.test/a", context="item")
    assert digest != keyed_digest(BEFORE, b"https://example.test/a", context="hoster")
    assert digest != keyed_digest(OTHERS, b"https://example.test/a", context="item")
    assert len(bytes.fromhex(digest)) == 32


def test_a_signature_names_its_key_and_holds_after_a_rotation() -> None:
    key_id, signature = sign(BEFORE, b"head")
    assert key_id == "k1"
    assert verify(AFTER, b"head", key_id=key_id, signature=signature)
    assert not verify(AFTER, b"another head", key_id=key_id, signature=signature)
    assert not verify(AFTER, b"head", key_id="k2", signature=signature)
    assert not verify(OTHERS, b"head", key_id=key_id, signature=signature)
    assert not verify(AFTER, b"head", key_id="k9", signature=signature)
