"""Addresses made from addresses: whole ones of a page's, a neighbour nobody used, what lies in
another. Plain functions."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

Choose = Callable[[str, int], str]
"""Takes an alphabet and a length, gives so many letters of it that nobody can foresee."""

_SHORTEST: Final = 12
_INSIDE: Final = re.compile(r"https?(?::|%3a)(?:/|%2f){1,2}", re.IGNORECASE)
_HEX: Final = "0123456789abcdef"


def whole(address: str, *, base: str, page: str) -> str | None:
    """The address that a page's `address` means, without fragment; None for one we cannot call."""
    try:
        found = urljoin(urljoin(page, base) if base else page, address)
        parts = urlsplit(found)
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return None
    return urlunsplit(parts._replace(fragment=""))


def sibling(url: str, choose: Choose) -> str | None:
    """The same address with a name that nobody ever used: of the file, or, where its path says
    nothing, of what its query names. None where there is neither."""
    parts = urlsplit(url)
    folder, _, name = parts.path.rstrip("/").rpartition("/")
    if parts.query and not re.search(r"\.[a-z0-9]{2,4}$", name, re.IGNORECASE):
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if pairs:
            changed = [(key, _another(value, choose)) for key, value in pairs]
            return urlunsplit(parts._replace(query=urlencode(changed), fragment=""))
    if not name:
        return None
    stem, dot, ending = name.rpartition(".")
    another = f"{_another(stem, choose)}.{ending}" if dot and stem else _another(name, choose)
    slash = "/" if parts.path.endswith("/") else ""
    return urlunsplit(parts._replace(path=f"{folder}/{another}{slash}", fragment=""))


def with_canary(url: str, canary: str) -> str | None:
    """The address with the canary's in the place of the one that lies in it; None where none does.

    In its query, whole or percent-encoded, or at the end of its path.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if any(_INSIDE.match(value) for _, value in pairs):
        changed = [(k, canary if _INSIDE.match(v) else v) for k, v in pairs]
        return urlunsplit(parts._replace(query=urlencode(changed), fragment=""))
    found = _INSIDE.search(parts.path)
    if found is None:
        return None
    inside = canary if "://" in unquote(found[0]) and "%" not in found[0] else quote(canary, "")
    path = parts.path[: found.start()] + inside
    return f"{parts.scheme}://{parts.netloc}{path}"


def _another(text: str, choose: Choose) -> str:
    """Another word of the same kind: digits for digits, so that a number stays a number."""
    length = max(len(text), _SHORTEST)
    if text.isdecimal():
        # So large a number that no site has counted so far, and none that begins with a nought.
        return "9" + choose(string.digits, length - 1)
    if text and all(letter in _HEX for letter in text.lower()):
        return choose(_HEX, length)
    return choose(string.ascii_lowercase + string.digits, length)
