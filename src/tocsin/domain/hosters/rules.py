"""What may be written down of a hoster, and which place an address belongs to."""

from __future__ import annotations

import ipaddress
import re

from tocsin.domain.hosters.types import HosterTerms, Place, PlaceKind
from tocsin.engine.addresses import UnusableAddress, canonical_host

LANGUAGES = ("en", "nl", "fr")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]{1,185}")
_SERVER = re.compile(r"(.+):(\d{1,5})")


class NotAPlace(ValueError):
    """The text is not a domain, a network or host:port; its words say so to a person."""


def place(text: str) -> Place:
    """The place a person typed, in its one spelling; raises NotAPlace."""
    typed = text.strip().lower()
    server = _SERVER.fullmatch(typed) if _network(typed) is None else None
    if server and 0 < int(server[2]) < 65_536:
        return Place(PlaceKind.SERVER, f"{_host(server[1])}:{int(server[2])}")
    host = typed if _network(typed) is not None else _host(typed)
    network = _network(host)
    return Place(PlaceKind.NETWORK, str(network)) if network else Place(PlaceKind.DOMAIN, host)


def problems(terms: HosterTerms) -> dict[str, str]:
    """What is wrong with each field, in words; empty when the hoster can be kept."""
    found = {}
    # Printable: a name with line breaks would write lines of its own into every notice.
    if not 1 <= len(terms.name.strip()) <= 120 or not terms.name.isprintable():
        found["name"] = "Give a name of at most 120 printable characters, on one line."
    if not _COUNTRY.fullmatch(terms.country):
        found["country"] = "Give the two capital letters of the country, as NL."
    if terms.language not in LANGUAGES:
        found["language"] = f"Notices are written in {', '.join(LANGUAGES)}."
    if not (_EMAIL.fullmatch(terms.abuse_email) and terms.abuse_email.isprintable()):
        found["abuse_email"] = "Give one mail address."
    wrong = _wrong_places(terms.places)
    if wrong:
        found["places"] = wrong
    return found


def places(terms: HosterTerms) -> tuple[Place, ...]:
    """The places of terms without problems, each once, in the order given."""
    return tuple(dict.fromkeys(place(text) for text in terms.places))


def candidates(host: str) -> tuple[list[str], str | None]:
    """Where to look for `host` (a name, an address, `[v6]`, or one of these with `:port`).

    Returns the exact values to look up, most telling first (host:port, the name, its parents),
    and the IP address to look for in networks, if it is one.
    """
    name, port = _without_port(host.lower())
    address = _address(name)
    values = [f"{_bracketed(name)}:{port}"] if port else []
    if address is not None:
        return values, str(address)
    labels = name.rstrip(".").split(".")
    # A top-level domain is nobody's place: the last candidate has two labels.
    values += [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]
    return values, None


def narrowest(address: str, networks: list[str]) -> str | None:
    """The smallest of the networks that holds the address, or None."""
    ip = ipaddress.ip_address(address)
    holding = [net for net in map(ipaddress.ip_network, networks) if ip in net]
    return str(max(holding, key=lambda net: net.prefixlen)) if holding else None


def _wrong_places(texts: tuple[str, ...]) -> str:
    if not texts:
        return "Give at least one domain or network."
    wrong = []
    for text in texts:
        try:
            place(text)
        except NotAPlace as error:
            wrong.append(str(error))
    return " ".join(wrong)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _host(text: str) -> str:
    try:
        return canonical_host(text)
    except UnusableAddress as error:
        raise NotAPlace(f"{text!r} is not a domain, a network or host:port.") from error


def _without_port(host: str) -> tuple[str, str]:
    name, separator, port = host.rpartition(":")
    if separator and port.isdigit() and (name.endswith("]") or ":" not in name):
        return name, port
    return host, ""


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name
