"""Connections that go to a checked address and never outlive their deadline."""

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from tocsin.base.egress.deadline import Deadline
from tocsin.base.egress.reach import IpAddress
from tocsin.base.egress.refusals import TooSlow, Unreachable
from tocsin.base.egress.witness import Tls, tls_of

Dial = Callable[[IpAddress, int, float], socket.socket]
"""Takes an address, a port and seconds; gives a connected socket or raises ``OSError``."""

_ONE_ADDRESS_SECONDS = 8.0  # so that a dead IPv6 route leaves time for IPv4


def dial_tcp(address: IpAddress, port: int, seconds: float) -> socket.socket:
    """Connect to ``address`` itself; no name is looked up."""
    return connected(address, port, seconds)


def connected(
    address: IpAddress, port: int, seconds: float, source: str | None = None
) -> socket.socket:
    """The same, leaving from ``source``, one of this machine's own addresses, where that is given.

    Raises ``OSError``.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        if source is not None:
            sock.bind((source, 0))
        sock.connect((str(address), port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections to the addresses it was given, whatever name the request carries.

    The name still goes into the ``Host`` header and into TLS, where the certificate is checked
    against it. ``address`` is the one that answered, ``connected`` whether any did, and ``tls``
    what was agreed on with it, if anything.
    """

    def __init__(self, addresses: Sequence[IpAddress], dial: Dial, deadline: Deadline) -> None:
        self._addresses = addresses
        self._dial = dial
        self._deadline = deadline
        self.address: IpAddress = addresses[0]
        self.connected = False
        self.tls: Tls | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises ``Unreachable`` or ``TooSlow``."""
        for address in self._addresses:
            seconds = min(self._deadline.left(), _ONE_ADDRESS_SECONDS)
            try:
                sock = self._dial(address, port, seconds)
            except OSError:
                continue
            self.address, self.connected = address, True
            return DeadlineStream(sock, self._deadline, self._agreed)
        self._deadline.left()
        raise Unreachable("no_connection")

    def _agreed(self, tls: Tls) -> None:
        self.tls = tls


class DeadlineStream(httpcore.NetworkStream):
    """A connection on which every wait ends with the request's deadline.

    A limit on each read alone would let the other side send a byte now and then for ever.
    """

    def __init__(
        self, sock: socket.socket, deadline: Deadline, agreed: Callable[[Tls], None]
    ) -> None:
        self._sock = sock
        self._deadline = deadline
        self._agreed = agreed

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come, at most ``max_bytes``; no bytes at the end."""
        self._sock.settimeout(self._deadline.left())
        try:
            return self._sock.recv(max_bytes)
        except TimeoutError:
            raise TooSlow("deadline") from None
        except OSError:
            raise httpcore.ReadError("broken off") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``."""
        left = memoryview(buffer)
        while left:
            self._sock.settimeout(self._deadline.left())
            try:
                left = left[self._sock.send(left) :]
            except TimeoutError:
                raise TooSlow("deadline") from None
            except OSError:
                raise httpcore.WriteError("broken off") from None

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Wrap the connection. Raises ``Unreachable``, whose text names no host, or ``TooSlow``."""
        name = server_hostname.strip("[]") if server_hostname else None
        try:
            self._sock.settimeout(self._deadline.left())
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=name)
        except ssl.SSLCertVerificationError:
            raise Unreachable("certificate") from None
        except TimeoutError:
            raise TooSlow("deadline") from None
        except (OSError, ValueError):
            raise Unreachable("tls") from None
        finally:
            self._sock.close()  # on success the wrapped one has taken over its descriptor
        self._agreed(tls_of(wrapped))
        return DeadlineStream(wrapped, self._deadline, self._agreed)
