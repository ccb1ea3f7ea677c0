"""The one spelling of a host: a name in A-labels, or an address in its shortest form."""

import ipaddress
import re

import idna

from tocsin.engine.addresses.percent import decode
from tocsin.engine.addresses.unusable import UnusableAddress

_MOST_TYPED = 1024  # punycode is quadratic: a host of megabytes would stall the process
_MOST_NAME = 253  # RFC 1035 section 2.3.4
_MOST_LABEL = 63
_LABEL = re.compile(r"[a-z0-9_-]+")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def canonical_host(text: str) -> str:
    """Give the host ``text`` its one spelling.

    Names come back in lower case and as A-labels (UTS #46, non-transitional), without a final dot;
    underscores stay, since they occur. IPv4 is read as browsers read it (the URL Standard's IPv4
    parser: ``0x7f.1``, ``017700000001`` and ``2130706433`` are all 127.0.0.1), because a scanner
    that reads it otherwise than a browser goes somewhere else than the visitor. IPv6 comes back in
    brackets, and an IPv4 address inside IPv6 (``::ffff:0:0/96``) as that IPv4 address.

    Raises ``UnusableAddress``.
    """
    if not text or len(text) > _MOST_TYPED:
        raise UnusableAddress("host", "This address has no usable host name.")
    if text.startswith("["):
        return _ipv6(text)
    name = _a_labels(decode(text)).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(labels)
    if len(name) > _MOST_NAME or not all(_is_label(label) for label in labels):
        raise UnusableAddress("host", "The host name in this address is not a possible one.")
    return name


def _a_labels(name: str) -> str:
    try:
        mapped = idna.uts46_remap(name, std3_rules=False)
        return ".".join(_a_label(label) for label in mapped.split("."))
    except (idna.IDNAError, UnicodeError):
        raise UnusableAddress(
            "host", "The host name in this address holds characters no name can have."
        ) from None


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    # Not idna.alabel(): it refuses emoji and other names that are registered and open in browsers.
    if label.startswith("xn--"):
        raise UnusableAddress("host", "The host name in this address is half encoded.")
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_label(label: str) -> bool:
    return len(label) <= _MOST_LABEL and _LABEL.fullmatch(label) is not None


def _ipv4(parts: list[str]) -> str:
    unusable = UnusableAddress("host", "The numbers in this address are not an IPv4 address.")
    if len(parts) > 4:
        raise unusable
    numbers = [_number(part) for part in parts]
    room = 256 ** (5 - len(numbers))
    if any(n is None for n in numbers):
        raise unusable
    *leading, last = [n for n in numbers if n is not None]
    if any(n > 255 for n in leading) or last >= room:
        raise unusable
    value = last + sum(n * 256 ** (3 - place) for place, n in enumerate(leading))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int | None:
    if not _NUMBER.fullmatch(part) or len(part) > 40:
        return None
    if part[:2] in {"0x", "0X"}:
        return int(part[2:] or "0", 16)
    try:
        return int(part, 8 if part.startswith("0") else 10)
    except ValueError:  # 08 and 09: neither octal nor decimal to a browser
        return None


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text[1:-1] if text.endswith("]") else "")
    except ValueError:
        raise UnusableAddress("host", "The brackets hold no usable IPv6 address.") from None
    if address.scope_id is not None:
        raise UnusableAddress("host", "An IPv6 address with a zone means something on one machine.")
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"[{address.compressed}]"
