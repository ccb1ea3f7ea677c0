"""Sealing what is secret of visits, and the keyed hashes by which they are found."""

from __future__ import annotations

from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.engine.addresses import UnusableAddress, canonical


def close(text: str, *, context: str) -> str:
    """Seal a text to the row that `context` names; the empty text stays empty."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=context) if text else ""


def open_text(sealed: str, *, context: str) -> str:
    """What `close` sealed with the same context; raises secrets.NotOurs."""
    if not sealed:
        return ""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context).decode()


def address_digest(url: str) -> str:
    """What the visits to an address are found by."""
    try:
        key = canonical(url).identity_key
    except UnusableAddress:
        key = url
    return _digest(key, "visit:address")


def host_digest(host: str) -> str:
    """What is remembered of a host is found by."""
    return _digest(host, "visit:host")


def body_digest(host: str, sha256: bytes) -> str:
    """What a body at a host is found by; another host's same body has another one."""
    return _digest(f"{host}\n{sha256.hex()}", "visit:body")


def _digest(text: str, context: str) -> str:
    return keyed_digest(settings.TOCSIN_KEYS.ring("url"), text.encode(), context=context)
