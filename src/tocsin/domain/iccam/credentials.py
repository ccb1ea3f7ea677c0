"""What opens ICCAM: name, password and client certificate, in a TOML file beside the key files."""

from __future__ import annotations

import ssl
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings

from tocsin.domain.iccam.speaking import CallFailed
from tocsin.domain.iccam.types import Trouble

FILE: Final = "iccam.toml"
_OTHERS_MAY: Final = 0o077


@dataclass(frozen=True, slots=True)
class Keys:
    """Name and password; `tls` carries the certificate, where one is given."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


def read() -> Keys:
    """The keys; raises CallFailed where they are missing, or where others may read them."""
    path = place()
    try:
        if path.stat().st_mode & _OTHERS_MAY:
            raise CallFailed(Trouble.NO_KEY)
        told = tomllib.loads(path.read_text("utf-8"))
        return Keys(str(told["username"]), str(told["password"]), _tls(told, path.parent))
    except (OSError, ValueError, KeyError):
        raise CallFailed(Trouble.NO_KEY) from None


def place() -> Path:
    """Where the file lies: in the folder of keys."""
    folder: Path = settings.TOCSIN_KEYS.folder
    return folder / FILE


def _tls(told: dict[str, object], folder: Path) -> ssl.SSLContext | None:
    if "certificate" not in told and "authority" not in told:
        return None
    authority = told.get("authority")
    context = ssl.create_default_context(cafile=str(folder / str(authority)) if authority else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if "certificate" in told:
        key = folder / str(told.get("key", told["certificate"]))
        context.load_cert_chain(folder / str(told["certificate"]), key)
    return context
