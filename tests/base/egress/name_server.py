"""A name server on loopback that says what a test tells it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """Names and their TXT records, each a row of strings; `records` has those of other kinds, by
    name and kind; names in `silent` get no answer."""

    port: int = 0
    texts: dict[str, list[list[bytes]]] = field(default_factory=dict)
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def answer(self, asked: bytes) -> bytes | None:
        """What is sent back."""
        query = dns.message.from_wire(asked)
        name = query.question[0].name
        plain = name.to_text(omit_final_dot=True)
        if plain in self.silent:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if plain in self.refused:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif said := self.records.get((plain, dns.rdatatype.to_text(query.question[0].rdtype))):
            kind = query.question[0].rdtype
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *said))
        elif any(known == plain for known, _ in self.records):
            return reply.to_wire()
        elif plain not in self.texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif rows := self.texts[plain]:
            said = [" ".join(_quoted(part) for part in row) for row in rows]
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *said))
        return reply.to_wire()


def _quoted(part: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in part) + '"'


@contextmanager
def name_server() -> Iterator[Zone]:
    """A zone that answers on a port of its own while the block lasts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        zone = Zone(port=listening.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listening, zone), daemon=True)
        thread.start()
        yield zone
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", ("127.0.0.1", zone.port))
        thread.join()


def _serve(listening: socket.socket, zone: Zone) -> None:
    while (got := listening.recvfrom(4096))[0] != b"end":
        said = zone.answer(got[0])
        if said is not None:
            listening.sendto(said, got[1])
