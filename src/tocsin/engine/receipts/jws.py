"""JSON Web Signatures of one kind: compact (RFC 7515), by Ed25519 (RFC 8037), read strictly.

Strictly, because whoever verifies must not be talked into another algorithm (`none`, HMAC with the
public key as its secret), and because no byte of a signed text may be changed and still be taken:
padding, other alphabets, bits beyond the last byte and names given twice are refused.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.engine.receipts.types import NotProven, PublicKey

ALGORITHM = "EdDSA"
MOST_CHARACTERS = 8_192
_BASE64URL = re.compile(r"\A[A-Za-z0-9_-]+\Z")

Keys: TypeAlias = Mapping[str, PublicKey]
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Signed:
    """A text whose signature holds: which key made it, and what it says."""

    key: PublicKey
    payload: Json


def to_text(data: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes:
    """What `to_text` made, and nothing else; raises ValueError."""
    if not _BASE64URL.match(text):
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_text(data) != text:
        raise ValueError("not base64url as we write it")
    return data


def signing_input(payload: Json, *, kid: str, kind: str) -> str:
    """What a signature is made over: header and payload. `kind` goes into the header as `typ`."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": kind}
    parts = (json.dumps(part, separators=(",", ":")) for part in (header, payload))
    return ".".join(to_text(part.encode()) for part in parts)


def opened(text: str, keys: Keys, *, kind: str) -> Signed:
    """Verify a compact JWS of this `kind` by these keys; raises NotProven with a sentence."""
    if len(text) > MOST_CHARACTERS:
        raise NotProven(f"This is no {kind}: it is too long for one.")
    parts = text.split(".")
    if len(parts) != 3:
        raise NotProven(
            f"This is no whole {kind}: it has {len(parts)} parts between dots, not 3. "
            "It was cut, or is something else."
        )
    key = _key_of(_object(parts[0], "header"), keys, kind)
    try:
        signature = from_text(parts[2])
    except ValueError:
        raise NotProven("The signature is cut or was changed: it is not whole base64url.") from None
    try:
        public = Ed25519PublicKey.from_public_bytes(key.raw)
        public.verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii", "replace"))
    except InvalidSignature:
        raise NotProven(
            f"The signature does not hold: the text was changed, or key {key.kid} of another "
            "organisation made it."
        ) from None
    return Signed(key, _object(parts[1], "payload"))


def _key_of(header: Json, keys: Keys, kind: str) -> PublicKey:
    algorithm = header.get("alg")
    if algorithm != ALGORITHM:
        raise NotProven(
            f"It says it is signed by {_shown(algorithm)}. Only {ALGORITHM} (Ed25519) counts: any "
            "other could be made by whoever knows the public key, or by anybody."
        )
    if set(header) != {"alg", "kid", "typ"}:
        raise NotProven("Its header holds other fields than alg, kid and typ, so it is not ours.")
    if header["typ"] != kind:
        raise NotProven(f"It is a {_shown(header['typ'])}, not a {kind}.")
    key = keys.get(header["kid"]) if isinstance(header["kid"], str) else None
    if key is None:
        raise NotProven(
            f"It names the key {_shown(header['kid'])}, which is not among the keys given "
            f"({', '.join(sorted(keys)) or 'none'})."
        )
    return key


def read_keys(text: str) -> dict[str, PublicKey]:
    """The Ed25519 keys of a JWK set (RFC 7517) by their ids; raises NotProven."""
    told = json_object(text, "The file of keys")
    rows = told.get("keys")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotProven('The file of keys is no JWK set: it needs {"keys": [...]}.')
    if any("d" in row or "k" in row for row in rows):
        raise NotProven("The file of keys holds a secret key. Only public ones belong in it.")
    # Keys of other kinds may stand beside ours; they verify nothing here.
    ours = [_key(row) for row in rows if (row.get("kty"), row.get("crv")) == ("OKP", "Ed25519")]
    keys = {key.kid: key for key in ours}
    if not keys:
        raise NotProven("The file of keys holds no Ed25519 key.")
    if len(keys) < len(ours):
        raise NotProven("The file of keys names two keys alike, so it cannot be told which counts.")
    return keys


def _key(row: Json) -> PublicKey:
    kid, x, made_at = row.get("kid"), row.get("x"), row.get("made_at")
    try:
        raw = from_text(x) if isinstance(x, str) else b""
    except ValueError:
        raw = b""
    if not isinstance(kid, str) or len(raw) != 32 or not isinstance(made_at, str | None):
        raise NotProven("A key in the file of keys is damaged: it needs kid, and 32 bytes as x.")
    return PublicKey(kid, raw, made_at)


def key_set(keys: Mapping[str, tuple[str, str]]) -> Json:
    """A JWK set of Ed25519 keys: by key id the public key in base64url, and when it was made."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": ALGORITHM,
                "kid": kid,
                "x": x,
                "made_at": made_at,
            }
            for kid, (x, made_at) in keys.items()
        ]
    }


def json_object(text: str | bytes, what: str) -> Json:
    """A JSON object in which no name stands twice; raises NotProven."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise NotProven(f"{what} is no JSON, or was cut.") from None
    if not isinstance(found, dict):
        raise NotProven(f"{what} is no JSON object.")
    return found


def _object(part: str, what: str) -> Json:
    try:
        data = from_text(part)
    except ValueError:
        raise NotProven(f"The {what} is cut or was changed: it is not whole base64url.") from None
    return json_object(data, f"The {what}")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    for value in found.values():
        if isinstance(value, str):
            value.encode()  # raises ValueError for half a character, which no JSON may hold
    return found


def _shown(value: object) -> str:
    """A word out of a text that nobody vouches for, fit to be printed."""
    return repr(value)[:40] if isinstance(value, str) else "nothing" if value is None else "no text"
