"""Which registry to ask about what: IANA's bootstrap files (RFC 9224), dated, and renewed by hand.

The files come with the programme (`data/bootstrap.json`); `tocsin hosting refresh` fetches newer
ones into the data folder, which then go before.
"""

from __future__ import annotations

import functools
import ipaddress
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = "https://data.iana.org/rdap/"
PARTS: Final = ("ipv4", "ipv6", "asn", "dns")
SHIPPED: Final = Path(__file__).parent / "data" / "bootstrap.json"


class WrongBootstrap(ValueError):
    """The text is none of IANA's bootstrap files."""


@dataclass(frozen=True, slots=True)
class Registries:
    """Who is asked about an address, a network's number, or a domain. `published` by part."""

    published: Mapping[str, str]
    blocks: Mapping[tuple[int, int, int], str]  # (version, prefix length, first address)
    lengths: Mapping[int, Sequence[int]]
    asn_starts: Sequence[int]
    asn_ends: Sequence[int]
    asn_urls: Sequence[str]
    suffixes: Mapping[str, str]

    def of_address(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
        """The base address of the registry for an IP address: the longest block counts."""
        bits = address.max_prefixlen
        for length in self.lengths.get(address.version, ()):
            start = int(address) >> (bits - length) << (bits - length)
            if url := self.blocks.get((address.version, length, start)):
                return url
        return None

    def of_asn(self, asn: int) -> str | None:
        """The base address of the registry for the number of a network."""
        at = bisect_right(self.asn_starts, asn) - 1
        return self.asn_urls[at] if at >= 0 and asn <= self.asn_ends[at] else None

    def of_domain(self, name: str) -> str | None:
        """The base address of the registry for a domain name; the longest suffix counts."""
        labels = name.split(".")
        for start in range(len(labels)):
            if url := self.suffixes.get(".".join(labels[start:])):
                return url
        return None


def registries(renewed: Path | None = None) -> Registries:
    """The registries from the renewed file where there is one, else as they come with Tocsin."""
    path = renewed if renewed is not None and renewed.exists() else SHIPPED
    return _read(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Registries:
    return understood(json.loads(path.read_text("utf-8")))


def understood(told: Mapping[str, Mapping[str, Sequence[Sequence[object]]]]) -> Registries:
    """Registries from the four services; raises WrongBootstrap."""
    try:
        services = told["services"]
        blocks: dict[tuple[int, int, int], str] = {}
        for part in ("ipv4", "ipv6"):
            for keys, url in services[part]:
                for text in _texts(keys):
                    block = ipaddress.ip_network(text)
                    first = int(block.network_address)
                    blocks[(block.version, block.prefixlen, first)] = str(url)
        ranges = sorted(
            (*_range(text), str(url)) for keys, url in services["asn"] for text in _texts(keys)
        )
        suffixes = {
            text.lower(): str(url) for keys, url in services["dns"] for text in _texts(keys)
        }
        published = {str(part): str(date) for part, date in told["published"].items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise WrongBootstrap("This is none of IANA's bootstrap files.") from error
    return Registries(
        published=published,
        blocks=blocks,
        lengths={
            version: sorted({n for v, n, _ in blocks if v == version}, reverse=True)
            for version in (4, 6)
        },
        asn_starts=[start for start, _, _ in ranges],
        asn_ends=[end for _, end, _ in ranges],
        asn_urls=[url for _, _, url in ranges],
        suffixes=suffixes,
    )


def gathered(files: Mapping[str, bytes]) -> str:
    """The text to keep, from IANA's four files by part; raises WrongBootstrap.

    Only registries that are asked over https are kept.
    """
    services: dict[str, list[list[object]]] = {}
    published: dict[str, str] = {}
    try:
        for part in PARTS:
            told = json.loads(files[part])
            published[part] = str(told["publication"])
            services[part] = [
                [_texts(service[0]), https[0]]
                for service in told["services"]
                if (https := [url for url in _texts(service[-1]) if url.startswith("https://")])
            ]
    except (KeyError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise WrongBootstrap("This is none of IANA's bootstrap files.") from error
    told = {"source": SOURCE, "published": published, "services": services}
    understood(told)
    return json.dumps(told, indent=1)


def _texts(values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise WrongBootstrap("This is none of IANA's bootstrap files.")
    return values


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)
