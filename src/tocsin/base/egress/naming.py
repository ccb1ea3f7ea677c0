"""What name servers say of a name: its addresses, other names, servers, and texts about it."""

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
        found = self._records(name, "TXT")
        return [text for record in found if (text := _text(record)) != ""]

    def addresses(self, name: str) -> list[str]:
        """The IPv4 and then the IPv6 addresses of `name`, at most 20 of each; raises as `texts`.

        To be looked at, not called: what may be called is decided when it is called.
        """
        return [str(record) for kind in ("A", "AAAA") for record in self._records(name, kind)]

    def alias(self, name: str) -> str | None:
        """The name that `name` stands for (CNAME), or None; raises as `texts`."""
        found = [str(record).rstrip(".").lower() for record in self._records(name, "CNAME")]
        return found[0] if found else None

    def name_servers(self, name: str) -> list[str]:
        """The names of the servers of the zone `name`, none where it is no zone's own name."""
        return [str(record).rstrip(".").lower() for record in self._records(name, "NS")]

    def _records(self, name: str, kind: str) -> list[object]:
        try:
            found = self._resolver().resolve(f"{name}.", kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.Timeout:
            raise TooSlow("look_up") from None
        except (dns.exception.DNSException, OSError, UnicodeError):
            raise Unreachable("no_such_name") from None
        return list(found)[:_MOST_RECORDS]

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
