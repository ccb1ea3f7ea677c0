"""JSON values that come back as they were written: no number rounded, no key twice, no NaN."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from msgspec import Raw

from tocsin.domain.hashlists.lines import wrong_byte
from tocsin.domain.hashlists.records import Refused

_DIGITS_OF_A_WORD: Final = 18
_NOT_JSON: Final = "it is not one JSON object"

encode = msgspec.json.Encoder().encode


def read_object(raw: bytes) -> dict[str, Any]:
    """One JSON object; raises Refused.

    Numbers that Python or a database would change (with a point, or of more than 18 digits) come
    as `Raw`: they are passed on, and not understood.
    """
    try:
        value = _decode(raw.decode())
    except UnicodeDecodeError:
        raise Refused(wrong_byte(raw) or _NOT_JSON) from None
    except RecursionError:
        raise Refused("it is nested too deep") from None
    except ValueError:
        raise Refused(_NOT_JSON) from None
    if not isinstance(value, dict):
        raise Refused(_NOT_JSON)
    return value


def read_value(raw: Raw) -> Any:
    """A value kept by `encode`; raises Refused."""
    try:
        return _decode(bytes(raw).decode())
    except (ValueError, RecursionError):
        raise Refused("what is kept beside it is not JSON") from None


def write(value: Any) -> bytes:
    """The value as JSON; raises Refused for half a character (a lone surrogate)."""
    try:
        return encode(value)
    except UnicodeError:
        raise Refused("a text in it has half a character") from None
    except RecursionError:
        raise Refused("it is nested too deep") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise Refused("it names a field twice")
    return whole


def _whole_number(text: str) -> int | Raw:
    if len(text) <= _DIGITS_OF_A_WORD and text != "-0":
        return int(text)
    return Raw(text.encode())


def _no_number(_: str) -> None:
    raise Refused("it has a number that is none (NaN or Infinity)")


_decode = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_int=_whole_number,
    parse_float=lambda text: Raw(text.encode()),
    parse_constant=_no_number,
).decode
