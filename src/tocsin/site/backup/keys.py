"""The keys of a backup: sealed with age under a passphrase, and told from other keys."""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pyrage

from tocsin.base.secrets import Key, Keyring, KeyringDamaged, Keyrings, read_keyring
from tocsin.site.backup.types import RestoreRefused

_RING = re.compile(r"[a-z][a-z0-9-]{1,30}")
# Signs the pages' cookies and nothing that lasts; a start of the command line makes one anew.
_OF_NO_WEIGHT = "django"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC

Bundle = Mapping[str, str]
"""The text of each ring's file, by the ring's name."""


def gather(keyrings: Keyrings) -> Bundle:
    """The key files as they are now."""
    return {
        name: (keyrings.folder / f"{name}.json").read_text("ascii") for name in keyrings.names()
    }


def sealed(bundle: Bundle, passphrase: str) -> bytes:
    """The bundle as an age file that only the passphrase opens."""
    return bytes(pyrage.passphrase.encrypt(json.dumps(dict(bundle)).encode(), passphrase))


def unsealed(data: bytes, passphrase: str) -> Bundle:
    """What `sealed` made; raises RestoreRefused when the passphrase does not open it."""
    try:
        told = json.loads(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        raise RestoreRefused("this passphrase does not open the keys in the backup.") from error
    except ValueError as error:
        raise RestoreRefused("the keys in the backup are damaged.") from error
    if not all(_RING.fullmatch(name) and text.isascii() for name, text in told.items()):
        raise RestoreRefused("its keys are not those of a Tocsin.")
    return dict(told)


def checks(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """For each ring what tells each of its keys from any other, and no more."""
    return {name: _checks_of(ring) for name, ring in _rings_in(bundle).items()}


class KeyPlan:
    """Which rings are already in place and which must be written; raises RestoreRefused.

    A ring in place counts when it has every key that the backup was made with; it may have newer
    ones. Nothing is written before `carry_out`.
    """

    def __init__(
        self, keyrings: Keyrings, wanted: Mapping[str, tuple[str, ...]], bundle: Bundle | None
    ) -> None:
        self._keyrings = keyrings
        self._bundle = bundle or {}
        try:
            offered = _rings_in(self._bundle)
        except KeyringDamaged as error:
            raise RestoreRefused("the keys in the backup are damaged.") from error
        there = {name: _checks_of(keyrings.ring(name)) for name in keyrings.names()}
        self._to_write: list[str] = []
        for ring, ids in wanted.items():
            if set(ids) <= set(there.get(ring, ())):
                continue
            self._needs(ring, ids, taken=ring in there, offered=offered.get(ring))

    def ring(self, name: str) -> Keyring | None:
        """The ring as it will be; None when the backup has none of that name."""
        if name in self._to_write:
            return _rings_in({name: self._bundle[name]})[name]
        return self._keyrings.ring(name) if name in self._keyrings.names() else None

    def carry_out(self, undo: ExitStack) -> int:
        """Write the missing rings, 0600; how many. `undo` learns how to take them away again."""
        folder = self._keyrings.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in self._to_write:
            path = folder / f"{name}.json"
            undo.callback(_take_back, path, path.read_text("ascii") if path.exists() else None)
            _put(path, self._bundle[name])
        return len(self._to_write)

    def _needs(
        self, ring: str, ids: tuple[str, ...], *, taken: bool, offered: Keyring | None
    ) -> None:
        if taken and ring != _OF_NO_WEIGHT:
            raise RestoreRefused(
                f"{self._keyrings.folder} holds other keys than the backup was made with "
                f"({ring}). Move them away, or set TOCSIN_KEYS to another folder."
            )
        if offered is not None and set(ids) <= set(_checks_of(offered)):
            self._to_write.append(ring)
        elif ring != _OF_NO_WEIGHT:
            raise RestoreRefused(
                f"the key {ring} is missing. Name its passphrase with --keys-passphrase-file, or "
                f"put the kept keys into {self._keyrings.folder} first; without them nothing that "
                "was sealed can be read."
            )


def _checks_of(ring: Keyring) -> tuple[str, ...]:
    return tuple(f"{key.id}:{_check(key)}" for key in ring.keys)


def _check(key: Key) -> str:
    return hmac.new(key.material, b"tocsin backup: is this the key", "sha256").hexdigest()[:16]


def _rings_in(bundle: Bundle) -> dict[str, Keyring]:
    """Every ring of a bundle; raises KeyringDamaged."""
    return {name: read_keyring(name, text) for name, text in bundle.items()}


def _put(path: Path, text: str) -> None:
    """Write a key file whole or not at all, for its owner alone."""
    unfinished = path.with_suffix(".part")
    try:
        with os.fdopen(os.open(unfinished, _NEW, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _take_back(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        _put(path, before)
