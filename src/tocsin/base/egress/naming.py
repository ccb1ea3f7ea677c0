"""What a name says of itself: TXT records, by which somebody shows that a domain is theirs."""

from __future__ import annotations

from collections.abc import Sequence

import dns.exception
import dns.resolver

from tocsin.base.egress.refusals import TooSlow, Unreachable

_MOST_RECORDS = 20
_SECONDS = 5.0


class NameServers:
    """Asks the name servers that this machine is set up with, or those given (address, port)."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        self._servers, self._port = list(servers), port

    def texts(self, name: str) -> list[str]:
        """The TXT records of `name`, at most 20; none where there are none.

        Each is its strings put together, as RFC 7208 §3.3 reads them; what is no UTF-8 is left
        out. Raises Unreachable, TooSlow.
        """
        try:
            found = self._resolver().resolve(f"{name}.", "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.Timeout:
            raise TooSlow("look_up") from None
        except (dns.exception.DNSException, OSError, UnicodeError):
            raise Unreachable("no_such_name") from None
        return [text for record in list(found)[:_MOST_RECORDS] if (text := _text(record)) != ""]

    def _resolver(self) -> dns.resolver.Resolver:
        # Made anew each time: it holds no connection, and the machine's settings may change.
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers, resolver.port = list(self._servers), self._port
        resolver.lifetime = _SECONDS
        return resolver


def _text(record: object) -> str:
    try:
        return b"".join(getattr(record, "strings", ())).decode()
    except UnicodeDecodeError:
        return ""
