"""What a caller may do out there. Every request names its policy."""

from dataclasses import dataclass, replace
from typing import Self

from tocsin.base.egress.reach import IpAddress, is_public
from tocsin.base.egress.refusals import RefusedAddress
from tocsin.engine.addresses import SplitUrl, origin_text, split

MEBIBYTE = 1 << 20
_WEB_PORTS = frozenset({80, 443})


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be called, and how much of our time and memory they may have.

    ``name`` goes into logs. ``max_bytes`` bounds the body, as sent and unpacked.
    ``deadline_seconds`` bounds the whole of it, redirects included. ``only_origin`` is None for the
    open web, or the one scheme, host and port that may be called.
    """

    name: str
    max_bytes: int
    deadline_seconds: float
    max_redirects: int
    only_origin: str | None = None

    def limited_to(
        self,
        *,
        max_bytes: int | None = None,
        deadline_seconds: float | None = None,
        max_redirects: int | None = None,
    ) -> Self:
        """Give the same policy with other limits: a picture may be larger than a receipt."""
        return replace(
            self,
            max_bytes=self.max_bytes if max_bytes is None else max_bytes,
            deadline_seconds=self.deadline_seconds
            if deadline_seconds is None
            else deadline_seconds,
            max_redirects=self.max_redirects if max_redirects is None else max_redirects,
        )

    def check_origin(self, parts: SplitUrl) -> None:
        """Refuse an address by what is written in it. Raises ``RefusedAddress``."""
        if self.only_origin is not None:
            if origin_text(parts) != self.only_origin:
                raise RefusedAddress("other_site")
        elif parts.host.endswith(".onion"):
            # RFC 7686: asking a name server about it would tell it what is being looked into.
            raise RefusedAddress("onion")
        elif parts.effective_port not in _WEB_PORTS:
            raise RefusedAddress("port")

    def admits(self, address: IpAddress) -> bool:
        """Say whether a connection to ``address`` may be opened."""
        if self.only_origin is not None:
            return not (address.is_multicast or address.is_unspecified)
        return is_public(address)


PUBLIC = Policy(name="public", max_bytes=16 * MEBIBYTE, deadline_seconds=30.0, max_redirects=5)
"""Addresses that people outside have named: reports, webhooks, hosters' pages.

Only the open internet, only http and https on their own ports.
"""


def configured_peer(base_url: str) -> Policy:
    """Give the policy for an address the operator wrote into the configuration.

    That exact scheme, host and port, and nothing else; where it lies (loopback, a private network)
    is the operator's business. Redirects may stay on it and not leave it.
    Raises ``UnusableAddress`` where ``base_url`` is none, so that a wrong setting shows at start.
    """
    return Policy(
        name="configured_peer",
        max_bytes=64 * MEBIBYTE,
        deadline_seconds=60.0,
        max_redirects=3,
        only_origin=origin_text(split(base_url)),
    )
