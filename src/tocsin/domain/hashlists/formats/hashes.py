"""Fingerprints in the spellings of their sources: hexadecimal, base64, base32, numbers."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, Literal

from tocsin.domain.hashlists.native_format import NativeFingerprint
from tocsin.domain.hashlists.records import FORMS, Refused

Algo = Literal[
    "md5", "sha1", "sha256", "sha384", "sha512", "crc32", "edonkey", "photodna", "pdq", "vpdq",
    "tmk_pdqf", "netclean", "videntifier", "ssvh_pdna", "ssvh_safer_hash", "phash64", "tlsh",
    "other",
]  # fmt: skip
Spelling = Literal["hex", "HEX", "base64", "base32", "csv-int", "binary"]

_ALGOS: Final[dict[str, Algo]] = {
    "md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512",
    "crc32": "crc32", "edonkey": "edonkey", "ed2k": "edonkey", "photodna": "photodna",
    "pdna": "photodna", "pdq": "pdq", "vpdq": "vpdq", "tmkpdqf": "tmk_pdqf",
    "netclean": "netclean", "videntifier": "videntifier", "ssvhpdna": "ssvh_pdna",
    "ssvhsaferhash": "ssvh_safer_hash", "phash": "phash64", "tlsh": "tlsh",
}  # fmt: skip
_HEX: Final = {n: form.width * 2 for n, form in FORMS.items() if form.width and not form.base64}
_PHOTODNA_BYTES: Final = 144


def algo_of(name: str) -> Algo:
    """Our word for a kind of fingerprint as somebody spells it: `SHA-1`, `PhotoDNA`, `tmk-pdqf`."""
    lower = name.lower()
    known = _ALGOS.get(lower)
    if known is not None:
        return known
    return _ALGOS.get("".join(c for c in lower if c.isalnum()), "other")


def fingerprint(
    algo: Algo, text: str, *, name: str | None = None, **more: Any
) -> NativeFingerprint:
    """A fingerprint from its text. One that cannot be read keeps its text as its value, and is
    refused where a record is made of it."""
    value, spelling = _canonical(algo, text)
    return NativeFingerprint(
        algo=algo,
        algo_name_src=name,
        value=value,
        value_src=None if value == text else text,
        encoding_src=spelling,
        **more,
    )


def hash_in(field: str, value: Any) -> str | None:
    """The text of a hash in a field that may be empty; raises Refused for another kind of value."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Refused(f"{field} is not text")
    return value


def text_of(print_: NativeFingerprint, *, as_source: bool) -> str:
    """A fingerprint's text: as its source spelled it, or as we do; empty where there is none."""
    if as_source and print_.value_src is not None:
        return print_.value_src
    return print_.value or ""


def _canonical(algo: Algo, text: str) -> tuple[str, Spelling | None]:
    bare = text.strip()
    digits = _HEX.get(algo)
    if digits is None:
        return _photodna(bare) if algo == "photodna" else (text, None)
    if len(bare) == digits:
        lower = bare.lower()
        return lower, "hex" if lower == bare else "HEX"
    value = _other_base(bare, digits // 2)
    return (text, None) if value is None else value


def _other_base(text: str, width: int) -> tuple[str, Spelling] | None:
    """A hash of so many bytes in base32 or base64, as some services write SHA-1 and PDQ."""
    try:
        if len(text) == -(-width // 5) * 8:
            value = base64.b32decode(text.upper())
            return (value.hex(), "base32") if len(value) == width else None
        if len(text) == -(-width // 3) * 4:
            value = base64.b64decode(text, validate=True)
            return (value.hex(), "base64") if len(value) == width else None
    except (binascii.Error, ValueError):
        pass
    return None


def _photodna(text: str) -> tuple[str, Spelling | None]:
    try:
        if len(text) == _PHOTODNA_BYTES * 2:
            value = bytes.fromhex(text)
            spelling: Spelling = "hex" if text == text.lower() else "HEX"
        elif text.count(",") == _PHOTODNA_BYTES - 1 and len(text) < _PHOTODNA_BYTES * 6:
            value, spelling = bytes(int(part) for part in text.split(",")), "csv-int"
        else:
            return text, "base64" if text else None
    except ValueError:
        return text, None
    if len(value) != _PHOTODNA_BYTES:
        return text, None
    return base64.b64encode(value).decode(), spelling
