"""Services in front of a server: recognised by network, block or name (`data/cdns.toml`)."""

from __future__ import annotations

import functools
import ipaddress
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DATA = Path(__file__).parent / "data" / "cdns.toml"


@dataclass(frozen=True, slots=True)
class Cdn:
    """One such service: where notices to it go, and its marks."""

    name: str
    emails: tuple[str, ...]
    country: str
    asns: frozenset[int]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    names: tuple[str, ...]
    headers: Mapping[str, str]


def recognise(
    *, names: Sequence[str], addresses: Sequence[str], asn: int | None = None
) -> Cdn | None:
    """The service that a host stands behind, or None.

    `names`: the host and all names that it stands for, in A-labels; `addresses`: its own, as text;
    `asn`: of the network that announces the first of them.
    """
    found = [ipaddress.ip_address(text) for text in addresses]
    for cdn in known():
        if asn in cdn.asns or _is_under(names, cdn.names):
            return cdn
        if any(ip in block for ip in found for block in cdn.networks):
            return cdn
    return None


def by_headers(headers: Mapping[str, str]) -> Cdn | None:
    """The service that an answer's headers (names in lower case) give away, or None."""
    for cdn in known():
        for name, start in cdn.headers.items():
            if headers.get(name, "\0").lower().startswith(start) and name in headers:
                return cdn
    return None


@functools.cache
def known() -> tuple[Cdn, ...]:
    """Every service of the table."""
    told = tomllib.loads(_DATA.read_text("utf-8"))
    return tuple(
        Cdn(
            name=row["name"],
            emails=tuple(row["emails"]),
            country=row["country"],
            asns=frozenset(row["asns"]),
            networks=tuple(ipaddress.ip_network(text) for text in row["networks"]),
            names=tuple(row["names"]),
            headers=row["headers"],
        )
        for row in told["cdn"]
    )


def _is_under(names: Sequence[str], suffixes: Sequence[str]) -> bool:
    return any(
        name == suffix or name.endswith(f".{suffix}") for name in names for suffix in suffixes
    )
