"""What may be written down of each hop of a request, for whoever has to show it later."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

_DER = 2  # what `ssl` calls ENCODING_DER inside; it names it nowhere outside


@dataclass(frozen=True, slots=True, repr=False)
class Tls:
    """The connection's protocol and cipher, and the certificates, DER, the server's own first."""

    version: str
    cipher: str
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One hop: what was asked, what the name led to, who answered, and how.

    ``resolved`` are the addresses that may be connected to, ``address`` the one that took the
    connection; empty where it did not come so far. ``status`` is None where no answer came.
    """

    url: str
    resolved: tuple[str, ...] = ()
    address: str = ""
    status: int | None = None
    tls: Tls | None = None

    def __repr__(self) -> str:
        return f"Step(status={self.status})"


Witness = Callable[[Step], None]
"""Is told of each hop as it ends, also of one that brought no answer."""


def tls_of(sock: ssl.SSLSocket) -> Tls:
    """What a handshake agreed on, and the certificates that were checked."""
    cipher = sock.cipher()
    return Tls(sock.version() or "", cipher[0] if cipher else "", _chain(sock))


def _chain(sock: ssl.SSLSocket) -> tuple[bytes, ...]:
    # Public since Python 3.13; before that the same stands one layer below.
    if (verified := getattr(sock, "get_verified_chain", None)) is not None:
        return tuple(verified())
    inner = getattr(getattr(sock, "_sslobj", None), "get_verified_chain", None)
    if inner is not None:
        return tuple(certificate.public_bytes(_DER) for certificate in inner())
    own = sock.getpeercert(binary_form=True)
    return (own,) if own else ()
