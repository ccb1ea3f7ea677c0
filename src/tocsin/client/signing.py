"""Requests that are signed: HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final, Self

from tocsin.client.keys import WrongKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key of yours, for the `signing` of a Key; a server knows its public half by name.

    `seed` is the private key, 32 bytes as RFC 8032 has them. Raises WrongKey.
    """

    name: str
    seed: bytes = field(repr=False)
    now: Callable[[], float] = field(default=time, repr=False, compare=False)
    """Seconds since 1970; the server lets it be five minutes from its own."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise WrongKey("the name of a signing key has letters, digits, . _ - and 60 at most")
        if len(self.seed) != SEED_BYTES:
            raise WrongKey("a signing key is 32 bytes of Ed25519")

    @classmethod
    def made(cls, name: str) -> Self:
        """A new one."""
        return cls(name, secrets.token_bytes(SEED_BYTES))

    @classmethod
    def from_file(cls, name: str, path: str | os.PathLike[str]) -> Self:
        """From a file with one line, the seed in base64, that only its owner may read."""
        told = os.fspath(path)
        try:
            with Path(path).open(encoding="ascii") as file:
                if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise WrongKey(f"others may read the signing key {told}: chmod 600 it")
                seed = base64.b64decode(file.read(200).strip(), validate=True)
        except (OSError, UnicodeDecodeError):
            raise WrongKey(f"the signing key {told} cannot be read") from None
        except binascii.Error:
            raise WrongKey(f"the signing key {told} is no base64") from None
        return cls(name, seed)

    @property
    def seed_text(self) -> str:
        """What to keep in the file of `from_file`."""
        return base64.b64encode(self.seed).decode()

    @property
    def public_key(self) -> str:
        """In base64, for `tocsin intake sign KEY_ID NAME --public-key ...`."""
        return base64.b64encode(self._private().public_key().public_bytes_raw()).decode()

    def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """What a request carries to be signed; made anew for each try, as each counts once."""
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        params = (
            f'("@method" "@path" "content-digest");created={int(self.now())}'
            f';keyid="{self.name}";alg="ed25519";nonce="{secrets.token_hex(8)}"'
        )
        covered = (
            f'"@method": {method}\n'
            f'"@path": {path}\n'
            f'"content-digest": sha-256=:{digest}:\n'
            f'"@signature-params": {params}'
        )
        signature = base64.b64encode(self._private().sign(covered.encode("ascii"))).decode()
        return {
            "content-digest": f"sha-256=:{digest}:",
            "signature-input": f"sig={params}",
            "signature": f"sig=:{signature}:",
        }

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)
