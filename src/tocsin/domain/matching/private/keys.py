"""The key of an epoch: it comes of a keyring, so that a rotation begins another epoch."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tocsin.base.secrets import Keyring
from tocsin.engine.oprf import PROTOCOL, SecretKey

RING = "delta"


def ring() -> Keyring:
    """This installation's keyring of epochs."""
    found: Keyring = settings.TOCSIN_KEYS.ring(RING)
    return found


def folder() -> Path:
    """Where the evaluations lie: beside the index, whose own folder is swept."""
    index: Path = settings.TOCSIN_INDEX
    return index.with_name(f"{index.name}-private")


def key_of(epochs: Keyring) -> tuple[str, SecretKey]:
    """The name of the epoch, which tells the public key's too, and its key."""
    active = epochs.active
    return active.id, _derived(active.material[:32], active.id)


@lru_cache(maxsize=4)
def _derived(seed: bytes, name: str) -> SecretKey:
    return SecretKey.derived(seed, PROTOCOL + b":" + name.encode("ascii"))
