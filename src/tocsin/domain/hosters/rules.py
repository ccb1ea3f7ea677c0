"""What may be written down of a hoster, and which place an address belongs to."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.domain.hosters.types import HosterTerms, Hours, Place, PlaceKind
from tocsin.engine.addresses import SplitUrl, UnusableAddress, canonical_host, split

LANGUAGES = ("en", "nl", "fr", "de")
MOST_BEARER = 400
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
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
    if terms.hours is not None and not _are_hours(terms.hours):
        found["hours"] = "Give a time zone as Europe/Amsterdam, and two times of one day as 08:00."
    if terms.endpoint and not _takes_notices(terms.endpoint, rehearsal=terms.rehearsal):
        found["endpoint"] = "Give an address that begins with https:// and uses its own port."
    if len(terms.bearer) > MOST_BEARER or not (terms.bearer.isascii() and _one_line(terms.bearer)):
        found["bearer"] = "Give the word as the hoster gave it, on one line."
    return found


def leaves_at(at: datetime, hours: Hours | None) -> datetime:
    """The first moment from `at` on at which somebody reads there; `at` where that is unknown."""
    if hours is None:
        return at
    zone = ZoneInfo(hours.zone)
    today = at.astimezone(zone).date()
    opens, closes = time.fromisoformat(hours.opens), time.fromisoformat(hours.closes)
    for day in (today + timedelta(days=n) for n in range(8)):
        if day.weekday() >= 5 and not hours.weekends:
            continue
        if at < datetime.combine(day, closes, zone):
            return max(at, datetime.combine(day, opens, zone).astimezone(UTC))
    return at


def _are_hours(hours: Hours) -> bool:
    try:
        ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    both = _TIME.fullmatch(hours.opens) and _TIME.fullmatch(hours.closes)
    return bool(both) and hours.opens < hours.closes


def _takes_notices(url: str, *, rehearsal: bool) -> bool:
    parts = _split(url)
    if parts is None or not url.isascii():
        return False
    if rehearsal:
        # A rehearsal must not reach anybody: its hosters are on this machine.
        return parts.host in _LOOPBACK
    return parts.scheme == "https" and parts.effective_port == 443


def _split(url: str) -> SplitUrl | None:
    try:
        return split(url)
    except UnusableAddress:
        return None


def _one_line(text: str) -> bool:
    return text.isprintable()


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
