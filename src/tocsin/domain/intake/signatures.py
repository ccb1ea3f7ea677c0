"""Signed requests: a subset of HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest.

A partner whose bearer key has a signature key on file must sign; for the others nothing changes.
Covered must be at least the method, the path and the digest of the body; the signature counts for
five minutes around its `created`, and once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction

from tocsin.base.audit.actions import record
from tocsin.base.audit.types import Actor
from tocsin.domain.intake import sealed
from tocsin.domain.intake.models import SeenSignature, SignatureKey
from tocsin.domain.intake.types import NotSigned, SenderRefused, SignedRequest

TOLERANCE_SECONDS: Final = 300
_NEEDED: Final = frozenset({"@method", "@path", "content-digest"})
_DERIVED: Final = frozenset({"@method", "@path", "@authority"})
_MOST: Final = 2_000
_INPUT: Final = re.compile(
    r'([a-z*][a-z0-9_.*-]{0,40})=(\((?:"[a-z0-9@-]{1,60}"(?: "[a-z0-9@-]{1,60}"){0,15})\)'
    r'((?:;[a-z]{1,20}=(?:\d{1,15}|"[ !#-\[\]-~]{0,200}"))*))'
)
_PARAMETER: Final = re.compile(r';([a-z]{1,20})=(?:(\d{1,15})|"([^"]*)")')
_SIGNATURE: Final = re.compile(r"([a-z*][a-z0-9_.*-]{0,40})=:([A-Za-z0-9+/=]{88}):")
_DIGEST: Final = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]{44,88}):")
_ALGORITHMS: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def add_signature_key(
    *, key_id: str, name: str, public_key: str, actor: Actor, at: datetime
) -> int:
    """From now on requests of this bearer key must be signed by one of its signature keys.

    `public_key`: 32 bytes of Ed25519 in base64. Raises SenderRefused.
    """
    try:
        raw = base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        raise SenderRefused("Give a name (letters, digits, . _ -) and 32 bytes of key in base64.")
    try:
        with transaction.atomic():
            row = SignatureKey.objects.create(
                key_id=key_id, name=name, public_key=public_key, made_at=at
            )
            record(
                actor=actor,
                action="intake.add_signature_key",
                subject=f"key:{key_id}",
                at=at,
                facts={"name": name},
            )
    except IntegrityError:
        raise SenderRefused("This key has had a signature key of that name.") from None
    return row.pk


def remove_signature_key(*, key_id: str, name: str, actor: Actor, at: datetime) -> bool:
    """A signature key counts no more; with the last one gone, signing is no longer asked for."""
    with transaction.atomic():
        rows = SignatureKey.objects.filter(key_id=key_id, name=name, removed_at__isnull=True)
        won = rows.update(removed_at=at)
        if won:
            record(
                actor=actor,
                action="intake.remove_signature_key",
                subject=f"key:{key_id}",
                at=at,
                facts={"name": name},
            )
    return bool(won)


def signature_keys(key_id: str) -> dict[str, bytes]:
    """The signature keys of a bearer key by name, 32 bytes each; none: it need not sign."""
    rows = SignatureKey.objects.filter(key_id=key_id, removed_at__isnull=True)
    return {row.name: base64.b64decode(row.public_key) for row in rows}


def check_signature(*, key_id: str, request: SignedRequest, at: datetime) -> str:
    """The signature by which a request counts, to be remembered with what it does; empty where the
    key need not sign. Raises NotSigned."""
    keys = signature_keys(key_id)
    if not keys:
        return ""
    told = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    if any(len(told.get(name, "")) > _MOST for name in ("signature", "signature-input")):
        raise NotSigned("Its signature is longer than any should be.")
    signatures = dict(_SIGNATURE.findall(told.get("signature", "")))
    for label, params, _ in _INPUT.findall(told.get("signature-input", "")):
        if label in signatures and _name(params) in keys:
            _check(params, signatures[label], keys[_name(params)], request, told, at)
            return str(signatures[label])
    raise NotSigned("This key must sign its requests, by a key on file (Signature-Input).")


def remember(signature: str, at: datetime) -> None:
    """Take a signature, in the transaction of what it asks for. Raises NotSigned for one again."""
    try:
        with transaction.atomic():
            SeenSignature.objects.create(digest=sealed.digest(signature.encode(), of="sig"), at=at)
    except IntegrityError:
        raise NotSigned("This very signature was used before: sign anew.") from None


def _check(
    params: str,
    signature: str,
    key: bytes,
    request: SignedRequest,
    told: dict[str, str],
    at: datetime,
) -> None:
    covered = re.findall(r'"([^"]+)"', params.partition(")")[0])
    if not set(covered) >= _NEEDED or len(set(covered)) != len(covered):
        raise NotSigned('Sign at least "@method", "@path" and "content-digest", each once.')
    created = _parameters(params).get("created", "")
    if not created.isdigit() or abs(at.timestamp() - int(created)) > TOLERANCE_SECONDS:
        raise NotSigned("Its time is missing, or more than five minutes from ours.")
    expires = _parameters(params).get("expires", "")
    if expires and (not expires.isdigit() or int(expires) < at.timestamp()):
        raise NotSigned("Its time is over.")
    if not _digest_fits(told.get("content-digest", ""), request.body):
        raise NotSigned("Content-Digest is not that of the body.")
    try:
        base = _base(covered, params, request, told)
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature), base)
    except (InvalidSignature, ValueError):
        raise NotSigned("The signature does not fit.") from None


def _base(covered: list[str], params: str, request: SignedRequest, told: dict[str, str]) -> bytes:
    derived = {
        "@method": request.method,
        "@path": request.path,
        "@authority": told.get("host", "").lower(),
    }
    lines = []
    for name in covered:
        values = derived if name in _DERIVED else told
        if name.startswith("@") != (name in _DERIVED) or name not in values:
            raise NotSigned("It covers something that the request does not have.")
        lines.append(f'"{name}": {values[name]}')
    lines.append(f'"@signature-params": {params}')
    return "\n".join(lines).encode("latin-1", "replace")


def _digest_fits(header: str, body: bytes) -> bool:
    found = _DIGEST.findall(header)
    return bool(found) and all(
        hmac.compare_digest(base64.b64encode(_ALGORITHMS[name](body).digest()).decode(), value)
        for name, value in found
    )


def _parameters(params: str) -> dict[str, str]:
    return {name: number or text for name, number, text in _PARAMETER.findall(params)}


def _name(params: str) -> str:
    told = _parameters(params.partition(")")[2])
    return told.get("keyid", "") if told.get("alg", "ed25519") == "ed25519" else ""
