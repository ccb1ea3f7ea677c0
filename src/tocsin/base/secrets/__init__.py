"""Keys of this installation, and what is done with them: seal, unseal, digest, refer, sign.

Owns the folder `keys/` (0600 files). Every sealed or signed thing names the key it was made
with, so a key can be replaced by a newer one without losing what the older one made.
Must never write a key, or what a key protects, to a log or a table in the clear.
"""

from tocsin.base.secrets.files import read_sealed, write_sealed
from tocsin.base.secrets.keyring import Key, Keyring, KeyringDamaged, Keyrings, read_keyring
from tocsin.base.secrets.sealing import (
    NotOurs,
    keyed_digest,
    open_reference,
    public_keys,
    reference,
    seal,
    seal_bytes,
    sign,
    unseal,
    unseal_bytes,
    verify,
)

__all__ = [
    "Key",
    "Keyring",
    "KeyringDamaged",
    "Keyrings",
    "NotOurs",
    "keyed_digest",
    "open_reference",
    "public_keys",
    "read_keyring",
    "read_sealed",
    "reference",
    "seal",
    "seal_bytes",
    "sign",
    "unseal",
    "unseal_bytes",
    "verify",
    "write_sealed",
]
