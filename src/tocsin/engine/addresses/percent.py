"""Percent-encoding with one spelling per meaning (RFC 3986 sections 2 and 6.2.2)."""

import re

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TRIPLET = re.compile(r"%([0-9A-Fa-f]{2})")
# A per cent sign that starts no triplet, or a character that may not stand in an address as it is.
_ILLEGAL = re.compile(r"%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]")


def encode_illegal(text: str) -> str:
    """Encode what may not stand in an address as UTF-8 triplets; leave everything else alone.

    The result is ASCII. A lone ``%`` becomes ``%25``: left as it is, decoding something behind it
    could complete a triplet, and a second pass would then read the text differently.
    """
    return _ILLEGAL.sub(lambda m: "".join(f"%{b:02X}" for b in m.group().encode()), text)


def normalise(text: str) -> str:
    """Give ``text`` its one spelling: triplets in upper case, and none where none is needed.

    Reserved characters keep the form they came in, because ``/`` and ``%2F`` mean different
    things. Running it twice changes nothing.
    """
    return _TRIPLET.sub(_one_spelling, encode_illegal(text))


def decode(text: str) -> str:
    """Read ``text`` as a person would, to compare names; bytes that are no UTF-8 become U+FFFD."""
    raw = bytearray()
    position = 0
    for match in _TRIPLET.finditer(text):
        raw += text[position : match.start()].encode()
        raw.append(int(match.group(1), 16))
        position = match.end()
    raw += text[position:].encode()
    return raw.decode(errors="replace")


def _one_spelling(match: re.Match[str]) -> str:
    byte = int(match.group(1), 16)
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
