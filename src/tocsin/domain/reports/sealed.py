"""Sealing what is secret of reports and items: addresses, words, fingerprints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.engine.addresses import CanonicalUrl


def digest(url: CanonicalUrl, *, rehearsal: bool) -> str:
    """What an address is found by: a keyed hash, apart for rehearsals."""
    world = "rehearsal" if rehearsal else "real"
    ring = settings.TOCSIN_KEYS.ring("url")
    return keyed_digest(ring, url.identity_key.encode(), context=f"item:{world}")


def host_digest(url: CanonicalUrl, *, rehearsal: bool) -> str:
    """What the items of one site are found by: a keyed hash of its host."""
    world = "rehearsal" if rehearsal else "real"
    ring = settings.TOCSIN_KEYS.ring("url")
    return keyed_digest(ring, url.host.encode(), context=f"host:{world}")


def print_digest(value: FingerprintValue, *, rehearsal: bool) -> str:
    """What items with the same fingerprint are found by: a keyed hash of kind and value."""
    world = "rehearsal" if rehearsal else "real"
    ring = settings.TOCSIN_KEYS.ring("url")
    return keyed_digest(ring, value.value, context=f"print:{world}:{int(value.kind)}")


def close_print(value: bytes, *, item_id: int) -> str:
    """Seal a PDQ to its item: short, since many are opened when a worker starts."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), value, context=f"print:{item_id}")


def open_print(sealed: str, *, item_id: int) -> bytes:
    """What `close_print` sealed; raises secrets.NotOurs."""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=f"print:{item_id}")


def close(text: str, *, context: str) -> str:
    """Seal a text to the row that `context` names; the empty text stays empty."""
    return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=context) if text else ""


def open_text(sealed: str, *, context: str) -> str:
    """What `close` sealed with the same context; raises secrets.NotOurs."""
    if not sealed:
        return ""
    return unseal(settings.TOCSIN_KEYS.ring("seal"), sealed, context=context).decode()


def close_fingerprints(values: Sequence[FingerprintValue], *, context: str) -> str:
    """Seal fingerprints to a row; none stay the empty text."""
    told = [{**asdict(v), "kind": int(v.kind), "value": v.value.hex()} for v in values]
    return close(json.dumps(told) if told else "", context=context)


def open_fingerprints(sealed: str, *, context: str) -> tuple[FingerprintValue, ...]:
    """What `close_fingerprints` sealed with the same context."""
    text = open_text(sealed, context=context)
    return tuple(
        FingerprintValue(
            **{**told, "kind": Kind(told["kind"]), "value": bytes.fromhex(told["value"])}
        )
        for told in (json.loads(text) if text else [])
    )


def close_words(detail: str, note: str, *, context: str) -> str:
    """Seal what a finding says in words to its row; no words stay the empty text."""
    told = {"detail": detail, "note": note}
    return close(json.dumps(told) if detail or note else "", context=context)


def open_words(sealed: str, *, context: str) -> tuple[str, str]:
    """Detail and note as `close_words` sealed them."""
    told = json.loads(open_text(sealed, context=context) or '{"detail": "", "note": ""}')
    return told["detail"], told["note"]
