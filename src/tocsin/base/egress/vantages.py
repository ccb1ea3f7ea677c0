"""Other places to look from: another address of this machine, or a proxy that the operator keeps.

Names are still looked up here and addresses checked here: the proxy is told an address, never a
name. So an answer of the DNS that depends on who asks is the one that this machine gets.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final

from tocsin.base.egress.connecting import Dial, connected, dial_tcp
from tocsin.base.egress.reach import IpAddress

_NAME: Final = re.compile(r"[a-z0-9-]{1,20}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_HIGHEST_PORT: Final = 65_535
_LONGEST_ANSWER: Final = 8192
_HEAD_ENDS: Final = b"\r\n\r\n"


def dial_from(source: IpAddress) -> Dial:
    """Connections that leave from one of this machine's own addresses."""

    def dial(address: IpAddress, port: int, seconds: float) -> socket.socket:
        if address.version != source.version:
            raise OSError("no way from that kind of address to this one")
        return connected(address, port, seconds, source=str(source))

    return dial


def dial_through(proxy: IpAddress, proxy_port: int) -> Dial:
    """Connections through an HTTP proxy's CONNECT (RFC 9110, 9.3.6), to the address as checked."""

    def dial(address: IpAddress, port: int, seconds: float) -> socket.socket:
        sock = dial_tcp(proxy, proxy_port, seconds)
        try:
            _ask(sock, address, port)
        except BaseException:
            sock.close()
            raise
        return sock

    return dial


def _ask(sock: socket.socket, address: IpAddress, port: int) -> None:
    there = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    sock.sendall(f"CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n\r\n".encode())
    words = _head(sock).split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or words[1] != b"200":
        raise OSError("the proxy does not let us through")


def _head(sock: socket.socket) -> bytes:
    head = bytearray()
    # One byte at a time: what comes behind the head is the other side's already.
    while not head.endswith(_HEAD_ENDS):
        byte = sock.recv(1)
        if not byte or len(head) >= _LONGEST_ANSWER:
            raise OSError("the proxy does not answer")
        head += byte
    return bytes(head)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A place to look from, as the operator configured it. `country`: two letters, or empty."""

    name: str
    country: str
    source: IpAddress | None = None
    proxy: tuple[IpAddress, int] | None = None

    @classmethod
    def parse(cls, text: str) -> Outlook:
        """Read `NAME:CC=from:ADDRESS` or `NAME:CC=proxy:ADDRESS:PORT`; raises ValueError.

        The country may be left out; an IPv6 address of a proxy stands in brackets.
        """
        label, _, way = text.partition("=")
        name, _, country = label.strip().partition(":")
        how, _, where = way.strip().partition(":")
        if not _NAME.fullmatch(name) or (country and not _COUNTRY.fullmatch(country)):
            raise ValueError("a vantage is named with small letters and digits, its country by two")
        if how == "from":
            return cls(name, country, source=ipaddress.ip_address(where))
        address, _, port = where.rpartition(":")
        if how != "proxy" or not port.isdecimal() or not 1 <= int(port) <= _HIGHEST_PORT:
            raise ValueError("a vantage is from:ADDRESS or proxy:ADDRESS:PORT")
        return cls(name, country, proxy=(ipaddress.ip_address(address.strip("[]")), int(port)))

    @property
    def dial(self) -> Dial:
        """How connections are made from there."""
        if self.source is not None:
            return dial_from(self.source)
        return dial_through(*self.proxy) if self.proxy is not None else dial_tcp
