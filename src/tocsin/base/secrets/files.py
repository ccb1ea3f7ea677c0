"""Sealed files: compressed, sealed, bound to what they are, and on the disk when this returns."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from uuid import uuid4

from tocsin.base.secrets.keyring import Keyring
from tocsin.base.secrets.sealing import NotOurs, seal, unseal


def write_sealed(path: Path, data: bytes, ring: Keyring, *, context: str) -> None:
    """Keep `data` in a file that its owner alone may read; one of that name is replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = seal(ring, zlib.compress(data, 1), context=context)
    # A name of its own: others may write the same file at the same moment, on other machines too.
    unfinished = path.with_suffix(f".unfinished-{uuid4().hex}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_sealed(path: Path, ring: Keyring, *, context: str) -> bytes:
    """What was kept there; raises OSError, and NotOurs for a file that does not open."""
    text = path.read_text("ascii", errors="replace")
    try:
        return zlib.decompress(unseal(ring, text, context=context))
    except zlib.error as error:
        raise NotOurs("This sealed file is damaged.") from error
