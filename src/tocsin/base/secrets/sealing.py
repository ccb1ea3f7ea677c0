"""Sealing (AES-256-GCM), keyed digests (HMAC-SHA-256), references (AES-SIV), signatures (Ed25519).

A sealed text reads `k1.<base64url of nonce and ciphertext>`. The context (what the text is and
whose it is) is authenticated, so a sealed text cannot be moved to another row.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.base.secrets.keyring import Key, Keyring

_NONCE_BYTES = 12


class NotOurs(Exception):
    """The text was not made with a key of this ring, or not for this context."""


def seal(ring: Keyring, plaintext: bytes, *, context: str) -> str:
    """Encrypt `plaintext` with the ring's newest key, bound to `context`."""
    key_id, _, sealed = seal_bytes(ring, plaintext, context=context).partition(b".")
    return f"{key_id.decode()}.{_to_text(sealed)}"


def seal_bytes(ring: Keyring, plaintext: bytes, *, context: str) -> bytes:
    """As `seal`, for files: the key's id, a dot, nonce and ciphertext; a third shorter."""
    key = ring.active
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key.material[:32]).encrypt(nonce, plaintext, context.encode())
    return key.id.encode() + b"." + nonce + sealed


def unseal(ring: Keyring, text: str, *, context: str) -> bytes:
    """Decrypt what `seal` made with the same context; raises NotOurs otherwise."""
    key, sealed = _split(ring, text)
    return _opened(key, sealed, context)


def unseal_bytes(ring: Keyring, sealed: bytes, *, context: str) -> bytes:
    """Decrypt what `seal_bytes` made with the same context; raises NotOurs otherwise."""
    key_id, _, body = sealed.partition(b".")
    return _opened(_key(ring, key_id.decode("ascii", "replace")), body, context)


def _opened(key: Key, sealed: bytes, context: str) -> bytes:
    try:
        return AESGCM(key.material[:32]).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise NotOurs("This sealed text does not open with our keys.") from error


def keyed_digest(ring: Keyring, data: bytes, *, context: str) -> str:
    """64 hex digits that only holders of the ring can compute; the same for ever.

    Uses the ring's first key: digests are looked up, so they must not change at a rotation.
    """
    return hmac.new(ring.first.material[:32], context.encode() + b"\0" + data, "sha256").hexdigest()


def reference(ring: Keyring, number: int, *, audience: str) -> str:
    """An opaque reference to row `number` that only this `audience` is given.

    Deterministic (AES-SIV): one audience sees one reference for one row, two audiences see
    unrelated ones. Inverted by `open_reference`.
    """
    key = ring.active
    sealed = _audience_cipher(key, audience).encrypt(number.to_bytes(8, "big"), None)
    return f"{key.id}.{_to_text(sealed)}"


def open_reference(ring: Keyring, text: str, *, audience: str) -> int:
    """The row number behind a reference given to `audience`; raises NotOurs otherwise."""
    key, sealed = _split(ring, text)
    try:
        return int.from_bytes(_audience_cipher(key, audience).decrypt(sealed, None), "big")
    except (InvalidTag, ValueError) as error:
        raise NotOurs("This reference was not given to this key.") from error


def sign(ring: Keyring, message: bytes) -> tuple[str, str]:
    """Sign with the newest key: (key id, base64url Ed25519 signature)."""
    key = ring.active
    return key.id, _to_text(_signer(key).sign(message))


def public_keys(ring: Keyring) -> dict[str, str]:
    """What others check our signatures with: key id to 32 bytes of Ed25519 in base64url."""
    return {key.id: _to_text(_signer(key).public_key().public_bytes_raw()) for key in ring.keys}


def verify(ring: Keyring, message: bytes, *, key_id: str, signature: str) -> bool:
    """Whether `signature` over `message` was made by that key of this ring."""
    key = ring.find(key_id)
    if key is None:
        return False
    public: Ed25519PublicKey = _signer(key).public_key()
    try:
        public.verify(_from_text(signature), message)
    except (InvalidSignature, NotOurs):
        return False
    return True


@lru_cache(maxsize=64)
def _signer(key: Key) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.material[:32])


def _audience_cipher(key: Key, audience: str) -> AESSIV:
    material = HKDF(SHA512(), 64, salt=None, info=f"reference:{audience}".encode())
    return AESSIV(material.derive(key.material))


def _split(ring: Keyring, text: str) -> tuple[Key, bytes]:
    key_id, _, body = text.partition(".")
    return _key(ring, key_id), _from_text(body)


def _key(ring: Keyring, key_id: str) -> Key:
    key = ring.find(key_id)
    if key is None:
        raise NotOurs("This was made with a key we do not have.")
    return key


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise NotOurs("This is not a text we made.") from error
    if _to_text(data) != text:
        # The last letter has bits that carry nothing: another one must not pass for ours.
        raise NotOurs("This is not a text we made.")
    return data
