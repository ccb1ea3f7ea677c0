"""Sealing what reporters write, and the slow hash by which a receipt is found."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict

from argon2.low_level import Type, hash_secret_raw
from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.reporters.types import Site, Theme, Told

# OWASP's first choice for Argon2id. A thief of the tables also needs the key file: the salt is
# made from it.
_TIMES = 2
_KIBIBYTES = 19_456
# Each takes 19 MiB: many at once, by whoever asks, must not use up the memory.
_AT_ONCE = threading.BoundedSemaphore(4)


def receipt_hash(receipt: str) -> str:
    """What is kept of a receipt: Argon2id with the installation's own salt, 64 hex digits."""
    salt = bytes.fromhex(keyed_digest(settings.TOCSIN_KEYS.ring("reporter"), b"", context="salt"))
    with _AT_ONCE:
        return hash_secret_raw(
            receipt.encode(),
            salt,
            time_cost=_TIMES,
            memory_cost=_KIBIBYTES,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        ).hex()


def form_digest(number: str) -> str:
    """What a form is found by."""
    return keyed_digest(settings.TOCSIN_KEYS.ring("seal"), number.encode(), context="form")


def address_digest(identity_key: str) -> str:
    """What an address of a form is told from its others by."""
    ring = settings.TOCSIN_KEYS.ring("url")
    return keyed_digest(ring, identity_key.encode(), context="reporters")


def close(text: str, *, context: str) -> str:
    """Seal a text to its row; the empty one stays empty."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=context) if text else ""


def open_text(sealed: str, *, context: str) -> str:
    """What `close` sealed with the same context; raises secrets.NotOurs."""
    if not sealed:
        return ""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context).decode()


def close_told(told: Told, *, context: str) -> str:
    """Seal what a form says."""
    return close(json.dumps(asdict(told)), context=context)


def open_told(sealed: str, *, context: str) -> Told:
    """What `close_told` sealed; a form of nothing for the empty text."""
    text = open_text(sealed, context=context)
    if not text:
        return Told()
    told = json.loads(text)
    return Told(**{**told, "theme": Theme(told["theme"]), "site": Site(told["site"])})
