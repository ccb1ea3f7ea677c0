"""Webhooks of a server: who sent it, when, and what it says (Standard Webhooks 1.0, Ed25519)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Final

from tocsin.client.corrections import FeedPage, read_page
from tocsin.client.failures import Failure
from tocsin.client.wire import objects, read_json, taken

TOLERANCE_SECONDS: Final = 300.0
_VERSION: Final = "v1a,"

Keys = Mapping[str, bytes]


class NotSigned(Exception):
    """This did not come from the server, or not now: answer 401 and do nothing."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server asks whether this address listens to it: send `answer` back, with 200."""

    word: str

    @property
    def answer(self) -> dict[str, str]:
        return {"challenge": self.word}


def read_keys(body: bytes) -> dict[str, bytes]:
    """The public keys at `/v2/webhook/keys` (RFC 8037), 32 bytes by key id. Raises Failure."""
    keys = {}
    for one in objects(read_json(body), "keys"):
        if one.get("kty") == "OKP" and one.get("crv") == "Ed25519":
            text = taken(one, "x", str)
            keys[taken(one, "kid", str)] = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return keys


class WebhookReader:
    """Reads what is posted to a webhook, with the keys of `webhook_keys()`. Safe for threads.

    `now` gives seconds since 1970. A message comes again until it was answered with 2xx, so keep
    the `cursor` of what you have worked in, and pass over corrections whose `no` is not beyond it.
    """

    def __init__(self, keys: Keys, *, now: Callable[[], float] = time) -> None:
        self._keys = dict(keys)
        self._now = now

    def read(self, headers: Mapping[str, str], body: bytes) -> FeedPage | Challenge:
        """What it says. Raises NotSigned."""
        told = {name.lower(): value for name, value in headers.items()}
        webhook_id = told.get("webhook-id", "")
        self._check_time(told)
        signed = f"{webhook_id}.{told.get('webhook-timestamp', '')}.".encode() + body
        if not (webhook_id and self._is_signed(told, signed)):
            raise NotSigned("the signature does not fit")
        try:
            message = read_json(body)
            if message.get("type") == "challenge":
                return Challenge(taken(message, "challenge", str))
            return read_page(body)
        except Failure as failure:
            raise NotSigned(failure.detail) from None

    def _check_time(self, told: Mapping[str, str]) -> None:
        text = told.get("webhook-timestamp", "")
        if not (text.isascii() and text.isdigit() and len(text) < 13):
            raise NotSigned("it does not say when it was sent")
        if abs(self._now() - int(text)) > TOLERANCE_SECONDS:
            raise NotSigned("it was sent at another time")

    def _is_signed(self, told: Mapping[str, str], signed: bytes) -> bool:
        key = self._keys.get(told.get("tocsin-key-id", ""))
        if key is None:
            return False
        signatures = told.get("webhook-signature", "").split(" ")[:8]
        return any(_fits(key, text, signed) for text in signatures)


def _fits(key: bytes, text: str, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not text.startswith(_VERSION):
        return False
    try:
        signature = base64.b64decode(text.removeprefix(_VERSION), validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
