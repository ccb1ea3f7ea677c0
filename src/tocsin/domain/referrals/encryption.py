"""For the police alone: age, or OpenPGP where they ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyrage

from tocsin.domain.referrals.types import KeyKind, ReferralRefused

MOST_KEY = 60_000
_INSTALL = "OpenPGP needs one more package here: install tocsin[openpgp], then add the key again."


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key, as it was given."""

    kind: KeyKind
    text: str


def read_key(text: str) -> tuple[KeyKind, str, str]:
    """A key somebody pasted: its kind, its text in one spelling, and its mark to compare by
    telephone. Raises ReferralRefused for what is none, or holds a secret half."""
    stripped = text.strip()
    if not stripped or len(stripped) > MOST_KEY:
        raise ReferralRefused("key", "Paste an age recipient or an OpenPGP public key.")
    if "PRIVATE KEY" in stripped or stripped.startswith("AGE-SECRET-KEY"):
        raise ReferralRefused("key", "This is a secret key. Ask for the public one.")
    if stripped.startswith("age1"):
        _age(stripped)
        return KeyKind.AGE, stripped, stripped
    if "BEGIN PGP PUBLIC KEY" in stripped:
        certificate = _openpgp(stripped)
        return KeyKind.OPENPGP, stripped, str(certificate.fingerprint)
    raise ReferralRefused("key", "Paste an age recipient (age1…) or an OpenPGP public key.")


def encrypt(data: bytes, recipients: Sequence[Recipient]) -> tuple[str, str]:
    """Encrypted to all of them, as text, and what such a file is called.

    All recipients are of one kind; raises ReferralRefused otherwise, or for none.
    """
    kinds = {one.kind for one in recipients}
    if len(kinds) != 1:
        raise ReferralRefused("key", "Keys of one kind are needed, and at least one.")
    if kinds == {KeyKind.AGE}:
        keys = [_age(one.text) for one in recipients]
        return pyrage.encrypt(data, keys, armored=True).decode(), "age"
    from pysequoia import encrypt as encrypt_openpgp

    certificates = [_openpgp(one.text) for one in recipients]
    return bytes(encrypt_openpgp(recipients=certificates, bytes=data)).decode(), "pgp"


def _age(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ReferralRefused("key", "This is no age recipient: one begins with age1.") from error


def _openpgp(text: str) -> Any:
    try:
        from pysequoia import Cert
    except ImportError as error:
        raise ReferralRefused("key", _INSTALL) from error
    try:
        return Cert.from_bytes(text.encode())
    except RuntimeError:
        # What it says of the fault holds the program's own stack.
        raise ReferralRefused("key", "This is no OpenPGP certificate that can be read.") from None
