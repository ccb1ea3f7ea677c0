"""Sealing whom notices went to, what hosters said, and finding places without telling them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from django.conf import settings

from tocsin.base.secrets import keyed_digest, seal, unseal
from tocsin.domain.takedown.types import Addressee, Channel, Rung, Said


def place(channel: Channel, address: str) -> str:
    """What a place is found by: a keyed hash of how it is reached, the same for ever."""
    ring = settings.TOCSIN_KEYS.ring("url")
    text = f"{channel.value}:{address.strip().lower()}"
    return keyed_digest(ring, text.encode(), context="place")


def secret_digest(secret: str) -> str:
    """What a link is found by. The secret has 256 bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def close_addressee(addressee: Addressee, *, number: str) -> str:
    """Seal whom a notice goes to, bound to its number."""
    return _close(json.dumps(asdict(addressee)), f"addressee:{number}")


def open_addressee(text: str, *, number: str) -> Addressee | None:
    """What was sealed to the notice; None where nothing was, or it was emptied since."""
    if not text:
        return None
    told = json.loads(_open(text, f"addressee:{number}"))
    return Addressee(**{**told, "rung": Rung(told["rung"]), "channel": Channel(told["channel"])})


def close_said(said: Said, *, answer_id: int) -> str:
    """Seal an answer's words; no words stay the empty text."""
    told = {"words": said.words, "name": said.name, "email": said.email}
    return _close(json.dumps(told), f"answer:{answer_id}") if any(told.values()) else ""


def open_said(text: str, *, answer_id: int) -> tuple[str, str, str]:
    """Words, name and mail address as they were said."""
    if not text:
        return "", "", ""
    told = json.loads(_open(text, f"answer:{answer_id}"))
    return told["words"], told["name"], told["email"]


def close_body(body: bytes, *, message_id: str) -> str:
    """Seal what is sent by machine."""
    return _close(body.decode(), f"post:{message_id}")


def open_body(text: str, *, message_id: str) -> bytes:
    """What was sealed; raises secrets.NotOurs."""
    return _open(text, f"post:{message_id}").encode()


def _close(text: str, context: str) -> str:
    return seal(settings.TOCSIN_KEYS.ring("seal"), text.encode(), context=context)


def _open(text: str, context: str) -> str:
    return unseal(settings.TOCSIN_KEYS.ring("seal"), text, context=context).decode()
