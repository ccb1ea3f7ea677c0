"""Key files: one JSON file per purpose, the newest key last and in use."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KEY_BYTES = 64  # enough for AES-SIV-256; AES-GCM, HMAC and Ed25519 use the first 32
_NAME = re.compile(r"^[a-z][a-z0-9-]{1,30}$")
_Stamp = tuple[int, int, int]


class KeyringDamaged(Exception):
    """A key file exists but cannot be read as one; restore it from the backup of the keys."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One key: its id (`k1`, `k2`, ...), when it was made, and 64 random bytes."""

    id: str
    created_at: str
    material: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of one purpose, oldest first."""

    name: str
    keys: tuple[Key, ...]

    @property
    def first(self) -> Key:
        """The oldest key: for digests that must be found again after a rotation."""
        return self.keys[0]

    @property
    def active(self) -> Key:
        """The newest key: the one new things are made with."""
        return self.keys[-1]

    def find(self, key_id: str) -> Key | None:
        """The key with that id, or None."""
        return next((key for key in self.keys if key.id == key_id), None)


class Keyrings:
    """The keys folder. A purpose's file is made on first use, readable by its owner alone.

    `files` maps a purpose to another place of its file (a mounted secret); such a file is
    never made here.
    """

    def __init__(self, folder: Path, files: Mapping[str, Path] | None = None) -> None:
        self.folder = folder
        self._files = dict(files or {})
        self._rings: dict[str, tuple[_Stamp | None, Keyring]] = {}

    def ring(self, name: str) -> Keyring:
        """The keyring of a purpose; raises KeyringDamaged when its file is unreadable.

        A key that another process added is seen at the next call: a file that changed is read
        again. A file that has gone is no reason to forget its keys.
        """
        stamp = _stamp(self._path(name))
        known = self._rings.get(name)
        if known is not None and stamp in {known[0], None}:
            return known[1]
        ring = self._load(name)
        self._rings[name] = (_stamp(self._path(name)), ring)
        return ring

    def rotate(self, name: str) -> Key:
        """Add a newer key to a purpose and return it; older keys stay for what they made."""
        ring = self._load(name)
        key = _new_key(len(ring.keys) + 1)
        self._replace(self._path(name), (*ring.keys, key))
        self._rings.pop(name, None)
        return key

    def names(self) -> list[str]:
        """Purposes that have a file in the folder."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ValueError(f"not a key purpose: {name!r}")
        return self._files.get(name, self.folder / f"{name}.json")

    def _load(self, name: str) -> Keyring:
        path = self._path(name)
        if not path.exists() and name not in self._files:
            self._create(path)
        try:
            return Keyring(name, _parse(path.read_text("ascii")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeyringDamaged(
                f"The key file {path} cannot be read ({type(error).__name__}). "
                "Put it back from the backup of the keys; without it what it sealed stays sealed."
            ) from error

    def _create(self, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = _write_private(path, (_new_key(1),))
        try:
            # link() fails when another process was first; then its key is the one.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()

    def _replace(self, path: Path, keys: tuple[Key, ...]) -> None:
        _write_private(path, keys).replace(path)


def read_keyring(name: str, text: str) -> Keyring:
    """The keyring in the text of a key file, as a backup holds it; raises KeyringDamaged."""
    try:
        return Keyring(name, _parse(text))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyringDamaged(f"The text is not that of a key file ({name}).") from error


def _stamp(path: Path) -> _Stamp | None:
    """What tells a file from the one that replaced it; None when there is none."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino, told.st_size


def _new_key(number: int) -> Key:
    return Key(f"k{number}", datetime.now(UTC).isoformat(), secrets.token_bytes(KEY_BYTES))


def _parse(text: str) -> tuple[Key, ...]:
    keys = tuple(
        Key(entry["id"], entry["created_at"], base64.b64decode(entry["key"], validate=True))
        for entry in json.loads(text)["keys"]
    )
    if not keys or any(len(key.material) != KEY_BYTES for key in keys):
        raise ValueError("no key of the right length")
    return keys


def _write_private(path: Path, keys: tuple[Key, ...]) -> Path:
    entries = [
        {"id": k.id, "created_at": k.created_at, "key": base64.b64encode(k.material).decode()}
        for k in keys
    ]
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump({"keys": entries}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
