"""Our keys for exchanges: a TOML file beside the key files, one table for each exchange."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from tocsin.domain.exchanges.types import ExchangeKind

FILE: Final = "exchanges.toml"
NAMES: Final[Mapping[ExchangeKind, tuple[str, ...]]] = {
    ExchangeKind.NCMEC: ("username", "password"),
    ExchangeKind.STOPNCII: ("functions_key", "subscription_key"),
}
FEEDBACK_KEY: Final = "feedback_functions_key"
"""StopNCII has a key for each of its functions; where this is not given, there is one for both."""
_OTHERS_MAY: Final = 0o077


class NoKey(Exception):
    """The keys for an exchange are not there, or lie where others may read them."""


def of(slug: str, kind: ExchangeKind) -> Mapping[str, str]:
    """The keys of one exchange by name; raises NoKey, which says what to write where."""
    path = place()
    needed = NAMES[kind]
    shape = ", ".join(f'{name} = "…"' for name in needed)
    try:
        mode = path.stat().st_mode
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise NoKey(f"Write our keys into {path}: [{slug}] with {shape}") from None
    if mode & _OTHERS_MAY:
        raise NoKey(f"Others may read {path}; let its owner alone do so: chmod 600 {path}")
    table = told.get(slug, {})
    keys = {name: value for name, value in table.items() if isinstance(value, str) and value}
    if not set(needed) <= set(keys):
        raise NoKey(f"{path} has no keys for {slug}: [{slug}] with {shape}")
    return keys


def place() -> Path:
    """Where the file lies: as the settings say, else in the folder of keys."""
    told: Path | None = settings.TOCSIN_EXCHANGE_KEYS
    folder: Path = settings.TOCSIN_KEYS.folder
    return told or folder / FILE
