"""Whom is asked, and with which key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import httpx

if TYPE_CHECKING:
    from tocsin.client.signing import SigningKey

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WrongAddress(ValueError):
    """This is no address that a key may be sent to; the text says why."""


class WrongKey(ValueError):
    """This is no key, or its file cannot be read."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it was issued: its id, and its secret, which is never shown. Raises WrongKey.

    `signing` signs the reports made with it, which a server may ask for.
    """

    key_id: str
    secret: str = field(repr=False)
    signing: SigningKey | None = None

    def __post_init__(self) -> None:
        text = f"{self.key_id}.{self.secret}"
        whole = self.key_id and self.secret and "." not in self.key_id
        if not (whole and text.isascii() and text.isprintable() and " " not in text):
            raise WrongKey("a key is one line, KEY_ID.SECRET, as it was issued")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From `KEY_ID.SECRET`; space around it is left out."""
        key_id, _, secret = text.strip().partition(".")
        return cls(key_id, secret)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """From a file with one line, `KEY_ID.SECRET`."""
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise WrongKey(f"the key file {os.fspath(path)} cannot be read") from None
        return cls.from_text(text)

    @property
    def bearer(self) -> str:
        return f"{self.key_id}.{self.secret}"


def server_address(text: str) -> str:
    """The server's address without a slash at its end: https, or loopback. Raises WrongAddress."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise WrongAddress("a server has an address such as https://tocsin.example") from None
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.fragment:
        raise WrongAddress("a server has an address such as https://tocsin.example")
    if url.userinfo:
        raise WrongAddress("the key does not belong into the address")
    if url.scheme == "http" and url.host not in LOOPBACK:
        raise WrongAddress("the key would travel in the clear; use https:// for another machine")
    return str(url).rstrip("/")
