"""Signing notices: a JWS that anybody can check with our public keys (RFC 7515, EdDSA).

The mail itself is signed by the mail server (DKIM), where it does that; this signature stays with
the notice wherever it is passed on to.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from django.conf import settings

from tocsin.base.audit.types import Json
from tocsin.base.secrets import public_keys, sign, verify

RING = "notices"
TYPE = "tocsin-notice+jws"
MOST_CHARACTERS = 100_000


def jws(payload: Json) -> str:
    """The payload signed, in JWS JSON serialization (flattened), as text."""
    ring = settings.TOCSIN_KEYS.ring(RING)
    head: dict[str, Json] = {"alg": "EdDSA", "kid": ring.active.id, "typ": TYPE}
    protected, body = _encoded(head), _encoded(payload)
    _, signature = sign(ring, f"{protected}.{body}".encode())
    return json.dumps({"payload": body, "protected": protected, "signature": signature}, indent=1)


def read_jws(text: str) -> dict[str, Json] | None:
    """The payload of a notice that we signed; None for anything else. Any text may come."""
    try:
        told = json.loads(text[:MOST_CHARACTERS])
        protected, body, signature = (str(told[n]) for n in ("protected", "payload", "signature"))
        head, payload = json.loads(_decoded(protected)), json.loads(_decoded(body))
        wanted = (head["alg"], head["typ"]) == ("EdDSA", TYPE)
        ring, key_id = settings.TOCSIN_KEYS.ring(RING), str(head["kid"])
        message = f"{protected}.{body}".encode()
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None
    if not (wanted and verify(ring, message, key_id=key_id, signature=signature)):
        return None
    return payload if isinstance(payload, dict) else None


def headers(message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Id, time and signature of a sending by machine, as Standard Webhooks 1.0 has them (`v1a`)."""
    timestamp = int(at.timestamp())
    signed = f"{message_id}.{timestamp}.".encode() + body
    key_id, signature = sign(settings.TOCSIN_KEYS.ring(RING), signed)
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1a,{base64.b64encode(raw).decode()}",
        "tocsin-key-id": key_id,
    }


def key_set() -> dict[str, Json]:
    """Our public keys for notices as a JWK set (RFC 7517, RFC 8037)."""
    keys = public_keys(settings.TOCSIN_KEYS.ring(RING))
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "use": "sig", "alg": "EdDSA"}
            for kid, x in keys.items()
        ]
    }


def _encoded(value: Json) -> str:
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
